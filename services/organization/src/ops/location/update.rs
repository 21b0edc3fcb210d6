//! A location gets another name.

use muster_ids::LocationName;
use muster_server::Failure;
use muster_server::etag::{IfMatch, etag};
use muster_states::Transition;
use sqlx::PgConnection;

use crate::domain::{Location, LocationUpdate};
use crate::error::Error;
use crate::ops::lock_open;
use crate::store::location;

/// Changes a location.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    name: LocationName,
    update: LocationUpdate,
    if_match: &IfMatch,
) -> Result<Location, Error> {
    lock_open(tx, name.organization).await?;
    let location = location::lock(tx, name).await?.ok_or(Failure::NotFound)?;
    if_match.check(&etag(location.version))?;
    match location.update(update) {
        Transition::Changed(changed) => {
            let stored = location::update(tx, &changed).await;
            stored.map_err(|error| Error::taken(error, location::NAME_TAKEN, Error::LocationNameTaken))?;
            Ok(changed)
        }
        Transition::AlreadyDone(location) => Ok(location),
        Transition::Refused(never) => match never {},
    }
}
