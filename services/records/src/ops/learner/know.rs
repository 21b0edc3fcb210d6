//! Asking once for an employment that no event has told of yet.

use muster_ids::{OrganizationId, PersonId};

use crate::context::Context;
use crate::error::Error;
use crate::store::employment_projection;

/// Makes sure that the projection has a row for the person at the organization, if there is an employment. To be called
/// before the transaction that decides by it: that one looks again, under a lock.
///
/// # Errors
/// Of a peer, when the employment service does not answer; the database's.
pub(crate) async fn prepare(
    context: &Context,
    organization: OrganizationId,
    person: PersonId,
) -> Result<(), Error> {
    let find = async |db: &mut _| employment_projection::find(db, organization, person).await;
    if context.database.read(find).await?.is_some() {
        return Ok(());
    }
    let Some(employment) = context.peers.employment(organization, person).await? else {
        return Ok(());
    };
    let learn = async |tx: &mut _| employment_projection::learn(tx, organization, person, employment).await;
    context.database.write(learn).await?;
    Ok(())
}
