//! The rules of what becomes of a delivery.

use time::macros::datetime;

use super::*;

const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

fn fresh() -> History {
    History {
        due_time: NOW,
        attempts: 0,
        deferrals: 0,
        breaks: 0,
        unasked: 0,
        ambiguous_resends: 0,
    }
}

fn once_ambiguous() -> History {
    History {
        attempts: 1,
        ambiguous_resends: 1,
        ..fresh()
    }
}

fn at(now: OffsetDateTime) -> RetryConditions {
    let jitter = Jitter::none();
    RetryConditions {
        now,
        expire_time: None,
        jitter,
        resend_after: Duration::from_secs(900),
    }
}

fn seconds_until(disposition: Disposition) -> i64 {
    (disposition.next_attempt_time().unwrap() - NOW).whole_seconds()
}

#[test]
fn a_taken_message_is_sent() {
    let decision = decide(Outcome::Taken(Reply::new(250, "2.0.0 ok")), fresh(), at(NOW));
    assert_eq!(decision.disposition, Disposition::Sent(NOW));
    assert_eq!(decision.history.attempts, 1);
}

#[test]
fn a_refused_message_has_failed() {
    let decision = decide(Outcome::Refused(Reply::new(550, "5.1.1 no")), fresh(), at(NOW));
    assert_eq!(decision.disposition, Disposition::Failed);
}

#[test]
fn a_postponed_message_is_tried_until_72_hours_are_over() {
    let (mut history, mut now, mut tries) = (fresh(), NOW, 0);
    let last = loop {
        let decision = decide(
            Outcome::Postponed(Reply::new(451, "4.7.1 later")),
            history,
            at(now),
        );
        history = decision.history;
        tries += 1;
        match decision.disposition.next_attempt_time() {
            Some(next) => now = next,
            None => break decision.disposition,
        }
    };
    assert_eq!(last, Disposition::Failed);
    assert!(now <= NOW + Duration::from_secs(72 * 3600), "{now}");
    assert_eq!(history.attempts, tries);
    assert_eq!(tries, 15);
}

#[test]
fn a_postponed_message_is_not_tried_beyond_its_expiry() {
    let soon = RetryConditions {
        expire_time: Some(NOW + Duration::from_secs(30)),
        ..at(NOW)
    };
    let decision = decide(Outcome::Postponed(Reply::new(451, "")), fresh(), soon);
    assert_eq!(decision.disposition, Disposition::Failed);
}

#[test]
fn a_server_that_is_away_is_tried_again_soon_and_does_not_use_up_the_long_delays() {
    let first = decide(Outcome::Unreachable(None), fresh(), at(NOW));
    assert_eq!(seconds_until(first.disposition), 5);
    assert_eq!(first.disposition.state(), DeliveryState::Deferred);
    assert_eq!(first.history.attempts, 0);
    let then = decide(Outcome::Postponed(Reply::new(451, "")), first.history, at(NOW));
    assert_eq!(seconds_until(then.disposition), 60);
}

#[test]
fn an_ambiguous_message_is_sent_once_more_and_then_called_uncertain() {
    let first = decide(Outcome::Ambiguous, fresh(), at(NOW));
    assert_eq!(seconds_until(first.disposition), 900);
    assert_eq!(first.disposition.state(), DeliveryState::Queued);
    let second = decide(Outcome::Ambiguous, first.history, at(NOW));
    assert_eq!(second.disposition, Disposition::Uncertain);
}

#[test]
fn a_message_that_may_have_been_taken_is_never_called_failed_or_dropped() {
    for outcome in [
        Outcome::Refused(Reply::new(550, "")),
        Outcome::Unwanted,
        Outcome::Unmailable,
    ] {
        assert_eq!(
            decide(outcome, once_ambiguous(), at(NOW)).disposition,
            Disposition::Uncertain
        );
    }
    let late = at(NOW + Duration::from_secs(80 * 3600));
    assert_eq!(
        decide(Outcome::Postponed(Reply::new(451, "")), once_ambiguous(), late).disposition,
        Disposition::Uncertain
    );
}

#[test]
fn a_message_whose_source_is_away_waits_for_as_long_as_it_takes() {
    let late = NOW + Duration::from_secs(300 * 3600);
    let decision = decide(Outcome::Unasked, fresh(), at(late));
    assert_eq!(decision.disposition.state(), DeliveryState::Queued);
    let counted = |unasked| History { unasked, ..fresh() };
    assert_eq!(decision.history, counted(1), "no attempt");
    // Whoever stopped has not asked; every other outcome is one of a message that was asked about.
    assert_eq!(decide(Outcome::Stopped, counted(3), at(NOW)).history, counted(3));
    let broken = decide(Outcome::Broken, counted(3), at(NOW)).history;
    assert_eq!(broken.unasked, 0);
}

#[test]
fn a_stopped_worker_gives_its_message_back_at_once() {
    assert_eq!(
        decide(Outcome::Stopped, fresh(), at(NOW)).disposition,
        Disposition::Queued(NOW)
    );
}
