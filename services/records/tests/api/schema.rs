//! What holds of the tables.

use muster_records::RecordsService;
use muster_server::Service;
use muster_testkit::TestDatabase;

async fn database() -> TestDatabase {
    TestDatabase::new(&RecordsService::MIGRATOR, RecordsService::NAME).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_column_says_what_it_is() {
    assert_eq!(database().await.unexplained_columns().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_is_keyed_by_the_organization_or_the_person_first_but_the_shared_catalog() {
    let others = database()
        .await
        .tables_keyed_otherwise(&["organization_id", "person_id"])
        .await;
    assert_eq!(others, ["trainings"]);
}
