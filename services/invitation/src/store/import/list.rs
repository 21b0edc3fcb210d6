//! The list of imports.

use muster_database::DatabaseError;
use muster_ids::{ImportId, OrganizationId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::select;
use crate::domain::import::{Import, ImportState};
use crate::store::state_lists::undecided;

/// At most `limit`, those after `after` in the list, newest first. The state that is filtered by is the one shown at
/// `now`; no state: all.
pub(crate) async fn page(
    connection: &mut PgConnection,
    organization: OrganizationId,
    states: &[ImportState],
    after: Option<ImportId>,
    limit: i64,
    now: OffsetDateTime,
) -> Result<Vec<Import>, DatabaseError> {
    Ok(sqlx::query_as(select!(
        "WHERE organization_id = $1 AND import_id < $2
           AND (cardinality($3::text[]) = 0
                OR CASE WHEN state IN (",
        undecided!(),
        ") AND expire_time <= $4 THEN $6 ELSE state END = ANY ($3))
         ORDER BY import_id DESC LIMIT $5"
    ))
    .bind(organization)
    .bind(after.map_or(Uuid::max(), |id| id.as_uuid()))
    .bind(states)
    .bind(now)
    .bind(limit)
    .bind(ImportState::Expired)
    .fetch_all(connection)
    .await?)
}
