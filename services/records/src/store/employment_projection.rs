//! What is kept of employments.

use muster_database::DatabaseError;
use muster_ids::{EmploymentId, OrganizationId, PersonId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::inconsistent;
use crate::domain::Standing;

type Row = (Uuid, String, i64);

/// What is known, without a lock: to see whether anything is.
///
/// # Errors
/// The database's.
pub(crate) async fn get(
    db: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
) -> Result<Option<Standing>, DatabaseError> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT employment_id, state, sequence FROM employment_projection
         WHERE organization_id = $1 AND person_id = $2",
    )
    .bind(organization.as_uuid())
    .bind(person.as_uuid())
    .fetch_optional(db)
    .await?;
    row.map(parse).transpose()
}

/// What is known, and stays so until the transaction ends: an event that says otherwise waits for it. Nobody else holds
/// it meanwhile: with a shared lock, calls that begin all the time would keep the event waiting for ever.
///
/// # Errors
/// The database's.
pub(crate) async fn hold(
    tx: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
) -> Result<Option<Standing>, DatabaseError> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT employment_id, state, sequence FROM employment_projection
         WHERE organization_id = $1 AND person_id = $2 FOR NO KEY UPDATE",
    )
    .bind(organization.as_uuid())
    .bind(person.as_uuid())
    .fetch_optional(tx)
    .await?;
    row.map(parse).transpose()
}

/// Takes in what was heard, unless something newer is known, and answers what is known then. The row stays locked.
///
/// # Errors
/// The database's.
pub(crate) async fn learn(
    tx: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
    heard: Standing,
) -> Result<Standing, DatabaseError> {
    // The row is locked even where the condition keeps it as it is, so that events about one person take turns.
    sqlx::query(
        "INSERT INTO employment_projection AS known (organization_id, person_id, employment_id, state, sequence)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (organization_id, person_id) DO UPDATE
         SET employment_id = excluded.employment_id, state = excluded.state, sequence = excluded.sequence
         WHERE known.sequence < excluded.sequence",
    )
    .bind(organization.as_uuid())
    .bind(person.as_uuid())
    .bind(heard.employment.as_uuid())
    .bind(heard.state.as_str())
    .bind(heard.sequence)
    .execute(&mut *tx)
    .await?;
    let known = get(tx, organization, person).await?;
    known.ok_or_else(|| inconsistent("a projected employment vanished under its lock"))
}

fn parse((employment, state, sequence): Row) -> Result<Standing, DatabaseError> {
    Ok(Standing {
        employment: EmploymentId::from_uuid(employment),
        state: state.parse()?,
        sequence,
    })
}
