//! A request as it is stored.

use muster_address::EmailAddress;
use sqlx::postgres::PgRow;
use sqlx::{Error, FromRow, Row};

use crate::domain::{AccessRequest, Asker, ShortName};
use crate::store::organization::row::number;

impl FromRow<'_, PgRow> for AccessRequest {
    fn from_row(row: &PgRow) -> Result<Self, Error> {
        let message: Option<String> = row.try_get("message")?;
        Ok(Self {
            organization: row.try_get("organization_id")?,
            id: row.try_get("access_request_id")?,
            number: number(row)?,
            asker: Asker {
                person: row.try_get("person_id")?,
                display_name: row.try_get("display_name")?,
                address: EmailAddress::stored(
                    row.try_get("address_given")?,
                    row.try_get("address_canonical")?,
                ),
            },
            role: row.try_get("role")?,
            message: message.map(ShortName::stored),
            state: row.try_get("state")?,
            version: row.try_get("version")?,
            create_time: row.try_get("create_time")?,
            expire_time: row.try_get("expire_time")?,
            decide_time: row.try_get("decide_time")?,
            decider: row.try_get("decider_person_id")?,
        })
    }
}
