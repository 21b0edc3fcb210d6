//! How many messages an organization has asked for in a day.

use muster_database::DatabaseError;
use muster_ids::OrganizationId;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

const DAY: Duration = Duration::hours(24);
const SLOTS: u128 = 8;

/// Messages due in the 24 hours up to `due`, counted in whole hours.
pub(crate) async fn in_day(
    connection: &mut PgConnection,
    organization: OrganizationId,
    due: OffsetDateTime,
) -> Result<i64, DatabaseError> {
    Ok(sqlx::query_scalar(
        "SELECT COALESCE(sum(messages), 0)::bigint FROM message_counts
         WHERE organization_id = $1 AND hour > $2 AND hour <= $3",
    )
    .bind(organization.as_uuid())
    .bind(hour(due) - DAY)
    .bind(hour(due))
    .fetch_one(connection)
    .await?)
}

/// Counts `messages` more, due at `due`, and gives the sum of the 24 hours up to then without them. Of concurrent
/// calls each sees only what was committed before: the limit is met up to as many messages as are asked for at the
/// same moment. `spread` picks one of the rows to count in, so that they do not wait for each other.
pub(crate) async fn add(
    tx: &mut PgConnection,
    organization: OrganizationId,
    due: OffsetDateTime,
    messages: i64,
    spread: uuid::Uuid,
) -> Result<i64, DatabaseError> {
    let slot = i16::try_from(spread.as_u128() % SLOTS).unwrap_or_default();
    Ok(sqlx::query_scalar(
        "WITH added AS (
             INSERT INTO message_counts (organization_id, hour, slot, messages) VALUES ($1, $3, $4, $5)
             ON CONFLICT (organization_id, hour, slot)
             DO UPDATE SET messages = message_counts.messages + EXCLUDED.messages)
         SELECT COALESCE(sum(messages), 0)::bigint FROM message_counts
         WHERE organization_id = $1 AND hour > $2 AND hour <= $3",
    )
    .bind(organization.as_uuid())
    .bind(hour(due) - DAY)
    .bind(hour(due))
    .bind(slot)
    .bind(messages)
    .fetch_one(tx)
    .await?)
}

/// The beginning of the hour.
fn hour(at: OffsetDateTime) -> OffsetDateTime {
    let seconds = at.unix_timestamp();
    OffsetDateTime::from_unix_timestamp(seconds - seconds.rem_euclid(3600)).unwrap_or(at)
}
