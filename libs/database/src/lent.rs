//! A connection while a unit of work has it.

use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, Postgres};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

/// A borrowed connection. One whose unit did not come to its end is closed instead of given back: a statement may still
/// run on it, or a transaction be open (sqlx 0.9.0 can return such a connection to the pool, also one that was dropped
/// during BEGIN: launchbadge/sqlx#4385).
pub(crate) struct Lent {
    connection: PoolConnection<Postgres>,
    kind: &'static str,
    /// Since when a unit has used it.
    used_since: Option<Instant>,
    ended: bool,
    /// Given up last, so that whoever has the next turn finds a connection.
    _turn: OwnedSemaphorePermit,
}

impl Lent {
    pub(crate) fn new(
        connection: PoolConnection<Postgres>,
        turn: OwnedSemaphorePermit,
        kind: &'static str,
    ) -> Self {
        Self {
            connection,
            kind,
            used_since: None,
            ended: false,
            _turn: turn,
        }
    }

    /// The connection, for the unit.
    pub(crate) fn in_use(&mut self) -> &mut PgConnection {
        self.used_since.get_or_insert_with(Instant::now);
        &mut self.connection
    }

    /// The unit came to its end: nothing runs on the connection, and no transaction is open.
    pub(crate) fn give_back(mut self) {
        self.ended = true;
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(since) = self.used_since else {
            return;
        };
        metrics::histogram!("database_unit_duration_seconds", "kind" => self.kind).record(since.elapsed());
        if !self.ended {
            self.connection.close_on_drop();
        }
    }
}
