//! Sending again with the same link.

use muster_proto::notification::v1::MailRequestedEvent;
use muster_testkit::eventually;

use crate::service::{ServiceWorld, request};

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_asked_for_again_with_the_same_link_is_another_mail() {
    let world = ServiceWorld::new().await;
    let subject = world.invite().await;
    world.sent(1).await;
    let again = MailRequestedEvent {
        request: 2,
        ..request(subject, 1)
    };
    let publisher = world.publisher().await;
    for _ in 0..2 {
        // Twice, in events of their own: once is enough.
        let other = world.new_subject().invitation.as_uuid();
        publisher
            .publish(world.organization, other, 1, again.clone())
            .await;
    }
    world.sent(2).await;
    eventually(async || world.service.database.count("SELECT count(*) FROM inbox").await == 3).await;
    let deliveries = "SELECT count(*) FROM deliveries WHERE generation = 1";
    assert_eq!(world.service.database.count(deliveries).await, 2);
    // Both reports say which mail they are about.
    let told = "SELECT count(DISTINCT payload) FROM outbox WHERE event_type = 'delivery.changed'";
    eventually(async || world.service.database.count(told).await == 2).await;
    let [first, second] = world.smtp.taken().try_into().unwrap();
    let link = |text: String| {
        text.lines()
            .find(|line| line.starts_with("http"))
            .map(str::to_owned)
    };
    assert_eq!(link(first.text()), link(second.text()));
}
