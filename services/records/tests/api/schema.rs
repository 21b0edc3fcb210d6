//! What holds of the tables.

use muster_records::RecordsService;
use muster_server::Service;
use muster_testkit::TestDatabase;

async fn names(statement: &'static str) -> Vec<String> {
    let database = TestDatabase::new(&RecordsService::MIGRATOR, RecordsService::NAME).await;
    sqlx::query_scalar(statement)
        .fetch_all(&mut database.connection().await)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_column_says_what_it_is() {
    let silent = names(
        "SELECT c.table_name || '.' || c.column_name FROM information_schema.columns c
         WHERE c.table_schema = 'public' AND c.table_name <> '_sqlx_migrations'
           AND col_description(format('%I.%I', c.table_schema, c.table_name)::regclass, c.ordinal_position) IS NULL",
    )
    .await;
    assert_eq!(silent, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_is_keyed_by_the_organization_or_the_person_first_but_the_shared_catalog() {
    let others = names(
        "SELECT i.indrelid::regclass::text FROM pg_index i
         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
         JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE i.indisprimary AND n.nspname = 'public' AND a.attname NOT IN ('organization_id', 'person_id') ORDER BY 1",
    )
    .await;
    assert_eq!(
        others,
        ["_sqlx_migrations", "idempotency", "inbox", "outbox", "trainings"]
    );
}
