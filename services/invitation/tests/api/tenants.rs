//! Two organizations that do the same never meet.

use muster_proto::error::v1::ErrorReason as R;
use muster_testkit::TestCaller;

use crate::fixture::{Fixture, reason};
use crate::upload::{applied, approve, upload};

#[tokio::test(flavor = "multi_thread")]
async fn one_address_is_invited_by_each_organization_apart() {
    let mut fixture = Fixture::new().await;
    let theirs = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    fixture
        .accept(TestCaller::person("ada"), &fixture.token(&theirs.name).await)
        .await
        .unwrap();

    fixture.organization = fixture.new_organization("somebody").await;
    fixture.subscribe(10, 10_000).await;
    let (nurses, aides) = (fixture.group("Nurses").await, fixture.group("Aides").await);
    let ours = fixture.create("ada@example.com", &[&nurses]).await.unwrap();
    assert_ne!(ours.name, theirs.name, "an active learner there, a stranger here");
    let merged = fixture.create("ada@example.com", &[&aides]).await.unwrap();
    assert_eq!((&merged.name, merged.groups.len()), (&ours.name, 2));

    let import = upload(&fixture, b"email,groups\nada@example.com,Nurses\n")
        .await
        .unwrap();
    assert_eq!((import.valid_count, import.error_count), (1, 0));
    approve(&fixture, &import).await.unwrap();
    assert_eq!(applied(&fixture, &import).await.applied_count, 1);
    assert_eq!(fixture.get(&ours.name).await.unwrap(), merged);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_messages_of_one_organization_are_not_counted_for_another() {
    let mut fixture = Fixture::new().await;
    fixture.subscribe(500, 1).await;
    fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();

    fixture.organization = fixture.new_organization("somebody").await;
    fixture.subscribe(500, 1).await;
    let nurses = fixture.group("Nurses").await;
    fixture.create("ada@example.com", &[&nurses]).await.unwrap();
    let second = fixture.create("eve@example.com", &[&nurses]).await;
    assert_eq!(reason(second), R::PlanLimitExceeded);
}
