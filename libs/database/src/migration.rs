//! Bringing a database up to date, by one process at a time.

use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use thiserror::Error;
use tokio::time::{Instant, sleep};

/// Any number will do: advisory locks belong to one database.
const LOCK: i64 = 0x6d75_7374_6572;
const POLL: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// Why the migrations were not applied.
#[derive(Debug, Error)]
pub enum MigrationError {
    /// The server could not be reached.
    #[error("the database cannot be reached")]
    Connect(#[source] sqlx::Error),
    /// Another process held the lock, or a table was in use, for ten minutes.
    #[error("the database stayed locked for ten minutes")]
    Locked,
    /// A migration failed, or one that was applied has been edited.
    #[error("a migration failed")]
    Failed(#[source] MigrateError),
}

/// The migrations of a library that keeps tables in the databases of services: their versions are counted in `table`, apart
/// from those of the service and of other libraries.
#[must_use]
pub fn of_library(mut migrator: Migrator, table: &'static str) -> Migrator {
    migrator.dangerous_set_table_name(table);
    migrator
}

/// Applies what is missing, one migrator after the other. Safe to run from several processes at once, and beside a release that does not know the
/// newest migrations.
///
/// The lock is tried in a loop: a blocked `pg_advisory_lock` (what sqlx does) is a running statement that
/// `CREATE INDEX CONCURRENTLY` of the lock's holder waits for, and both wait for ever.
///
/// A migration outside a transaction may be interrupted and come again: one that builds an index says
/// `CREATE INDEX CONCURRENTLY IF NOT EXISTS`. What an interrupted one has left half built is removed here.
///
/// # Errors
/// See [`MigrationError`].
pub async fn migrate(migrators: &[&Migrator], url: &str) -> Result<(), MigrationError> {
    let mut connection = connect(url).await.map_err(MigrationError::Connect)?;
    let give_up = Instant::now() + PATIENCE;
    while !try_lock(&mut connection).await.map_err(MigrationError::Connect)? {
        pause(give_up).await?;
    }
    for migrator in migrators {
        let migrator = without_own_lock(migrator);
        while let Err(error) = apply(&migrator, &mut connection).await {
            if !waited_for_lock(&error) {
                return Err(MigrationError::Failed(error));
            }
            pause(give_up).await?;
        }
    }
    // Closing the session lets go of the lock.
    connection.close().await.map_err(MigrationError::Connect)
}

/// A change that waits for a long transaction makes every later reader of the table wait behind it: give up early and try
/// again. What has its lock takes the time it takes, whatever limit the role has for calls. But no longer than it need: a table that
/// a migration has just filled has no statistics yet, and a plan that takes it for small looks through another one for each of its rows.
const SET_UP: &str = "SET lock_timeout = 2000; \
     SET statement_timeout = 0; \
     SET enable_nestloop = off; \
     SET idle_in_transaction_session_timeout = 0; \
     SET client_min_messages = warning";

async fn connect(url: &str) -> Result<PgConnection, sqlx::Error> {
    let mut connection = PgConnectOptions::from_str(url)?
        .application_name("muster-migrate")
        .connect()
        .await?;
    sqlx::raw_sql(SET_UP).execute(&mut connection).await?;
    Ok(connection)
}

async fn apply(migrator: &Migrator, connection: &mut PgConnection) -> Result<(), MigrateError> {
    drop_unfinished_indexes(connection).await?;
    migrator.run_direct(None, connection, false).await
}

/// `CREATE INDEX CONCURRENTLY` that is killed or waits too long for a lock leaves an index that nobody may read and that
/// holds its name. Whoever holds our lock builds none beside this.
async fn drop_unfinished_indexes(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let unfinished: Vec<String> = sqlx::query_scalar(
        "SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
          WHERE NOT i.indisvalid AND c.relkind = 'i' AND pg_table_is_visible(c.oid)",
    )
    .fetch_all(&mut *connection)
    .await?;
    for index in unfinished {
        tracing::warn!(index, "removing an index that was never finished");
        // Quoted by the server where that is needed.
        let statement = AssertSqlSafe(format!("DROP INDEX IF EXISTS {index}"));
        sqlx::raw_sql(statement).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn try_lock(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
        .bind(LOCK)
        .fetch_one(connection)
        .await
}

async fn pause(give_up: Instant) -> Result<(), MigrationError> {
    if Instant::now() >= give_up {
        return Err(MigrationError::Locked);
    }
    sleep(POLL).await;
    Ok(())
}

fn without_own_lock(migrator: &Migrator) -> Migrator {
    Migrator {
        migrations: migrator.migrations.clone(),
        table_name: migrator.table_name.clone(),
        create_schemas: migrator.create_schemas.clone(),
        no_tx: migrator.no_tx,
        locking: false,
        // A release that is rolled back finds migrations it has never heard of.
        ignore_missing: true,
    }
}

fn waited_for_lock(error: &MigrateError) -> bool {
    let (MigrateError::Execute(driver) | MigrateError::ExecuteMigration(driver, _)) = error else {
        return false;
    };
    driver
        .as_database_error()
        .and_then(|refusal| refusal.code())
        .as_deref()
        == Some("55P03")
}
