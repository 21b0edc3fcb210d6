//! Asking once for an employment that no event has told of yet.

use muster_ids::{OrganizationId, PersonId};

use crate::context::Context;
use crate::error::Error;
use crate::ops::learner::learn;
use crate::store::employment_projection;

/// Makes sure that the projection knows of the person's open employment at the organization, if there is one: of whoever has just
/// begun, or come back, the event may be on its way. To be called
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
    let known = context.database.read(find).await?;
    if known.is_some_and(|known| known.state.is_open()) {
        return Ok(());
    }
    ask(context, organization, person).await
}

/// Takes in what the employment service knows of the person at the organization, whatever is known here.
///
/// # Errors
/// As [`prepare`].
pub(crate) async fn ask(
    context: &Context,
    organization: OrganizationId,
    person: PersonId,
) -> Result<(), Error> {
    let Some(employment) = context.peers.employment(organization, person).await? else {
        return Ok(());
    };
    let now = context.clock.now();
    let learn = async |tx: &mut _| learn::apply(tx, organization, person, employment, now).await;
    context.database.write(learn).await?;
    Ok(())
}
