//! Events that ask for mail.

use muster_ids::OrganizationId;
use muster_messaging::{parked, topology};
use muster_proto::invitation::v1::InvitationMailRequestedEvent;
use muster_testkit::eventually;

use crate::service::{ServiceWorld, TRACE, request};

#[tokio::test(flavor = "multi_thread")]
async fn a_request_becomes_a_mail_and_the_outcome_is_published() {
    let world = ServiceWorld::new().await;
    let subject = world.subject();
    world.ask(subject, 1).await;
    world.sent(1).await;
    assert_eq!(world.smtp.taken().len(), 1);
    let published =
        "SELECT count(*) FROM outbox WHERE event_type = 'delivery.sent' AND published_at IS NOT NULL
                     AND actor = 'service:notification' AND aggregate_seq = (SELECT version FROM deliveries)";
    eventually(async || world.service.database.count(published).await == 1).await;
    let traced = "SELECT count(*) FROM outbox WHERE traceparent LIKE '00-4bf92f3577b34da6a3ce929d0e0e4736-%'";
    assert_eq!(world.service.database.count(traced).await, 1);
    assert_eq!(world.list().await[0].trace_id, TRACE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_comes_twice_is_one_mail() {
    let world = ServiceWorld::new().await;
    let first = world.subject();
    world.ask(first, 1).await;
    world.sent(1).await;
    world.publisher.publish_all_again().await;
    world.publisher.drained().await;
    // What comes after it in the queue has been handled: so has the repetition.
    world.ask(world.subject(), 1).await;
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
    world.ask(world.subject(), 1).await;
    world.sent(1).await;
    world.service.database.execute("DELETE FROM deliveries").await;
    world.publisher.publish_all_again().await;
    world.publisher.drained().await;
    world.ask(world.subject(), 1).await;
    world.sent(1).await;
    assert_eq!(world.smtp.taken().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_requests_for_one_generation_are_one_mail_and_another_generation_is_another() {
    let world = ServiceWorld::new().await;
    let (subject, twin) = (world.subject(), world.subject());
    world.ask(subject, 1).await;
    world.sent(1).await;
    // Another event about the same mail.
    world
        .publisher
        .publish(world.organization, twin, request(subject, 1))
        .await;
    world.ask(subject, 2).await;
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
    let links: Vec<bool> = world
        .smtp
        .taken()
        .iter()
        .map(|taken| taken.text().contains("/i/2-"))
        .collect();
    assert_eq!(links, [false, true]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_makes_no_sense_is_parked_alone() {
    let world = ServiceWorld::new().await;
    let (subject, foreign) = (
        world.subject(),
        OrganizationId::from_uuid(world.service.clock.new_uuid()),
    );
    let bad = [
        (foreign, request(subject, 1)),
        (world.organization, request(subject, 0)),
        (
            world.organization,
            InvitationMailRequestedEvent {
                purpose: 7,
                ..request(subject, 1)
            },
        ),
        (
            world.organization,
            InvitationMailRequestedEvent {
                invitation: "x".to_owned(),
                ..request(subject, 1)
            },
        ),
    ];
    for (organization, payload) in bad {
        world
            .publisher
            .publish(organization, world.subject(), payload)
            .await;
    }
    world.ask(subject, 1).await;
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
    let world = ServiceWorld::new().await;
    world.source.hold();
    world.ask(world.subject(), 1).await;
    world.source.is_asked().await;
    let (database, _broker) = world.service.stop().await;
    assert_eq!(
        database
            .count("SELECT count(*) FROM deliveries WHERE state = 'QUEUED'")
            .await,
        1
    );
}

async fn parked(world: &ServiceWorld) -> Vec<parked::Parked> {
    parked::list(&world.service.broker.broker(), &topology::NOTIFICATION, 100)
        .await
        .unwrap()
}
