//! Which groups an acceptance joins, and what it meets when it comes to take the invitation.

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{AcceptInvitationRequest, InvitationAcceptedEvent};
use muster_testkit::TestCaller;
use sqlx::AssertSqlSafe;
use tonic::Status;

use crate::fixture::{Fixture, reason, waiting};

/// What employment hears of the one acceptance.
async fn told(fixture: &Fixture) -> InvitationAcceptedEvent {
    let mut told = fixture
        .database
        .outbox()
        .events::<InvitationAcceptedEvent>()
        .await;
    told.remove(0).1
}

#[tokio::test(flavor = "multi_thread")]
async fn the_groups_that_are_still_active_are_joined_and_without_any_nothing_happens() {
    let fixture = Fixture::new().await;
    let made = fixture
        .create("ada@example.com", &[&fixture.nurses, &fixture.aides])
        .await;
    let made = made.unwrap();
    let token = fixture.token(&made.name).await;
    let before = fixture.get(&made.name).await.unwrap();
    fixture.profile_sql("UPDATE groups SET state = 'INACTIVE'").await;
    assert_eq!(
        reason(fixture.accept(TestCaller::person("ada"), &token).await),
        R::GroupInactive
    );
    assert_eq!(fixture.get(&made.name).await.unwrap(), before);
    fixture
        .profile_sql("UPDATE groups SET state = 'ACTIVE' WHERE display_name = 'Aides'")
        .await;
    fixture.accept(TestCaller::person("ada"), &token).await.unwrap();
    assert_eq!(told(&fixture).await.groups, [fixture.group_name(&fixture.aides)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_accepts_is_placed_at_the_location_only_while_it_is_active() {
    for (state, is_placed) in [("ACTIVE", true), ("INACTIVE", false)] {
        let fixture = Fixture::new().await;
        let mut wanted = fixture.wanted("ada@example.com", &[&fixture.nurses]);
        wanted.location = fixture.location.clone();
        let made = fixture.create_this(wanted).await.unwrap();
        let token = fixture.token(&made.name).await;
        if state == "INACTIVE" {
            fixture
                .profile_sql("UPDATE locations SET state = 'INACTIVE'")
                .await;
        }
        fixture.accept(TestCaller::person("ada"), &token).await.unwrap();
        let place = if is_placed {
            fixture.location.clone()
        } else {
            String::new()
        };
        assert_eq!(told(&fixture).await.location, place);
        let kept = fixture.get(&made.name).await.unwrap();
        assert_eq!(kept.location, fixture.location, "what was invited to stays known");
    }
}

/// Accepts, while somebody holds the row and changes it: the acceptance has asked and read before, and waits for it.
async fn accept_during(fixture: &Fixture, token: &str, change: &str) -> Result<(), Status> {
    let mut holding = fixture.database.connection().await;
    let mut run = async |statement: &str| {
        let statement = sqlx::raw_sql(AssertSqlSafe(statement.to_owned()));
        statement.execute(&mut holding).await.unwrap();
    };
    run("BEGIN; SELECT FROM invitations FOR UPDATE").await;
    let mut ada = fixture.redemption(TestCaller::person("ada"));
    let request = AcceptInvitationRequest {
        token: token.to_owned(),
        request_id: String::new(),
    };
    let accepting = tokio::spawn(async move { ada.accept_invitation(request).await });
    waiting(fixture, 1).await;
    run(change).await;
    run("UPDATE invitations SET version = version + 1; COMMIT").await;
    accepting.await.unwrap().map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_is_merged_in_at_the_last_moment_is_joined_too() {
    let fixture = Fixture::new().await;
    let made = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let token = fixture.token(&made.name).await;
    let merge = format!(
        "INSERT INTO invitation_groups (organization_id, invitation_id, group_id)
         SELECT organization_id, invitation_id, '{}' FROM invitations",
        fixture.aides.id
    );
    accept_during(&fixture, &token, &merge).await.unwrap();
    let joined = told(&fixture).await.groups;
    assert_eq!(joined.len(), 2, "{joined:?}");
    assert!(joined.contains(&fixture.group_name(&fixture.aides)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_of_an_invitation_at_the_last_moment_decides() {
    let fixture = Fixture::new().await;
    let made = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let token = fixture.token(&made.name).await;
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
        (
            "UPDATE invitations SET state = 'DECLINED', state_before_decline = 'PENDING', decline_time = send_time",
            R::InvitationClosed,
        ),
    ] {
        assert_eq!(
            reason(accept_during(&fixture, &token, change).await),
            why,
            "{change}"
        );
        let again = "UPDATE invitations SET state = 'PENDING', state_before_decline = NULL, decline_time = NULL, generation = 1, expire_time = create_time + interval '1 day'";
        fixture.database.execute(again).await;
    }
    accept_during(&fixture, &token, "SELECT").await.unwrap();
    assert_eq!(told(&fixture).await.groups, [fixture.group_name(&fixture.nurses)]);
}
