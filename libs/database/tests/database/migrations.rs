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
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS thing_id ON thing (id)"
        } else {
            "CREATE TABLE thing (id int)"
        };
        step(version, sql, concurrent)
    };
    Migrator::with_migrations((1..=count).map(migration).collect())
}

fn step(version: i64, sql: &'static str, outside_transaction: bool) -> Migration {
    Migration::new(
        version,
        "step".into(),
        MigrationType::Simple,
        sql.into_sql_str(),
        outside_transaction,
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_processes_at_once_apply_each_migration_once() {
    let test = TestDatabase::with_pool(1).await;
    let runs = (0..5).map(|_| {
        let url = test.url.clone();
        tokio::spawn(async move { migrate(&[&migrator(2)], &url).await })
    });
    for run in futures::future::join_all(runs).await {
        run.unwrap().unwrap();
    }
    assert_eq!(test.count("SELECT count(*) FROM _sqlx_migrations").await, 2);
}

#[tokio::test]
async fn an_older_release_accepts_a_newer_schema() {
    let test = TestDatabase::with_pool(1).await;
    migrate(&[&migrator(2)], &test.url).await.unwrap();
    migrate(&[&migrator(1)], &test.url).await.unwrap();
}

#[tokio::test]
async fn an_index_that_a_killed_process_left_half_built_is_built_again() {
    let test = TestDatabase::with_pool(1).await;
    migrate(&[&migrator(1)], &test.url).await.unwrap();
    test.execute("INSERT INTO thing VALUES (1), (1)").await;
    let mut killed = test.connection().await;
    let half_built = sqlx::raw_sql("CREATE UNIQUE INDEX CONCURRENTLY thing_id ON thing (id)");
    assert!(half_built.execute(&mut killed).await.is_err());
    let unfinished = "SELECT count(*) FROM pg_index WHERE NOT indisvalid";
    assert_eq!(test.count(unfinished).await, 1);

    migrate(&[&migrator(2)], &test.url).await.unwrap();
    assert_eq!(test.count(unfinished).await, 0);
    let built = "SELECT count(*) FROM pg_index WHERE indexrelid = 'thing_id'::regclass AND NOT indisunique";
    assert_eq!(test.count(built).await, 1);
}

/// The roles of services have limits for their calls; filling a column of a large table takes longer.
#[tokio::test]
async fn a_migration_has_the_time_that_it_takes() {
    let test = TestDatabase::with_pool(1).await;
    test.execute("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET statement_timeout = 100', current_database()); END $$")
        .await;
    let slow = Migrator::with_migrations(vec![step(1, "SELECT pg_sleep(0.3)", false)]);
    migrate(&[&slow], &test.url).await.unwrap();
}

/// What it has just filled has no statistics: a plan of nested loops, made for a few rows, takes minutes for a hundred thousand.
#[tokio::test]
async fn a_migration_joins_no_table_row_by_row() {
    let test = TestDatabase::with_pool(1).await;
    let told = "CREATE TABLE told AS SELECT current_setting('enable_nestloop') AS loops";
    let telling = Migrator::with_migrations(vec![step(1, told, false)]);
    migrate(&[&telling], &test.url).await.unwrap();
    let off = "SELECT count(*) FROM told WHERE loops = 'off'";
    assert_eq!(test.count(off).await, 1);
}
