//! How a connection is set up, and how it is made clean before each use.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, PgConnection, PgPool, Row};

use crate::{DatabaseOptions, NotAUrl, deadline};

/// The longest a statement may run, deadline or not.
const STATEMENT_LIMIT: Duration = Duration::from_secs(2);
/// The longest a unit waits for its connection.
pub(crate) const ACQUIRE_LIMIT: Duration = Duration::from_millis(800);
/// The longest that opening one more connection may take. A unit has its turn by then, so that nobody waits behind it.
const CONNECT_LIMIT: Duration = Duration::from_secs(4);

/// Warnings would be work for nobody. A closed socket ends its statement within 50 ms: that is how a unit is stopped
/// whose later statement crosses the deadline. A random page costs hardly more than the next one on the disks and in the
/// caches of today; the server's default of 4 makes the planner gather and sort all rows that wait where an index would
/// hand out the first hundred in order.
const SET_UP: &str = "SET client_min_messages = error; \
     SET random_page_cost = 1.1; \
     SET statement_timeout = 2000; \
     SET lock_timeout = 1000; \
     SET idle_in_transaction_session_timeout = 10000; \
     SET client_connection_check_interval = 50; \
     SELECT current_setting('transaction_read_only')";

/// The connections of the units of work.
pub(crate) fn pool(options: &DatabaseOptions) -> Result<PgPool, NotAUrl> {
    Ok(like()
        .max_connections(options.pool)
        .acquire_timeout(CONNECT_LIMIT)
        .connect_lazy_with(connect(options)?))
}

/// The one connection that asks whether the server is there. In the pool it would wait behind the units of work, and a
/// busy service would be taken for one without a database.
pub(crate) fn probe(options: &DatabaseOptions) -> Result<PgPool, NotAUrl> {
    Ok(like()
        .max_connections(1)
        .acquire_timeout(ACQUIRE_LIMIT)
        .connect_lazy_with(connect(options)?))
}

fn connect(options: &DatabaseOptions) -> Result<PgConnectOptions, NotAUrl> {
    Ok(PgConnectOptions::from_str(&options.url)
        .map_err(NotAUrl)?
        .application_name(options.application)
        .disable_statement_logging())
}

fn like() -> PgPoolOptions {
    PgPoolOptions::new()
        // `clean` below is the test: one round trip, not two.
        .test_before_acquire(false)
        .max_lifetime(Duration::from_secs(30 * 60))
        .idle_timeout(Duration::from_secs(10 * 60))
        .after_connect(|connection, _| Box::pin(set_up(connection)))
        .before_acquire(|connection, _| Box::pin(clean(connection)))
}

/// Refuses a server that only allows reading: after a failover that is the old primary, and the pool tries again.
async fn set_up(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let row = sqlx::raw_sql(SET_UP).fetch_one(&mut *connection).await?;
    if row.try_get::<String, _>(0)? == "on" {
        return Err(sqlx::Error::Protocol("the server only allows reading".to_owned()));
    }
    // A fresh connection never passes through `clean`.
    connection.execute(AssertSqlSafe(statement_limit())).await?;
    Ok(())
}

/// Ends a transaction that a cancelled call may have left open (sqlx 0.9.0 can return such a connection to the pool,
/// launchbadge/sqlx#4385) and gives the next statements the time that this call has left. `BEGIN` comes first because a
/// bare `ROLLBACK` without a transaction is a warning in the server's log, once for every unit of work.
async fn clean(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    connection
        .execute(AssertSqlSafe(format!("BEGIN; ROLLBACK; {}", statement_limit())))
        .await?;
    Ok(true)
}

/// Ends a moment after the deadline, never before: what timed out earlier would be told as an outage of the database.
fn statement_limit() -> String {
    let left = deadline::remaining().map(|left| left + Duration::from_millis(1));
    let limit = left.unwrap_or(STATEMENT_LIMIT).min(STATEMENT_LIMIT);
    // Never zero, which would mean "no limit".
    format!("SET statement_timeout = {}", limit.as_millis())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn a_statement_gets_the_time_the_call_has_left() {
        assert_eq!(statement_limit(), "SET statement_timeout = 2000");
        let in_300_ms = Instant::now() + Duration::from_millis(300);
        deadline::scope(Some(in_300_ms), async {
            assert_eq!(statement_limit(), "SET statement_timeout = 301");
            tokio::time::advance(Duration::from_secs(1)).await;
            assert_eq!(statement_limit(), "SET statement_timeout = 1");
        })
        .await;
    }
}
