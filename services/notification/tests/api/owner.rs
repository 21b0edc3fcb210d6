//! What the owner of an invitation says just before its mail is sent.

use std::time::{Duration, Instant};

use muster_proto::notification::v1::GetMailResponse;
use muster_testkit::eventually;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::mail_source::mail;
use crate::smtp_server::Fault;
use crate::world::{World, words};

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_not_wanted_any_more_is_dropped() {
    let world = World::new().await;
    let subject = world.ask().await;
    world.source.cancel(&subject.to_string());
    assert_eq!(words(&world.step().await), ["unwanted"]);
    assert_eq!(world.row(subject).await.state, "DROPPED");
    assert_eq!(world.told(subject).await, ["DROPPED"]);
    assert!(
        world
            .smtp
            .commands()
            .iter()
            .all(|command| !command.starts_with("MAIL"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_about_nothing_is_dropped() {
    let world = World::new().await;
    let subject = world.ask().await;
    world
        .source
        .answer(&subject.to_string(), Err(Status::not_found("nothing")));
    world.step().await;
    assert_eq!(world.row(subject).await.state, "DROPPED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_whose_owner_is_away_waits_ever_longer_without_counting() {
    let world = World::new().await;
    let subject = world.ask().await;
    world
        .source
        .answer(&subject.to_string(), Err(Status::internal("broken")));
    for wait in [5, 15, 60, 300, 900, 900] {
        assert_eq!(words(&world.step().await), ["unasked"]);
        let row = world.row(subject).await;
        assert_eq!((row.state.as_str(), row.attempts), ("QUEUED", 0));
        let waits = world.until(&row).as_secs_f64() / f64::from(wait);
        assert!((0.79..1.21).contains(&waits), "{waits} of {wait} s");
        world.clock.advance(world.until(&row));
    }
    world
        .source
        .answer(&subject.to_string(), Ok(mail(&subject.to_string(), 1)));
    assert_eq!(words(&world.step().await), ["taken"]);
    assert_eq!(world.told(subject).await, ["SENT"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_the_owner_starts_the_waiting_anew() {
    let world = World::new().await;
    world.smtp.script([Fault::Rcpt("451 4.7.1 greylisted")]);
    let subject = world.ask().await;
    let away = || Err(Status::internal("broken"));
    let name = subject.to_string();
    for (answer, outcome) in [
        (away(), "unasked"),
        (away(), "unasked"),
        (Ok(mail(&name, 1)), "postponed"),
        (away(), "unasked"),
    ] {
        world.source.answer(&name, answer);
        assert_eq!(words(&world.step().await), [outcome]);
        world.clock.advance(world.until(&world.row(subject).await));
    }
    let row = world.row(subject).await;
    assert_eq!(world.until(&row), Duration::ZERO);
    world.source.answer(&name, away());
    world.step().await;
    assert!(
        world.until(&world.row(subject).await) < Duration::from_secs(19),
        "the second in a row"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_cannot_be_written_has_failed() {
    let world = World::new().await;
    let subject = world.ask().await;
    let answer = GetMailResponse {
        address: "nobody".to_owned(),
        ..mail(&subject.to_string(), 1)
    };
    world.source.answer(&subject.to_string(), Ok(answer));
    world.step().await;
    assert_eq!(world.row(subject).await.state, "FAILED");
    assert_eq!(world.told(subject).await, ["FAILED"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_outside_ascii_needs_a_server_that_knows_it() {
    let world = World::new().await;
    let subject = world.ask().await;
    let answer = GetMailResponse {
        address: "björn@learners.example".to_owned(),
        ..mail(&subject.to_string(), 1)
    };
    world.source.answer(&subject.to_string(), Ok(answer));
    assert_eq!(words(&world.step().await), ["unmailable"]);
    assert_eq!(world.row(subject).await.state, "FAILED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_cancelled_up_to_the_moment_it_is_claimed() {
    let world = World::new().await;
    world.smtp.script([Fault::Rcpt("451 4.7.1 greylisted")]);
    let subject = world.ask().await;
    world.step().await;
    world.source.cancel(&subject.to_string());
    world.clock.advance(world.until(&world.row(subject).await));
    world.step().await;
    assert_eq!(world.told(subject).await, ["DEFERRED", "DROPPED"]);
    assert!(world.smtp.taken().is_empty());
}

const MAILS: i64 = 60;

/// In real time, as a replica runs: what waits for an owner waits where it is, and goes out together.
#[tokio::test(flavor = "multi_thread")]
async fn what_waited_for_an_owner_that_was_away_goes_out_as_soon_as_it_is_back() {
    let world = World::new().await;
    world.source.is_away(true);
    for _ in 0..MAILS {
        world.ask().await;
    }
    let stop = CancellationToken::new();
    let running = tokio::spawn(world.worker().run(stop.clone()));
    // Eight were asked about together; since then one at a time.
    let tried = "SELECT count(*) FROM deliveries WHERE version > 1";
    eventually(async || world.database.count(tried).await >= 12).await;
    assert!(
        world.database.count(tried).await < MAILS / 2,
        "one question at a time"
    );
    let stepped = "SELECT count(*) FROM deliveries WHERE unasked > 0 OR breaks > 0 OR deferrals > 0";
    assert_eq!(
        world.database.count(stepped).await,
        0,
        "nobody waits longer for it"
    );

    world.source.is_away(false);
    world.clock.advance(Duration::from_secs(2));
    let back = Instant::now();
    let sent = "SELECT count(*) FROM deliveries WHERE state = 'SENT'";
    eventually(async || world.database.count(sent).await == MAILS).await;
    assert!(back.elapsed() < Duration::from_secs(10), "{:?}", back.elapsed());
    stop.cancel();
    running.await.unwrap();
}

/// A suspended organization is no owner that is away: others' mail goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_its_owner_does_not_give_holds_up_no_other() {
    let world = World::new().await;
    let suspended = world.ask().await;
    let not_now = Status::failed_precondition("suspended");
    world.source.answer(&suspended.to_string(), Err(not_now));
    let other = world.ask().await;
    world.step().await;
    assert_eq!(world.row(suspended).await.state, "QUEUED");
    assert_eq!(world.row(other).await.state, "SENT");
}
