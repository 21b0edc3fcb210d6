//! What the database itself promises.

use muster_notification::NotificationService;
use muster_server::Service;
use muster_testkit::TestDatabase;

#[test]
fn the_first_migration_is_that_of_the_libraries() {
    let migrator = NotificationService::MIGRATOR;
    let first = migrator.iter().next().unwrap();
    assert_eq!(first.sql.as_str(), muster_testkit::first_migration());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_column_is_explained() {
    let database = TestDatabase::new(&NotificationService::MIGRATOR, "notification").await;
    assert_eq!(database.unexplained_columns().await, Vec::<String>::new());
}
