//! Taking an invitation back.

use std::time::Duration;

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{
    CancelInvitationRequest, DeliveryState, Invitation, InvitationState, LookupInvitationRequest,
};
use muster_testkit::TestCaller;
use tonic::Status;

use crate::fixture::{Fixture, reason};

pub(crate) async fn cancel(fixture: &Fixture, name: &str) -> Result<Invitation, Status> {
    let request = CancelInvitationRequest {
        name: name.to_owned(),
        request_id: String::new(),
    };
    let answer = fixture.invitations().cancel_invitation(request).await?;
    Ok(answer.into_inner().invitation.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_invitation_cannot_be_opened_accepted_or_mailed() {
    let fixture = Fixture::new().await;
    let made = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let token = fixture.token(&made.name).await;
    let cancelled = cancel(&fixture, &made.name).await.unwrap();
    assert_eq!(cancelled.state(), InvitationState::Cancelled);
    assert_ne!(cancelled.etag, made.etag);

    let accepted = fixture.accept(TestCaller::person("ada"), &token).await;
    assert_eq!(reason(accepted), R::InvitationCancelled);
    let lookup = LookupInvitationRequest { token };
    let seen = fixture
        .redemption(TestCaller::Anonymous)
        .lookup_invitation(lookup)
        .await;
    assert_eq!(reason(seen), R::InvitationCancelled);
    assert!(
        !fixture.mail(&made.name, 1).await.unwrap().wanted,
        "the worker drops its mail"
    );
    assert_eq!(
        cancel(&fixture, &made.name).await.unwrap(),
        cancelled,
        "it is done already"
    );

    let anew = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    assert_ne!(anew.name, made.name, "the address is free again");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_expired_can_be_cancelled_and_what_was_answered_cannot() {
    let mut fixture = Fixture::new().await;
    let expired = fixture
        .create("bob@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    fixture.later(Duration::from_secs(31 * 24 * 60 * 60)).await;
    let cancelled = cancel(&fixture, &expired.name).await.unwrap();
    assert_eq!(cancelled.state(), InvitationState::Cancelled);

    let made = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let token = fixture.token(&made.name).await;
    fixture.accept(TestCaller::person("ada"), &token).await.unwrap();
    for answered in ["ACTIVE", "ARCHIVED"] {
        let becomes = match answered {
            "ACTIVE" => "UPDATE invitations SET state = 'ACTIVE' WHERE person_id IS NOT NULL",
            _ => "UPDATE invitations SET state = 'ARCHIVED' WHERE person_id IS NOT NULL",
        };
        fixture.database.execute(becomes).await;
        assert_eq!(
            reason(cancel(&fixture, &made.name).await),
            R::InvitationClosed,
            "{answered}"
        );
    }
    let declined = fixture
        .create("eve@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let declines = "UPDATE invitations SET state = 'DECLINED', state_before_decline = 'PENDING', decline_time = send_time WHERE address_canonical = 'eve@example.com'";
    fixture.database.execute(declines).await;
    assert_eq!(
        reason(cancel(&fixture, &declined.name).await),
        R::InvitationClosed
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_mail_that_was_cancelled_never_goes_out() {
    let mut fixture = Fixture::new().await;
    let hour = Duration::from_secs(3600);
    let made = fixture
        .create_later("ada@example.com", &[&fixture.nurses], hour)
        .await;
    let made = made.unwrap();
    let cancelled = cancel(&fixture, &made.name).await.unwrap();
    assert_eq!(cancelled.delivery_state(), DeliveryState::Dropped);
    // Another one that is due at the same time shows that the scheduler has looked.
    let other = Invitation {
        send_time: made.send_time,
        ..fixture.wanted("bob@example.com", &[&fixture.nurses])
    };
    let other = fixture.create_this(other).await.unwrap();
    fixture.later(Duration::from_secs(3601)).await;
    muster_testkit::eventually(async || {
        fixture.get(&other.name).await.unwrap().delivery_state() == DeliveryState::Queued
    })
    .await;
    assert_eq!(fixture.database.count("SELECT count(*) FROM outbox").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_accepting_and_cancelling_at_once_one_wins() {
    let fixture = Fixture::new().await;
    for round in 0..8 {
        // Every time with a mailbox that was not mailed today.
        fixture
            .database
            .execute("UPDATE invitations SET mail_times = '{}'")
            .await;
        let made = fixture
            .create("ada@example.com", &[&fixture.nurses])
            .await
            .unwrap();
        let token = fixture.token(&made.name).await;
        let (accepted, cancelled) = tokio::join!(
            fixture.accept(TestCaller::person("ada"), &token),
            cancel(&fixture, &made.name)
        );
        assert_ne!(accepted.is_ok(), cancelled.is_ok(), "round {round}");
        let lost = match accepted {
            Ok(_) => reason(cancelled),
            Err(_) => reason(accepted),
        };
        assert!(
            matches!(lost, R::InvitationClosed | R::InvitationCancelled),
            "{lost:?}"
        );
        fixture
            .database
            .execute("UPDATE invitations SET state = 'ARCHIVED' WHERE state = 'ACTIVE'")
            .await;
    }
}
