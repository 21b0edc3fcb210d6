//! Saying no by the link, and taking that back.

use std::time::Duration;

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{
    CancelInvitationRequest, DeclineInvitationRequest, DeclineInvitationResponse, DeliveryState,
    InvitationState, LookupInvitationRequest, LookupInvitationResponse, ResendInvitationRequest,
    UndoDeclineRequest, UndoDeclineResponse,
};
use muster_testkit::TestCaller;
use tonic::Status;

use crate::fixture::{Fixture, reason, waiting};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// An invitation of `ada`: its name and the token of its link.
async fn invited(fixture: &Fixture) -> (String, String) {
    let made = fixture
        .create("Ada@Example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let token = fixture.token(&made.name).await;
    (made.name, token)
}

async fn declining(
    fixture: &Fixture,
    token: &str,
    for_ever: bool,
) -> Result<DeclineInvitationResponse, Status> {
    let request = DeclineInvitationRequest {
        token: token.to_owned(),
        do_not_invite_again: for_ever,
        request_id: String::new(),
    };
    let mut client = fixture.redemption(TestCaller::Anonymous);
    Ok(client.decline_invitation(request).await?.into_inner())
}

pub(crate) async fn decline(fixture: &Fixture, token: &str) -> Result<DeclineInvitationResponse, Status> {
    declining(fixture, token, false).await
}

pub(crate) async fn decline_for_ever(
    fixture: &Fixture,
    token: &str,
) -> Result<DeclineInvitationResponse, Status> {
    declining(fixture, token, true).await
}

pub(crate) async fn undo(fixture: &Fixture, token: &str) -> Result<UndoDeclineResponse, Status> {
    let request = UndoDeclineRequest {
        token: token.to_owned(),
        request_id: String::new(),
    };
    let mut client = fixture.redemption(TestCaller::Anonymous);
    Ok(client.undo_decline(request).await?.into_inner())
}

async fn look(fixture: &Fixture, token: &str) -> LookupInvitationResponse {
    let request = LookupInvitationRequest {
        token: token.to_owned(),
    };
    let mut client = fixture.redemption(TestCaller::Anonymous);
    client.lookup_invitation(request).await.unwrap().into_inner()
}

async fn resend(fixture: &Fixture, name: &str) -> Result<(), Status> {
    let request = ResendInvitationRequest {
        name: name.to_owned(),
        ..Default::default()
    };
    fixture.invitations().resend_invitation(request).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_is_enough_to_decline_and_both_sides_see_it() {
    let fixture = Fixture::new().await;
    let (name, token) = invited(&fixture).await;
    assert_eq!(look(&fixture, &token).await.undo_expire_time, None);
    let declined = decline(&fixture, &token).await.unwrap();
    assert_eq!(declined.organization, fixture.parent());
    let (at, until) = (declined.decline_time.unwrap(), declined.undo_expire_time.unwrap());
    assert_eq!(until.seconds - at.seconds, 24 * 60 * 60);

    let stored = fixture.get(&name).await.unwrap();
    assert_eq!(
        (stored.state(), stored.decline_time),
        (InvitationState::Declined, Some(at))
    );
    let seen = look(&fixture, &token).await;
    assert_eq!(
        (seen.state(), seen.undo_expire_time),
        (InvitationState::Declined, Some(until))
    );
    fixture.clock.advance(Duration::from_secs(10));
    assert_eq!(
        decline(&fixture, &token).await.unwrap(),
        declined,
        "it is done already"
    );
    assert_eq!(
        fixture.get(&name).await.unwrap(),
        stored,
        "and a repeat changes nothing"
    );

    assert!(
        !fixture.mail(&name, 1).await.unwrap().wanted,
        "a mail that waits is dropped"
    );
    let accepted = fixture.accept(TestCaller::person("ada"), &token).await;
    assert_eq!(reason(accepted), R::InvitationClosed);
    assert_eq!(reason(resend(&fixture, &name).await), R::InvitationClosed);
    let anew = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    assert_ne!(anew.name, name, "the address is free again");
    assert_eq!(anew.delivery_state(), DeliveryState::Queued);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decline_is_undone_for_a_day_and_the_link_works_again() {
    let mut fixture = Fixture::new().await;
    let (name, token) = invited(&fixture).await;
    assert_eq!(
        undo(&fixture, &token).await.unwrap().state(),
        InvitationState::Prospect,
        "what is not declined is as it should be"
    );
    let before = fixture.get(&name).await.unwrap();
    decline(&fixture, &token).await.unwrap();
    fixture.later(23 * HOUR).await;
    for _ in 0..2 {
        let undone = undo(&fixture, &token).await.unwrap();
        assert_eq!(undone.state(), InvitationState::Prospect);
    }
    let after = fixture.get(&name).await.unwrap();
    assert_ne!(after.etag, before.etag);
    assert_eq!(
        (after.decline_time, after.expire_time),
        (None, before.expire_time)
    );
    decline(&fixture, &token).await.unwrap();
    fixture.later(24 * HOUR).await;
    assert_eq!(look(&fixture, &token).await.undo_expire_time, None);
    assert_eq!(reason(undo(&fixture, &token).await), R::UndoTooLate);
    assert_eq!(
        fixture.get(&name).await.unwrap().state(),
        InvitationState::Declined
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undone_decline_can_be_accepted() {
    let fixture = Fixture::new().await;
    let (_, token) = invited(&fixture).await;
    decline(&fixture, &token).await.unwrap();
    undo(&fixture, &token).await.unwrap();
    fixture.accept(TestCaller::person("ada"), &token).await.unwrap();
    assert_eq!(reason(decline(&fixture, &token).await), R::InvitationClosed);
    assert_eq!(reason(undo(&fixture, &token).await), R::InvitationClosed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_invitation_keeps_a_decline_from_being_undone_as_long_as_it_is_live() {
    let fixture = Fixture::new().await;
    let (name, token) = invited(&fixture).await;
    decline(&fixture, &token).await.unwrap();
    let newer = fixture
        .create("ADA@example.com", &[&fixture.aides])
        .await
        .unwrap();
    assert_eq!(reason(undo(&fixture, &token).await), R::InvitationClosed);
    let cancel = CancelInvitationRequest {
        name: newer.name,
        request_id: String::new(),
    };
    fixture.invitations().cancel_invitation(cancel).await.unwrap();
    undo(&fixture, &token).await.unwrap();
    assert_eq!(
        fixture.get(&name).await.unwrap().state(),
        InvitationState::Prospect
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ran_out_is_declined_too_so_that_nobody_sends_it_again() {
    let mut fixture = Fixture::new().await;
    let (name, token) = invited(&fixture).await;
    fixture.later(31 * 24 * HOUR).await;
    decline(&fixture, &token).await.unwrap();
    assert_eq!(reason(resend(&fixture, &name).await), R::InvitationClosed);
    let undone = undo(&fixture, &token).await.unwrap();
    assert_eq!(undone.state(), InvitationState::Expired);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_wants_no_further_invitation_gets_no_mail_until_they_undo_it() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 2).await;
    let (name, token) = invited(&fixture).await;
    declining(&fixture, &token, true).await.unwrap();
    let again = fixture
        .create("ada@EXAMPLE.com", &[&fixture.aides])
        .await
        .unwrap();
    assert_eq!(
        (again.state(), again.delivery_state()),
        (InvitationState::Prospect, DeliveryState::Suppressed)
    );
    let mails = "SELECT count(*) FROM outbox WHERE event_type = 'mail.requested'";
    assert_eq!(fixture.database.count(mails).await, 1);
    assert!(!fixture.mail(&again.name, 1).await.unwrap().wanted);
    assert_eq!(reason(resend(&fixture, &again.name).await), R::AddressSuppressed);
    assert_eq!(fixture.get(&again.name).await.unwrap(), again, "it is untouched");

    // Only the mails that went out count against the plan.
    let cancel = CancelInvitationRequest {
        name: again.name,
        request_id: String::new(),
    };
    fixture.invitations().cancel_invitation(cancel).await.unwrap();
    undo(&fixture, &token).await.unwrap();
    resend(&fixture, &name).await.unwrap();
    assert_eq!(fixture.database.count(mails).await, 2);
}

/// Whoever invites again at that moment waits for the row that is declined, by a statement that has looked for wishes before.
#[tokio::test(flavor = "multi_thread")]
async fn a_wish_that_is_said_while_somebody_invites_again_is_heard() {
    let fixture = Fixture::new().await;
    invited(&fixture).await;
    let mut declining = fixture.database.connection().await;
    sqlx::raw_sql(
        "BEGIN;
         INSERT INTO opt_outs (organization_id, address_canonical, invitation_id, create_time)
         SELECT organization_id, address_canonical, invitation_id, create_time FROM invitations;
         UPDATE invitations
         SET version = version + 1, state = 'DECLINED', state_before_decline = state, decline_time = create_time",
    )
    .execute(&mut declining)
    .await
    .unwrap();
    let groups = [&fixture.aides];
    let inviting = fixture.create("ada@example.com", &groups);
    let committing = async {
        waiting(&fixture, 1).await;
        sqlx::raw_sql("COMMIT").execute(&mut declining).await.unwrap();
    };
    let (again, ()) = tokio::join!(inviting, committing);
    let again = again.unwrap();
    assert_eq!(
        (again.state(), again.delivery_state()),
        (InvitationState::Prospect, DeliveryState::Suppressed)
    );
    let stored = fixture.get(&again.name).await.unwrap();
    assert_eq!(stored.delivery_state(), DeliveryState::Suppressed);
    for mails in [
        "SELECT count(*) FROM outbox WHERE event_type = 'mail.requested'",
        "SELECT sum(messages)::bigint FROM message_counts",
        "SELECT sum(cardinality(mail_times))::bigint FROM invitations",
    ] {
        assert_eq!(fixture.database.count(mails).await, 1, "{mails}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wish_holds_for_one_organization_and_can_follow_a_plain_decline() {
    let fixture = Fixture::new().await;
    let (_, token) = invited(&fixture).await;
    decline(&fixture, &token).await.unwrap();
    declining(&fixture, &token, true).await.unwrap();
    let wishes = "SELECT count(*) FROM opt_outs";
    assert_eq!(fixture.database.count(wishes).await, 1);
    let bob = fixture
        .create("bob@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    assert_eq!(bob.delivery_state(), DeliveryState::Queued);
    undo(&fixture, &token).await.unwrap();
    assert_eq!(fixture.database.count(wishes).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_invitation_a_dead_link_and_a_cancelled_one_are_not_declined() {
    let fixture = Fixture::new().await;
    let (name, token) = invited(&fixture).await;
    fixture
        .database
        .execute(
            "UPDATE invitations SET delivery_state = 'SCHEDULED', send_time = send_time + interval '1 hour'",
        )
        .await;
    for reason in [
        reason(decline(&fixture, &token).await),
        reason(undo(&fixture, &token).await),
    ] {
        assert_eq!(reason, R::InvitationNotSent);
    }
    let rotate = ResendInvitationRequest {
        name: name.clone(),
        rotate_link: true,
        request_id: String::new(),
    };
    fixture.invitations().resend_invitation(rotate).await.unwrap();
    assert_eq!(reason(decline(&fixture, &token).await), R::LinkReplaced);
    assert_eq!(reason(decline(&fixture, "AAAA").await), R::LinkInvalid);
    let cancel = CancelInvitationRequest {
        name,
        request_id: String::new(),
    };
    fixture.invitations().cancel_invitation(cancel).await.unwrap();
    assert_eq!(reason(decline(&fixture, &token).await), R::InvitationCancelled);
    assert_eq!(reason(undo(&fixture, &token).await), R::InvitationCancelled);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_is_answered_as_before() {
    let fixture = Fixture::new().await;
    let (_, token) = invited(&fixture).await;
    let request = DeclineInvitationRequest {
        token: token.clone(),
        do_not_invite_again: false,
        request_id: "0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88".to_owned(),
    };
    let mut client = fixture.redemption(TestCaller::Anonymous);
    let first = client.decline_invitation(request.clone()).await.unwrap();
    undo(&fixture, &token).await.unwrap();
    let again = client.decline_invitation(request.clone()).await.unwrap();
    assert_eq!(first.into_inner(), again.into_inner());
    assert_eq!(
        look(&fixture, &token).await.state(),
        InvitationState::Prospect,
        "it declines once"
    );
    let other = DeclineInvitationRequest {
        do_not_invite_again: true,
        ..request
    };
    assert_eq!(reason(client.decline_invitation(other).await), R::RequestIdReused);
}
