//! How many messages an organization has asked for in a day, and how many of them one person.

use std::collections::BTreeMap;

use muster_database::DatabaseError;
use muster_ids::{OrganizationId, PersonId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

const SLOTS: u128 = 8;

/// The sum of the fullest 24 hours that hold the hour $2, before it or after it: mails may be scheduled backwards too. Of what is counted in
/// the table, for whom the condition says.
macro_rules! fullest_day {
    () => {
        fullest_day!("message_counts", "organization_id = $1")
    };
    ($counts:literal, $whose:literal) => {
        concat!(
            "SELECT COALESCE(max(in_a_day), 0)::bigint FROM (
                 SELECT hour, sum(messages) OVER (
                            ORDER BY hour RANGE BETWEEN CURRENT ROW AND interval '23 hours' FOLLOWING) AS in_a_day
                 FROM (SELECT hour, messages FROM ",
            $counts,
            " WHERE ",
            $whose,
            " AND hour > $2::timestamptz - interval '24 hours'
                         AND hour < $2::timestamptz + interval '24 hours'
                       UNION ALL SELECT $2, 0) AS counted) AS days
             WHERE hour <= $2"
        )
    };
}

/// Counts $4 messages more of the organization $1 that are due in the hour $2, in the slot $3.
macro_rules! added {
    () => {
        "added AS (
             INSERT INTO message_counts (organization_id, hour, slot, messages) VALUES ($1, $2, $3, $4)
             ON CONFLICT (organization_id, hour, slot)
             DO UPDATE SET messages = message_counts.messages + EXCLUDED.messages)"
    };
}

/// Messages in the fullest 24 hours around an hour.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub(crate) struct Used {
    /// All of the organization.
    pub(crate) of_organization: i64,
    /// Those that one person asked for by hand.
    pub(crate) of_inviter: i64,
}

/// The beginning of an hour: what messages are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hour(OffsetDateTime);

impl Hour {
    /// The hour of a time.
    pub(crate) fn of(at: OffsetDateTime) -> Self {
        let seconds = at.unix_timestamp();
        Self(OffsetDateTime::from_unix_timestamp(seconds - seconds.rem_euclid(3600)).unwrap_or(at))
    }
}

/// The row of an hour in which a transaction counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot(i16);

impl Slot {
    /// One of eight, so that transactions seldom wait for each other.
    pub(crate) fn spread(by: Uuid) -> Self {
        Self(i16::try_from(by.as_u128() % SLOTS).unwrap_or_default())
    }
}

/// How many messages are due in each hour, the hours ascending: transactions that count in this order never wait for
/// each other in a circle.
pub(crate) fn by_hour(due: impl IntoIterator<Item = OffsetDateTime>) -> BTreeMap<Hour, i64> {
    let mut hours = BTreeMap::new();
    for due in due {
        *hours.entry(Hour::of(due)).or_default() += 1;
    }
    hours
}

/// Messages in the fullest 24 hours that hold `hour`, counted in whole hours.
pub(crate) async fn in_day(
    connection: &mut PgConnection,
    organization: OrganizationId,
    hour: Hour,
) -> Result<i64, DatabaseError> {
    Ok(sqlx::query_scalar(fullest_day!())
        .bind(organization)
        .bind(hour.0)
        .fetch_one(connection)
        .await?)
}

/// As [`in_day`], and those of them that one person asked for by hand.
pub(crate) async fn in_day_by(
    connection: &mut PgConnection,
    organization: OrganizationId,
    inviter: PersonId,
    hour: Hour,
) -> Result<Used, DatabaseError> {
    Ok(sqlx::query_as(concat!(
        "SELECT (",
        fullest_day!(),
        ") AS of_organization, (",
        fullest_day!(
            "inviter_message_counts",
            "organization_id = $1 AND person_id = $3"
        ),
        ") AS of_inviter",
    ))
    .bind(organization)
    .bind(hour.0)
    .bind(inviter)
    .fetch_one(connection)
    .await?)
}

/// Counts `messages` more, due in `hour`, and gives the sum of the fullest 24 hours without them. Of concurrent calls
/// each sees only what was committed before: the limit is met up to as many messages as are asked for at the same
/// moment. Holds a row that others may wait for until the transaction ends: to be the last thing that one does.
pub(crate) async fn add(
    tx: &mut PgConnection,
    organization: OrganizationId,
    hour: Hour,
    messages: i64,
    slot: Slot,
) -> Result<i64, DatabaseError> {
    Ok(
        sqlx::query_scalar(concat!("WITH ", added!(), " ", fullest_day!()))
            .bind(organization)
            .bind(hour.0)
            .bind(slot.0)
            .bind(messages)
            .fetch_one(tx)
            .await?,
    )
}

/// As [`add`], and counts them for the person who asks for them as well.
pub(crate) async fn add_by(
    tx: &mut PgConnection,
    organization: OrganizationId,
    inviter: PersonId,
    hour: Hour,
    messages: i64,
    slot: Slot,
) -> Result<Used, DatabaseError> {
    Ok(sqlx::query_as(concat!(
        "WITH ",
        added!(),
        ", added_by AS (
             INSERT INTO inviter_message_counts (organization_id, person_id, hour, slot, messages) VALUES ($1, $5, $2, $3, $4)
             ON CONFLICT (organization_id, person_id, hour, slot)
             DO UPDATE SET messages = inviter_message_counts.messages + EXCLUDED.messages)
         SELECT (",
        fullest_day!(),
        ") AS of_organization, (",
        fullest_day!("inviter_message_counts", "organization_id = $1 AND person_id = $5"),
        ") AS of_inviter",
    ))
    .bind(organization)
    .bind(hour.0)
    .bind(slot.0)
    .bind(messages)
    .bind(inviter)
    .fetch_one(tx)
    .await?)
}
