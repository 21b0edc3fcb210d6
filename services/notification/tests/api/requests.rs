//! Events that ask for mail.

use muster_identity::Role;
use muster_ids::OrganizationId;
use muster_messaging::{parked, topology};
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::{DeliveryState, GetInvitationRequest, Invitation, InvitationState};
use muster_proto::notification::v1::MailRequestedEvent;
use muster_testkit::{Who, acts, eventually, eventually_some};

use crate::mail_source::MailSource;
use crate::service::{ServiceWorld, TRACE, address, request};

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_becomes_a_mail_whose_link_lets_in_and_its_owner_hears_of_it() {
    let world = ServiceWorld::new().await;
    let invitation = world.invite().await;
    world.sent(1).await;
    let [taken] = world.smtp.taken().try_into().unwrap();
    assert_eq!(taken.to, address(1));
    assert!(
        taken.text().contains("https://muster.test/i/"),
        "{}",
        taken.text()
    );

    let mut client = InvitationServiceClient::new(world.invitations.calls_of(Who::member(
        "owner",
        world.organization,
        Role::Owner,
    )));
    let request = GetInvitationRequest {
        name: invitation.to_string(),
    };
    let told: Invitation = eventually_some(async || {
        let read = client.get_invitation(request.clone()).await.unwrap();
        let read = read.into_inner().invitation.unwrap();
        (read.state() == InvitationState::Pending).then_some(read)
    })
    .await;
    assert_eq!(told.delivery_state(), DeliveryState::Sent);
    acts::accept(&world.invitations, invitation, "learner-1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outcome_is_published_in_the_trace_of_the_request() {
    let world = ServiceWorld::new().await;
    let publisher = world.publisher().await;
    // Of an invitation that nobody has made, no mail is wanted.
    let subject = world.new_subject();
    let aggregate = subject.invitation.as_uuid();
    publisher
        .publish(world.organization, aggregate, 1, request(subject, 1))
        .await;
    let published =
        "SELECT count(*) FROM outbox WHERE event_type = 'delivery.changed' AND published_at IS NOT NULL
                     AND actor = 'service:notification' AND aggregate_seq = (SELECT version FROM deliveries)";
    eventually(async || world.service.database.count(published).await == 1).await;
    let traced = "SELECT count(*) FROM outbox WHERE traceparent LIKE '00-4bf92f3577b34da6a3ce929d0e0e4736-%'";
    assert_eq!(world.service.database.count(traced).await, 1);
    assert_eq!(world.list().await[0].trace_id, TRACE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_comes_twice_is_one_mail() {
    let world = ServiceWorld::new().await;
    world.invite().await;
    world.sent(1).await;
    world.invitations.outbox().publish_all_again().await;
    world.invitations.outbox().drained().await;
    // What comes after it in the queue has been handled: so has the repetition.
    world.invite().await;
    world.sent(2).await;
    assert_eq!(world.smtp.taken().len(), 2);
    assert_eq!(
        world.service.database.count("SELECT count(*) FROM inbox").await,
        2
    );
    assert!(parked(&world).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_comes_again_when_its_delivery_is_long_gone_is_no_new_mail() {
    let world = ServiceWorld::new().await;
    world.invite().await;
    world.sent(1).await;
    world.service.database.execute("DELETE FROM deliveries").await;
    world.invitations.outbox().publish_all_again().await;
    world.invitations.outbox().drained().await;
    world.invite().await;
    world.sent(1).await;
    assert_eq!(world.smtp.taken().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_requests_for_one_generation_are_one_mail_and_another_generation_is_another() {
    let world = ServiceWorld::new().await;
    let subject = world.invite().await;
    world.sent(1).await;
    let publisher = world.publisher().await;
    let twin = world.new_subject().invitation.as_uuid();
    // Another event about the same mail.
    publisher
        .publish(world.organization, twin, 1, request(subject, 1))
        .await;
    // No call asks for a new link yet.
    let renew = "UPDATE invitations SET generation = 2";
    world.invitations.database.execute(renew).await;
    let aggregate = subject.invitation.as_uuid();
    publisher
        .publish(world.organization, aggregate, 2, request(subject, 2))
        .await;
    world.sent(2).await;
    eventually(async || world.service.database.count("SELECT count(*) FROM inbox").await == 3).await;
    assert_eq!(
        world
            .service
            .database
            .count("SELECT count(*) FROM deliveries")
            .await,
        2
    );
    assert!(parked(&world).await.is_empty());
    let [first, second] = world.smtp.taken().try_into().unwrap();
    assert_eq!(first.to, second.to);
    assert_ne!(link(&first.text()), link(&second.text()));
}

/// The first link of a mail.
fn link(text: &str) -> &str {
    let at = text.find("https://muster.test/i/").unwrap();
    text[at..].split_whitespace().next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_makes_no_sense_is_parked_alone() {
    let world = ServiceWorld::new().await;
    let (subject, foreign) = (
        world.new_subject(),
        OrganizationId::from_uuid(world.service.clock.new_uuid()),
    );
    let bad = [
        (foreign, request(subject, 1)),
        (world.organization, request(subject, 0)),
        (
            world.organization,
            MailRequestedEvent {
                purpose: 7,
                ..request(subject, 1)
            },
        ),
        (
            world.organization,
            MailRequestedEvent {
                subject: "x".to_owned(),
                ..request(subject, 1)
            },
        ),
    ];
    let publisher = world.publisher().await;
    for (organization, payload) in bad {
        let aggregate = world.new_subject().invitation.as_uuid();
        publisher.publish(organization, aggregate, 1, payload).await;
    }
    world.invite().await;
    world.sent(1).await;
    eventually(async || parked(&world).await.len() == 4).await;
    assert_eq!(
        world
            .service
            .database
            .count("SELECT count(*) FROM deliveries")
            .await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_stops_gives_back_what_it_has_not_handed_over() {
    let source = MailSource::start().await;
    source.hold();
    let mut world = ServiceWorld::with_source(&source.url()).await;
    world.invite().await;
    source.is_asked().await;
    world.service.leave().await;
    let waiting = "SELECT count(*) FROM deliveries WHERE state = 'QUEUED'";
    assert_eq!(world.service.database.count(waiting).await, 1);
}

async fn parked(world: &ServiceWorld) -> Vec<parked::Parked> {
    parked::list(&world.service.broker.broker(), &topology::NOTIFICATION, 100)
        .await
        .unwrap()
}
