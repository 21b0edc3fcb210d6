//! An organization adds a location.

use muster_database::Insertion;
use muster_ids::OrganizationId;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::{Location, LocationState, MAX_LOCATIONS, ShortName};
use crate::error::Error;
use crate::ops::lock_open;
use crate::store::location;

/// What an organization says of a location.
pub(crate) struct NewLocation {
    pub(crate) organization: OrganizationId,
    pub(crate) display_name: ShortName,
}

/// Creates a location at which people are placed at once.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    new: NewLocation,
) -> Result<Location, Error> {
    lock_open(tx, new.organization).await?;
    let used = location::count(tx, new.organization).await?;
    if used >= MAX_LOCATIONS {
        return Err(Error::TooManyLocations { used });
    }
    let location = Location {
        organization: new.organization,
        id: context.clock.new_id(),
        display_name: new.display_name,
        state: LocationState::Active,
        version: 1,
        create_time: context.clock.now(),
    };
    match location::insert(tx, &location).await? {
        Insertion::Stored => Ok(location),
        Insertion::Exists => Err(Error::LocationNameTaken),
    }
}
