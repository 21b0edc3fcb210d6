//! Which groups an acceptance joins, and what it meets when it comes to take the invitation.

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{AcceptInvitationRequest, InvitationAcceptedEvent};
use muster_testkit::Who;
use prost::Message;
use sqlx::AssertSqlSafe;
use tonic::Status;

use crate::world::{World, reason, waiting};

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

/// Accepts, while somebody holds the row and changes it: the acceptance has asked and read before, and waits for it.
async fn accept_during(world: &World, token: &str, change: &str) -> Result<(), Status> {
    let mut holding = world.database.connection().await;
    let mut run = async |statement: &str| {
        let statement = sqlx::raw_sql(AssertSqlSafe(statement.to_owned()));
        statement.execute(&mut holding).await.unwrap();
    };
    run("BEGIN; SELECT FROM invitations FOR UPDATE").await;
    let mut ada = world.redemption(Who::person("ada"));
    let request = AcceptInvitationRequest {
        token: token.to_owned(),
        request_id: String::new(),
    };
    let accepting = tokio::spawn(async move { ada.accept_invitation(request).await });
    waiting(world, 1).await;
    run(change).await;
    run("UPDATE invitations SET version = version + 1; COMMIT").await;
    accepting.await.unwrap().map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_is_merged_in_at_the_last_moment_is_joined_too() {
    let world = World::new().await;
    let made = world.create("ada@example.com", &[&world.nurses]).await.unwrap();
    let token = world.token(&made.name).await;
    let merge = format!(
        "INSERT INTO invitation_groups (organization_id, invitation_id, group_id)
         SELECT organization_id, invitation_id, '{}' FROM invitations",
        world.aides.id
    );
    accept_during(&world, &token, &merge).await.unwrap();
    let joined = told(&world).await.groups;
    assert_eq!(joined.len(), 2, "{joined:?}");
    assert!(joined.contains(&world.group_name(&world.aides)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_of_an_invitation_at_the_last_moment_decides() {
    let world = World::new().await;
    let made = world.create("ada@example.com", &[&world.nurses]).await.unwrap();
    let token = world.token(&made.name).await;
    for (change, why) in [
        (
            "UPDATE invitations SET expire_time = create_time",
            R::InvitationExpired,
        ),
        (
            "UPDATE invitations SET generation = generation + 1",
            R::LinkReplaced,
        ),
        (
            "UPDATE invitations SET state = 'CANCELLED'",
            R::InvitationCancelled,
        ),
        ("UPDATE invitations SET state = 'DECLINED'", R::InvitationClosed),
    ] {
        assert_eq!(
            reason(accept_during(&world, &token, change).await),
            why,
            "{change}"
        );
        let again = "UPDATE invitations SET state = 'PENDING', generation = 1, expire_time = create_time + interval '1 day'";
        world.database.execute(again).await;
    }
    accept_during(&world, &token, "SELECT").await.unwrap();
    assert_eq!(told(&world).await.groups, [world.group_name(&world.nurses)]);
}
