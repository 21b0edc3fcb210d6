//! Offers of an ownership.

use muster_database::DatabaseError;
use muster_ids::{OrganizationId, OwnershipOfferId, OwnershipOfferName};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};
use uuid::Uuid;

use super::guarded;
use crate::domain::OwnershipOffer;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT organization_id, ownership_offer_id, person_id, offered_by, state, version, create_time, expire_time,
                    end_time
             FROM ownership_offers WHERE organization_id = $1 AND ",
            $rest
        )
    };
}

impl FromRow<'_, PgRow> for OwnershipOffer {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            organization: row.try_get("organization_id")?,
            id: row.try_get("ownership_offer_id")?,
            person: row.try_get("person_id")?,
            offered_by: row.try_get("offered_by")?,
            state: row.try_get("state")?,
            version: row.try_get("version")?,
            create_time: row.try_get("create_time")?,
            expire_time: row.try_get("expire_time")?,
            end_time: row.try_get("end_time")?,
        })
    }
}

/// Adds an offer. That there is no other open one, the caller has looked, with the profile locked.
pub(crate) async fn insert(tx: &mut PgConnection, offer: &OwnershipOffer) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO ownership_offers (organization_id, ownership_offer_id, person_id, offered_by, state, version,
                create_time, expire_time, end_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(offer.organization)
    .bind(offer.id)
    .bind(offer.person)
    .bind(offer.offered_by)
    .bind(offer.state)
    .bind(offer.version)
    .bind(offer.create_time)
    .bind(offer.expire_time)
    .bind(offer.end_time)
    .execute(tx)
    .await?;
    Ok(())
}

/// Stores an offer that was changed; its row is locked, and is still the one that was read.
pub(crate) async fn update(tx: &mut PgConnection, changed: &OwnershipOffer) -> Result<(), DatabaseError> {
    let done = sqlx::query(
        "UPDATE ownership_offers SET state = $4, end_time = $5, version = $3
         WHERE organization_id = $1 AND ownership_offer_id = $2 AND version = $3 - 1",
    )
    .bind(changed.organization)
    .bind(changed.id)
    .bind(changed.version)
    .bind(changed.state)
    .bind(changed.end_time)
    .execute(tx)
    .await?;
    guarded(done)
}

/// An offer.
pub(crate) async fn find(
    db: &mut PgConnection,
    name: OwnershipOfferName,
) -> Result<Option<OwnershipOffer>, DatabaseError> {
    let found = sqlx::query_as(select!("ownership_offer_id = $2"));
    let found = found.bind(name.organization).bind(name.ownership_offer);
    Ok(found.fetch_optional(db).await?)
}

/// An offer, locked until the transaction ends.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    name: OwnershipOfferName,
) -> Result<Option<OwnershipOffer>, DatabaseError> {
    let locked = sqlx::query_as(select!("ownership_offer_id = $2 FOR NO KEY UPDATE"));
    let locked = locked.bind(name.organization).bind(name.ownership_offer);
    Ok(locked.fetch_optional(tx).await?)
}

/// The open offer of the organization, locked until the transaction ends. It may have expired. The state is written out as in
/// its index.
pub(crate) async fn lock_open(
    tx: &mut PgConnection,
    organization: OrganizationId,
) -> Result<Option<OwnershipOffer>, DatabaseError> {
    let open = sqlx::query_as(select!("state = 'OFFERED' FOR NO KEY UPDATE"));
    Ok(open.bind(organization).fetch_optional(tx).await?)
}

/// At most `limit` offers of an organization, below `before`, newest first.
pub(crate) async fn list(
    db: &mut PgConnection,
    organization: OrganizationId,
    before: Option<OwnershipOfferId>,
    limit: i64,
) -> Result<Vec<OwnershipOffer>, DatabaseError> {
    let page = sqlx::query_as(select!(
        "ownership_offer_id < $2 ORDER BY ownership_offer_id DESC LIMIT $3"
    ));
    // Every id is below the greatest.
    let before = before.unwrap_or_else(|| Uuid::max().into());
    let page = page.bind(organization).bind(before).bind(limit);
    Ok(page.fetch_all(db).await?)
}
