//! A database for each test, copied from a template that has been migrated once.

mod template;

use std::sync::atomic::{AtomicU32, Ordering};

use muster_database::{Database, DatabaseOptions};
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::{Outbox, drops, engines};

/// A migrated, empty database that is dropped with this value.
#[derive(Debug)]
pub struct TestDatabase {
    database: Database,
    server: &'static str,
    name: String,
    url: String,
}

impl TestDatabase {
    /// A database in the state after all migrations of the libraries and of `service`.
    pub async fn new(migrator: &Migrator, service: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let server = engines::postgres_url().await;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}_{service}", std::process::id());
        template::copy(server, migrator, service, &name).await;
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

    /// What its service publishes.
    #[must_use]
    pub fn outbox(&self) -> Outbox<'_> {
        Outbox::of(self)
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
        self.run(statements.to_owned()).await;
    }

    /// Runs statements that a test has put together.
    pub async fn run(&self, statements: String) {
        let mut connection = self.connection().await;
        sqlx::raw_sql(AssertSqlSafe(statements))
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
}
