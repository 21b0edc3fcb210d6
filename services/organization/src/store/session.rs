//! Sessions of the edge's pages that were ended before their time. They belong to no organization.

use muster_database::DatabaseError;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::{EndedSession, SessionDigest};

/// More than one goes whenever one comes: they never pile up.
const MAX_DELETED: i64 = 100;

/// Writes a session down; once.
pub(crate) async fn insert(tx: &mut PgConnection, ended: &EndedSession) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO ended_sessions (session_digest, end_time) VALUES ($1, $2)
         ON CONFLICT ON CONSTRAINT ended_sessions_pkey DO NOTHING",
    )
    .bind(ended.digest.0)
    .bind(ended.end_time)
    .execute(tx)
    .await?;
    Ok(())
}

/// Whether it was written down.
pub(crate) async fn is_ended(db: &mut PgConnection, session: SessionDigest) -> Result<bool, DatabaseError> {
    Ok(
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM ended_sessions WHERE session_digest = $1)")
            .bind(session.0)
            .fetch_one(db)
            .await?,
    )
}

/// Deletes some of those that would have ended by themselves at `now`, passing over what another transaction deletes.
pub(crate) async fn delete_over(tx: &mut PgConnection, now: OffsetDateTime) -> Result<(), DatabaseError> {
    sqlx::query(
        "DELETE FROM ended_sessions WHERE session_digest = ANY (ARRAY(
             SELECT session_digest FROM ended_sessions WHERE end_time <= $1
             ORDER BY end_time LIMIT $2 FOR UPDATE SKIP LOCKED))",
    )
    .bind(now)
    .bind(MAX_DELETED)
    .execute(tx)
    .await?;
    Ok(())
}
