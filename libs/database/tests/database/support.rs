//! A database of its own for each test, with a pool of the size that the test needs.

use std::ops::Deref;

use muster_database::{Database, DatabaseError, DatabaseOptions};
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

pub(crate) struct TestDatabase {
    pub(crate) database: Database,
    pub(crate) url: String,
    test: muster_testkit::TestDatabase,
}

impl TestDatabase {
    pub(crate) async fn with_pool(pool: u32) -> Self {
        let test = muster_testkit::TestDatabase::new(&Migrator::DEFAULT, "room").await;
        let url = test.url().to_owned();
        let database = Database::connect(DatabaseOptions::new(&url).pool(pool)).unwrap();
        Self { database, url, test }
    }

    /// One with a table `work (id uuid)`.
    pub(crate) async fn with_tables(pool: u32) -> Self {
        let this = Self::with_pool(pool).await;
        this.execute("CREATE TABLE work (id uuid NOT NULL)").await;
        this
    }

    /// The sessions of this database, without the one that asks, that fit `condition`.
    pub(crate) async fn sessions(&self, condition: &str) -> i64 {
        let sql = format!(
            "SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid() AND {condition}"
        );
        let mut connection = self.connection().await;
        let count = sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
        count
    }
}

/// Writes a row of the table of [`TestDatabase::with_tables`].
pub(crate) async fn insert(db: &mut PgConnection) -> Result<(), DatabaseError> {
    sqlx::query("INSERT INTO work (id) VALUES (gen_random_uuid())")
        .execute(db)
        .await?;
    Ok(())
}

impl Deref for TestDatabase {
    type Target = muster_testkit::TestDatabase;

    fn deref(&self) -> &muster_testkit::TestDatabase {
        &self.test
    }
}
