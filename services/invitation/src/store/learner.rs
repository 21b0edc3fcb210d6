//! Learners. Triggers keep the rows as far as they follow from invitations; what is heard of employments is written here.

pub(crate) mod adoption;
mod list;

use muster_database::DatabaseError;
use muster_ids::{OrganizationId, PersonId};
use sqlx::PgConnection;

use crate::domain::learner::Employment;
pub(crate) use list::{ListPosition, counts, list};

/// Whether the person's name is known.
pub(crate) async fn is_named(
    connection: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
) -> Result<bool, DatabaseError> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM learners WHERE organization_id = $1 AND person_id = $2 AND display_name <> '')",
    )
    .bind(organization)
    .bind(person)
    .fetch_one(connection)
    .await?)
}

/// Whether something newer is known of this employment.
pub(crate) async fn is_outdated(
    connection: &mut PgConnection,
    employment: &Employment,
) -> Result<bool, DatabaseError> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM learners
                        WHERE organization_id = $1 AND person_id = $2 AND employment_id = $3 AND employment_sequence > $4)",
    )
    .bind(employment.organization)
    .bind(employment.person)
    .bind(employment.id)
    .bind(employment.sequence)
    .fetch_one(connection)
    .await?)
}

/// Takes in an employment that is verified or was, unless as much or something newer is known. The row stays locked.
pub(crate) async fn employ(
    tx: &mut PgConnection,
    employment: &Employment,
    display_name: &str,
) -> Result<(), DatabaseError> {
    sqlx::query(
        // The lock is the one of the trigger that makes a learner of who accepts.
        "WITH turn AS MATERIALIZED (
             SELECT FROM pg_advisory_xact_lock(hashtextextended('learner ' || $1::text || $2::text, 0)))
         INSERT INTO learners AS known (organization_id, learner_id, create_time, person_id, display_name, employment_id,
                                        employment_sequence, is_employed, is_active, group_ids, location_id)
         SELECT $1, $3, $4, $2, $5, $3, $6, $7, $7, $8, $9 FROM turn
         ON CONFLICT (organization_id, person_id) WHERE person_id IS NOT NULL DO UPDATE
         SET display_name = coalesce(nullif(known.display_name, ''), excluded.display_name),
             employment_id = excluded.employment_id, employment_sequence = excluded.employment_sequence,
             is_employed = excluded.is_employed, is_active = known.is_active OR excluded.is_employed,
             group_ids = excluded.group_ids, location_id = excluded.location_id
         WHERE known.employment_sequence < excluded.employment_sequence",
    )
    .bind(employment.organization)
    .bind(employment.person)
    .bind(employment.id)
    .bind(employment.create_time)
    .bind(display_name)
    .bind(employment.sequence)
    .bind(employment.is_employed())
    .bind(&employment.groups)
    .bind(employment.location)
    .execute(tx)
    .await?;
    Ok(())
}

/// Takes in a claim that was never verified, of somebody who is a learner already: by an invitation, or of a former employment. Groups
/// and location are those of the claim only if it came from an invitation that counts.
pub(crate) async fn note_claim(tx: &mut PgConnection, claim: &Employment) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE learners
         SET employment_id = $3, employment_sequence = $4,
             -- Versions that did not tell whether it was verified told that it waits again.
             is_employed = is_employed AND $5 AND employment_id = $3,
             group_ids = CASE WHEN $5 AND is_active THEN $6 ELSE group_ids END,
             location_id = CASE WHEN $5 AND is_active THEN $7 ELSE location_id END
         WHERE organization_id = $1 AND person_id = $2 AND employment_sequence < $4",
    )
    .bind(claim.organization)
    .bind(claim.person)
    .bind(claim.id)
    .bind(claim.sequence)
    .bind(claim.is_open)
    .bind(&claim.groups)
    .bind(claim.location)
    .execute(tx)
    .await?;
    Ok(())
}

/// Says anew whether the person is active, once it is known that no employment says so. A statement after the one that locked the row:
/// an acceptance that was waited for is seen.
pub(crate) async fn settle(
    tx: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE learners l SET is_active = false
         WHERE l.organization_id = $1 AND l.person_id = $2 AND l.is_active AND NOT l.is_employed
           AND NOT EXISTS (SELECT FROM invitations i
                           WHERE i.organization_id = $1 AND i.person_id = $2 AND i.state = 'ACTIVE')",
    )
    .bind(organization)
    .bind(person)
    .execute(tx)
    .await?;
    Ok(())
}
