//! Imports that wait for a worker. Cross-tenant; the worker only.
//!
//! A worker holds a lease, which it prolongs with each batch; when it is killed, another goes on with the rows that are left.

use muster_database::{DatabaseError, lease_is_free};
use muster_ids::{ImportId, ImportName, OrganizationId};
use muster_jobs::{Lease, NOBODY};
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection, Row};
use time::OffsetDateTime;

use crate::domain::import::{Approval, ImportState};
use crate::domain::preview::Preview;
use crate::store::inconsistent;
use crate::store::state_lists::to_do;

/// An import to work on.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) organization: OrganizationId,
    pub(crate) import: ImportId,
    pub(crate) task: Task,
    pub(crate) lease: Lease,
}

/// What is to be done with an import.
#[derive(Debug, Clone)]
pub(crate) enum Task {
    /// Make the preview again.
    Preview,
    /// Turn the rows into invitations.
    Apply(Approval),
}

/// Takes an import that waits and that nobody holds at `now`: first those that no worker had yet, the oldest first, then
/// the one that was put down longest ago. A preview that can no longer be decided on is not made.
pub(crate) async fn claim(
    tx: &mut PgConnection,
    lease: Lease,
    now: OffsetDateTime,
) -> Result<Option<Job>, DatabaseError> {
    Ok(sqlx::query_as(concat!(
        "UPDATE imports SET lease_token = $1, lease_until = $2,
                state = CASE state WHEN $4 THEN $5 ELSE state END,
                version = CASE state WHEN $4 THEN version + 1 ELSE version END
         WHERE (organization_id, import_id) = (
             SELECT organization_id, import_id FROM imports
             WHERE state IN (",
        to_do!(),
        ") AND ",
        lease_is_free!("$3"),
        " AND (state <> $6 OR expire_time > $3)
             ORDER BY lease_until NULLS FIRST, create_time LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING organization_id, import_id, state, approver_person_id, approve_traceparent, send_time, lease_token, lease_until",
    ))
    .bind(lease.token)
    .bind(lease.until)
    .bind(now)
    .bind(ImportState::Approved)
    .bind(ImportState::Applying)
    .bind(ImportState::Uploaded)
    .fetch_optional(tx)
    .await?)
}

impl FromRow<'_, PgRow> for Job {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let task = match (row.try_get("state")?, row.try_get("approver_person_id")?) {
            (ImportState::Uploaded, _) => Task::Preview,
            (ImportState::Applying, Some(approver)) => Task::Apply(Approval {
                approver,
                traceparent: row.try_get("approve_traceparent")?,
                send_time: row.try_get("send_time")?,
            }),
            _ => return Err(inconsistent("state")),
        };
        Ok(Self {
            organization: row.try_get("organization_id")?,
            import: row.try_get("import_id")?,
            task,
            lease: Lease {
                token: row.try_get("lease_token")?,
                until: row.try_get("lease_until")?,
            },
        })
    }
}

/// Locks the import and prolongs the lease, if it is still this worker's. Tells the line up to which its rows are done.
pub(crate) async fn hold(
    tx: &mut PgConnection,
    job: &Job,
    lease: Lease,
) -> Result<Option<i32>, DatabaseError> {
    Ok(sqlx::query_scalar(
        "UPDATE imports SET lease_until = $4
         WHERE organization_id = $1 AND import_id = $2 AND lease_token = $3 RETURNING done_line",
    )
    .bind(job.organization)
    .bind(job.import)
    .bind(lease.token)
    .bind(lease.until)
    .fetch_optional(tx)
    .await?)
}

/// Whether another import waits for a worker at `now`.
pub(crate) async fn is_another_waiting(
    connection: &mut PgConnection,
    job: &Job,
    now: OffsetDateTime,
) -> Result<bool, DatabaseError> {
    Ok(sqlx::query_scalar(concat!(
        "SELECT EXISTS (
             SELECT FROM imports
             WHERE state IN (",
        to_do!(),
        ") AND ",
        lease_is_free!("$3"),
        " AND (state <> $4 OR expire_time > $3) AND (organization_id, import_id) <> ($1, $2))",
    ))
    .bind(job.organization)
    .bind(job.import)
    .bind(now)
    .bind(ImportState::Uploaded)
    .fetch_one(connection)
    .await?)
}

/// Puts the import down, to be taken again from `again` on, if it is still this worker's.
pub(crate) async fn postpone(
    tx: &mut PgConnection,
    job: &Job,
    again: OffsetDateTime,
) -> Result<bool, DatabaseError> {
    let done = sqlx::query(
        "UPDATE imports SET lease_token = $4, lease_until = $5
         WHERE organization_id = $1 AND import_id = $2 AND lease_token = $3",
    )
    .bind(job.organization)
    .bind(job.import)
    .bind(job.lease.token)
    .bind(NOBODY)
    .bind(again)
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Counts a failure that time alone does not mend, and tells how many they are in a row. `None` when the lease is no
/// longer this worker's.
pub(crate) async fn count_failure(tx: &mut PgConnection, job: &Job) -> Result<Option<u32>, DatabaseError> {
    let attempts: Option<i32> = sqlx::query_scalar(
        "UPDATE imports SET attempts = attempts + 1
         WHERE organization_id = $1 AND import_id = $2 AND lease_token = $3 RETURNING attempts",
    )
    .bind(job.organization)
    .bind(job.import)
    .bind(job.lease.token)
    .fetch_optional(tx)
    .await?;
    Ok(attempts.map(i32::unsigned_abs))
}

/// Gives an import up, if it is still this worker's. What has become of its rows stays.
pub(crate) async fn fail(
    tx: &mut PgConnection,
    job: &Job,
    now: OffsetDateTime,
    reason: &str,
) -> Result<bool, DatabaseError> {
    let done = sqlx::query(
        "UPDATE imports
         SET state = $6, version = version + 1, finish_time = $4, failure = $5, lease_token = NULL,
             lease_until = NULL
         WHERE organization_id = $1 AND import_id = $2 AND lease_token = $3",
    )
    .bind(job.organization)
    .bind(job.import)
    .bind(job.lease.token)
    .bind(now)
    .bind(reason)
    .bind(ImportState::Failed)
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes what a preview came to, the first one or one that was made again.
pub(crate) async fn save_preview(
    tx: &mut PgConnection,
    import: ImportName,
    preview: &Preview,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE imports SET state = $9, version = version + 1, row_count = $3, valid_count = $4,
                warning_count = $5, error_count = $6, preview_sha256 = $7, context_sha256 = $8, group_warnings = $11,
                attempts = 0, lease_token = NULL, lease_until = NULL
         WHERE organization_id = $1 AND import_id = $2 AND state = $10",
    )
    .bind(import.organization)
    .bind(import.import)
    .bind(preview.counts.rows)
    .bind(preview.counts.valid)
    .bind(preview.counts.warnings)
    .bind(preview.counts.errors)
    .bind(preview.sha256.as_slice())
    .bind(preview.context_sha256.as_slice())
    .bind(ImportState::Ready)
    .bind(ImportState::Uploaded)
    .bind(Json(&preview.group_warnings))
    .execute(tx)
    .await?;
    Ok(())
}

/// Counts what a batch did, up to this line.
pub(crate) async fn count(
    tx: &mut PgConnection,
    job: &Job,
    done_line: i32,
    applied: i32,
    refused: i32,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE imports SET applied_count = applied_count + $3, refused_count = refused_count + $4, attempts = 0,
                done_line = greatest(done_line, $5)
         WHERE organization_id = $1 AND import_id = $2",
    )
    .bind(job.organization)
    .bind(job.import)
    .bind(applied)
    .bind(refused)
    .bind(done_line)
    .execute(tx)
    .await?;
    Ok(())
}

/// The last row is done.
pub(crate) async fn finish(
    tx: &mut PgConnection,
    job: &Job,
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE imports
         SET state = CASE WHEN error_count + refused_count > 0 THEN $4 ELSE $5 END, version = version + 1, finish_time = $3,
             lease_token = NULL, lease_until = NULL
         WHERE organization_id = $1 AND import_id = $2 AND state = $6",
    )
    .bind(job.organization)
    .bind(job.import)
    .bind(now)
    .bind(ImportState::AppliedWithErrors)
    .bind(ImportState::Applied)
    .bind(ImportState::Applying)
    .execute(tx)
    .await?;
    Ok(())
}
