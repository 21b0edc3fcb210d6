//! Rows of notices.

use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};

use crate::domain::VerificationNotice;

impl FromRow<'_, PgRow> for VerificationNotice {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            organization: row.try_get("organization_id")?,
            id: row.try_get("notice_id")?,
            person: row.try_get("person_id")?,
            number: row.try_get("number")?,
            mail_time: row.try_get("mail_time")?,
        })
    }
}
