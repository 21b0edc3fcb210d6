//! An administrator ends an employment.

use muster_identity::Role;
use muster_ids::EmploymentName;
use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::{Employment, End};
use crate::error::Error;
use crate::events::{self, Act};
use crate::store::employment;

/// Which employment, why, and who ends it.
#[derive(Debug, Clone)]
pub(crate) struct Ending {
    pub(crate) employment: EmploymentName,
    pub(crate) reason: String,
    /// `person:<uuid>`.
    pub(crate) actor: String,
}

/// Asks whether the person owns the organization. Ownership moves only by a transfer, which the owner accepts or offers
/// themself: nobody becomes owner unawares between this look and the end.
pub(crate) async fn prepare(context: &Context, ending: &Ending) -> Result<(), Error> {
    let EmploymentName {
        organization,
        employment: id,
    } = ending.employment;
    let find = async |db: &mut _| employment::find(db, organization, id).await;
    let found = context.database.read(find).await?;
    let person = found.ok_or(Failure::NotFound)?.person;
    match context.peers.role(organization, person).await? {
        Some(Role::Owner) => Err(Error::OwnerMustTransfer),
        _ => Ok(()),
    }
}

/// Ends it, and publishes that; one that has ended already is answered as it is.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    ending: Ending,
) -> Result<Employment, Error> {
    let time = context.clock.now();
    let Ending {
        employment: name,
        reason,
        actor,
    } = ending;
    let found = employment::lock(tx, name).await?;
    match found.ok_or(Failure::NotFound)?.end(End { time, reason }) {
        Transition::Changed(ended) => {
            employment::update(tx, &ended, time).await?;
            events::ended(tx, context.clock.new_id(), &ended, Act { actor, time }).await?;
            Ok(ended)
        }
        Transition::AlreadyDone(ended) => Ok(ended),
        Transition::Refused(state) => Err(Error::State(state)),
    }
}
