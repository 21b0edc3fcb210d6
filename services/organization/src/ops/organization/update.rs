//! A profile gets another name or license.

use muster_database::DatabaseError;
use muster_ids::OrganizationId;
use muster_server::Failure;
use muster_server::etag::{IfMatch, etag};
use muster_states::Transition;
use sqlx::{Connection, PgConnection};

use crate::context::Context;
use crate::domain::{Organization, OrganizationUpdate};
use crate::error::Error;
use crate::store::organization;

/// Changes what its state lets be changed.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    id: OrganizationId,
    update: OrganizationUpdate,
    if_match: &IfMatch,
) -> Result<Organization, Error> {
    let organization = organization::lock(tx, id).await?.ok_or(Failure::NotFound)?;
    if_match.check(&etag(organization.version))?;
    match organization.update(update, &context.padding) {
        Transition::Changed(changed) => {
            store(tx, &changed).await?;
            Ok(changed)
        }
        Transition::AlreadyDone(organization) => Ok(organization),
        Transition::Refused(state) => Err(Error::OrganizationState(state)),
    }
}

/// Stores a profile that may take a license number by it. The unique index decides; what it refuses is undone up to here, so
/// that the holder can be looked up.
pub(super) async fn store(tx: &mut PgConnection, changed: &Organization) -> Result<(), Error> {
    let mut attempt = tx.begin().await.map_err(DatabaseError::from)?;
    match organization::update(&mut attempt, changed).await {
        Ok(()) => Ok(attempt.commit().await.map_err(DatabaseError::from)?),
        Err(error) if error.constraint() == Some(organization::LICENSE_TAKEN) => {
            attempt.rollback().await.map_err(DatabaseError::from)?;
            let holder = organization::find_license_holder(tx, changed).await?;
            // When the other profile let go of the number meanwhile, the caller may try again.
            Err(holder.map_or(Failure::Contended.into(), Error::LicenseNumberTaken))
        }
        Err(error) => Err(error.into()),
    }
}
