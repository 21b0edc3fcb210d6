//! What is kept of employments.

use muster_database::DatabaseError;
use muster_ids::{OrganizationId, PersonId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};

use crate::domain::{EmploymentProjection, EmploymentState};

impl FromRow<'_, PgRow> for EmploymentProjection {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            employment: row.try_get("employment_id")?,
            state: row.try_get("state")?,
            sequence: row.try_get("sequence")?,
        })
    }
}

/// What is known, without a lock: to see whether anything is.
pub(crate) async fn find(
    db: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
) -> Result<Option<EmploymentProjection>, DatabaseError> {
    let known = sqlx::query_as(
        "SELECT employment_id, state, sequence FROM employment_projection
         WHERE organization_id = $1 AND person_id = $2",
    )
    .bind(organization)
    .bind(person)
    .fetch_optional(db)
    .await?;
    Ok(known)
}

/// What is known, and stays so until the transaction ends: an event that says otherwise waits for it. Nobody else holds
/// it meanwhile: with a shared lock, calls that begin all the time would keep the event waiting for ever.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
) -> Result<Option<EmploymentProjection>, DatabaseError> {
    let known = sqlx::query_as(
        "SELECT employment_id, state, sequence FROM employment_projection
         WHERE organization_id = $1 AND person_id = $2 FOR NO KEY UPDATE",
    )
    .bind(organization)
    .bind(person)
    .fetch_optional(tx)
    .await?;
    Ok(known)
}

/// At most `limit` persons who are verified at the organization, after `after`, in the order of their ids.
pub(crate) async fn list_verified(
    db: &mut PgConnection,
    organization: OrganizationId,
    after: Option<PersonId>,
    limit: i64,
) -> Result<Vec<PersonId>, DatabaseError> {
    let verified = sqlx::query_scalar(
        "SELECT person_id FROM employment_projection
         WHERE organization_id = $1 AND state = $2 AND ($3::uuid IS NULL OR person_id > $3)
         ORDER BY person_id LIMIT $4",
    )
    .bind(organization)
    .bind(EmploymentState::Verified)
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(verified)
}

/// How many persons wait for the organization to verify their employment.
pub(crate) async fn count_waiting(
    db: &mut PgConnection,
    organization: OrganizationId,
) -> Result<i64, DatabaseError> {
    let waiting = sqlx::query_scalar(
        "SELECT count(*) FROM employment_projection WHERE organization_id = $1 AND state = $2",
    )
    .bind(organization)
    .bind(EmploymentState::PendingVerification)
    .fetch_one(db)
    .await?;
    Ok(waiting)
}

/// Takes in what was published, unless something newer is known, and answers what is known then. The row stays locked.
pub(crate) async fn learn(
    tx: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
    published: EmploymentProjection,
) -> Result<EmploymentProjection, DatabaseError> {
    // The row is locked even where the condition keeps it as it is, so that events about one person take turns.
    sqlx::query(
        "INSERT INTO employment_projection AS known (organization_id, person_id, employment_id, state, sequence)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (organization_id, person_id) DO UPDATE
         SET employment_id = excluded.employment_id, state = excluded.state, sequence = excluded.sequence
         WHERE known.sequence < excluded.sequence",
    )
    .bind(organization)
    .bind(person)
    .bind(published.employment)
    .bind(published.state)
    .bind(published.sequence)
    .execute(&mut *tx)
    .await?;
    let known = find(tx, organization, person).await?;
    known.ok_or_else(|| {
        let text = "a projected employment vanished under its lock";
        DatabaseError::Inconsistent(text.to_owned())
    })
}
