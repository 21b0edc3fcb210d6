//! Rows of profile users.

use muster_address::EmailAddress;
use muster_identity::Role;
use sqlx::postgres::PgRow;
use sqlx::{Error, FromRow, Row};

use crate::domain::{ProfileUser, ProfileUserContact, PublicName};

impl FromRow<'_, PgRow> for ProfileUser {
    fn from_row(row: &PgRow) -> Result<Self, Error> {
        Ok(Self {
            person: row.try_get("owner_person_id")?,
            role: Role::Owner,
        })
    }
}

impl FromRow<'_, PgRow> for ProfileUserContact {
    fn from_row(row: &PgRow) -> Result<Self, Error> {
        Ok(Self {
            role: Role::Owner,
            address: address(row)?,
            organization_state: row.try_get("state")?,
            organization_display_name: PublicName::stored(row.try_get("display_name")?),
        })
    }
}

fn address(row: &PgRow) -> Result<Option<EmailAddress>, Error> {
    let (given, canonical) = (row.try_get("address_given")?, row.try_get("address_canonical")?);
    let address = Option::zip(given, canonical);
    Ok(address.map(|(given, canonical)| EmailAddress::stored(given, canonical)))
}
