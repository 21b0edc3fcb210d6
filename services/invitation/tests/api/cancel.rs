//! Taking an invitation back.

use std::time::Duration;

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{
    CancelInvitationRequest, DeliveryState, Invitation, InvitationState, LookupInvitationRequest,
};
use muster_testkit::Who;
use prost_types::Timestamp;
use tonic::Status;

use crate::world::{World, reason};

async fn cancel(world: &World, name: &str) -> Result<Invitation, Status> {
    let request = CancelInvitationRequest {
        name: name.to_owned(),
        request_id: String::new(),
    };
    let answer = world.invitations().cancel_invitation(request).await?;
    Ok(answer.into_inner().invitation.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_invitation_cannot_be_opened_accepted_or_mailed() {
    let world = World::new().await;
    let made = world.create("ada@example.com", &[&world.nurses]).await.unwrap();
    let token = world.token(&made.name).await;
    let cancelled = cancel(&world, &made.name).await.unwrap();
    assert_eq!(cancelled.state(), InvitationState::Cancelled);
    assert_ne!(cancelled.etag, made.etag);

    let accepted = world.accept(Who::person("ada"), &token).await;
    assert_eq!(reason(accepted), R::InvitationCancelled);
    let lookup = LookupInvitationRequest { token };
    let seen = world.redemption(Who::Anonymous).lookup_invitation(lookup).await;
    assert_eq!(reason(seen), R::InvitationCancelled);
    assert!(
        !world.mail(&made.name, 1).await.unwrap().wanted,
        "the worker drops its mail"
    );
    assert_eq!(
        cancel(&world, &made.name).await.unwrap(),
        cancelled,
        "it is done already"
    );

    let anew = world.create("ada@example.com", &[&world.nurses]).await.unwrap();
    assert_ne!(anew.name, made.name, "the address is free again");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_expired_can_be_cancelled_and_what_was_answered_cannot() {
    let mut world = World::new().await;
    let expired = world.create("bob@example.com", &[&world.nurses]).await.unwrap();
    world.later(Duration::from_secs(31 * 24 * 60 * 60)).await;
    let cancelled = cancel(&world, &expired.name).await.unwrap();
    assert_eq!(cancelled.state(), InvitationState::Cancelled);

    let made = world.create("ada@example.com", &[&world.nurses]).await.unwrap();
    let token = world.token(&made.name).await;
    world.accept(Who::person("ada"), &token).await.unwrap();
    for answered in ["ACTIVE", "ARCHIVED"] {
        let becomes = match answered {
            "ACTIVE" => "UPDATE invitations SET state = 'ACTIVE' WHERE person_id IS NOT NULL",
            _ => "UPDATE invitations SET state = 'ARCHIVED' WHERE person_id IS NOT NULL",
        };
        world.database.execute(becomes).await;
        assert_eq!(
            reason(cancel(&world, &made.name).await),
            R::InvitationClosed,
            "{answered}"
        );
    }
    let declined = world.create("eve@example.com", &[&world.nurses]).await.unwrap();
    let declines = "UPDATE invitations SET state = 'DECLINED' WHERE address_canonical = 'eve@example.com'";
    world.database.execute(declines).await;
    assert_eq!(reason(cancel(&world, &declined.name).await), R::InvitationClosed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_mail_that_was_cancelled_never_goes_out() {
    let mut world = World::new().await;
    let send_time = world.clock.now() + Duration::from_secs(3600);
    let later = Invitation {
        send_time: Some(Timestamp {
            seconds: send_time.unix_timestamp(),
            nanos: 0,
        }),
        ..world.wanted("ada@example.com", &[&world.nurses])
    };
    let made = world.create_this(later).await.unwrap();
    let cancelled = cancel(&world, &made.name).await.unwrap();
    assert_eq!(cancelled.delivery_state(), DeliveryState::Dropped);
    // Another one that is due at the same time shows that the scheduler has looked.
    let other = Invitation {
        send_time: made.send_time,
        ..world.wanted("bob@example.com", &[&world.nurses])
    };
    let other = world.create_this(other).await.unwrap();
    world.later(Duration::from_secs(3601)).await;
    muster_testkit::eventually(async || {
        world.get(&other.name).await.unwrap().delivery_state() == DeliveryState::Queued
    })
    .await;
    assert_eq!(world.database.count("SELECT count(*) FROM outbox").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_accepting_and_cancelling_at_once_one_wins() {
    let world = World::new().await;
    for round in 0..8 {
        let made = world.create("ada@example.com", &[&world.nurses]).await.unwrap();
        let token = world.token(&made.name).await;
        let (accepted, cancelled) = tokio::join!(
            world.accept(Who::person("ada"), &token),
            cancel(&world, &made.name)
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
        world
            .database
            .execute("UPDATE invitations SET state = 'ARCHIVED' WHERE state = 'ACTIVE'")
            .await;
    }
}
