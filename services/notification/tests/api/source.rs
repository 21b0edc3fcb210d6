//! What the source of a mail says just before it is sent.

use std::sync::Arc;
use std::time::{Duration, Instant};

use muster_notification::worker::Worker;
use muster_proto::notification::v1::GetMailResponse;
use muster_testkit::eventually;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::fixture::{Fixture, words};
use crate::mail_source::mail;
use crate::smtp_server::Fault;

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_not_wanted_any_more_is_dropped() {
    let fixture = Fixture::new().await;
    let subject = fixture.ask().await;
    fixture.source.cancel(&subject.to_string());
    assert_eq!(words(&fixture.step().await), ["unwanted"]);
    assert_eq!(fixture.row(subject).await.state, "DROPPED");
    assert_eq!(fixture.published(subject).await, ["DROPPED"]);
    assert!(
        fixture
            .smtp
            .commands()
            .iter()
            .all(|command| !command.starts_with("MAIL"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_about_nothing_is_dropped() {
    let fixture = Fixture::new().await;
    let subject = fixture.ask().await;
    fixture
        .source
        .answer(&subject.to_string(), Err(Status::not_found("nothing")));
    fixture.step().await;
    assert_eq!(fixture.row(subject).await.state, "DROPPED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_whose_source_is_away_waits_ever_longer_without_counting() {
    let fixture = Fixture::new().await;
    let subject = fixture.ask().await;
    fixture
        .source
        .answer(&subject.to_string(), Err(Status::internal("broken")));
    for wait in [5, 15, 60, 300, 900, 900] {
        assert_eq!(words(&fixture.step().await), ["unasked"]);
        let row = fixture.row(subject).await;
        assert_eq!((row.state.as_str(), row.attempts), ("QUEUED", 0));
        let waits = fixture.until(&row).as_secs_f64() / f64::from(wait);
        assert!((0.79..1.21).contains(&waits), "{waits} of {wait} s");
        fixture.clock.advance(fixture.until(&row));
    }
    fixture
        .source
        .answer(&subject.to_string(), Ok(mail(&subject.to_string(), 1)));
    assert_eq!(words(&fixture.step().await), ["taken"]);
    assert_eq!(fixture.published(subject).await, ["SENT"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_the_source_starts_the_waiting_anew() {
    let fixture = Fixture::new().await;
    fixture.smtp.script([Fault::Rcpt("451 4.7.1 greylisted")]);
    let subject = fixture.ask().await;
    let away = || Err(Status::internal("broken"));
    let name = subject.to_string();
    for (answer, outcome) in [
        (away(), "unasked"),
        (away(), "unasked"),
        (Ok(mail(&name, 1)), "postponed"),
        (away(), "unasked"),
    ] {
        fixture.source.answer(&name, answer);
        assert_eq!(words(&fixture.step().await), [outcome]);
        fixture.clock.advance(fixture.until(&fixture.row(subject).await));
    }
    let row = fixture.row(subject).await;
    assert_eq!(fixture.until(&row), Duration::ZERO);
    fixture.source.answer(&name, away());
    fixture.step().await;
    assert!(
        fixture.until(&fixture.row(subject).await) < Duration::from_secs(19),
        "the second in a row"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_cannot_be_written_has_failed() {
    let fixture = Fixture::new().await;
    let subject = fixture.ask().await;
    let answer = GetMailResponse {
        address: "nobody".to_owned(),
        ..mail(&subject.to_string(), 1)
    };
    fixture.source.answer(&subject.to_string(), Ok(answer));
    fixture.step().await;
    assert_eq!(fixture.row(subject).await.state, "FAILED");
    assert_eq!(fixture.published(subject).await, ["FAILED"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_outside_ascii_needs_a_server_that_knows_it() {
    let fixture = Fixture::new().await;
    let subject = fixture.ask().await;
    let answer = GetMailResponse {
        address: "björn@learners.example".to_owned(),
        ..mail(&subject.to_string(), 1)
    };
    fixture.source.answer(&subject.to_string(), Ok(answer));
    assert_eq!(words(&fixture.step().await), ["unmailable"]);
    assert_eq!(fixture.row(subject).await.state, "FAILED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_cancelled_up_to_the_moment_it_is_claimed() {
    let fixture = Fixture::new().await;
    fixture.smtp.script([Fault::Rcpt("451 4.7.1 greylisted")]);
    let subject = fixture.ask().await;
    fixture.step().await;
    fixture.source.cancel(&subject.to_string());
    fixture.clock.advance(fixture.until(&fixture.row(subject).await));
    fixture.step().await;
    assert_eq!(fixture.published(subject).await, ["DEFERRED", "DROPPED"]);
    assert!(fixture.smtp.taken().is_empty());
}

const MAILS: i64 = 60;

/// In real time, as a replica runs: what waits for a source waits where it is, and goes out together.
#[tokio::test(flavor = "multi_thread")]
async fn what_waited_for_a_source_that_was_away_goes_out_as_soon_as_it_is_back() {
    let fixture = Fixture::new().await;
    fixture.source.is_away(true);
    for _ in 0..MAILS {
        fixture.ask().await;
    }
    let stop = CancellationToken::new();
    let worker = Worker::new(fixture.context(), Arc::new(Notify::new()), 4);
    let running = tokio::spawn(worker.run(stop.clone()));
    // Thirteen were asked about together, and four more were claimed; since then one at a time.
    let tried = "SELECT count(*) FROM deliveries WHERE version > 1";
    eventually(async || fixture.database.count(tried).await >= 12).await;
    assert!(
        fixture.database.count(tried).await < MAILS / 2,
        "one question at a time"
    );
    let stepped = "SELECT count(*) FROM deliveries WHERE unasked > 0 OR breaks > 0 OR deferrals > 0";
    assert_eq!(
        fixture.database.count(stepped).await,
        0,
        "nobody waits longer for it"
    );

    fixture.source.is_away(false);
    let back = Instant::now();
    let sent = "SELECT count(*) FROM deliveries WHERE state = 'SENT'";
    // Time goes on: a question that was asked before may fail only now, and waits from now on.
    eventually(async || {
        fixture.clock.advance(Duration::from_millis(200));
        fixture.database.count(sent).await == MAILS
    })
    .await;
    assert!(back.elapsed() < Duration::from_secs(10), "{:?}", back.elapsed());
    stop.cancel();
    running.await.unwrap();
}

/// A suspended organization is no source that is away: others' mail goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_its_source_does_not_give_holds_up_no_other() {
    let fixture = Fixture::new().await;
    let suspended = fixture.ask().await;
    let not_now = Status::failed_precondition("suspended");
    fixture.source.answer(&suspended.to_string(), Err(not_now));
    let other = fixture.ask().await;
    fixture.step().await;
    assert_eq!(fixture.row(suspended).await.state, "QUEUED");
    assert_eq!(fixture.row(other).await.state, "SENT");
}
