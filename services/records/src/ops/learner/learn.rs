//! Taking in what the employment service tells of a learner, and what follows from it at once.

use muster_database::DatabaseError;
use muster_ids::{OrganizationId, PersonId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::{EmploymentProjection, EmploymentState, Parties, ToldEmployment};
use crate::ops::grant::claimed;
use crate::store::{assignment, employment_projection, grant};

/// Takes in an employment, unless something newer is known, and answers what is known then. The row of the projection stays locked.
/// Of the latest employment that is known:
///
/// - A consent that was given before it began was given to a former employment, and does not come back with this one: whatever became
///   of the former one, and whether its end has been heard of or not.
/// - What was assigned in a former one, or in this one when it is over, is the organization's no longer.
/// - What was taken from the organization with its end comes back when it is open again: the end was taken back, or a rejected claim
///   corrected.
/// - What the person granted with their claim becomes a grant, which sleeps until the employment is verified. What only something older than
///   is known tells of has lapsed: each version tells of the consent that counts in it, and an end that was taken back brings none back.
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
        consent,
    } = told;
    let placement = placement.as_ref();
    let known = employment_projection::learn(tx, organization, person, projection, placement, now).await?;
    let is_latest = known.employment == projection.employment;
    if is_latest {
        if let Some(begin) = create_time {
            grant::lapse_former(tx, person, organization, known.employment, begin).await?;
        }
        let latest = (known.employment, known.state.is_open());
        assignment::archive(tx, person, organization, latest, now).await?;
        if known.state.is_open() {
            assignment::restore(tx, person, organization, known.employment).await?;
        }
    }
    if let Some(consent) = consent {
        let is_older = projection.sequence < known.sequence;
        let is_over = !is_latest || is_older || EmploymentState::OVER.contains(&known.state);
        let parties = Parties {
            person,
            organization,
            employment: projection.employment,
        };
        claimed::apply(tx, parties, consent, is_over).await?;
    }
    Ok(known)
}
