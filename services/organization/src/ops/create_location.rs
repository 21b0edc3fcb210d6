//! An organization adds a location.

use muster_database::idempotency::{self, Key};
use muster_ids::{LocationId, OrganizationId};

use super::{Answer, Desk, hold_open};
use crate::domain::{Location, MOST_LOCATIONS, ShortName};
use crate::error::Error;
use crate::store::locations;

/// Creates a location.
pub(crate) async fn create_location<A: Answer<Location>>(
    desk: &Desk,
    key: Key,
    organization: OrganizationId,
    display_name: ShortName,
) -> Result<A, Error> {
    let id = LocationId::from_uuid(desk.clock.new_uuid());
    let location = Location {
        organization,
        id,
        display_name,
        created: desk.clock.now(),
    };
    idempotency::run(&desk.database, key, location.created, move |tx| {
        Box::pin(async move {
            hold_open(tx, organization).await?;
            let used = locations::count(tx, organization).await?;
            if used >= MOST_LOCATIONS {
                return Err(Error::TooManyLocations { used });
            }
            locations::insert(tx, &location).await?;
            Ok(A::from(location))
        })
    })
    .await
    .map_err(|error: Error| error.or_taken(locations::NAME_TAKEN, Error::LocationNameTaken))
}
