//! Mails that are asked for before their time.

use std::time::Duration;

use crate::fixture::{Fixture, words};

const HOURS: Duration = Duration::from_secs(8 * 3600);

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_not_sent_before_its_time_and_is_dated_then() {
    let fixture = Fixture::new().await;
    let subject = fixture.subject();
    fixture.ask_for(subject, Some(fixture.clock.now() + HOURS)).await;
    assert_eq!(fixture.until(&fixture.row(subject).await), HOURS);
    fixture.clock.advance(HOURS - Duration::from_secs(1));
    assert!(fixture.step().await.is_empty());
    fixture.clock.advance(Duration::from_secs(1));
    assert_eq!(words(&fixture.step().await), ["taken"]);
    let [taken] = fixture.smtp.taken().try_into().unwrap();
    let dated = "Date: Sun, 01 Mar 2026 20:00:00 +0000";
    assert!(taken.text().contains(dated), "{}", taken.text());
}

/// The patience of 72 hours begins when it is due.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_waited_for_its_time_is_tried_for_as_long_as_any_other() {
    let fixture = Fixture::new().await;
    let subject = fixture.subject();
    let patience = 9 * HOURS;
    fixture
        .ask_for(subject, Some(fixture.clock.now() + patience))
        .await;
    fixture.clock.advance(patience);
    fixture.smtp.close().await;
    assert_eq!(words(&fixture.step().await), ["unreachable"]);
    assert_eq!(fixture.row(subject).await.state, "DEFERRED");
}
