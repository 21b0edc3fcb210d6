//! Several processes that start together migrate once.

use muster_database::migrate;
use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use crate::support::TestDatabase;

fn migrator(count: i64) -> Migrator {
    let migration = |version: i64| {
        // The last one builds an index the way a running suite must: outside a transaction.
        let concurrent = version == 2;
        let sql = if concurrent {
            "CREATE INDEX CONCURRENTLY thing_id ON thing (id)"
        } else {
            "CREATE TABLE thing (id int)"
        };
        Migration::new(
            version,
            "step".into(),
            MigrationType::Simple,
            sql.into_sql_str(),
            concurrent,
        )
    };
    Migrator::with_migrations((1..=count).map(migration).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_processes_at_once_apply_each_migration_once() {
    let test = TestDatabase::with_pool(1).await;
    let runs = (0..5).map(|_| {
        let url = test.url.clone();
        tokio::spawn(async move { migrate(&migrator(2), &url).await })
    });
    for run in futures::future::join_all(runs).await {
        run.unwrap().unwrap();
    }
    assert_eq!(test.count("SELECT count(*) FROM _sqlx_migrations").await, 2);
}

#[tokio::test]
async fn an_older_release_accepts_a_newer_schema() {
    let test = TestDatabase::with_pool(1).await;
    migrate(&migrator(2), &test.url).await.unwrap();
    migrate(&migrator(1), &test.url).await.unwrap();
}
