//! Imports: making, finding, deciding.

pub(crate) mod claim;
pub(crate) mod list;
pub(crate) mod purge;
pub(crate) mod results;
mod row;
pub(crate) mod rows;

use muster_database::DatabaseError;
use muster_ids::{ImportId, ImportName, OrganizationId};
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::domain::import::Import;

/// Every column that an [`Import`] is made of, with the given rest.
macro_rules! select {
    ($($rest:tt)+) => {
        concat!(
            "SELECT organization_id, import_id, version, state, file_name, encoding, separator, sheet, unread_sheets,
                    uploader_person_id, preview_sha256, context_sha256, row_count, valid_count, warning_count, error_count, group_warnings,
                    applied_count,
                    refused_count, create_time, expire_time, decide_time, approver_person_id, approve_traceparent,
                    finish_time, purge_time, send_time
             FROM imports ",
            $($rest)+
        )
    };
}
use select;

/// Inserts an import. What its preview comes to is saved when it is made.
pub(crate) async fn insert(
    tx: &mut PgConnection,
    import: &Import,
    file_sha256: &[u8; 32],
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO imports (organization_id, import_id, version, state, file_name, file_sha256,
             uploader_person_id, preview_sha256, context_sha256, row_count, valid_count, warning_count, error_count,
             create_time, expire_time, purge_time, encoding, separator, sheet, unread_sheets, group_warnings)
         VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)",
    )
    .bind(import.organization)
    .bind(import.id)
    .bind(import.state)
    .bind(&import.file_name)
    .bind(file_sha256.as_slice())
    .bind(import.uploader)
    .bind(import.preview_sha256.as_slice())
    .bind(import.context_sha256.as_slice())
    .bind(import.counts.rows)
    .bind(import.counts.valid)
    .bind(import.counts.warnings)
    .bind(import.counts.errors)
    .bind(import.create_time)
    .bind(import.expire_time)
    .bind(import.purge_time)
    .bind(&import.format.encoding)
    .bind(&import.format.separator)
    .bind(&import.format.sheet)
    .bind(&import.format.unread_sheets)
    .bind(Json(&import.group_warnings))
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
    Ok(
        sqlx::query_as(select!("WHERE organization_id = $1 AND import_id = $2"))
            .bind(organization)
            .bind(id)
            .fetch_optional(connection)
            .await?,
    )
}

/// Those of these imports that exist. Cross-tenant; for who watches them.
pub(crate) async fn find_all(
    connection: &mut PgConnection,
    names: &[ImportName],
) -> Result<Vec<Import>, DatabaseError> {
    let (organizations, ids): (Vec<OrganizationId>, Vec<ImportId>) =
        names.iter().map(|name| (name.organization, name.import)).unzip();
    Ok(sqlx::query_as(select!(
        "JOIN unnest($1::uuid[], $2::uuid[]) AS watched (organization_id, import_id) USING (organization_id, import_id)"
    ))
    .bind(organizations)
    .bind(ids)
    .fetch_all(connection)
    .await?)
}

/// Locks an import, and reads it after the lock was had.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    organization: OrganizationId,
    id: ImportId,
) -> Result<Option<Import>, DatabaseError> {
    let locked =
        sqlx::query("SELECT FROM imports WHERE organization_id = $1 AND import_id = $2 FOR NO KEY UPDATE")
            .bind(organization)
            .bind(id)
            .fetch_optional(&mut *tx)
            .await?;
    match locked {
        Some(_) => find(tx, organization, id).await,
        None => Ok(None),
    }
}

/// Stores what a decision made of an import, over the version that it was made from, and raises that. Whoever works on
/// the import loses it. Tells whether it was stored: not when the stored version is another one by now, which cannot be
/// while the row is locked.
pub(crate) async fn update(tx: &mut PgConnection, import: &mut Import) -> Result<bool, DatabaseError> {
    let approval = import.approval.as_ref();
    let done = sqlx::query(
        "UPDATE imports
         SET version = version + 1, state = $4, approver_person_id = $5, approve_traceparent = $6, decide_time = $7,
             purge_time = $8, send_time = $9, lease_token = NULL, lease_until = NULL
         WHERE organization_id = $1 AND import_id = $2 AND version = $3",
    )
    .bind(import.organization)
    .bind(import.id)
    .bind(import.version)
    .bind(import.state)
    .bind(approval.map(|approval| approval.approver))
    .bind(approval.and_then(|approval| approval.traceparent.as_deref()))
    .bind(import.decide_time)
    .bind(import.purge_time)
    .bind(approval.and_then(|approval| approval.send_time))
    .execute(tx)
    .await?;
    let did_it = done.rows_affected() == 1;
    import.version += i64::from(did_it);
    Ok(did_it)
}
