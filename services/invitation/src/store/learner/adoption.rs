//! How far the employments are taken in that were there before the list of learners. Cross-tenant; the job only.

use muster_database::DatabaseError;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

/// Twice: what a process of the version before took events of meanwhile is taken in by the second.
const PASSES: i32 = 2;
/// Longer than a rollout takes, in which processes of both versions take events.
const BETWEEN: Duration = Duration::hours(1);

/// How far they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Adoption {
    /// Those after this one are left; after none: all.
    After(String),
    /// There is nothing to take in, or not yet.
    Finished,
}

/// How far it is, now.
pub(crate) async fn find(db: &mut PgConnection, now: OffsetDateTime) -> Result<Adoption, DatabaseError> {
    let (employment, passes, finish_time): (String, i32, Option<OffsetDateTime>) =
        sqlx::query_as("SELECT employment, passes, finish_time FROM employment_adoption")
            .fetch_one(db)
            .await?;
    let is_due = finish_time.is_none_or(|last| last + BETWEEN <= now);
    Ok(match passes < PASSES && is_due {
        true => Adoption::After(employment),
        false => Adoption::Finished,
    })
}

/// All up to this one are taken in.
pub(crate) async fn come_to(tx: &mut PgConnection, employment: &str) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE employment_adoption SET employment = $1")
        .bind(employment)
        .execute(tx)
        .await?;
    Ok(())
}

/// There are no more.
pub(crate) async fn finish(db: &mut PgConnection, now: OffsetDateTime) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE employment_adoption SET employment = '', passes = passes + 1, finish_time = $1")
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}
