//! What a service does by itself: how long it took for a row, by the times that it wrote down.

use std::time::Duration;

use anyhow::ensure;
use muster_ids::OrganizationId;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::polling::until;

/// Until all of it is done, and between looks.
const LIMIT: Duration = Duration::from_secs(600);
const PAUSE: Duration = Duration::from_millis(500);

/// How many rows of the organization `$1` were done since `$2`, how many of them later than the first, and how many microseconds
/// were between the first and the last.
macro_rules! times {
    ($time:literal, $rows:literal) => {
        concat!(
            "SELECT count(*), count(*) FILTER (WHERE done > first), (extract(epoch FROM max(done) - min(done)) * 1000000)::float8
             FROM (SELECT ",
            $time,
            " AS done, min(",
            $time,
            ") OVER () AS first FROM ",
            $rows,
            ") AS rows"
        )
    };
}

/// Mails of invitations whose time has come: looked for, marked and asked for, 100 in a transaction.
pub(super) const SCHEDULER: Job = Job {
    is_done: "SELECT NOT EXISTS (SELECT FROM invitations WHERE delivery_state = 'SCHEDULED')",
    times: times!(
        "created_at",
        "outbox WHERE organization_id = $1 AND created_at >= $2 AND event_type = 'mail.requested'"
    ),
};
/// Mails that are due: claimed, asked about and written down.
pub(super) const MAIL_WORKER: Job = Job {
    is_done: "SELECT NOT EXISTS (SELECT FROM deliveries WHERE state IN ('QUEUED', 'DEFERRED') AND next_attempt_time <= now())
                 AND NOT EXISTS (SELECT FROM deliveries WHERE state = 'SENDING')",
    times: times!(
        "created_at",
        "outbox WHERE organization_id = $1 AND created_at >= $2 AND event_type = 'delivery.changed'"
    ),
};
/// What stands in an outbox: claimed, published, confirmed and marked.
pub(super) const RELAY: Job = Job {
    is_done: "SELECT NOT EXISTS (SELECT FROM outbox WHERE published_at IS NULL)",
    times: times!(
        "published_at",
        "outbox WHERE organization_id = $1 AND created_at >= $2 AND event_type = 'mail.requested'"
    ),
};
/// What stands in a queue: taken and applied. No other service's events come meanwhile.
pub(super) const CONSUMER: Job = Job {
    is_done: "SELECT count(*) >= $3 FROM inbox WHERE received_at >= $2",
    times: times!("received_at", "inbox WHERE received_at >= $2"),
};

/// How it is told that it is done, and when it did each row. Rows of one transaction were done at one time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job {
    is_done: &'static str,
    times: &'static str,
}

impl Job {
    /// Waits until it has done so many rows, and tells how many microseconds it took for each: those that were done first are
    /// not counted, because nobody knows when it began with them.
    pub(super) async fn cost(
        self,
        db: &mut PgConnection,
        organization: OrganizationId,
        since: OffsetDateTime,
        count: usize,
    ) -> anyhow::Result<f64> {
        let count = i64::try_from(count)?;
        let done = until(
            "waiting for what a service does by itself",
            LIMIT,
            PAUSE,
            async || {
                let looking = sqlx::query_scalar(self.is_done).bind(organization);
                let is_done: bool = looking.bind(since).bind(count).fetch_one(&mut *db).await?;
                if !is_done {
                    return Ok(None);
                }
                let timing = sqlx::query_as(self.times).bind(organization).bind(since);
                let (rows, later, micros): (i64, i64, Option<f64>) = timing.fetch_one(&mut *db).await?;
                ensure!(rows <= count, "{rows} rows were done of {count}");
                Ok((rows == count).then_some((later, micros.unwrap_or_default())))
            },
        );
        let (later, micros) = done.await?;
        ensure!(later > 0, "all {count} rows were done at one time");
        Ok(micros / later as f64)
    }
}

/// What time it is, as the database has it.
pub(super) async fn now(db: &mut PgConnection) -> anyhow::Result<OffsetDateTime> {
    Ok(sqlx::query_scalar("SELECT clock_timestamp()")
        .fetch_one(db)
        .await?)
}
