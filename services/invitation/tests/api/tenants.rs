//! Two organizations that do the same never meet.

use muster_proto::error::v1::ErrorReason as R;
use muster_testkit::Who;

use crate::upload::{applied, approve, upload};
use crate::world::{World, reason};

#[tokio::test(flavor = "multi_thread")]
async fn one_address_is_invited_by_each_organization_apart() {
    let mut world = World::new().await;
    let theirs = world.create("ada@example.com", &[&world.nurses]).await.unwrap();
    world
        .accept(Who::person("ada"), &world.token(&theirs.name).await)
        .await
        .unwrap();

    world.organization = world.new_organization("somebody").await;
    world.subscribe(10, 10_000).await;
    let (nurses, aides) = (world.group("Nurses").await, world.group("Aides").await);
    let ours = world.create("ada@example.com", &[&nurses]).await.unwrap();
    assert_ne!(ours.name, theirs.name, "an active learner there, a stranger here");
    let merged = world.create("ada@example.com", &[&aides]).await.unwrap();
    assert_eq!((&merged.name, merged.groups.len()), (&ours.name, 2));

    let import = upload(&world, b"email,groups\nada@example.com,Nurses\n")
        .await
        .unwrap();
    assert_eq!((import.valid_count, import.error_count), (1, 0));
    approve(&world, &import).await.unwrap();
    assert_eq!(applied(&world, &import).await.applied_count, 1);
    assert_eq!(world.get(&ours.name).await.unwrap(), merged);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_messages_of_one_organization_are_not_counted_for_another() {
    let mut world = World::new().await;
    world.subscribe(500, 1).await;
    world.create("ada@example.com", &[&world.nurses]).await.unwrap();

    world.organization = world.new_organization("somebody").await;
    world.subscribe(500, 1).await;
    let nurses = world.group("Nurses").await;
    world.create("ada@example.com", &[&nurses]).await.unwrap();
    let second = world.create("eve@example.com", &[&nurses]).await;
    assert_eq!(reason(second), R::PlanLimitExceeded);
}
