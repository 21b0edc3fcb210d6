//! Invitations that are taken back while their mails are on the way to the mail server.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_identity::Role;
use muster_ids::InvitationName;
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::{
    CancelInvitationRequest, DeliveryState, GetInvitationRequest, Invitation, InvitationState,
};
use muster_proto::organization::v1::Limits;
use muster_server::convert::timestamp;
use muster_testkit::effort::SENDINGS;
use muster_testkit::{TestCaller, TestChannel, acts, eventually};

use crate::service::ServiceFixture;
use crate::smtp_server::Fault;

fn invitations(fixture: &ServiceFixture) -> InvitationServiceClient<TestChannel> {
    let owner = TestCaller::member("owner", fixture.organization, Role::Owner);
    InvitationServiceClient::new(fixture.invitations.calls_of(owner))
}

async fn get(fixture: &ServiceFixture, name: &InvitationName) -> Invitation {
    let request = GetInvitationRequest {
        name: name.to_string(),
    };
    let answer = invitations(fixture).get_invitation(request).await;
    answer.unwrap().into_inner().invitation.unwrap()
}

async fn cancel(fixture: &ServiceFixture, name: &InvitationName) -> Invitation {
    let request = CancelInvitationRequest {
        name: name.to_string(),
        request_id: String::new(),
    };
    let answer = invitations(fixture).cancel_invitation(request).await;
    answer.unwrap().into_inner().invitation.unwrap()
}

/// Waits until the invitation says this of its mail.
async fn told(fixture: &ServiceFixture, name: &InvitationName, state: DeliveryState) {
    eventually(async || {
        // What is tried again in a moment would never be on a clock that stands still.
        fixture.service.clock.advance(Duration::from_millis(20));
        get(fixture, name).await.delivery_state() == state
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_back_what_is_on_its_way_is_told_so_and_until_the_dot_it_is_kept_back() {
    let fixture = ServiceFixture::new().await;
    fixture.smtp.script([Fault::HeldAtData]);
    let name = fixture.invite().await;
    fixture.smtp.is_holding().await;
    assert_eq!(
        get(&fixture, &name).await.delivery_state(),
        DeliveryState::Sending
    );
    let cancelled = cancel(&fixture, &name).await;
    assert_eq!(
        (cancelled.state(), cancelled.delivery_state()),
        (InvitationState::Cancelled, DeliveryState::Sending)
    );
    // The server takes its time: the worker asks again before the dot.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    fixture.smtp.release();
    told(&fixture, &name, DeliveryState::Dropped).await;
    assert!(fixture.smtp.taken().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_has_behind_the_dot_comes_and_the_invitation_says_so() {
    let fixture = ServiceFixture::new().await;
    fixture.smtp.script([Fault::Held("250 2.0.0 taken")]);
    let name = fixture.invite().await;
    fixture.smtp.is_holding().await;
    assert_eq!(
        cancel(&fixture, &name).await.delivery_state(),
        DeliveryState::Sending
    );
    fixture.smtp.release();
    told(&fixture, &name, DeliveryState::Sent).await;
    assert_eq!(get(&fixture, &name).await.state(), InvitationState::Cancelled);
    assert_eq!(fixture.smtp.taken().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_answer_nothing_is_begun_unless_it_says_that_it_may_come() {
    const CONCURRENCY: u32 = 40;
    let fixture = ServiceFixture::new().await;
    let limits = Limits {
        invitations_by_hand: 10,
        import_rows: 500,
        messages_per_day: 10_000,
    };
    acts::subscribe(&fixture.organizations, fixture.organization, limits).await;
    let mut answers: BTreeMap<DeliveryState, usize> = BTreeMap::new();
    for round in 0..SENDINGS.or::<u32>(160).div_ceil(CONCURRENCY) {
        // Each takes a minute, and tokens last for ten.
        for service in [&fixture.service, &fixture.invitations] {
            service.renew_tokens();
        }
        let send_time = fixture.invitations.clock.now() + Duration::from_secs(60);
        let mut scheduled = Vec::new();
        for _ in 0..CONCURRENCY {
            let invitation = Invitation {
                send_time: Some(timestamp(send_time)),
                ..Invitation::default()
            };
            scheduled.push(fixture.invite_this(invitation).await);
        }
        // Their time comes, and they are taken back one after the other while they go out.
        fixture.invitations.clock.advance(Duration::from_secs(60));
        let pause = Duration::from_millis(2 + 3 * u64::from(round % 4));
        let mut never = Vec::new();
        for (name, address) in &scheduled {
            tokio::time::sleep(pause).await;
            let answer = cancel(&fixture, name).await.delivery_state();
            *answers.entry(answer).or_default() += 1;
            if !matches!(answer, DeliveryState::Sending | DeliveryState::Sent) {
                never.push(format!("RCPT TO:<{address}>"));
            }
        }
        // What each was told, and what the server has seen of it in the end.
        let over = "SELECT count(*) FROM deliveries WHERE state NOT IN ('SENT', 'DROPPED')";
        fixture.counted(over, 0).await;
        for (name, address) in &scheduled {
            let taken = fixture
                .smtp
                .taken()
                .iter()
                .filter(|mail| mail.to == *address)
                .count();
            let state = match taken {
                0 => DeliveryState::Dropped,
                _ => DeliveryState::Sent,
            };
            told(&fixture, name, state).await;
        }
        let begun = fixture.smtp.commands();
        let begun: Vec<&String> = never.iter().filter(|to| begun.contains(to)).collect();
        assert!(begun.is_empty(), "{begun:?} of {answers:?}");
    }
    println!("{answers:?}");
}
