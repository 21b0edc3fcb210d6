//! What an operator wants to know of a database before a service works on it. Nothing is changed.

use std::collections::BTreeMap;
use std::str::FromStr;

use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use time::OffsetDateTime;

/// A database, as the role of a URL finds it.
#[derive(Debug, Clone)]
pub struct Survey {
    /// The server's version, as its `server_version_num`: 150004 is 15.4.
    pub server_version: i32,
    /// The role that was let in.
    pub role: String,
    /// Whether nothing can be written: a standby, or a role that may not.
    pub is_read_only: bool,
    /// The server's clock.
    pub clock: OffsetDateTime,
    /// Migrations that this release knows and the database has not.
    pub missing: Vec<i64>,
    /// Migrations that the database has and this release has never heard of: of a newer one.
    pub unknown: Vec<i64>,
    /// Migrations that are other ones here than they were when they were applied.
    pub edited: Vec<i64>,
    /// Tables of which the role may not read, insert, change or delete rows.
    pub closed_tables: Vec<String>,
}

/// Looks at a database.
///
/// # Errors
/// It cannot be reached, or the role may not even look.
pub async fn survey(migrators: &[&Migrator], url: &str) -> Result<Survey, sqlx::Error> {
    let options = PgConnectOptions::from_str(url)?.application_name("muster-check");
    let mut connection = options.disable_statement_logging().connect().await?;
    let (server_version, role, is_read_only, clock) = sqlx::query_as(
        "SELECT current_setting('server_version_num')::int, current_user::text,
                current_setting('transaction_read_only') = 'on', clock_timestamp()",
    )
    .fetch_one(&mut connection)
    .await?;
    let mut survey = Survey {
        server_version,
        role,
        is_read_only,
        clock,
        missing: Vec::new(),
        unknown: Vec::new(),
        edited: Vec::new(),
        closed_tables: closed_tables(migrators, &mut connection).await?,
    };
    for migrator in migrators {
        survey.compare(migrator, applied(migrator, &mut connection).await?);
    }
    connection.close().await?;
    Ok(survey)
}

impl Survey {
    fn compare(&mut self, migrator: &Migrator, mut applied: BTreeMap<i64, Vec<u8>>) {
        for migration in migrator
            .iter()
            .filter(|known| known.migration_type.is_up_migration())
        {
            match applied.remove(&migration.version) {
                None => self.missing.push(migration.version),
                Some(checksum) if checksum != *migration.checksum => self.edited.push(migration.version),
                Some(_) => {}
            }
        }
        self.unknown.extend(applied.into_keys());
    }
}

/// Versions and checksums of what was applied.
async fn applied(
    migrator: &Migrator,
    connection: &mut PgConnection,
) -> Result<BTreeMap<i64, Vec<u8>>, sqlx::Error> {
    let table = &migrator.table_name;
    let is_there: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
        .bind(&**table)
        .fetch_one(&mut *connection)
        .await?;
    if !is_there {
        return Ok(BTreeMap::new());
    }
    // The name stands in our own code.
    let statement = AssertSqlSafe(format!("SELECT version, checksum FROM {table} WHERE success"));
    let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(statement).fetch_all(connection).await?;
    Ok(rows.into_iter().collect())
}

/// The tables in which migrations are counted are the business of whoever migrates.
async fn closed_tables(
    migrators: &[&Migrator],
    connection: &mut PgConnection,
) -> Result<Vec<String>, sqlx::Error> {
    let counted: Vec<String> = migrators
        .iter()
        .map(|migrator| migrator.table_name.to_string())
        .collect();
    sqlx::query_scalar(
        "SELECT c.relname::text FROM pg_class c
          WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> ALL ($1)
            AND NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
                     AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'))
          ORDER BY 1",
    )
    .bind(counted)
    .fetch_all(connection)
    .await
}
