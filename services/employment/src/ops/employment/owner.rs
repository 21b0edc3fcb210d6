//! The owner's employment is neither rejected nor ended, nor taken back.

use muster_identity::Role;
use muster_ids::{EmploymentName, PersonId};
use muster_server::Failure;

use crate::context::Context;
use crate::domain::Employment;
use crate::error::Error;
use crate::store::employment;

/// Asks whether it is the owner's, and answers it when it is not; `own`: whose it has to be. Ownership moves only by a transfer, which the owner accepts or offers themself: nobody
/// becomes owner unawares between this look and what follows.
///
/// # Errors
/// [`Error::OwnerMustTransfer`] when it is; [`Failure::NotFound`] when there is none; of a peer.
pub(super) async fn spare(
    context: &Context,
    name: EmploymentName,
    own: Option<PersonId>,
) -> Result<Employment, Error> {
    let EmploymentName {
        organization,
        employment: id,
    } = name;
    let find = async |db: &mut _| employment::find(db, organization, id).await;
    let found = context.database.read(find).await?;
    let found = found.filter(|found| own.is_none_or(|own| own == found.person));
    let found = found.ok_or(Failure::NotFound)?;
    match context.peers.role(organization, found.person).await? {
        Some(Role::Owner) => Err(Error::OwnerMustTransfer(organization)),
        _ => Ok(found),
    }
}
