//! A database of its own for each test, on the server that `MUSTER_TEST_POSTGRES` names.

use muster_clock::Clock;
use muster_database::{Database, DatabaseOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

pub(crate) struct TestDatabase {
    pub(crate) database: Database,
    pub(crate) url: String,
    name: String,
}

impl TestDatabase {
    pub(crate) async fn with_pool(pool: u32) -> Self {
        let server = server_url();
        let name = format!("room_{}", Clock::system().new_uuid().simple());
        let mut admin = PgConnection::connect(&server).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .execute(&mut admin)
            .await
            .unwrap();
        let (base, _) = server.rsplit_once('/').unwrap();
        let url = format!("{base}/{name}");
        let database = Database::connect(DatabaseOptions::new(&url).pool(pool)).unwrap();
        Self { database, url, name }
    }

    /// One with the idempotency table and a table `work (id uuid)`.
    pub(crate) async fn with_tables(pool: u32) -> Self {
        let this = Self::with_pool(pool).await;
        let mut connection = this.outside().await;
        sqlx::raw_sql(include_str!("../../sql/idempotency.sql"))
            .execute(&mut connection)
            .await
            .unwrap();
        sqlx::raw_sql("CREATE TABLE work (id uuid NOT NULL)")
            .execute(&mut connection)
            .await
            .unwrap();
        this
    }

    /// A connection that is not the pool's: looks on.
    pub(crate) async fn outside(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.unwrap()
    }

    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql)
            .fetch_one(&mut self.outside().await)
            .await
            .unwrap()
    }

    /// The sessions of this database, without the one that asks, that fit `condition`.
    pub(crate) async fn sessions(&self, condition: &str) -> i64 {
        let sql = format!(
            "SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid() AND {condition}"
        );
        sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(&mut self.outside().await)
            .await
            .unwrap()
    }

    pub(crate) async fn drop(self) {
        self.database.close().await;
        let mut admin = PgConnection::connect(&server_url()).await.unwrap();
        let sql = AssertSqlSafe(format!("DROP DATABASE {} WITH (FORCE)", self.name));
        sqlx::raw_sql(sql).execute(&mut admin).await.unwrap();
    }
}

fn server_url() -> String {
    std::env::var("MUSTER_TEST_POSTGRES").expect("set MUSTER_TEST_POSTGRES, or run `cargo dev test`")
}
