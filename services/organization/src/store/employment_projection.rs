//! The projection of employments.

use muster_database::DatabaseError;
use muster_ids::{EmploymentId, OrganizationId, PersonId};
use muster_messaging::EmploymentFacts;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::{EmploymentState, WaitingClaims};

/// Takes in what an event says of an employment, unless something newer is known. The sequence tells, also of two
/// employments of a pair: a later one continues where the former one stopped. The person is known since the first of them.
/// Answers whether it was news.
pub(crate) async fn learn(
    tx: &mut PgConnection,
    facts: &EmploymentFacts,
    time: OffsetDateTime,
) -> Result<bool, DatabaseError> {
    let done = sqlx::query(
        "INSERT INTO employment_projection AS known (organization_id, person_id, employment_id, state, sequence,
                known_since, source_invitation_id, state_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $6)
         ON CONFLICT ON CONSTRAINT employment_projection_pkey DO UPDATE
         SET employment_id = EXCLUDED.employment_id, state = EXCLUDED.state, sequence = EXCLUDED.sequence,
             source_invitation_id = EXCLUDED.source_invitation_id,
             state_time = CASE WHEN (known.employment_id, known.state) = (EXCLUDED.employment_id, EXCLUDED.state)
                               THEN known.state_time ELSE EXCLUDED.state_time END
         WHERE known.sequence < EXCLUDED.sequence",
    )
    .bind(facts.organization)
    .bind(facts.person)
    .bind(facts.employment)
    .bind(facts.state_word())
    .bind(facts.sequence)
    .bind(time)
    .bind(facts.source_invitation)
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Keeps what is known of a person's employment as it is until the transaction ends.
pub(crate) async fn hold(
    tx: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
) -> Result<(), DatabaseError> {
    sqlx::query("SELECT FROM employment_projection WHERE organization_id = $1 AND person_id = $2 FOR SHARE")
        .bind(organization)
        .bind(person)
        .execute(tx)
        .await?;
    Ok(())
}

/// Whether the person's employment at the organization is verified, as far as it is known.
pub(crate) async fn is_verified(
    db: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
) -> Result<bool, DatabaseError> {
    let verified = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM employment_projection
                        WHERE organization_id = $1 AND person_id = $2 AND state = $3)",
    );
    let verified = verified
        .bind(organization)
        .bind(person)
        .bind(EmploymentState::Verified);
    Ok(verified.fetch_one(db).await?)
}

/// The claims at an organization that wait to be verified, as far as they are known.
pub(crate) async fn waiting(
    db: &mut PgConnection,
    organization: OrganizationId,
) -> Result<WaitingClaims, DatabaseError> {
    let (count, oldest) = sqlx::query_as(
        "SELECT count(*), min(state_time) FROM employment_projection WHERE organization_id = $1 AND state = $2",
    )
    .bind(organization)
    .bind(EmploymentState::PendingVerification)
    .fetch_one(db)
    .await?;
    Ok(WaitingClaims { count, oldest })
}

/// Whose employment this is, as far as it is known.
pub(crate) async fn find_person(
    db: &mut PgConnection,
    organization: OrganizationId,
    employment: EmploymentId,
) -> Result<Option<PersonId>, DatabaseError> {
    let person = sqlx::query_scalar(
        "SELECT person_id FROM employment_projection WHERE organization_id = $1 AND employment_id = $2",
    );
    Ok(person
        .bind(organization)
        .bind(employment)
        .fetch_optional(db)
        .await?)
}
