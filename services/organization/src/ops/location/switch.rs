//! People are placed at a location, or are not any more.

use muster_ids::LocationName;
use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;

use crate::domain::{Location, LocationState};
use crate::error::Error;
use crate::ops::lock_open;
use crate::store::location;

/// Puts a location into a state; one that is in it is answered as it is. Nobody is told: whoever places somebody asks.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    name: LocationName,
    state: LocationState,
) -> Result<Location, Error> {
    lock_open(tx, name.organization).await?;
    let location = location::lock(tx, name).await?.ok_or(Failure::NotFound)?;
    match location.switch(state) {
        Transition::Changed(changed) => {
            location::update(tx, &changed).await?;
            Ok(changed)
        }
        Transition::AlreadyDone(location) => Ok(location),
        Transition::Refused(never) => match never {},
    }
}
