//! A database for each test, copied from a template that has been migrated once.

use std::sync::atomic::{AtomicU32, Ordering};

use muster_database::{Database, DatabaseOptions};
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::{drops, engines};

/// Serializes making templates and copying them, over all test processes.
const LOCK: i64 = 0x0074_6573_746b_6974;

/// A migrated, empty database that is dropped with this value.
#[derive(Debug)]
pub struct TestDatabase {
    database: Database,
    server: &'static str,
    name: String,
    url: String,
}

impl TestDatabase {
    /// A database in the state after all migrations of `service`.
    pub async fn new(migrator: &Migrator, service: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let server = engines::postgres_url().await;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}_{service}", std::process::id());
        let mut maintenance = connect(server).await;
        lock(&mut maintenance).await;
        drop_orphans(&mut maintenance).await;
        let template = template(&mut maintenance, server, migrator, service).await;
        execute(
            &mut maintenance,
            format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)"),
        )
        .await;
        execute(
            &mut maintenance,
            format!("CREATE DATABASE \"{name}\" TEMPLATE \"{template}\""),
        )
        .await;
        // Closing the session lets go of the lock.
        maintenance
            .close()
            .await
            .expect("the maintenance connection did not close");
        let url = in_database(server, &name);
        let options = DatabaseOptions::new(&url).pool(8).application("muster-test");
        let database = Database::connect(options).expect("the address of the test database is wrong");
        Self {
            database,
            server,
            name,
            url,
        }
    }

    /// The pool.
    #[must_use]
    pub fn database(&self) -> Database {
        self.database.clone()
    }

    /// The address, for a service that is started on it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A connection of its own, for looking and for making trouble.
    pub async fn connection(&self) -> PgConnection {
        connect(&self.url).await
    }

    /// The answer of a `SELECT count(*)`.
    pub async fn count(&self, statement: &'static str) -> i64 {
        let mut connection = self.connection().await;
        let count = sqlx::query_scalar(statement)
            .fetch_one(&mut connection)
            .await
            .expect("counting failed");
        connection.close().await.expect("the connection did not close");
        count
    }

    /// Runs statements as they are.
    pub async fn execute(&self, statements: &'static str) {
        let mut connection = self.connection().await;
        sqlx::raw_sql(statements)
            .execute(&mut connection)
            .await
            .expect("the statement failed");
        connection.close().await.expect("the connection did not close");
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (server, name) = (self.server, self.name.clone());
        drops::finish(async move {
            if let Ok(mut connection) = PgConnection::connect(server).await {
                let statement = format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)");
                drop(
                    sqlx::raw_sql(AssertSqlSafe(statement))
                        .execute(&mut connection)
                        .await,
                );
            }
        });
    }
}

/// The name of the template for exactly these migrations; made when there is none yet.
async fn template(
    maintenance: &mut PgConnection,
    server: &str,
    migrator: &Migrator,
    service: &str,
) -> String {
    let name = format!("template_{service}_{:016x}", fingerprint(migrator));
    let there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(&name)
        .fetch_one(&mut *maintenance)
        .await
        .expect("looking for the template failed");
    if !there {
        // Under another name until it is whole: a test that is killed here leaves nothing that looks whole.
        let building = format!("{name}_new");
        execute(
            maintenance,
            format!("DROP DATABASE IF EXISTS \"{building}\" WITH (FORCE)"),
        )
        .await;
        execute(maintenance, format!("CREATE DATABASE \"{building}\"")).await;
        let url = in_database(server, &building);
        muster_database::migrate(migrator, &url)
            .await
            .expect("the migrations failed");
        execute(
            maintenance,
            format!("ALTER DATABASE \"{building}\" RENAME TO \"{name}\""),
        )
        .await;
    }
    name
}

/// FNV-1a over the checksums of the migrations: another text, another template.
fn fingerprint(migrator: &Migrator) -> u64 {
    let bytes = migrator.iter().flat_map(|migration| migration.checksum.iter());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Databases of test processes that were killed.
async fn drop_orphans(maintenance: &mut PgConnection) {
    let names: Vec<String> =
        sqlx::query_scalar(r"SELECT datname::text FROM pg_database WHERE datname LIKE 'test\_%'")
            .fetch_all(&mut *maintenance)
            .await
            .expect("listing databases failed");
    for name in names.iter().filter(|name| is_orphan(name)) {
        execute(
            maintenance,
            format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)"),
        )
        .await;
    }
}

fn is_orphan(name: &str) -> bool {
    let process = name
        .split('_')
        .nth(1)
        .and_then(|number| number.parse::<u32>().ok());
    process.is_some_and(|process| !std::path::Path::new(&format!("/proc/{process}")).exists())
}

async fn lock(maintenance: &mut PgConnection) {
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(LOCK)
        .execute(maintenance)
        .await
        .expect("the lock of the test databases was refused");
}

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url)
        .await
        .expect("the test database server cannot be reached")
}

async fn execute(connection: &mut PgConnection, statement: String) {
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(connection)
        .await
        .expect("the statement failed");
}

/// The same server, another database.
fn in_database(server: &str, name: &str) -> String {
    let (base, query) = server
        .split_once('?')
        .map_or((server, None), |(base, query)| (base, Some(query)));
    let scheme_end = base.find("://").map_or(0, |at| at + 3);
    let path_start = base[scheme_end..]
        .find('/')
        .map_or(base.len(), |at| scheme_end + at);
    let url = format!("{}/{name}", &base[..path_start]);
    query.map_or_else(|| url.clone(), |query| format!("{url}?{query}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_database_of_an_address_is_replaced() {
        assert_eq!(
            in_database("postgres://a:b@h:1/postgres", "x"),
            "postgres://a:b@h:1/x"
        );
        assert_eq!(in_database("postgres://h:1", "x"), "postgres://h:1/x");
        assert_eq!(
            in_database("postgres://h/p?sslmode=disable", "x"),
            "postgres://h/x?sslmode=disable"
        );
    }

    #[test]
    fn only_databases_of_dead_processes_are_orphans() {
        assert!(!is_orphan(&format!("test_{}_0_invitation", std::process::id())));
        assert!(is_orphan("test_4294967295_0_invitation"));
        assert!(!is_orphan("test_by_hand"));
    }
}
