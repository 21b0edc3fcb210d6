//! What becomes of a message when the conversation breaks at each of its phases.

use std::sync::Arc;
use std::time::Duration;

use muster_notification::domain::Outcome;

use crate::fixture::{Fixture, step, words};
use crate::mail_source::{address_of, link};
use crate::smtp_server::Fault;

/// Sends one message with this fault, and answers its state, the server's reply and the events.
async fn with(fault: Fault) -> (Fixture, String, String, Vec<String>) {
    let fixture = Fixture::new().await;
    fixture.smtp.script([fault]);
    let subject = fixture.ask().await;
    fixture.step().await;
    let (row, told) = (fixture.row(subject).await, fixture.published(subject).await);
    (fixture, row.state, row.server_reply, told)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_sent_and_told_of() {
    let fixture = Fixture::new().await;
    let subject = fixture.ask().await;
    assert_eq!(words(&fixture.step().await), ["taken"]);
    let row = fixture.row(subject).await;
    assert_eq!(
        (row.state.as_str(), row.server_reply.as_str(), row.attempts),
        ("SENT", "250 2.0.0", 1)
    );
    assert_eq!(row.send_time, Some(fixture.clock.now()));
    assert_eq!(fixture.published(subject).await, ["SENT"]);
    let [taken] = &fixture.smtp.taken()[..] else {
        panic!("one message")
    };
    assert_eq!(taken.to, address_of(&subject.to_string()));
    assert!(
        taken
            .text()
            .contains(&format!("\r\n{}\r\n", link(&subject.to_string(), 1)))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_defers_for_seconds_and_nobody_is_asked() {
    let fixture = Fixture::new().await;
    fixture.smtp.close().await;
    let subject = fixture.ask().await;
    assert_eq!(words(&fixture.step().await), ["unreachable"]);
    let row = fixture.row(subject).await;
    assert_eq!((row.state.as_str(), row.attempts), ("DEFERRED", 0));
    assert!((4..=6).contains(&fixture.until(&row).as_secs()), "{row:?}");
    assert_eq!(fixture.published(subject).await, ["DEFERRED"]);
    assert!(fixture.source.asked().is_empty());

    fixture.smtp.reopen().await;
    assert!(fixture.step().await.is_empty(), "not before its time");
    fixture.clock.advance(Duration::from_secs(10));
    assert_eq!(words(&fixture.step().await), ["taken"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_want_to_talk_defers_for_seconds() {
    for greeting in ["421 4.3.2 too busy", "554 5.3.2 no service here"] {
        let fixture = Fixture::new().await;
        fixture.smtp.greet(Some(greeting));
        let subject = fixture.ask().await;
        assert_eq!(words(&fixture.step().await), ["unreachable"]);
        let row = fixture.row(subject).await;
        assert_eq!(row.state, "DEFERRED");
        assert!(greeting.starts_with(&row.server_reply), "{row:?}");
        assert!(fixture.until(&row) < Duration::from_secs(7));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_at_any_phase_is_the_end() {
    for (fault, said) in [
        (Fault::Mail("550 5.7.1 not you"), "550 5.7.1 not you"),
        (
            Fault::Rcpt("550 5.7.1 <somebody@learners.example> unknown"),
            "550 5.7.1 [...] unknown",
        ),
        (Fault::Data("550 5.7.1 no"), "550 5.7.1 no"),
        (Fault::AfterDot("550 5.7.1 spam"), "550 5.7.1 spam"),
    ] {
        let (fixture, state, reply, told) = with(fault).await;
        assert_eq!((state.as_str(), reply.as_str()), ("FAILED", said), "{fault:?}");
        assert_eq!(told, ["FAILED"], "{fault:?}");
        assert!(fixture.smtp.taken().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postponement_at_any_phase_defers_by_the_schedule() {
    for phase in [Fault::Mail, Fault::Rcpt, Fault::Data, Fault::AfterDot] {
        let fault = phase("451 4.7.1 later");
        let fixture = Fixture::new().await;
        fixture.smtp.script([fault, fault]);
        let subject = fixture.ask().await;
        fixture.step().await;
        let row = fixture.row(subject).await;
        assert_eq!(
            (row.state.as_str(), row.server_reply.as_str()),
            ("DEFERRED", "451 4.7.1 later"),
            "{fault:?}"
        );
        assert!(
            (48..=72).contains(&fixture.until(&row).as_secs()),
            "{fault:?} {row:?}"
        );
        fixture.clock.advance(fixture.until(&row));
        fixture.step().await;
        let row = fixture.row(subject).await;
        assert!(
            (240..=360).contains(&fixture.until(&row).as_secs()),
            "{fault:?} {row:?}"
        );
        assert_eq!(
            fixture.published(subject).await,
            ["DEFERRED", "DEFERRED"],
            "whoever took it to be on its way hears that it is not"
        );
        fixture.clock.advance(fixture.until(&row));
        assert_eq!(words(&fixture.step().await), ["taken"]);
        assert_eq!(
            (fixture.row(subject).await.attempts, fixture.smtp.taken().len()),
            (3, 1)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_not_deferred_beyond_the_expiry_of_its_link() {
    let fixture = Fixture::new().await;
    fixture
        .source
        .expire_at(fixture.clock.now() + Duration::from_secs(30));
    fixture.smtp.script([Fault::Rcpt("451 4.7.1 greylisted")]);
    let subject = fixture.ask().await;
    fixture.step().await;
    assert_eq!(fixture.row(subject).await.state, "FAILED");
    assert_eq!(fixture.published(subject).await, ["FAILED"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_cut_before_the_message_is_definite() {
    let (fixture, state, _, told) = with(Fault::CutAtRcpt).await;
    assert_eq!((state.as_str(), told.len()), ("DEFERRED", 1));
    fixture.clock.advance(Duration::from_secs(10));
    assert_eq!(words(&fixture.step().await), ["taken"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_cut_before_the_dot_is_definite() {
    let fixture = Fixture::new().await;
    fixture.smtp.script([Fault::CutBeforeDot]);
    let (smtp, rendered) = (fixture.smtp_client(Duration::from_secs(5)), rendered());
    let conversation = smtp.connection().await.ok().unwrap();
    let mut conversation = smtp.envelope(conversation, &rendered).await.ok().unwrap();
    // The dot follows only after the cut.
    let at_dot = async {
        fixture.smtp.has_cut().await;
        Ok::<_, ()>(())
    };
    assert_eq!(
        conversation
            .message(&rendered, at_dot, Duration::from_secs(5))
            .await,
        Outcome::Broken
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dot_that_is_withheld_is_never_written() {
    let fixture = Fixture::new().await;
    let (smtp, rendered) = (fixture.smtp_client(Duration::from_secs(5)), rendered());
    let conversation = smtp.connection().await.ok().unwrap();
    let mut conversation = smtp.envelope(conversation, &rendered).await.ok().unwrap();
    let withheld = async { Err::<(), ()>(()) };
    let outcome = conversation
        .message(&rendered, withheld, Duration::from_secs(5))
        .await;
    assert_eq!(outcome, Outcome::Stopped);
    smtp.settle(conversation, &outcome).await;
    fixture.smtp.has_ended().await;
    assert!(fixture.smtp.taken().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_is_none_is_ambiguous() {
    for fault in [Fault::CutAfterDot, Fault::CutAfterDotNotTaken, Fault::Nonsense] {
        let (_world, state, _, told) = with(fault).await;
        assert_eq!((state.as_str(), told.len()), ("QUEUED", 0), "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reply_is_waited_for_up_to_its_limit() {
    let fixture = Fixture::new().await;
    fixture.smtp.script([
        Fault::Slow(Duration::from_millis(300)),
        Fault::Held("250 2.0.0 ok"),
    ]);
    fixture.ask().await;
    assert_eq!(words(&fixture.step().await), ["taken"]);

    let mut context = fixture.context();
    context.smtp = Arc::new(fixture.smtp_client(Duration::from_secs(2)));
    fixture.ask().await;
    assert_eq!(words(&step(&fixture.worker_of(context)).await), ["ambiguous"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_carries_one_message_after_the_other() {
    let fixture = Fixture::new().await;
    let worker = fixture.worker();
    for fault in [Fault::None, Fault::Rcpt("550 5.1.1 no"), Fault::None] {
        fixture.smtp.script([fault]);
        fixture.ask().await;
        step(&worker).await;
    }
    assert_eq!((fixture.smtp.connections(), fixture.smtp.taken().len()), (1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_the_server_closed_meanwhile_costs_nothing() {
    let fixture = Fixture::new().await;
    let worker = fixture.worker();
    fixture.ask().await;
    step(&worker).await;
    fixture.smtp.close().await;
    fixture.smtp.reopen().await;
    let subject = fixture.ask().await;
    assert_eq!(words(&step(&worker).await), ["taken"]);
    assert_eq!(fixture.row(subject).await.attempts, 1);
}

fn rendered() -> muster_notification::mails::Rendered {
    let address = "somebody@learners.example".parse().unwrap();
    let body = "Subject: hello\r\n\r\n".to_owned() + &"a line that is not very long\r\n".repeat(100);
    muster_notification::mails::Rendered {
        from: "no-reply@muster.example".parse().unwrap(),
        reports_are_read: false,
        to: address,
        bytes: body.into_bytes(),
    }
}
