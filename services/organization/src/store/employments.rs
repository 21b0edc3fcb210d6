//! The projection of employments.

use muster_database::DatabaseError;
use muster_ids::{EmploymentId, OrganizationId, PersonId};
use sqlx::PgConnection;

/// Notes that an employment was verified, unless something newer is known. The sequence tells, also of two employments
/// of a pair: a later one continues where the former one stopped.
pub(crate) async fn note_verified(
    tx: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
    employment: EmploymentId,
    sequence: i64,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO employment_projection AS known (organization_id, person_id, employment_id, state, sequence)
         VALUES ($1, $2, $3, 'VERIFIED', $4)
         ON CONFLICT ON CONSTRAINT employment_projection_pkey DO UPDATE
         SET employment_id = EXCLUDED.employment_id, state = EXCLUDED.state, sequence = EXCLUDED.sequence
         WHERE known.sequence < EXCLUDED.sequence",
    )
    .bind(organization.as_uuid())
    .bind(person.as_uuid())
    .bind(employment.as_uuid())
    .bind(sequence)
    .execute(tx)
    .await?;
    Ok(())
}
