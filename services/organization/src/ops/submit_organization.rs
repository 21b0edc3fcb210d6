//! A profile is handed in for approval, and takes its license number.

use muster_database::DatabaseError;
use muster_database::idempotency::{self, Key};
use muster_ids::OrganizationId;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{Answer, Desk};
use crate::domain::{Organization, Transition};
use crate::error::Error;
use crate::store::organizations;

/// Submits a profile. Of two profiles with one license number that are submitted at once, the unique index lets one
/// through.
pub(crate) async fn submit_organization<A: Answer<Organization>>(
    desk: &Desk,
    key: Key,
    id: OrganizationId,
) -> Result<A, Error> {
    let now = desk.clock.now();
    let done = idempotency::run(&desk.database, key, now, move |tx| {
        Box::pin(async move { submit(tx, id, now).await.map(A::from) })
    })
    .await;
    match done {
        Err(Error::Database(error)) if error.constraint() == Some(organizations::LICENSE_TAKEN) => {
            Err(license_taken(desk, id).await?)
        }
        done => done,
    }
}

async fn submit(
    tx: &mut PgConnection,
    id: OrganizationId,
    now: OffsetDateTime,
) -> Result<Organization, Error> {
    let organization = organizations::lock(tx, id).await?.ok_or(Error::NotFound)?;
    match organization.submit(now) {
        Transition::Changed { from, to } => {
            organizations::change_state(tx, from, &to).await?;
            Ok(to)
        }
        Transition::AlreadyDone(organization) => Ok(organization),
        Transition::Refused(state) => Err(Error::OrganizationState(state)),
    }
}

/// Looked up afterwards, because the refused row has ended the transaction. When the other profile let go of the number
/// meanwhile, the caller may try again.
async fn license_taken(desk: &Desk, id: OrganizationId) -> Result<Error, Error> {
    let holder = desk
        .read(move |c| Box::pin(organizations::holder_of_license(c, id)))
        .await?;
    Ok(holder.map_or(DatabaseError::Unavailable(None).into(), Error::LicenseNumberTaken))
}
