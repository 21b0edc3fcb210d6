//! Requests to join.

use muster_address::EmailAddress;
use muster_database::DatabaseError;
use muster_ids::{JoinRequestId, OrganizationId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};
use time::OffsetDateTime;

use super::language;
use crate::domain::join_request::JoinRequest;
use crate::domain::mailbox::Mailbox;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT organization_id, join_request_id, state, address_given, address_canonical, group_id, location_id,
                    create_time, expire_time, language
             FROM join_requests WHERE organization_id = $1 AND join_request_id = $2",
            $rest
        )
    };
}

impl FromRow<'_, PgRow> for JoinRequest {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            organization: row.try_get("organization_id")?,
            id: row.try_get("join_request_id")?,
            state: row.try_get("state")?,
            address: EmailAddress::stored(row.try_get("address_given")?, row.try_get("address_canonical")?),
            language: language(row)?,
            group: row.try_get("group_id")?,
            location: row.try_get("location_id")?,
            create_time: row.try_get("create_time")?,
            expire_time: row.try_get("expire_time")?,
        })
    }
}

/// Inserts a new request.
pub(crate) async fn insert(tx: &mut PgConnection, new: &JoinRequest) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO join_requests (organization_id, join_request_id, state, address_given, address_canonical,
             address_counted, group_id, location_id, create_time, expire_time, language)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(new.organization)
    .bind(new.id)
    .bind(new.state)
    .bind(new.address.as_given())
    .bind(new.address.canonical())
    .bind(Mailbox::of(&new.address).as_str())
    .bind(new.group)
    .bind(new.location)
    .bind(new.create_time)
    .bind(new.expire_time)
    .bind(new.language.tag())
    .execute(tx)
    .await?;
    Ok(())
}

/// One request.
pub(crate) async fn find(
    connection: &mut PgConnection,
    organization: OrganizationId,
    id: JoinRequestId,
) -> Result<Option<JoinRequest>, DatabaseError> {
    Ok(sqlx::query_as(select!(""))
        .bind(organization)
        .bind(id)
        .fetch_optional(connection)
        .await?)
}

/// One request, locked until the transaction ends.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    organization: OrganizationId,
    id: JoinRequestId,
) -> Result<Option<JoinRequest>, DatabaseError> {
    Ok(sqlx::query_as(select!(" FOR NO KEY UPDATE"))
        .bind(organization)
        .bind(id)
        .fetch_optional(tx)
        .await?)
}

/// Stores the state of a locked request.
pub(crate) async fn update(tx: &mut PgConnection, request: &JoinRequest) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE join_requests SET state = $3 WHERE organization_id = $1 AND join_request_id = $2")
        .bind(request.organization)
        .bind(request.id)
        .bind(request.state)
        .execute(tx)
        .await?;
    Ok(())
}

/// Waits until nobody else asks with this mailbox: whoever counts then sees all requests before theirs.
pub(crate) async fn lock_mailbox(tx: &mut PgConnection, address: &EmailAddress) -> Result<(), DatabaseError> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('mailbox ' || $1, 0))")
        .bind(Mailbox::of(address).as_str())
        .execute(tx)
        .await?;
    Ok(())
}

/// Whether the same was asked for after `since`, and waits to be confirmed.
pub(crate) async fn is_repeated(
    connection: &mut PgConnection,
    request: &JoinRequest,
    since: OffsetDateTime,
) -> Result<bool, DatabaseError> {
    let found = sqlx::query_scalar(
        "SELECT EXISTS (
             SELECT FROM join_requests
             WHERE address_counted = $1 AND create_time > $2 AND organization_id = $3 AND address_canonical = $4
               AND group_id = $5 AND location_id = $6 AND state = $7)",
    )
    .bind(Mailbox::of(&request.address).as_str())
    .bind(since)
    .bind(request.organization)
    .bind(request.address.canonical())
    .bind(request.group)
    .bind(request.location)
    .bind(request.state)
    .fetch_one(connection)
    .await?;
    Ok(found)
}

/// How many requests there were after `since`: to the organization, and with the mailbox to any of them.
pub(crate) async fn counts(
    connection: &mut PgConnection,
    organization: OrganizationId,
    address: &EmailAddress,
    since: OffsetDateTime,
) -> Result<(i64, i64), DatabaseError> {
    Ok(sqlx::query_as(
        "SELECT (SELECT count(*) FROM join_requests WHERE create_time > $3 AND organization_id = $1),
                (SELECT count(*) FROM join_requests WHERE address_counted = $2 AND create_time > $3)",
    )
    .bind(organization)
    .bind(Mailbox::of(address).as_str())
    .bind(since)
    .fetch_one(connection)
    .await?)
}

/// How many requests there were to the organization after `since`.
pub(crate) async fn count(
    connection: &mut PgConnection,
    organization: OrganizationId,
    since: OffsetDateTime,
) -> Result<i64, DatabaseError> {
    let count = sqlx::query_scalar(
        "SELECT count(*) FROM join_requests WHERE create_time > $2 AND organization_id = $1",
    );
    Ok(count.bind(organization).bind(since).fetch_one(connection).await?)
}

/// How many requests with the mailbox there were to the organization after `since`.
pub(crate) async fn count_to_organization(
    connection: &mut PgConnection,
    organization: OrganizationId,
    address: &EmailAddress,
    since: OffsetDateTime,
) -> Result<i64, DatabaseError> {
    let count = sqlx::query_scalar(
        "SELECT count(*) FROM join_requests
         WHERE address_counted = $2 AND create_time > $3 AND organization_id = $1",
    );
    Ok(count
        .bind(organization)
        .bind(Mailbox::of(address).as_str())
        .bind(since)
        .fetch_one(connection)
        .await?)
}

/// Deletes up to `limit` requests that were made before, and tells how many. Cross-tenant; the sweeper only.
pub(crate) async fn delete_before(
    tx: &mut PgConnection,
    before: OffsetDateTime,
    limit: i64,
) -> Result<u64, DatabaseError> {
    let done = sqlx::query(
        "DELETE FROM join_requests WHERE (organization_id, join_request_id) IN (
             SELECT organization_id, join_request_id FROM join_requests WHERE create_time < $1
             ORDER BY create_time LIMIT $2 FOR UPDATE SKIP LOCKED)",
    )
    .bind(before)
    .bind(limit)
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}
