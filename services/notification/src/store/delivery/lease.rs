//! Who sends what: leases on deliveries, whoever's they are. The states that are written out here are those of the partial
//! indexes that serve the statement.

use std::collections::{HashMap, HashSet};

use muster_database::{DatabaseError, lease_is_free};
use muster_ids::{DeliveryId, OrganizationId};
use muster_messaging::outbox::Publication;
use muster_messaging::publish_changed;
use sqlx::{PgConnection, Postgres};
use time::OffsetDateTime;
use uuid::Uuid;

use super::row::{claimed_columns, readable};
use crate::domain::{Claimed, DeliveryState, Lease, Phase, RetryDecision};
use crate::mails::Purpose;

/// Whether the leases of these parameters (organizations, deliveries, tokens) hold a row of `deliveries d`. It is looked for among
/// those that are being sent, by the index `deliveries_sending`; the token is compared row by row, which leaves the planner
/// no join.
macro_rules! is_held {
    ($organizations:literal, $deliveries:literal, $tokens:literal) => {
        concat!(
            "d.state = 'SENDING' AND d.delivery_id = ANY (",
            $deliveries,
            "::uuid[]) AND d.lease_token = (
             SELECT held.lease_token
             FROM unnest(",
            $organizations,
            "::uuid[], ",
            $deliveries,
            "::uuid[], ",
            $tokens,
            "::uuid[]) AS held (organization_id, delivery_id, lease_token)
             WHERE held.organization_id = d.organization_id AND held.delivery_id = d.delivery_id)"
        )
    };
}

/// A claim to make.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// Of all that it takes.
    pub lease: muster_jobs::Lease,
    /// Now.
    pub now: OffsetDateTime,
    /// How many at most.
    pub limit: i64,
    /// Of which purposes.
    pub purposes: &'a [Purpose],
}

/// Takes leases on deliveries that are due, oldest first. One statement, to be run without a transaction.
pub async fn claim(db: &mut PgConnection, claim: Claim<'_>) -> Result<Vec<Claimed>, DatabaseError> {
    let rows = sqlx::query(concat!(
        "WITH due AS (
             SELECT organization_id, delivery_id
             FROM deliveries
             WHERE state IN ('QUEUED', 'DEFERRED') AND next_attempt_time <= $1 AND purpose = ANY ($5)
             ORDER BY next_attempt_time
             LIMIT $2
             FOR UPDATE SKIP LOCKED
         )
         UPDATE deliveries d
         SET state = $6, phase = $7, lease_token = $3, lease_until = $4, next_attempt_time = NULL,
             version = d.version + 1
         FROM due
         WHERE d.organization_id = due.organization_id AND d.delivery_id = due.delivery_id
         RETURNING ",
        claimed_columns!()
    ))
    .bind(claim.now)
    .bind(claim.limit)
    .bind(claim.lease.token)
    .bind(claim.lease.until)
    .bind(claim.purposes)
    .bind(DeliveryState::Sending)
    .bind(Phase::BeforeDot)
    .fetch_all(db)
    .await?;
    Ok(readable(&rows))
}

/// Writes down of each delivery that the final dot of its message follows, and extends the lease. Gives those of which it is
/// written: the lease of the others is somebody else's by now, and their dot must not be written. The digest is that of the
/// message: it is kept of the first copy that may be taken, so that a second one can be told from it. One statement, to be
/// run without a transaction: it is committed when this returns.
pub async fn reach_dot(
    db: &mut PgConnection,
    messages: &[(Lease, [u8; 32])],
    until: OffsetDateTime,
) -> Result<HashSet<DeliveryId>, DatabaseError> {
    let digests: Vec<&[u8]> = messages.iter().map(|(_, sha256)| sha256.as_slice()).collect();
    let leases = Leases::of(messages.iter().map(|(lease, _)| lease));
    let reached: Vec<DeliveryId> = sqlx::query_scalar(concat!(
        "UPDATE deliveries d
         SET phase = $6, lease_until = $5,
             content_sha256 = CASE ambiguous_resends
                 WHEN 0 THEN ($4::bytea[])[array_position($2::uuid[], d.delivery_id)] ELSE content_sha256 END
         WHERE ",
        is_held!("$1", "$2", "$3"),
        " RETURNING d.delivery_id"
    ))
    .bind(leases.organizations)
    .bind(leases.deliveries)
    .bind(leases.tokens)
    .bind(digests)
    .bind(until)
    .bind(Phase::Dot)
    .fetch_all(db)
    .await?;
    Ok(reached.into_iter().collect())
}

/// Locks deliveries that nobody holds any more though nothing came of them: their worker is gone, or has lost touch.
/// Purposes and phases that this release does not know are left to the one that does.
pub async fn lock_expired(
    tx: &mut PgConnection,
    now: OffsetDateTime,
    limit: i64,
) -> Result<Vec<Claimed>, DatabaseError> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        claimed_columns!(),
        " FROM deliveries d
         WHERE d.state = 'SENDING' AND ",
        lease_is_free!("$1"),
        " AND d.purpose = ANY ($3) AND d.phase = ANY ($4)
         ORDER BY d.lease_until
         LIMIT $2
         FOR UPDATE SKIP LOCKED"
    ))
    .bind(now)
    .bind(limit)
    .bind(Purpose::ALL)
    .bind(Phase::ALL)
    .fetch_all(tx)
    .await?;
    Ok(readable(&rows))
}

/// Whether the outcome was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It was; the delivery has this version now.
    Done(i64),
    /// The lease is somebody else's by now, and so is the word on the delivery.
    LeaseLost,
}

/// Writes outcomes, gives the leases back, and publishes what is told of them. One answer each, in their order. One statement, which may
/// be run without a transaction. What a delivery becomes stands where its id stands among theirs.
pub async fn settle(
    db: &mut PgConnection,
    outcomes: &[(Lease, &RetryDecision)],
    publication: Publication,
) -> Result<Vec<Settled>, DatabaseError> {
    let leases = Leases::of(outcomes.iter().map(|(lease, _)| lease));
    let settle = concat!(
        "WITH settled AS (
             UPDATE deliveries d
             SET (state, next_attempt_time, send_time, attempts, deferrals, breaks, unasked, ambiguous_resends, server_reply) = (
                     SELECT ($12::text[])[place], ($13::timestamptz[])[place], ($14::timestamptz[])[place],
                            ($15::integer[])[place], ($16::integer[])[place], ($17::integer[])[place],
                            ($18::integer[])[place], ($19::integer[])[place],
                            COALESCE(($20::text[])[place], d.server_reply)
                     FROM array_position($10::uuid[], d.delivery_id) AS place),
                 lease_token = NULL, lease_until = NULL, phase = NULL, version = d.version + 1
             WHERE ",
        is_held!("$9", "$10", "$11"),
        " RETURNING d.delivery_id AS aggregate_id, d.version),
         ",
        publish_changed!("settled"),
        " SELECT aggregate_id, version FROM settled"
    );
    let publishing = publication.into_arguments()?;
    let rows = sqlx::query_as_with::<Postgres, (DeliveryId, i64), _>(settle, publishing)
        .bind(leases.organizations)
        .bind(leases.deliveries)
        .bind(leases.tokens)
        .bind(column(outcomes, |decision| decision.disposition.state()))
        .bind(column(outcomes, |decision| {
            decision.disposition.next_attempt_time()
        }))
        .bind(column(outcomes, |decision| decision.disposition.send_time()))
        .bind(column(outcomes, |decision| decision.history.attempts))
        .bind(column(outcomes, |decision| decision.history.deferrals))
        .bind(column(outcomes, |decision| decision.history.breaks))
        .bind(column(outcomes, |decision| decision.history.unasked))
        .bind(column(outcomes, |decision| decision.history.ambiguous_resends))
        .bind(column(outcomes, |decision| {
            decision.reply.as_ref().map(ToString::to_string)
        }))
        .fetch_all(db)
        .await?;
    let versions: HashMap<DeliveryId, i64> = rows.into_iter().collect();
    let settled = |(lease, _): &(Lease, &RetryDecision)| match versions.get(&lease.delivery) {
        Some(version) => Settled::Done(*version),
        None => Settled::LeaseLost,
    };
    Ok(outcomes.iter().map(settled).collect())
}

fn column<T>(outcomes: &[(Lease, &RetryDecision)], value: impl Fn(&RetryDecision) -> T) -> Vec<T> {
    outcomes.iter().map(|(_, decision)| value(decision)).collect()
}

/// Leases by columns, as one statement takes them.
struct Leases {
    organizations: Vec<OrganizationId>,
    deliveries: Vec<DeliveryId>,
    tokens: Vec<Uuid>,
}

impl Leases {
    fn of<'a>(leases: impl Iterator<Item = &'a Lease> + Clone) -> Self {
        Self {
            organizations: leases.clone().map(|lease| lease.organization).collect(),
            deliveries: leases.clone().map(|lease| lease.delivery).collect(),
            tokens: leases.map(|lease| lease.token).collect(),
        }
    }
}
