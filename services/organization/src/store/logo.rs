//! Logos of join pages.

use muster_database::DatabaseError;
use muster_ids::OrganizationId;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};

use crate::domain::{Logo, Picture};

impl FromRow<'_, PgRow> for Logo {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let pixels = |column: &str| {
            let count: i32 = row.try_get(column)?;
            u32::try_from(count).map_err(|_| sqlx::Error::Decode("a picture has no such size".into()))
        };
        Ok(Self {
            organization: row.try_get("organization_id")?,
            picture: Picture {
                png: row.try_get("png")?,
                digest: row.try_get("digest")?,
                width: pixels("width")?,
                height: pixels("height")?,
            },
            set_by: row.try_get("set_by")?,
            set_time: row.try_get("set_time")?,
        })
    }
}

/// The logo of an organization, with its bytes.
pub(crate) async fn find(
    db: &mut PgConnection,
    organization: OrganizationId,
) -> Result<Option<Logo>, DatabaseError> {
    let found = sqlx::query_as(
        "SELECT organization_id, png, digest, width, height, set_by, set_time
         FROM join_page_logos WHERE organization_id = $1",
    );
    Ok(found.bind(organization).fetch_optional(db).await?)
}

/// The same without its bytes.
pub(crate) async fn describe(
    db: &mut PgConnection,
    organization: OrganizationId,
) -> Result<Option<Logo>, DatabaseError> {
    let found = sqlx::query_as(
        "SELECT organization_id, ''::bytea AS png, digest, width, height, set_by, set_time
         FROM join_page_logos WHERE organization_id = $1",
    );
    Ok(found.bind(organization).fetch_optional(db).await?)
}

/// Stores a logo in place of the one before. The profile is locked.
pub(crate) async fn put(tx: &mut PgConnection, logo: &Logo) -> Result<(), DatabaseError> {
    let picture = &logo.picture;
    let pixels = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    sqlx::query(
        "INSERT INTO join_page_logos (organization_id, png, digest, width, height, set_by, set_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT ON CONSTRAINT join_page_logos_pkey DO UPDATE
         SET png = $2, digest = $3, width = $4, height = $5, set_by = $6, set_time = $7",
    )
    .bind(logo.organization)
    .bind(&picture.png)
    .bind(&picture.digest)
    .bind(pixels(picture.width))
    .bind(pixels(picture.height))
    .bind(logo.set_by)
    .bind(logo.set_time)
    .execute(tx)
    .await?;
    Ok(())
}

/// Takes the logo of an organization away, if it has one.
pub(crate) async fn remove(tx: &mut PgConnection, organization: OrganizationId) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM join_page_logos WHERE organization_id = $1")
        .bind(organization)
        .execute(tx)
        .await?;
    Ok(())
}
