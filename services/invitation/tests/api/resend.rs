//! Sending an invitation again.

use std::time::Duration;

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{DeliveryState, Invitation, InvitationState, ResendInvitationRequest};
use muster_testkit::TestCaller;
use tonic::Status;

use crate::fixture::{Fixture, invite, reason};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn send(fixture: &Fixture, request: ResendInvitationRequest) -> Result<Invitation, Status> {
    let answer = fixture.invitations().resend_invitation(request).await?;
    Ok(answer.into_inner().invitation.unwrap())
}

pub(crate) async fn resend(fixture: &Fixture, name: &str) -> Result<Invitation, Status> {
    let request = ResendInvitationRequest {
        name: name.to_owned(),
        ..Default::default()
    };
    send(fixture, request).await
}

/// Mails that were asked for.
async fn mails(fixture: &Fixture) -> i64 {
    fixture.database.count("SELECT count(*) FROM outbox").await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_link_goes_on_working_and_its_time_begins_anew() {
    let mut fixture = Fixture::new().await;
    let made = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let token = fixture.token(&made.name).await;
    fixture.later(DAY * 20).await;
    let again = resend(&fixture, &made.name).await.unwrap();
    assert_eq!(
        (again.state(), again.delivery_state()),
        (made.state(), DeliveryState::Queued)
    );
    let moved = again.expire_time.unwrap().seconds - made.expire_time.unwrap().seconds;
    assert_eq!(moved, 20 * 24 * 60 * 60);
    assert_eq!(mails(&fixture).await, 2);
    assert_eq!(fixture.token(&made.name).await, token);
    fixture.later(DAY * 20).await;
    fixture.accept(TestCaller::person("ada"), &token).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_link_replaces_the_one_before() {
    let fixture = Fixture::new().await;
    let made = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let old = fixture.token(&made.name).await;
    let request = ResendInvitationRequest {
        name: made.name.clone(),
        rotate_link: true,
        request_id: String::new(),
    };
    send(&fixture, request).await.unwrap();
    assert_eq!(
        reason(fixture.accept(TestCaller::person("ada"), &old).await),
        R::LinkReplaced
    );
    assert!(
        !fixture.mail(&made.name, 1).await.unwrap().wanted,
        "a mail with the old link is dropped"
    );
    let mail = fixture.mail(&made.name, 2).await.unwrap();
    let new = invite(&mail).link.strip_prefix("https://muster.test/i/").unwrap();
    fixture.accept(TestCaller::person("ada"), new).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_expired_can_be_accepted_again_unless_a_newer_one_was_made() {
    let mut fixture = Fixture::new().await;
    let made = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let token = fixture.token(&made.name).await;
    fixture.later(DAY * 31).await;
    assert_eq!(
        fixture.get(&made.name).await.unwrap().state(),
        InvitationState::Expired
    );
    let revived = resend(&fixture, &made.name).await.unwrap();
    assert_eq!(revived.state(), InvitationState::Prospect);

    fixture.later(DAY * 31).await;
    let newer = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    assert_ne!(newer.name, made.name);
    assert_eq!(reason(resend(&fixture, &made.name).await), R::InvitationClosed);
    fixture
        .database
        .execute("UPDATE invitations SET state = 'DECLINED', state_before_decline = 'PENDING', decline_time = send_time WHERE state = 'PROSPECT'")
        .await;
    assert_eq!(reason(resend(&fixture, &newer.name).await), R::InvitationClosed);
    resend(&fixture, &made.name).await.unwrap();
    fixture.accept(TestCaller::person("ada"), &token).await.unwrap();
    assert_eq!(reason(resend(&fixture, &made.name).await), R::InvitationClosed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_one_is_sent_now_and_only_once() {
    let fixture = Fixture::new().await;
    let made = fixture
        .create_later("ada@example.com", &[&fixture.nurses], DAY)
        .await;
    let made = made.unwrap();
    assert_eq!(mails(&fixture).await, 0);
    let sent = resend(&fixture, &made.name).await.unwrap();
    assert_eq!(sent.delivery_state(), DeliveryState::Queued);
    assert_eq!(
        sent.send_time.unwrap().seconds,
        fixture.clock.now().unix_timestamp()
    );
    assert!(fixture.mail(&made.name, 1).await.unwrap().wanted);
    let scheduled = "SELECT count(*) FROM invitations WHERE delivery_state = 'SCHEDULED'";
    assert_eq!(
        (mails(&fixture).await, fixture.database.count(scheduled).await),
        (1, 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn three_mails_go_out_in_a_day_and_each_counts_against_the_plan() {
    let mut fixture = Fixture::new().await;
    fixture.subscribe(500, 4).await;
    let made = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    resend(&fixture, &made.name).await.unwrap();
    let request = ResendInvitationRequest {
        name: made.name.clone(),
        rotate_link: false,
        request_id: "0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88".to_owned(),
    };
    let third = send(&fixture, request.clone()).await.unwrap();
    assert_eq!(
        send(&fixture, request).await.unwrap(),
        third,
        "a repeat sends no second one"
    );
    let refused = resend(&fixture, &made.name).await.unwrap_err();
    assert_eq!(muster_refusal::quota_of(&refused), Some((3, 3)));
    assert_eq!(reason(Err::<(), _>(refused)), R::RateLimited);
    assert_eq!(mails(&fixture).await, 3);

    fixture
        .create("bob@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let eve = fixture.create("eve@example.com", &[&fixture.nurses]).await;
    assert_eq!(reason(eve), R::PlanLimitExceeded);
    fixture.later(DAY - Duration::from_secs(1)).await;
    assert_eq!(reason(resend(&fixture, &made.name).await), R::RateLimited);
    fixture.later(Duration::from_secs(60 * 60)).await;
    resend(&fixture, &made.name).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_organization_and_a_used_up_plan_send_nothing_again() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 1).await;
    let made = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let used_up = resend(&fixture, &made.name).await.unwrap_err();
    assert_eq!(muster_refusal::quota_of(&used_up), Some((1, 1)));
    assert_eq!(reason(Err::<(), _>(used_up)), R::PlanLimitExceeded);
    fixture
        .profile_sql("UPDATE organizations SET state = 'SUSPENDED'")
        .await;
    assert_eq!(
        reason(resend(&fixture, &made.name).await),
        R::OrganizationNotActive
    );
    assert_eq!(fixture.get(&made.name).await.unwrap(), made, "it is untouched");
}
