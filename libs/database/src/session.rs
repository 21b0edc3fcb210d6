//! How a connection is set up, and when it is asked whether it still lives.

use std::str::FromStr;
use std::time::Duration;

use sqlx::pool::PoolConnectionMetadata;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool, Row};

use crate::{DatabaseOptions, NotAUrl};

/// The longest a unit waits for its connection.
pub(crate) const ACQUIRE_LIMIT: Duration = Duration::from_millis(800);
/// The longest that opening one more connection may take. A unit has its turn by then, so that nobody waits behind it.
const CONNECT_LIMIT: Duration = Duration::from_secs(4);
/// A connection that rested for longer is asked for a sign of life before it is lent: the server may have gone meanwhile.
const RESTED: Duration = Duration::from_millis(50);

/// Warnings would be work for nobody. No statement runs for longer than 2 s, deadline or not. A closed socket ends its
/// statement within 50 ms: that is how a unit is stopped that is dropped or crosses its deadline. A random page costs
/// hardly more than the next one on the disks and in the caches of today; the server's default of 4 makes the planner
/// gather and sort all rows that wait where an index would hand out the first hundred in order. Who acts where nobody is named
/// is the service: `muster.actor` (see [`Database::write_as`](crate::Database::write_as)).
const SET_UP: &str = "SET client_min_messages = error; \
     SET random_page_cost = 1.1; \
     SET statement_timeout = 2000; \
     SET lock_timeout = 1000; \
     SET idle_in_transaction_session_timeout = 10000; \
     SET client_connection_check_interval = 50; \
     SELECT current_setting('transaction_read_only'), \
            set_config('muster.actor', 'service:' || current_setting('application_name'), false)";

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
        .test_before_acquire(true)
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
        // `alive` below is the test: busy connections were tested when they were given back.
        .test_before_acquire(false)
        .max_lifetime(Duration::from_secs(30 * 60))
        .idle_timeout(Duration::from_secs(10 * 60))
        .after_connect(|connection, _| Box::pin(set_up(connection)))
        .before_acquire(|connection, rest| Box::pin(alive(connection, rest)))
}

/// Refuses a server that only allows reading: after a failover that is the old primary, and the pool tries again.
async fn set_up(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let row = sqlx::raw_sql(SET_UP).fetch_one(&mut *connection).await?;
    if row.try_get::<String, _>(0)? == "on" {
        return Err(sqlx::Error::Protocol("the server only allows reading".to_owned()));
    }
    Ok(())
}

async fn alive(connection: &mut PgConnection, rest: PoolConnectionMetadata) -> Result<bool, sqlx::Error> {
    Ok(rest.idle_for <= RESTED || connection.ping().await.is_ok())
}
