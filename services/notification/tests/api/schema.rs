//! What the database itself promises.

use muster_notification::NotificationService;
use muster_server::Service;
use muster_testkit::TestDatabase;

#[tokio::test(flavor = "multi_thread")]
async fn every_column_is_explained() {
    let database = TestDatabase::new(&NotificationService::MIGRATOR, "notification").await;
    assert_eq!(database.unexplained_columns().await, Vec::<String>::new());
}
