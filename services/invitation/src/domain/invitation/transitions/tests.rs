//! Each transition from each state: what is not listed is refused.

use std::time::Duration;

use muster_ids::{DeliveryId, InvitationId, LocationId, OrganizationId, PersonId};
use muster_language::Language;
use time::macros::datetime;
use uuid::Uuid;

use super::super::draft::Draft;
use super::super::{Decline, ON_ITS_WAY, Reported, Source, Unanswered};
use super::*;

const NOW: OffsetDateTime = datetime!(2026-03-02 09:00 UTC);
const LATER: OffsetDateTime = datetime!(2026-05-02 09:00 UTC);
const DECLINED: Decline = Decline {
    before: Unanswered::Pending,
    time: NOW,
};

fn acceptance(person: u128, time: OffsetDateTime) -> Acceptance {
    Acceptance {
        person: PersonId::from_uuid(Uuid::from_u128(person)),
        display_name: "Ada".to_owned(),
        time,
    }
}

/// An invitation in this state, made now.
fn invitation(state: State) -> Invitation {
    let nobody = Uuid::from_u128(7);
    let draft = Draft {
        organization: OrganizationId::from_uuid(nobody),
        id: InvitationId::from_uuid(nobody),
        address: "ada@example.org".parse().unwrap(),
        language: Language::Spanish,
        groups: vec![group(1)],
        location: None,
        source: Source::Manual,
        inviter: PersonId::from_uuid(nobody),
        import: None,
        now: NOW,
        due: NOW,
        traceparent: None,
    };
    Invitation {
        state,
        ..draft.invitation()
    }
}

fn group(number: usize) -> GroupId {
    GroupId::from_uuid(Uuid::from_u128(number as u128))
}

fn every_state() -> [State; 7] {
    [
        State::Prospect,
        State::Pending,
        State::Active(acceptance(1, NOW)),
        State::Declined(DECLINED),
        State::Cancelled,
        State::Expired,
        State::Archived(acceptance(1, NOW)),
    ]
}

/// What a transition came to, in short.
fn outcome<R: std::fmt::Debug>(transition: Transition<Invitation, R>) -> String {
    match transition {
        Transition::Changed(changed) => changed.state.name().to_string(),
        Transition::AlreadyDone(_) => "done".to_owned(),
        Transition::Refused(why) => format!("{why:?}"),
    }
}

#[test]
fn only_live_invitations_are_accepted() {
    let accept =
        |person, time| every_state().map(|state| outcome(invitation(state).accept(acceptance(person, time))));
    let in_time = [
        "ACTIVE",
        "ACTIVE",
        "done",
        "Closed",
        "Cancelled",
        "Expired",
        "Closed",
    ];
    assert_eq!(accept(1, NOW), in_time);
    let by_another = [
        "ACTIVE",
        "ACTIVE",
        "Closed",
        "Closed",
        "Cancelled",
        "Expired",
        "Closed",
    ];
    assert_eq!(accept(2, NOW), by_another);
    let too_late = [
        "Expired",
        "Expired",
        "done",
        "Closed",
        "Cancelled",
        "Expired",
        "Closed",
    ];
    assert_eq!(accept(1, LATER), too_late);
}

#[test]
fn only_live_invitations_whose_time_has_run_out_expire() {
    let expire = |now| {
        every_state().map(|state| match invitation(state).expire(now) {
            Transition::Refused(_) => "given back".to_owned(),
            other => outcome(other),
        })
    };
    let kept = "given back";
    assert_eq!(expire(NOW), [kept, kept, kept, kept, kept, "done", kept]);
    assert_eq!(
        expire(LATER),
        ["EXPIRED", "EXPIRED", kept, kept, kept, "done", kept]
    );
}

fn report(generation: i32, delivery: u128, sequence: i64, state: DeliveryState) -> DeliveryReport {
    DeliveryReport {
        generation,
        number: 1,
        reported: Reported {
            delivery: DeliveryId::from_uuid(Uuid::from_u128(delivery)),
            sequence,
        },
        state,
        detail: "250 2.0.0".to_owned(),
    }
}

#[test]
fn a_prospect_is_pending_once_its_mail_was_taken_and_no_other_state_changes() {
    let sent = || report(1, 1, 1, DeliveryState::Sent);
    let states = every_state().map(|state| outcome(invitation(state).report(sent())));
    let expected = [
        "PENDING",
        "PENDING",
        "ACTIVE",
        "DECLINED",
        "CANCELLED",
        "EXPIRED",
        "ARCHIVED",
    ];
    assert_eq!(states, expected);
    for state in DeliveryState::ALL
        .into_iter()
        .filter(|state| *state != DeliveryState::Sent)
    {
        let reported = invitation(State::Prospect).report(report(1, 1, 1, state));
        assert_eq!(outcome(reported), "PROSPECT", "{state}");
    }
}

#[test]
fn what_was_held_back_stays_so_when_it_is_dropped_and_not_when_it_was_sent() {
    let held = Invitation {
        delivery: DeliveryState::Held,
        ..invitation(State::Prospect)
    };
    let reported = |state| match held.clone().report(report(1, 1, 1, state)) {
        Transition::Changed(reported) => (reported.state.name(), reported.delivery),
        _ => panic!("it is news"),
    };
    let (dropped, sent) = (reported(DeliveryState::Dropped), reported(DeliveryState::Sent));
    assert_eq!(dropped, (StateName::Prospect, DeliveryState::Held));
    assert_eq!(sent, (StateName::Pending, DeliveryState::Sent));
}

#[test]
fn what_became_of_an_earlier_mail_is_not_what_becomes_of_one_that_waits() {
    for delivery in DeliveryState::ALL {
        let mut later = Invitation {
            delivery,
            ..invitation(State::Prospect)
        };
        later.mails.number = 2;
        for reported in [DeliveryState::Dropped, DeliveryState::Failed, DeliveryState::Sent] {
            let Transition::Changed(heard) = later.clone().report(report(1, 1, 1, reported)) else {
                panic!("it is news");
            };
            let waits = matches!(delivery, DeliveryState::Scheduled | DeliveryState::Held);
            assert_eq!(heard.delivery, if waits { delivery } else { reported });
            assert_eq!(heard.state == State::Pending, reported == DeliveryState::Sent);
        }
    }
}

#[test]
fn an_earlier_mail_that_came_back_says_nothing_of_the_latest() {
    for delivery in DeliveryState::ALL {
        let mut again = Invitation {
            delivery,
            delivery_detail: "as it was".to_owned(),
            ..invitation(State::Pending)
        };
        again.mails.number = 2;
        let heard = |number| {
            let report = DeliveryReport {
                number,
                ..report(1, 1, 1, DeliveryState::Bounced)
            };
            match again.clone().report(report) {
                Transition::Changed(heard) => (heard.state, heard.delivery, heard.delivery_detail),
                _ => panic!("it is news"),
            }
        };
        assert_eq!(heard(1), (State::Pending, delivery, "as it was".to_owned()));
        let (state, bounced, _) = heard(2);
        assert_eq!((state, bounced), (State::Pending, DeliveryState::Bounced));
    }
}

#[test]
fn late_and_repeated_reports_change_nothing() {
    let known = Invitation {
        reported: Some(report(1, 5, 3, DeliveryState::Sent).reported),
        ..invitation(State::Pending)
    };
    let reports = [
        ("another generation", report(2, 6, 1, DeliveryState::Failed)),
        ("the same", report(1, 5, 3, DeliveryState::Failed)),
        ("an earlier one", report(1, 5, 2, DeliveryState::Failed)),
        ("an earlier delivery", report(1, 4, 9, DeliveryState::Failed)),
    ];
    for (which, report) in reports {
        assert_eq!(outcome(known.clone().report(report)), "done", "{which}");
    }
    for newer in [(5, 4), (6, 1)] {
        let report = report(1, newer.0, newer.1, DeliveryState::Bounced);
        assert_eq!(outcome(known.clone().report(report)), "PENDING", "{newer:?}");
    }
}

#[test]
fn merging_adds_groups_up_to_fifty_and_keeps_the_location() {
    let asking = |groups: Vec<GroupId>, location| Invitation {
        groups,
        location,
        ..invitation(State::Prospect)
    };
    let merge = |groups| outcome(invitation(State::Prospect).merge(&asking(groups, None)));
    assert_eq!(merge(vec![group(1)]), "done");
    assert_eq!(merge((1..=50).map(group).collect()), "PROSPECT");
    assert_eq!(merge((2..=51).map(group).collect()), "TooManyGroups");
    let [here, there] = [1, 2].map(|id| LocationId::from_uuid(Uuid::from_u128(id)));
    let Transition::Changed(placed) = invitation(State::Pending).merge(&asking(Vec::new(), Some(here)))
    else {
        panic!("the location is taken over");
    };
    assert_eq!(placed.location, Some(here));
    assert_eq!(outcome(placed.merge(&asking(Vec::new(), Some(there)))), "done");
}

#[test]
fn whoever_invites_by_hand_vouches_instead_of_the_join_page_or_of_another() {
    let [owner, other] = [8, 9].map(|id| PersonId::from_uuid(Uuid::from_u128(id)));
    let of = |source, inviter| Invitation {
        source,
        inviter,
        ..invitation(State::Pending)
    };
    for (live, new, expected) in [
        (
            of(Source::JoinPage, other),
            of(Source::Manual, owner),
            (Source::Manual, owner),
        ),
        (
            of(Source::Manual, other),
            of(Source::Import, owner),
            (Source::Import, owner),
        ),
    ] {
        let Transition::Changed(merged) = live.merge(&new) else {
            panic!("it is vouched for")
        };
        assert_eq!((merged.source, merged.inviter), expected);
    }
    for (live, new) in [
        (of(Source::Manual, owner), of(Source::JoinPage, other)),
        (of(Source::Manual, owner), of(Source::Import, owner)),
    ] {
        assert_eq!(outcome(live.merge(&new)), "done");
    }
}

#[test]
fn whoever_invites_again_by_hand_vouches_anew_and_the_join_page_does_not() {
    let later = |source| Invitation {
        source,
        vouch_time: NOW + Duration::from_secs(60),
        ..invitation(State::Pending)
    };
    let live = || Invitation {
        source: Source::Manual,
        ..invitation(State::Pending)
    };
    let Transition::Changed(renewed) = live().merge(&later(Source::Import)) else {
        panic!("it is vouched for anew")
    };
    assert_eq!(renewed.vouch_time, NOW + Duration::from_secs(60));
    // It is still the invitation that was made by hand.
    assert_eq!((renewed.source, renewed.import), (Source::Manual, None));
    assert_eq!(outcome(live().merge(&later(Source::JoinPage))), "done");
    assert_eq!(outcome(later(Source::Manual).merge(&live())), "done");
}

#[test]
fn a_mail_that_was_taken_before_the_decline_is_known_when_that_is_undone() {
    let declined = State::Declined(Decline {
        before: Unanswered::Prospect,
        time: NOW,
    });
    let report = DeliveryReport {
        generation: 1,
        number: 1,
        reported: Reported {
            delivery: DeliveryId::from_uuid(Uuid::from_u128(5)),
            sequence: 1,
        },
        state: DeliveryState::Sent,
        detail: String::new(),
    };
    let Transition::Changed(reported) = invitation(declined).report(report) else {
        panic!("it is news")
    };
    assert_eq!(outcome(reported.undo_decline(NOW)), "PENDING");
}

#[test]
fn a_link_opens_every_invitation_but_a_cancelled_and_a_scheduled_one() {
    for state in every_state() {
        let expected = match state {
            State::Cancelled => [Err(NotOpen::Cancelled); 2],
            _ => [Ok(()), Err(NotOpen::Replaced)],
        };
        let invitation = invitation(state);
        assert_eq!(
            [1, 2].map(|generation| invitation.opened_by(generation, NOW)),
            expected
        );
    }
    let scheduled = Invitation {
        delivery: DeliveryState::Scheduled,
        send_time: LATER,
        ..invitation(State::Prospect)
    };
    assert_eq!(scheduled.opened_by(1, NOW), Err(NotOpen::NotSent));
    assert_eq!(scheduled.opened_by(1, LATER), Ok(()));
}

#[test]
fn what_was_not_answered_is_declined_in_time_or_not() {
    for now in [NOW, LATER] {
        let declined = every_state().map(|state| outcome(invitation(state).decline(now)));
        let expected = [
            "DECLINED",
            "DECLINED",
            "Closed",
            "done",
            "Cancelled",
            "DECLINED",
            "Closed",
        ];
        assert_eq!(declined, expected);
    }
    let scheduled = Invitation {
        delivery: DeliveryState::Scheduled,
        ..invitation(State::Prospect)
    };
    let Transition::Changed(declined) = scheduled.decline(NOW) else {
        panic!("it can be declined");
    };
    assert_eq!(declined.delivery, DeliveryState::Dropped);
}

#[test]
fn a_decline_is_taken_back_within_a_day_and_the_invitation_is_what_it_was() {
    let undo = |now| every_state().map(|state| outcome(invitation(state).undo_decline(now)));
    let in_time = ["done", "done", "Closed", "PENDING", "Cancelled", "done", "Closed"];
    assert_eq!(undo(NOW + DAY - Duration::from_secs(1)), in_time);
    let too_late = ["done", "done", "Closed", "TooLate", "Cancelled", "done", "Closed"];
    assert_eq!(undo(NOW + DAY), too_late);
    for state in [State::Prospect, State::Pending, State::Expired] {
        let Transition::Changed(declined) = invitation(state.clone()).decline(NOW) else {
            panic!("it can be declined");
        };
        assert_eq!(outcome(declined.undo_decline(NOW)), state.name().to_string());
    }
}

#[test]
fn a_mail_is_on_its_way_from_the_workers_question_to_its_report() {
    let ask = |state| invitation(state).hand_over(1, NOW);
    let asked = every_state().map(|state| outcome(ask(state)));
    let dead = "NotWanted";
    assert_eq!(asked, ["PROSPECT", "PENDING", dead, dead, dead, dead, dead]);
    assert_eq!(outcome(invitation(State::Prospect).hand_over(2, NOW)), dead);

    let Transition::Changed(told) = ask(State::Prospect) else {
        panic!("it is wanted")
    };
    assert_eq!(told.effective_delivery(NOW), DeliveryState::Sending);
    assert_eq!(told.effective_delivery(NOW + ON_ITS_WAY), DeliveryState::Queued);
    let Transition::Changed(cancelled) = told.clone().cancel(NOW) else {
        panic!("it can be taken back")
    };
    assert_eq!(cancelled.effective_delivery(NOW), DeliveryState::Sending);
    let Transition::Changed(sent) = cancelled.report(report(1, 1, 1, DeliveryState::Deferred)) else {
        panic!("a report counts")
    };
    assert_eq!(sent.effective_delivery(NOW), DeliveryState::Deferred);

    // The report of an earlier mail says nothing of the one after it.
    let Transition::Changed(again) = told.resend(NextLink::Same, NOW) else {
        panic!("it can be sent again")
    };
    let Transition::Changed(again) = again.report(report(1, 1, 1, DeliveryState::Sent)) else {
        panic!("a report counts")
    };
    assert_eq!(again.effective_delivery(NOW), DeliveryState::Sending);
}

#[test]
fn only_what_waits_for_a_time_gets_another_one() {
    let due = NOW + Duration::from_secs(3600);
    let waiting = |state, delivery| Invitation {
        delivery,
        send_time: due,
        ..invitation(state)
    };
    let move_all =
        |delivery| every_state().map(|state| outcome(waiting(state, delivery).reschedule(due + DAY, NOW)));
    let expired = |delivery| format!("NotScheduled({delivery:?})");
    for delivery in [DeliveryState::Scheduled, DeliveryState::Held] {
        let expected = [
            "PROSPECT",
            "PENDING",
            "Closed",
            "Closed",
            "Cancelled",
            &expired(delivery),
            "Closed",
        ];
        assert_eq!(move_all(delivery), expected);
    }
    let asked = expired(DeliveryState::Queued);
    let expected = [
        asked.as_str(),
        asked.as_str(),
        "Closed",
        "Closed",
        "Cancelled",
        asked.as_str(),
        "Closed",
    ];
    assert_eq!(move_all(DeliveryState::Queued), expected);
    let same = waiting(State::Prospect, DeliveryState::Scheduled).reschedule(due, NOW);
    assert_eq!(outcome(same), "done");
}
