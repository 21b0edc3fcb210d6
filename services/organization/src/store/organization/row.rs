//! A profile as it is stored.

use muster_language::Language;
use sqlx::postgres::PgRow;
use sqlx::{Error, FromRow, Row};

use crate::domain::{
    License, Licensing, LicensingAuthority, Organization, OrganizationNumber, OrganizationType, Owner,
    ProgrammeAddress, PublicName, ShortName,
};

impl FromRow<'_, PgRow> for Organization {
    fn from_row(row: &PgRow) -> Result<Self, Error> {
        Ok(Self {
            id: row.try_get("organization_id")?,
            number: number(row)?,
            owner: Owner {
                person: row.try_get("owner_person_id")?,
                display_name: row.try_get("owner_display_name")?,
            },
            display_name: PublicName::stored(row.try_get("display_name")?),
            language: language(row)?,
            licensing: licensing(row)?,
            license_status: row.try_get("license_status")?,
            address: address(row)?,
            programme: row.try_get("programme_id")?,
            state: row.try_get("state")?,
            version: row.try_get("version")?,
            create_time: row.try_get("create_time")?,
            submit_time: row.try_get("submit_time")?,
            approve_time: row.try_get("approve_time")?,
            return_reasons: row.try_get("return_reasons")?,
            decision_reason: row.try_get("decision_reason")?,
            close_time: row.try_get("close_time")?,
        })
    }
}

impl FromRow<'_, PgRow> for OrganizationNumber {
    fn from_row(row: &PgRow) -> Result<Self, Error> {
        number(row)
    }
}

pub(in crate::store) fn number(row: &PgRow) -> Result<OrganizationNumber, Error> {
    let text = row.try_get("organization_number")?;
    OrganizationNumber::parse(text).ok_or_else(|| undecoded("organization_number"))
}

/// Four lines of an address, of which only the city is always there.
pub(in crate::store) fn address(row: &PgRow) -> Result<Option<ProgrammeAddress>, Error> {
    let lines: Vec<String> = row.try_get("address")?;
    let Ok([street_address, city, region, postal_code]) = <[String; 4]>::try_from(lines) else {
        return Err(undecoded("address"));
    };
    let line = |text: String| Some(text).filter(|text| !text.is_empty()).map(ShortName::stored);
    Ok(line(city).map(|city| ProgrammeAddress {
        street_address: line(street_address),
        city,
        region: line(region),
        postal_code: line(postal_code),
    }))
}

pub(in crate::store) fn language(row: &PgRow) -> Result<Language, Error> {
    let tag: &str = row.try_get("language")?;
    tag.parse().map_err(|_| undecoded("language"))
}

fn licensing(row: &PgRow) -> Result<Licensing, Error> {
    let authority = authority(row)?;
    let Some(kind) = row
        .try_get::<OrganizationType, _>("organization_type")?
        .licensed()
    else {
        return Ok(Licensing::StartUp(authority));
    };
    let license = License::stored(
        authority,
        row.try_get("license_number_as_given")?,
        row.try_get("license_number_normalized")?,
    );
    Ok(Licensing::Licensed { kind, license })
}

pub(in crate::store) fn authority(row: &PgRow) -> Result<LicensingAuthority, Error> {
    let text = row.try_get("licensing_authority")?;
    LicensingAuthority::parse(text).map_err(|_| undecoded("licensing_authority"))
}

/// A value that the code cannot have written. Names the column, never the value.
fn undecoded(column: &str) -> Error {
    Error::ColumnDecode {
        index: column.to_owned(),
        source: "not what this service writes".into(),
    }
}
