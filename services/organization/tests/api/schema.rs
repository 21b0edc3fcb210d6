//! What holds of the tables.

use muster_organization::OrganizationService;
use muster_server::Service;
use muster_testkit::TestDatabase;

async fn database() -> TestDatabase {
    TestDatabase::new(&OrganizationService::MIGRATOR, OrganizationService::NAME).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_column_says_what_it_is() {
    assert_eq!(database().await.unexplained_columns().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_tenant_table_is_keyed_by_the_organization_first() {
    let others = database()
        .await
        .tables_keyed_otherwise(&["organization_id"])
        .await;
    // What authorities tell is of no organization, and a slug is unique among all.
    let others_key = [
        "ended_sessions",
        "join_page_slugs",
        "programme_loads",
        "programmes",
        "refused_programme_rows",
        "registry_vocabulary",
    ];
    assert_eq!(others, others_key);
}
