//! Events that ask for mail.

use muster_identity::Role;
use muster_ids::OrganizationId;
use muster_messaging::{parked, topology};
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::{DeliveryState, GetInvitationRequest, Invitation, InvitationState};
use muster_proto::notification::v1::MailRequestedEvent;
use muster_testkit::{TestCaller, acts, eventually, eventually_some};

use crate::mail_source::MailSource;
use crate::service::{ServiceFixture, TRACE, address, request};

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_becomes_a_mail_whose_link_lets_in_and_its_owner_hears_of_it() {
    let fixture = ServiceFixture::new().await;
    let invitation = fixture.invite().await;
    fixture.sent(1).await;
    let [taken] = fixture.smtp.taken().try_into().unwrap();
    assert_eq!(taken.to, address(1));
    assert!(
        taken.text().contains("https://muster.test/i/"),
        "{}",
        taken.text()
    );

    let mut client = InvitationServiceClient::new(fixture.invitations.calls_of(TestCaller::member(
        "owner",
        fixture.organization,
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
    acts::accept(&fixture.invitations, invitation, "learner-1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outcome_is_published_in_the_trace_of_the_request() {
    let fixture = ServiceFixture::new().await;
    let publisher = fixture.publisher().await;
    // Of an invitation that nobody has made, no mail is wanted.
    let subject = fixture.new_subject();
    let aggregate = subject.invitation.as_uuid();
    publisher
        .publish(fixture.organization, aggregate, 1, request(subject, 1))
        .await;
    let published =
        "SELECT count(*) FROM outbox WHERE event_type = 'delivery.changed' AND published_at IS NOT NULL
                     AND actor = 'service:notification' AND aggregate_seq = (SELECT version FROM deliveries)";
    eventually(async || fixture.service.database.count(published).await == 1).await;
    let traced = "SELECT count(*) FROM outbox WHERE traceparent LIKE '00-4bf92f3577b34da6a3ce929d0e0e4736-%'";
    assert_eq!(fixture.service.database.count(traced).await, 1);
    assert_eq!(fixture.list().await[0].trace_id, TRACE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_comes_twice_is_one_mail() {
    let fixture = ServiceFixture::new().await;
    fixture.invite().await;
    fixture.sent(1).await;
    fixture.invitations.outbox().publish_all_again().await;
    fixture.invitations.outbox().drained().await;
    // What comes after it in the queue has been handled: so has the repetition.
    fixture.invite().await;
    fixture.sent(2).await;
    assert_eq!(fixture.smtp.taken().len(), 2);
    assert_eq!(
        fixture.service.database.count("SELECT count(*) FROM inbox").await,
        2
    );
    assert!(parked(&fixture).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_comes_again_when_its_delivery_is_long_gone_is_no_new_mail() {
    let fixture = ServiceFixture::new().await;
    fixture.invite().await;
    fixture.sent(1).await;
    fixture.service.database.execute("DELETE FROM deliveries").await;
    fixture.invitations.outbox().publish_all_again().await;
    fixture.invitations.outbox().drained().await;
    fixture.invite().await;
    fixture.sent(1).await;
    assert_eq!(fixture.smtp.taken().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_requests_for_one_generation_are_one_mail_and_another_generation_is_another() {
    let fixture = ServiceFixture::new().await;
    let subject = fixture.invite().await;
    fixture.sent(1).await;
    let publisher = fixture.publisher().await;
    let twin = fixture.new_subject().invitation.as_uuid();
    // Another event about the same mail.
    publisher
        .publish(fixture.organization, twin, 1, request(subject, 1))
        .await;
    // No call asks for a new link yet.
    let renew = "UPDATE invitations SET generation = 2";
    fixture.invitations.database.execute(renew).await;
    let aggregate = subject.invitation.as_uuid();
    publisher
        .publish(fixture.organization, aggregate, 2, request(subject, 2))
        .await;
    fixture.sent(2).await;
    eventually(async || fixture.service.database.count("SELECT count(*) FROM inbox").await == 3).await;
    assert_eq!(
        fixture
            .service
            .database
            .count("SELECT count(*) FROM deliveries")
            .await,
        2
    );
    assert!(parked(&fixture).await.is_empty());
    let [first, second] = fixture.smtp.taken().try_into().unwrap();
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
    let fixture = ServiceFixture::new().await;
    let (subject, foreign) = (
        fixture.new_subject(),
        fixture.service.clock.new_id::<OrganizationId>(),
    );
    let bad = [
        (foreign, request(subject, 1)),
        (fixture.organization, request(subject, 0)),
        (
            fixture.organization,
            MailRequestedEvent {
                purpose: 7,
                ..request(subject, 1)
            },
        ),
        (
            fixture.organization,
            MailRequestedEvent {
                subject: "x".to_owned(),
                ..request(subject, 1)
            },
        ),
    ];
    let publisher = fixture.publisher().await;
    for (organization, payload) in bad {
        let aggregate = fixture.new_subject().invitation.as_uuid();
        publisher.publish(organization, aggregate, 1, payload).await;
    }
    fixture.invite().await;
    fixture.sent(1).await;
    eventually(async || parked(&fixture).await.len() == 4).await;
    assert_eq!(
        fixture
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
    let mut fixture = ServiceFixture::with_source(&source.url()).await;
    fixture.invite().await;
    source.is_asked().await;
    fixture.service.leave().await;
    let waiting = "SELECT count(*) FROM deliveries WHERE state = 'QUEUED'";
    assert_eq!(fixture.service.database.count(waiting).await, 1);
}

async fn parked(fixture: &ServiceFixture) -> Vec<parked::Parked> {
    parked::list(&fixture.service.broker.broker(), &topology::NOTIFICATION, 100)
        .await
        .unwrap()
}
