//! Taking in what the employment service tells of a learner, and what follows from it at once.

use muster_database::DatabaseError;
use muster_ids::{OrganizationId, PersonId};
use sqlx::PgConnection;

use crate::domain::{EmploymentProjection, ToldEmployment};
use crate::store::{employment_projection, grant};

/// Takes in an employment, unless something newer is known, and answers what is known then. A consent that was given before it
/// began was given to a former employment, and does not come back with this one: whatever became of the former one, and whether
/// its end has been heard of or not. The row of the projection stays locked.
///
/// # Errors
/// The database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
    told: ToldEmployment,
) -> Result<EmploymentProjection, DatabaseError> {
    let ToldEmployment {
        projection,
        create_time,
    } = told;
    let known = employment_projection::learn(tx, organization, person, projection).await?;
    let is_latest = known.employment == projection.employment;
    if let Some(begin) = create_time.filter(|_| is_latest) {
        grant::lapse_former(tx, person, organization, projection.employment, begin).await?;
    }
    Ok(known)
}
