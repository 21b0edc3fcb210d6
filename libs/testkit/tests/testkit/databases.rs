//! Databases of tests are alike, apart, and gone afterwards.

use muster_testkit::{TestDatabase, postgres_url};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{Connection, PgConnection, SqlSafeStr};

fn migrator(sql: &'static str) -> Migrator {
    Migrator::with_migrations(vec![Migration::new(
        1,
        "one".into(),
        MigrationType::Simple,
        sql.into_sql_str(),
        false,
    )])
}

#[tokio::test(flavor = "multi_thread")]
async fn each_test_has_its_own_copy_that_goes_away() {
    let migrator = migrator("CREATE TABLE thing (id bigint PRIMARY KEY)");
    let one = TestDatabase::new(&migrator, "testkit").await;
    let other = TestDatabase::new(&migrator, "testkit").await;
    one.execute("INSERT INTO thing VALUES (1)").await;
    assert_eq!(one.count("SELECT count(*) FROM thing").await, 1);
    assert_eq!(other.count("SELECT count(*) FROM thing").await, 0);

    let name = one.url().rsplit_once('/').unwrap().1.to_owned();
    drop(one);
    let mut server = PgConnection::connect(postgres_url().await).await.unwrap();
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_database WHERE datname = $1")
        .bind(name)
        .fetch_one(&mut server)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_migration_makes_another_template() {
    let before = TestDatabase::new(&migrator("CREATE TABLE thing (id bigint)"), "testkit").await;
    let after = TestDatabase::new(&migrator("CREATE TABLE other (id bigint)"), "testkit").await;
    assert_eq!(before.count("SELECT count(*) FROM thing").await, 0);
    assert_eq!(after.count("SELECT count(*) FROM other").await, 0);
}
