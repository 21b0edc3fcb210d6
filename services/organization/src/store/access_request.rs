//! Requests for access.

mod row;

use muster_database::DatabaseError;
use muster_ids::{AccessRequestId, AccessRequestName, OrganizationId, PersonId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::guarded;
use crate::domain::{AccessRequest, AccessRequestState};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT r.organization_id, r.access_request_id, o.organization_number, r.person_id, r.display_name,
                    r.address_given, r.address_canonical, r.role, r.message, r.state, r.version, r.create_time,
                    r.expire_time, r.decide_time, r.decider_person_id
             FROM access_requests r JOIN organizations o USING (organization_id) ",
            $rest
        )
    };
}

/// Adds a request. That there is no other one that waits, the caller has looked, with the profile locked.
pub(crate) async fn insert(tx: &mut PgConnection, request: &AccessRequest) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO access_requests (organization_id, access_request_id, person_id, display_name, address_given,
                address_canonical, role, message, state, version, create_time, expire_time, decide_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(request.organization)
    .bind(request.id)
    .bind(request.asker.person)
    .bind(request.asker.display_name.as_deref())
    .bind(request.asker.address.as_given())
    .bind(request.asker.address.canonical())
    .bind(request.role)
    .bind(request.message.as_ref().map(|message| message.as_str()))
    .bind(request.state)
    .bind(request.version)
    .bind(request.create_time)
    .bind(request.expire_time)
    .bind(request.decide_time)
    .execute(tx)
    .await?;
    Ok(())
}

/// Stores a request that was changed; its row is locked, and is still the one that was read.
pub(crate) async fn update(tx: &mut PgConnection, changed: &AccessRequest) -> Result<(), DatabaseError> {
    let done = sqlx::query(
        "UPDATE access_requests SET state = $4, decide_time = $5, decider_person_id = $6, version = $3
         WHERE organization_id = $1 AND access_request_id = $2 AND version = $3 - 1",
    )
    .bind(changed.organization)
    .bind(changed.id)
    .bind(changed.version)
    .bind(changed.state)
    .bind(changed.decide_time)
    .bind(changed.decider)
    .execute(tx)
    .await?;
    guarded(done)
}

/// Ends the requests that wait at an organization, at once.
pub(crate) async fn expire_waiting(
    tx: &mut PgConnection,
    organization: OrganizationId,
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE access_requests SET state = $4, expire_time = LEAST(expire_time, $2), version = version + 1
         WHERE organization_id = $1 AND state = $3",
    )
    .bind(organization)
    .bind(now)
    .bind(AccessRequestState::Pending)
    .bind(AccessRequestState::Expired)
    .execute(tx)
    .await?;
    Ok(())
}

/// A request, locked until the transaction ends.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    name: AccessRequestName,
) -> Result<Option<AccessRequest>, DatabaseError> {
    let locked = sqlx::query_as(select!(
        "WHERE r.organization_id = $1 AND r.access_request_id = $2 FOR NO KEY UPDATE OF r"
    ));
    let locked = locked.bind(name.organization).bind(name.access_request);
    Ok(locked.fetch_optional(tx).await?)
}

/// The latest request of a person to an organization, locked until the transaction ends.
pub(crate) async fn lock_latest(
    tx: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
) -> Result<Option<AccessRequest>, DatabaseError> {
    let latest = sqlx::query_as(select!(
        "WHERE r.organization_id = $1 AND r.person_id = $2
         ORDER BY r.access_request_id DESC LIMIT 1 FOR NO KEY UPDATE OF r"
    ));
    Ok(latest.bind(organization).bind(person).fetch_optional(tx).await?)
}

/// How often a person has asked since then, whatever became of it. Who counts adds one: others of the same person wait until
/// the transaction ends. Across organizations.
pub(crate) async fn count_of_person(
    tx: &mut PgConnection,
    person: PersonId,
    since: OffsetDateTime,
) -> Result<i64, DatabaseError> {
    let count =
        sqlx::query_scalar("SELECT count(*) FROM access_requests WHERE person_id = $1 AND create_time > $2");
    Ok(count.bind(person).bind(since).fetch_one(tx).await?)
}

/// Waits until nobody else asks as this person. Taken before the lock of a profile.
pub(crate) async fn lock_asker(tx: &mut PgConnection, person: PersonId) -> Result<(), DatabaseError> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('asker ' || $1::text, 0))")
        .bind(person)
        .execute(tx)
        .await?;
    Ok(())
}

/// At most `limit` requests to an organization, below `before`, newest first; of all states or as they stand now in one.
pub(crate) async fn list(
    db: &mut PgConnection,
    organization: OrganizationId,
    in_state: Option<(AccessRequestState, OffsetDateTime)>,
    before: Option<AccessRequestId>,
    limit: i64,
) -> Result<Vec<AccessRequest>, DatabaseError> {
    let (state, now) = in_state.unzip();
    let page = sqlx::query_as(select!(
        "WHERE r.organization_id = $1 AND r.access_request_id < $2
           AND ($3::text IS NULL
                OR $3 = CASE WHEN r.state = 'PENDING' AND r.expire_time <= $4 THEN 'EXPIRED' ELSE r.state END)
         ORDER BY r.access_request_id DESC LIMIT $5"
    ));
    let page = page.bind(organization).bind(below(before)).bind(state).bind(now);
    Ok(page.bind(limit).fetch_all(db).await?)
}

/// At most `limit` requests of a person, below `before`, newest first. Across organizations.
pub(crate) async fn list_of_person(
    db: &mut PgConnection,
    person: PersonId,
    before: Option<AccessRequestId>,
    limit: i64,
) -> Result<Vec<AccessRequest>, DatabaseError> {
    let page = sqlx::query_as(select!(
        "WHERE r.person_id = $1 AND r.access_request_id < $2 ORDER BY r.access_request_id DESC LIMIT $3"
    ));
    let page = page.bind(person).bind(below(before)).bind(limit);
    Ok(page.fetch_all(db).await?)
}

/// Every id is below the greatest: one condition for all pages, which an index answers.
fn below(before: Option<AccessRequestId>) -> AccessRequestId {
    before.unwrap_or_else(|| Uuid::max().into())
}
