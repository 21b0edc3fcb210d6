//! Which groups an acceptance joins.

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{AcceptInvitationRequest, InvitationAcceptedEvent};
use muster_testkit::{Who, eventually};
use prost::Message;

use crate::world::{World, reason};

/// What employment hears of the one acceptance.
async fn told(world: &World) -> InvitationAcceptedEvent {
    let accepted = "SELECT payload FROM outbox WHERE event_type = 'invitation.accepted'";
    let mut connection = world.database.connection().await;
    let told: Vec<u8> = sqlx::query_scalar(accepted)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    InvitationAcceptedEvent::decode(told.as_slice()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_groups_that_are_still_active_are_joined_and_without_any_nothing_happens() {
    let world = World::new().await;
    let made = world
        .create("ada@example.com", &[&world.nurses, &world.aides])
        .await;
    let made = made.unwrap();
    let token = world.token(&made.name).await;
    let before = world.get(&made.name).await.unwrap();
    world.profile_sql("UPDATE groups SET state = 'INACTIVE'").await;
    assert_eq!(
        reason(world.accept(Who::person("ada"), &token).await),
        R::GroupInactive
    );
    assert_eq!(world.get(&made.name).await.unwrap(), before);
    world
        .profile_sql("UPDATE groups SET state = 'ACTIVE' WHERE display_name = 'Aides'")
        .await;
    world.accept(Who::person("ada"), &token).await.unwrap();
    assert_eq!(told(&world).await.groups, [world.group_name(&world.aides)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_is_merged_in_at_the_last_moment_is_joined_too() {
    let world = World::new().await;
    let made = world.create("ada@example.com", &[&world.nurses]).await.unwrap();
    let token = world.token(&made.name).await;
    // Whoever merges holds the row. The acceptance has asked and read before, and waits for it.
    let mut merging = world.database.connection().await;
    sqlx::raw_sql("BEGIN; SELECT FROM invitations FOR UPDATE")
        .execute(&mut merging)
        .await
        .unwrap();
    let mut ada = world.redemption(Who::person("ada"));
    let request = AcceptInvitationRequest {
        token,
        request_id: String::new(),
    };
    let accepting = tokio::spawn(async move { ada.accept_invitation(request).await });
    let waiting = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    eventually(async || world.database.count(waiting).await == 1).await;
    sqlx::query(
        "INSERT INTO invitation_groups (organization_id, invitation_id, group_id)
         SELECT organization_id, invitation_id, $1 FROM invitations",
    )
    .bind(world.aides.id.as_uuid())
    .execute(&mut merging)
    .await
    .unwrap();
    sqlx::raw_sql("UPDATE invitations SET version = version + 1; COMMIT")
        .execute(&mut merging)
        .await
        .unwrap();
    accepting.await.unwrap().unwrap();
    let joined = told(&world).await.groups;
    assert_eq!(joined.len(), 2, "{joined:?}");
    assert!(joined.contains(&world.group_name(&world.aides)));
}
