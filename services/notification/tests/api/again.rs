//! Sending again with the same link.

use muster_proto::notification::v1::MailRequestedEvent;
use muster_testkit::eventually;

use crate::service::{ServiceFixture, request};

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_asked_for_again_with_the_same_link_is_another_mail() {
    let fixture = ServiceFixture::new().await;
    let subject = fixture.invite().await;
    fixture.sent(1).await;
    let again = MailRequestedEvent {
        request: 2,
        ..request(subject, 1)
    };
    let publisher = fixture.publisher().await;
    for _ in 0..2 {
        // Twice, in events of their own: once is enough.
        let other = fixture.new_subject().invitation.as_uuid();
        publisher
            .publish(fixture.organization, other, 1, again.clone())
            .await;
    }
    fixture.sent(2).await;
    eventually(async || fixture.service.database.count("SELECT count(*) FROM inbox").await == 3).await;
    let deliveries = "SELECT count(*) FROM deliveries WHERE generation = 1";
    assert_eq!(fixture.service.database.count(deliveries).await, 2);
    // Both reports say which mail they are about.
    let told = "SELECT count(DISTINCT payload) FROM outbox WHERE event_type = 'delivery.changed'";
    eventually(async || fixture.service.database.count(told).await == 2).await;
    let [first, second] = fixture.smtp.taken().try_into().unwrap();
    let link = |text: String| {
        text.lines()
            .find(|line| line.starts_with("http"))
            .map(str::to_owned)
    };
    assert_eq!(link(first.text()), link(second.text()));
}
