//! What an organization has set up.

use muster_database::DatabaseError;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::employment_projection;
use crate::domain::{
    CatalogTrainingState, EmploymentState, GivenRole, GroupState, LocationState, Organization, Origin, Plan,
    SetupFacts,
};

/// What there is of an organization, at one moment.
pub(crate) async fn find(
    db: &mut PgConnection,
    organization: &Organization,
    plan: Plan,
    now: OffsetDateTime,
) -> Result<SetupFacts, DatabaseError> {
    let (trainings, active_groups, idle_groups, locations, admins, is_owner_reachable, employees) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM catalog_trainings WHERE organization_id = $1 AND state = $8),
                (SELECT count(*) FROM groups WHERE organization_id = $1 AND state = $3),
                (SELECT count(*) FROM groups g WHERE g.organization_id = $1 AND g.state = $3
                   AND NOT EXISTS (SELECT FROM group_trainings t JOIN catalog_trainings c USING (organization_id, training_id)
                                   WHERE t.organization_id = g.organization_id AND t.group_id = g.group_id AND c.state = $8)),
                (SELECT count(*) FROM locations WHERE organization_id = $1 AND state = $9),
                (SELECT count(*) FROM profile_users u
                 WHERE u.organization_id = $1 AND u.role = $4 AND (u.expire_time IS NULL OR u.expire_time > $7)
                   AND (u.origin = $5 OR EXISTS (
                       SELECT FROM employment_projection e
                       WHERE e.organization_id = u.organization_id AND e.person_id = u.person_id AND e.state = $6))),
                EXISTS (SELECT FROM profile_user_addresses WHERE organization_id = $1 AND person_id = $2),
                (SELECT count(*) FROM employment_projection
                 WHERE organization_id = $1 AND person_id <> $2 AND state = $6)",
    )
    .bind(organization.id)
    .bind(organization.owner.person)
    .bind(GroupState::Active)
    .bind(GivenRole::Admin)
    .bind(Origin::Request)
    .bind(EmploymentState::Verified)
    .bind(now)
    .bind(CatalogTrainingState::Active)
    .bind(LocationState::Active)
    .fetch_one(&mut *db)
    .await?;
    Ok(SetupFacts {
        state: organization.state,
        is_licensed: organization.licensing.license().is_some(),
        plan,
        trainings,
        active_groups,
        idle_groups,
        locations,
        admins,
        is_owner_reachable,
        employees,
        claims: employment_projection::waiting(db, organization.id).await?,
    })
}
