//! Registry staff confirm the owner's employment: where nobody else administers the organization, nobody else can.

use muster_identity::Role;
use muster_server::Failure;

use super::verify::Verification;
use crate::context::Context;
use crate::error::Error;
use crate::store::employment;

/// Asks whether it is the owner's, and whether the organization is one of their own. What follows is as of [`super::verify::apply`].
///
/// # Errors
/// [`Error::OwnProfile`], [`Failure::NotFound`], [`Error::NotOwners`]; of a peer.
pub(crate) async fn prepare(context: &Context, verification: &Verification) -> Result<(), Error> {
    let (organization, id) = (
        verification.employment.organization,
        verification.employment.employment,
    );
    if context.peers.role(organization, verification.by).await?.is_some() {
        return Err(Error::OwnProfile);
    }
    let find = async |db: &mut _| employment::find(db, organization, id).await;
    let found = context.database.read(find).await?.ok_or(Failure::NotFound)?;
    match context.peers.role(organization, found.person).await? {
        Some(Role::Owner) => Ok(()),
        _ => Err(Error::NotOwners),
    }
}
