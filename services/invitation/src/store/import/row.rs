//! A row of `imports`.

use muster_ids::PersonId;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, Row};

use crate::domain::import::{Approval, Counts, Import};
use crate::domain::spreadsheet::Format;

impl FromRow<'_, PgRow> for Import {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let approver: Option<PersonId> = row.try_get("approver_person_id")?;
        let traceparent = row.try_get("approve_traceparent")?;
        let send_time = row.try_get("send_time")?;
        Ok(Self {
            organization: row.try_get("organization_id")?,
            id: row.try_get("import_id")?,
            version: row.try_get("version")?,
            state: row.try_get("state")?,
            file_name: row.try_get("file_name")?,
            format: Format {
                encoding: row.try_get("encoding")?,
                separator: row.try_get("separator")?,
                sheet: row.try_get("sheet")?,
                unread_sheets: row.try_get("unread_sheets")?,
            },
            uploader: row.try_get("uploader_person_id")?,
            preview_sha256: row.try_get("preview_sha256")?,
            context_sha256: row.try_get("context_sha256")?,
            counts: Counts {
                rows: row.try_get("row_count")?,
                valid: row.try_get("valid_count")?,
                warnings: row.try_get("warning_count")?,
                errors: row.try_get("error_count")?,
            },
            group_warnings: row.try_get::<Json<_>, _>("group_warnings")?.0,
            applied: row.try_get("applied_count")?,
            refused: row.try_get("refused_count")?,
            create_time: row.try_get("create_time")?,
            expire_time: row.try_get("expire_time")?,
            decide_time: row.try_get("decide_time")?,
            approval: approver.map(|approver| Approval {
                approver,
                traceparent,
                send_time,
            }),
            finish_time: row.try_get("finish_time")?,
            purge_time: row.try_get("purge_time")?,
        })
    }
}
