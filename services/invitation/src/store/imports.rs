//! Imports: making, finding, deciding.

use muster_database::DatabaseError;
use muster_ids::{ImportId, OrganizationId, PersonId};
use sqlx::{FromRow, PgConnection};
use time::OffsetDateTime;
use uuid::Uuid;

use super::unknown;
use crate::domain::import::{Counts, Import};

#[derive(FromRow)]
struct ImportRecord {
    organization_id: Uuid,
    import_id: Uuid,
    state: String,
    file_name: String,
    uploader_person_id: Uuid,
    preview_sha256: Vec<u8>,
    context_sha256: Vec<u8>,
    row_count: i32,
    valid_count: i32,
    warning_count: i32,
    error_count: i32,
    applied_count: i32,
    refused_count: i32,
    create_time: OffsetDateTime,
    expire_time: OffsetDateTime,
    decide_time: Option<OffsetDateTime>,
    finish_time: Option<OffsetDateTime>,
}

impl TryFrom<ImportRecord> for Import {
    type Error = DatabaseError;

    fn try_from(row: ImportRecord) -> Result<Self, DatabaseError> {
        Ok(Self {
            organization: OrganizationId::from_uuid(row.organization_id),
            id: ImportId::from_uuid(row.import_id),
            state: row.state.parse()?,
            file_name: row.file_name,
            uploader: PersonId::from_uuid(row.uploader_person_id),
            preview_sha256: row
                .preview_sha256
                .try_into()
                .map_err(|_| unknown("preview_sha256"))?,
            context_sha256: row
                .context_sha256
                .try_into()
                .map_err(|_| unknown("context_sha256"))?,
            counts: Counts {
                rows: row.row_count,
                valid: row.valid_count,
                warnings: row.warning_count,
                errors: row.error_count,
            },
            applied: row.applied_count,
            refused: row.refused_count,
            create_time: row.create_time,
            expire_time: row.expire_time,
            decide_time: row.decide_time,
            finish_time: row.finish_time,
        })
    }
}

/// Inserts a previewed import.
pub(crate) async fn insert(
    tx: &mut PgConnection,
    import: &Import,
    file_sha256: &[u8; 32],
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO imports (organization_id, import_id, version, state, file_name, file_sha256,
             uploader_person_id, preview_sha256, context_sha256, row_count, valid_count, warning_count, error_count,
             create_time, expire_time)
         VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(import.organization.as_uuid())
    .bind(import.id.as_uuid())
    .bind(import.state.as_str())
    .bind(&import.file_name)
    .bind(file_sha256.as_slice())
    .bind(import.uploader.as_uuid())
    .bind(import.preview_sha256.as_slice())
    .bind(import.context_sha256.as_slice())
    .bind(import.counts.rows)
    .bind(import.counts.valid)
    .bind(import.counts.warnings)
    .bind(import.counts.errors)
    .bind(import.create_time)
    .bind(import.expire_time)
    .execute(tx)
    .await?;
    Ok(())
}

/// One import.
pub(crate) async fn find(
    connection: &mut PgConnection,
    organization: OrganizationId,
    id: ImportId,
) -> Result<Option<Import>, DatabaseError> {
    let row: Option<ImportRecord> = sqlx::query_as(
        "SELECT organization_id, import_id, state, file_name, uploader_person_id, preview_sha256, context_sha256,
                row_count, valid_count, warning_count, error_count, applied_count, refused_count, create_time,
                expire_time, decide_time, finish_time
         FROM imports WHERE organization_id = $1 AND import_id = $2",
    )
    .bind(organization.as_uuid())
    .bind(id.as_uuid())
    .fetch_optional(connection)
    .await?;
    row.map(Import::try_from).transpose()
}

/// Who approves what, and in which trace.
#[derive(Debug)]
pub(crate) struct Approval<'a> {
    pub(crate) approver: PersonId,
    pub(crate) time: OffsetDateTime,
    pub(crate) traceparent: Option<&'a str>,
    /// The digest of the groups and locations that were just looked at.
    pub(crate) context_sha256: &'a [u8; 32],
}

/// Approves a READY import whose preview is the given one. Tells whether this call did it.
pub(crate) async fn approve(
    tx: &mut PgConnection,
    import: &Import,
    approval: &Approval<'_>,
) -> Result<bool, DatabaseError> {
    let done = sqlx::query(
        "UPDATE imports
         SET state = 'APPROVED', version = version + 1, approver_person_id = $3, decide_time = $4,
             approve_traceparent = $5
         WHERE organization_id = $1 AND import_id = $2 AND state = 'READY' AND expire_time > $4
           AND preview_sha256 = $6 AND context_sha256 = $7",
    )
    .bind(import.organization.as_uuid())
    .bind(import.id.as_uuid())
    .bind(approval.approver.as_uuid())
    .bind(approval.time)
    .bind(approval.traceparent)
    .bind(import.preview_sha256.as_slice())
    .bind(approval.context_sha256.as_slice())
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Drops an import that nobody decided on, whether its preview is made or just being made again: a worker that is at it
/// loses its lease. Tells whether this call did it.
pub(crate) async fn disapprove(
    tx: &mut PgConnection,
    organization: OrganizationId,
    id: ImportId,
    now: OffsetDateTime,
) -> Result<bool, DatabaseError> {
    let done = sqlx::query(
        "UPDATE imports SET state = 'DISAPPROVED', version = version + 1, decide_time = $3,
                lease_token = NULL, lease_until = NULL
         WHERE organization_id = $1 AND import_id = $2 AND state IN ('READY', 'UPLOADED') AND expire_time > $3",
    )
    .bind(organization.as_uuid())
    .bind(id.as_uuid())
    .bind(now)
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Sends a READY import back to be looked at again, if its preview is still the given one.
pub(crate) async fn look_again(tx: &mut PgConnection, import: &Import) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE imports SET state = 'UPLOADED', version = version + 1
         WHERE organization_id = $1 AND import_id = $2 AND state = 'READY' AND preview_sha256 = $3",
    )
    .bind(import.organization.as_uuid())
    .bind(import.id.as_uuid())
    .bind(import.preview_sha256.as_slice())
    .execute(tx)
    .await?;
    Ok(())
}
