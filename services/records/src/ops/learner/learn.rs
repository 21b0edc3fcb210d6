//! Taking in what the employment service tells of a learner, and what follows from it at once.

use muster_database::DatabaseError;
use muster_ids::{OrganizationId, PersonId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::{EmploymentProjection, ToldEmployment};
use crate::store::{assignment, employment_projection, grant};

/// Takes in an employment, unless something newer is known, and answers what is known then. The row of the projection stays locked.
/// Of the latest employment that is known:
///
/// - A consent that was given before it began was given to a former employment, and does not come back with this one: whatever became
///   of the former one, and whether its end has been heard of or not.
/// - What was assigned in a former one, or in this one when it is over, is the organization's no longer.
/// - What was taken from the organization with its end comes back when it is open again: the end was taken back, or a rejected claim
///   corrected.
///
/// # Errors
/// The database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
    told: ToldEmployment,
    now: OffsetDateTime,
) -> Result<EmploymentProjection, DatabaseError> {
    let ToldEmployment {
        projection,
        create_time,
        placement,
    } = told;
    let known =
        employment_projection::learn(tx, organization, person, projection, placement.as_ref()).await?;
    if known.employment != projection.employment {
        return Ok(known);
    }
    if let Some(begin) = create_time {
        grant::lapse_former(tx, person, organization, known.employment, begin).await?;
    }
    let latest = (known.employment, known.state.is_open());
    assignment::archive(tx, person, organization, latest, now).await?;
    if known.state.is_open() {
        assignment::restore(tx, person, organization, known.employment).await?;
    }
    Ok(known)
}
