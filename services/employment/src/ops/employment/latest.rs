//! The latest employment of a person, for whoever has missed it.

use muster_ids::{OrganizationId, PersonId};

use super::{employ, employ_invitee};
use crate::context::{Context, SELF};
use crate::error::Error;
use crate::store::employment::{self, Latest};

/// The latest employment of the person at the organization, open or not. Who accepted an invitation and is asked about before the
/// event has come is employed first: without groups and place, which the event brings, and only for what they accepted after
/// everything that is known of them.
///
/// # Errors
/// Of a peer, where no open employment is known; the database's.
pub(crate) async fn find(
    context: &Context,
    organization: OrganizationId,
    person: PersonId,
) -> Result<Option<Latest>, Error> {
    let find = async |db: &mut _| employment::find_latest(db, organization, person).await;
    let known = context.database.read(find).await?;
    if known.as_ref().is_some_and(|known| known.state.is_open()) {
        return Ok(known);
    }
    let Some((acceptance, display_name)) = context.peers.latest_acceptance(organization, person).await?
    else {
        return Ok(known);
    };
    if known
        .as_ref()
        .is_some_and(|known| acceptance.time <= known.update_time)
    {
        return Ok(known);
    }
    let hiring = employ_invitee::hiring(context, acceptance, display_name).await?;
    let employ = async |tx: &mut _| employ::apply(tx, context, &hiring, SELF).await;
    match context.database.write(employ).await {
        // Of an organization that was closed meanwhile, nothing was written.
        Ok(_) | Err(Error::OrganizationClosed) => Ok(context.database.read(find).await?),
        Err(error) => Err(error),
    }
}
