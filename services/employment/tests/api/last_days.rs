//! Ends on a day: past, today and to come; by either side; taken back within 24 hours.

use std::time::Duration;

use futures::future::join_all;
use muster_proto::employment::v1::{
    Employment, EmploymentSide, EmploymentState as S, LeaveEmploymentRequest, Position, RejectionReason,
    UndoEndEmploymentRequest, UndoLeaveEmploymentRequest, UpdateEmploymentRequest,
};
use muster_refusal::{ErrorReason as R, reason_of, violations_of};
use muster_testkit::{TestCaller, eventually};
use time::OffsetDateTime;
use time::macros::datetime;
use tonic::Status;

use crate::fixture::{Fixture, reason};
use crate::positions::position;

/// The clock of the tests stands at 2026-03-01 12:00 UTC.
const NEXT: &str = "2026-03-03";
/// The organizations of the tests are Michigan's: five hours behind, so early in the year.
const OVER: OffsetDateTime = datetime!(2026-03-04 05:00 UTC);

impl Fixture {
    pub(crate) async fn leave_on(
        &self,
        person: &str,
        name: &str,
        last_day: &str,
    ) -> Result<Employment, Status> {
        let request = LeaveEmploymentRequest {
            name: name.to_owned(),
            reason: "a new life".to_owned(),
            request_id: String::new(),
            last_day: last_day.to_owned(),
        };
        let mut client = self.person_employments(TestCaller::person(person));
        let left = client.leave_employment(request).await?;
        Ok(left.into_inner().employment.unwrap())
    }

    pub(crate) async fn undo_leave(&self, person: &str, name: &str) -> Result<Employment, Status> {
        let request = UndoLeaveEmploymentRequest {
            name: name.to_owned(),
            request_id: String::new(),
        };
        let mut client = self.person_employments(TestCaller::person(person));
        let undone = client.undo_leave_employment(request).await?;
        Ok(undone.into_inner().employment.unwrap())
    }

    pub(crate) async fn undo_end(&self, name: &str) -> Result<Employment, Status> {
        let request = UndoEndEmploymentRequest {
            name: name.to_owned(),
            request_id: String::new(),
        };
        let undone = self
            .employments(self.admin())
            .undo_end_employment(request)
            .await?;
        Ok(undone.into_inner().employment.unwrap())
    }

    pub(crate) async fn ends_on(&self, name: &str, last_day: &str) -> Result<Employment, Status> {
        let ended = self.end_on(name, "the contract ends", last_day).await?;
        Ok(ended.into_inner())
    }

    pub(crate) fn advance_to(&self, moment: OffsetDateTime) {
        let wait = moment - self.service.clock.now();
        self.advance(wait.try_into().unwrap());
    }

    /// Time goes by, and what services show to each other is renewed meanwhile.
    pub(crate) fn advance(&self, time: Duration) {
        self.service.clock.advance(time);
        for service in [&self.service, &self.organizations, &self.invitations] {
            service.renew_tokens();
        }
    }

    /// Lets minutes go by until it has ended: whoever looked before tokens were renewed looks again in a minute.
    pub(crate) async fn ends_by_itself(&self, name: &str) {
        eventually(async || {
            self.advance(Duration::from_secs(61));
            self.read(name).await.state() == S::Ended
        })
        .await;
    }

    pub(crate) async fn employed(&self, person: &str) -> Employment {
        self.employ_anywhere(person).await;
        self.employments_of(person).await.remove(0)
    }

    async fn archived(&self) -> i64 {
        let archived = "SELECT count(*) FROM invitations WHERE state = 'ARCHIVED'";
        self.invitations.database.count(archived).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_last_day_that_is_past_or_today_ends_it_at_once_for_either_side() {
    let fixture = Fixture::start().await;
    for (person, last_day, kept) in [
        ("learner-1", "2026-02-28", "2026-02-28"),
        ("learner-2", "2026-03-01", "2026-03-01"),
        ("learner-3", "", "2026-03-01"),
    ] {
        let name = fixture.employed(person).await.name;
        let left = fixture.leave_on(person, &name, last_day).await.unwrap();
        assert_eq!((left.state(), left.last_day.as_str()), (S::Ended, kept));
        assert_eq!(left.ended_by(), EmploymentSide::Person);
        assert_eq!(left.end_reason, "a new life");
        assert!(left.end_time.is_some() && left.undo_deadline_time.is_some());
        assert_eq!(
            fixture.ends_on(&name, "").await.unwrap(),
            left,
            "the first end stays"
        );
        assert_eq!(
            reason_of(&fixture.ends_on(&name, NEXT).await.unwrap_err()),
            Some(R::EmploymentEndedByOther)
        );
        assert_eq!(fixture.read(&name).await, left);
    }
    eventually(async || fixture.archived().await == 3).await;
    let name = fixture.employed("learner-4").await.name;
    let ended = fixture.ends_on(&name, "2026-03-01").await.unwrap();
    assert_eq!(
        (ended.state(), ended.ended_by()),
        (S::Ended, EmploymentSide::Organization)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_last_day_that_is_to_come_ends_it_when_that_day_is_over_where_the_organization_is() {
    let fixture = Fixture::start().await;
    let name = fixture.employed("learner-1").await.name;
    let settled = fixture.ends_on(&name, NEXT).await.unwrap();
    assert_eq!((settled.state(), settled.last_day.as_str()), (S::Verified, NEXT));
    assert!(settled.end_time.is_none() && settled.undo_deadline_time.is_none());
    assert_eq!(
        fixture.ends_on(&name, NEXT).await.unwrap(),
        settled,
        "it says nothing new"
    );

    // Over in Europe, and in Greenwich, but not there.
    let looked = "SELECT count(*) FROM employments WHERE end_due_time > '2026-03-03 10:00+00'";
    fixture.advance_to(OVER - Duration::from_secs(1));
    eventually(async || fixture.service.database.count(looked).await == 1).await;
    assert_eq!(fixture.read(&name).await, settled);
    fixture.advance_to(OVER);
    fixture.ends_by_itself(&name).await;
    let ended = fixture.read(&name).await;
    assert_eq!(ended.end_reason, "the contract ends");
    assert!(ended.end_time.is_some());
    eventually(async || fixture.archived().await == 1).await;
    assert_eq!(fixture.published("employment.ended").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_last_day_comes_also_while_the_organization_is_suspended() {
    let fixture = Fixture::start().await;
    let name = fixture.employed("learner-1").await.name;
    fixture.ends_on(&name, NEXT).await.unwrap();
    fixture
        .organizations
        .database
        .execute("UPDATE organizations SET state = 'SUSPENDED'")
        .await;
    fixture.advance_to(OVER);
    fixture.ends_by_itself(&name).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_was_moved_or_taken_back_does_not_come_at_its_old_time() {
    let fixture = Fixture::start().await;
    let moved = fixture.employed("learner-1").await.name;
    let kept = fixture.employed("learner-2").await.name;
    for name in [&moved, &kept] {
        fixture.ends_on(name, NEXT).await.unwrap();
    }
    fixture.ends_on(&moved, "2026-03-10").await.unwrap();
    let back = fixture.undo_end(&kept).await.unwrap();
    assert_eq!(
        (back.state(), back.last_day.as_str(), back.end_reason.as_str()),
        (S::Verified, "", "")
    );
    assert_eq!(
        fixture.undo_end(&kept).await.unwrap(),
        back,
        "nothing is left to take back"
    );
    let other = fixture.employed("learner-3").await.name;
    fixture.ends_on(&other, NEXT).await.unwrap();
    fixture.advance_to(OVER + Duration::from_secs(1));
    fixture.ends_by_itself(&other).await;
    assert_eq!(fixture.read(&moved).await.state(), S::Verified);
    assert_eq!(fixture.read(&kept).await, back);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_day_of_the_other_side_is_only_brought_forward() {
    let fixture = Fixture::start().await;
    let name = fixture.employed("learner-1").await.name;
    fixture.ends_on(&name, NEXT).await.unwrap();
    for later in [NEXT, "2026-03-04"] {
        let refused = fixture.leave_on("learner-1", &name, later).await;
        assert_eq!(
            reason_of(&refused.unwrap_err()),
            Some(R::EmploymentEndedByOther),
            "{later}"
        );
    }
    let refused = fixture.undo_leave("learner-1", &name).await;
    assert_eq!(reason_of(&refused.unwrap_err()), Some(R::EmploymentEndedByOther));
    let left = fixture.leave_on("learner-1", &name, "2026-03-02").await.unwrap();
    assert_eq!(
        (left.last_day.as_str(), left.ended_by()),
        ("2026-03-02", EmploymentSide::Person)
    );
    // Now it is the person's, and the organization may end it at once.
    let ended = fixture.ends_on(&name, "").await.unwrap();
    assert_eq!(
        (ended.state(), ended.ended_by()),
        (S::Ended, EmploymentSide::Organization)
    );
    let refused = fixture.undo_leave("learner-1", &name).await;
    assert_eq!(reason_of(&refused.unwrap_err()), Some(R::EmploymentEndedByOther));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_is_taken_back_within_24_hours_and_what_was_archived_is_active_again() {
    let fixture = Fixture::start().await;
    // An employment before, whose invitation stays archived.
    let first = fixture.employed("learner-1").await.name;
    fixture.ends_on(&first, "").await.unwrap();
    eventually(async || fixture.archived().await == 1).await;
    fixture.advance(Duration::from_secs(60));
    let before = fixture.employed("learner-1").await;
    fixture.advance(Duration::from_secs(60));
    fixture.leave_on("learner-1", &before.name, "").await.unwrap();
    eventually(async || fixture.archived().await == 2).await;
    let refused = fixture.undo_end(&before.name).await;
    assert_eq!(reason_of(&refused.unwrap_err()), Some(R::EmploymentEndedByOther));

    fixture.advance(Duration::from_secs(24 * 3600));
    let back = fixture.undo_leave("learner-1", &before.name).await.unwrap();
    assert_eq!((back.state(), &back.groups), (S::Verified, &before.groups));
    assert!(back.end_time.is_none() && back.verify_time == before.verify_time);
    eventually(async || fixture.archived().await == 1).await;
    assert_eq!(fixture.published("employment.restored").await, 1);
    let known = "SELECT count(*) FROM employment_projection WHERE state = 'VERIFIED' AND sequence > 3";
    eventually(async || fixture.organizations.database.count(known).await == 1).await;

    // Until the tokens are read that were renewed.
    eventually(async || fixture.leave_on("learner-1", &before.name, "").await.is_ok()).await;
    fixture.advance(Duration::from_secs(24 * 3600 + 1));
    let late = fixture.undo_leave("learner-1", &before.name).await;
    assert_eq!(reason_of(&late.unwrap_err()), Some(R::UndoTooLate));
    let older = fixture.undo_end(&first).await;
    assert_eq!(reason_of(&older.unwrap_err()), Some(R::UndoTooLate));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_is_not_taken_back_while_another_employment_is_open() {
    let fixture = Fixture::start().await;
    let first = fixture.employed("learner-1").await.name;
    fixture.leave_on("learner-1", &first, "").await.unwrap();
    fixture.advance(Duration::from_secs(60));
    let newer = fixture.employed("learner-1").await.name;
    let refused = fixture.undo_leave("learner-1", &first).await;
    assert_eq!(reason_of(&refused.unwrap_err()), Some(R::EmploymentSuperseded));
    fixture.leave_on("learner-1", &newer, "").await.unwrap();
    eventually(async || fixture.archived().await == 2).await;
    // Over by now, it keeps nobody from it; others follow the one that is open.
    let back = fixture.undo_leave("learner-1", &first).await.unwrap();
    assert_eq!(back.state(), S::Verified);
    let followed = "SELECT count(*) FROM employment_projection p WHERE state = 'VERIFIED' AND sequence > 4";
    eventually(async || fixture.organizations.database.count(followed).await == 1).await;
    let id = first.rsplit('/').next().unwrap().to_owned();
    let followed: String =
        sqlx::query_scalar("SELECT employment_id::text FROM employment_projection WHERE sequence > 4")
            .fetch_one(&mut fixture.organizations.database.connection().await)
            .await
            .unwrap();
    assert_eq!(followed, id);
    // What had been accepted for the newer one stays with it.
    eventually(async || fixture.archived().await == 1).await;
    let refused = fixture.undo_leave("learner-1", &newer).await;
    assert_eq!(reason_of(&refused.unwrap_err()), Some(R::EmploymentSuperseded));
}

/// R20: whoever comes for a day has one.
#[tokio::test(flavor = "multi_thread")]
async fn the_last_day_may_be_the_first_one() {
    let fixture = Fixture::start().await;
    for (person, by_themself) in [("learner-1", true), ("learner-2", false)] {
        let name = fixture.employed(person).await.name;
        let started =
            "UPDATE employments SET start_date = '2026-02-10' WHERE person_display_name LIKE 'learner-%'";
        fixture.service.database.execute(started).await;
        let ended = if by_themself {
            fixture.leave_on(person, &name, "2026-02-10").await
        } else {
            fixture.ends_on(&name, "2026-02-10").await
        };
        let ended = ended.unwrap();
        assert_eq!((ended.state(), ended.last_day.as_str()), (S::Ended, "2026-02-10"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn days_that_cannot_be_and_strangers_are_refused_and_nothing_is_stored() {
    let fixture = Fixture::start().await;
    let before = fixture.employed("learner-1").await;
    let started = "UPDATE employments SET start_date = '2026-02-10' WHERE person_display_name = 'learner-1'";
    fixture.service.database.execute(started).await;
    for day in ["2026-02-09", "1899-12-31", "2101-01-01", "2026-02-30", "tomorrow"] {
        for refused in [
            fixture.ends_on(&before.name, day).await,
            fixture.leave_on("learner-1", &before.name, day).await,
        ] {
            let refused = refused.unwrap_err();
            assert_eq!(reason_of(&refused), Some(R::InvalidRequest), "{day}");
            assert_eq!(violations_of(&refused)[0].0, "last_day", "{day}");
        }
    }
    for (person, name) in [("learner-2", &before.name), ("learner-1", &fixture.absent())] {
        assert_eq!(
            reason(fixture.leave_on(person, name, "").await.map(tonic::Response::new)),
            R::NotFound
        );
        let undone = fixture.undo_leave(person, name).await;
        assert_eq!(reason(undone.map(tonic::Response::new)), R::NotFound);
    }
    let owners = fixture.employment_of("owner").await.name;
    let refused = fixture.leave_on("owner", &owners, "").await;
    assert_eq!(reason_of(&refused.unwrap_err()), Some(R::OwnerMustTransfer));
    let claim = fixture.claimed("learner-3").await.name;
    let refused = fixture.leave_on("learner-3", &claim, "").await;
    assert_eq!(reason_of(&refused.unwrap_err()), Some(R::EmploymentState));
    let stored = "SELECT count(*) FROM employments WHERE last_day IS NOT NULL OR end_reason IS NOT NULL";
    assert_eq!(fixture.service.database.count(stored).await, 0);
}

/// Whoever comes first: there is one end, and it is published once.
#[tokio::test(flavor = "multi_thread")]
async fn both_sides_end_it_at_once_and_take_it_back_at_once() {
    let fixture = Fixture::start().await;
    let name = fixture.employed("learner-1").await.name;
    for round in 1..=8 {
        let leaving = join_all((0..4).map(|_| fixture.leave_on("learner-1", &name, "")));
        let ending = join_all((0..4).map(|_| fixture.ends_on(&name, "")));
        let (left, ended) = tokio::join!(leaving, ending);
        let all: Vec<Employment> = left.into_iter().chain(ended).map(Result::unwrap).collect();
        assert!(all.iter().all(|one| *one == all[0]), "{all:?}");
        assert_eq!(fixture.published("employment.ended").await, round);
        let undoing = join_all((0..4).map(|_| fixture.undo_leave("learner-1", &name)));
        let undoing_too = join_all((0..4).map(|_| fixture.undo_end(&name)));
        let (own, others) = tokio::join!(undoing, undoing_too);
        for refused in own.into_iter().chain(others).filter_map(Result::err) {
            assert_eq!(reason_of(&refused), Some(R::EmploymentEndedByOther));
        }
        assert_eq!(fixture.published("employment.restored").await, round);
        assert_eq!(fixture.read(&name).await.state(), S::Verified);
    }
}

/// Its last day comes while it is taken back: one of the two, and never both.
#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_comes_races_with_its_being_taken_back() {
    let fixture = Fixture::start().await;
    let name = fixture.employed("learner-1").await.name;
    let mut day = time::macros::date!(2026 - 03 - 02);
    for _ in 0..6 {
        // Until the tokens are read that were renewed.
        eventually(async || fixture.ends_on(&name, &day.to_string()).await.is_ok()).await;
        day = day.next_day().unwrap();
        fixture.advance_to(day.midnight().assume_utc() + Duration::from_secs(5 * 3600));
        let undone = fixture.undo_end(&name).await.unwrap();
        assert_eq!(undone.state(), S::Verified);
        day = day.next_day().unwrap();
    }
    let (ended, restored) = (
        fixture.published("employment.ended").await,
        fixture.published("employment.restored").await,
    );
    assert_eq!(ended, restored);
    assert_eq!(fixture.read(&name).await.state(), S::Verified);
}

/// Nobody is answered OK about a last day that is not kept.
#[tokio::test(flavor = "multi_thread")]
async fn who_ended_it_corrects_the_last_day_and_nobody_else_does() {
    let fixture = Fixture::start().await;
    let name = fixture.employed("learner-1").await.name;
    let started = "UPDATE employments SET start_date = '2026-02-01' WHERE person_display_name = 'learner-1'";
    fixture.service.database.execute(started).await;
    let ended = fixture.ends_on(&name, "2026-02-27").await.unwrap();
    eventually(async || fixture.archived().await == 1).await;
    let published = "SELECT count(*) FROM outbox";
    let before = fixture.service.database.count(published).await;

    fixture.advance(Duration::from_secs(30));
    let corrected = fixture.end_on(&name, "it was a Thursday", "2026-02-26").await;
    let corrected = corrected.unwrap().into_inner();
    let expected = Employment {
        last_day: "2026-02-26".to_owned(),
        end_reason: "it was a Thursday".to_owned(),
        etag: corrected.etag.clone(),
        ..ended.clone()
    };
    assert_eq!(corrected, expected);
    assert_ne!(corrected.etag, ended.etag, "it changes with every change");
    assert_eq!(fixture.read(&name).await, expected);
    // Without a day it is done already, and the reason stays.
    assert_eq!(fixture.ends_on(&name, "").await.unwrap(), expected);
    // The reason alone, by saying the day again; the same once more changes nothing.
    let reason_alone = fixture.ends_on(&name, "2026-02-26").await.unwrap();
    let again = fixture.ends_on(&name, "2026-02-26").await.unwrap();
    assert_eq!(reason_alone, again);
    assert_eq!(
        (again.end_reason.as_str(), again.last_day.as_str()),
        ("the contract ends", "2026-02-26")
    );
    assert!(![&corrected.etag, &ended.etag].contains(&&again.etag));
    let first_day = fixture.end_on(&name, "never came", "2026-02-01").await.unwrap();
    assert_eq!(first_day.into_inner().last_day, "2026-02-01");
    let early = fixture.ends_on(&name, "2026-01-31").await.unwrap_err();
    assert_eq!(violations_of(&early)[0].0, "last_day");
    assert_eq!(
        reason_of(&fixture.ends_on(&name, NEXT).await.unwrap_err()),
        Some(R::EmploymentState),
        "to put it off, it is taken back first"
    );
    assert_eq!(
        reason_of(
            &fixture
                .leave_on("learner-1", &name, "2026-02-20")
                .await
                .unwrap_err()
        ),
        Some(R::EmploymentEndedByOther)
    );
    assert_eq!(fixture.read(&name).await.last_day, "2026-02-01");
    assert_eq!(fixture.service.database.count(published).await, before);
    // Still within the 24 hours of the end, and as it was.
    assert_eq!(fixture.undo_end(&name).await.unwrap().state(), S::Verified);
}

/// A rejection takes the last day with it, which does not fire later, nor comes back with the correction.
#[tokio::test(flavor = "multi_thread")]
async fn a_last_day_that_was_settled_before_a_rejection_never_comes() {
    let fixture = Fixture::start().await;
    let name = fixture.employed("learner-1").await.name;
    fixture.ends_on(&name, NEXT).await.unwrap();
    // Another start: what was verified waits again, and its last day is still to come.
    let request = UpdateEmploymentRequest {
        employment: Some(Employment {
            name: name.clone(),
            start_date: "2026-02-01".to_owned(),
            ..Default::default()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["start_date".to_owned()],
        }),
        request_id: String::new(),
    };
    let mut person = fixture.person_employments(TestCaller::person("learner-1"));
    let waits = person.update_employment(request).await.unwrap().into_inner();
    let waits = waits.employment.unwrap();
    assert_eq!(
        (waits.state(), waits.last_day.as_str()),
        (S::PendingVerification, NEXT)
    );
    let rejected = fixture
        .reject(&name, RejectionReason::Dates, "not these dates")
        .await
        .unwrap()
        .into_inner();
    assert_eq!((rejected.state(), rejected.last_day.as_str()), (S::Rejected, ""));

    fixture.advance_to(OVER + time::Duration::hours(2));
    let due = "SELECT count(*) FROM employments WHERE end_due_time IS NOT NULL";
    assert_eq!(fixture.service.database.count(due).await, 0);
    eventually(async || fixture.correct("learner-1", &name).await.is_ok()).await;
    fixture.verify(&name).await;
    fixture.advance(Duration::from_secs(3 * 3600));
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let verified = fixture.read(&name).await;
    assert_eq!((verified.state(), verified.last_day.as_str()), (S::Verified, ""));
}

/// Also by a batch, together with others that are verified.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_verified_and_waits_again_is_ended_by_either_side_and_comes_back_waiting() {
    let fixture = Fixture::start().await;
    let name = fixture.employed("learner-1").await.name;
    fixture.restart("learner-1", &name, "2026-02-01").await.unwrap();
    let settled = fixture.ends_on(&name, NEXT).await.unwrap();
    assert_eq!(
        (settled.state(), settled.last_day.as_str()),
        (S::PendingVerification, NEXT)
    );
    let ended = fixture.ends_on(&name, "").await.unwrap();
    assert_eq!((ended.state(), ended.wait_time), (S::Ended, None));
    let back = fixture.undo_end(&name).await.unwrap();
    assert_eq!(
        (back.state(), back.last_day.as_str(), back.wait_time),
        (S::PendingVerification, NEXT, settled.wait_time)
    );
    let left = fixture.leave_on("learner-1", &name, "2026-03-01").await.unwrap();
    assert_eq!(left.state(), S::Ended);

    let (verified, waiting) = (
        fixture.employed("learner-2").await.name,
        fixture.employed("learner-3").await.name,
    );
    fixture
        .restart("learner-3", &waiting, "2026-02-01")
        .await
        .unwrap();
    let names = vec![verified, waiting];
    let outcomes = fixture.batch_end_on(names.clone(), NEXT).await.unwrap();
    let states: Vec<_> = outcomes.iter().map(|outcome| outcome.state()).collect();
    assert_eq!(states, [S::Verified, S::PendingVerification]);
    let outcomes = fixture.batch_end_on(names, "").await.unwrap();
    let states: Vec<_> = outcomes.iter().map(|outcome| outcome.state()).collect();
    assert_eq!(states, [S::Ended, S::Ended]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_anew_to_begin_after_the_last_day() {
    let fixture = Fixture::start().await;
    let name = fixture.employed("learner-1").await.name;
    let before = fixture.ends_on(&name, NEXT).await.unwrap();
    let late = fixture.restart("learner-1", &name, "2026-03-04").await;
    assert_eq!(violations_of(&late.unwrap_err())[0].0, "employment.start_date");
    let from = |start: &str| Position {
        start_date: start.to_owned(),
        ..position("Cook", "")
    };
    let late = fixture
        .reposition(&before, vec![from(NEXT), from("2026-03-04")])
        .await;
    let fields: Vec<_> = violations_of(&late.unwrap_err()).into_iter().collect();
    assert_eq!(fields.len(), 1, "{fields:?}");
    assert_eq!(fields[0].0, "employment.positions[1].start_date");
    assert_eq!(fixture.read(&name).await, before);
    let on_it = fixture.restart("learner-1", &name, NEXT).await.unwrap();
    assert_eq!((on_it.start_date.as_str(), on_it.last_day.as_str()), (NEXT, NEXT));

    // The first day is that of the first position, where no other is said.
    let name = fixture.employed("learner-2").await.name;
    let positions = Employment {
        name: name.clone(),
        positions: vec![from("2026-02-20"), from("2026-02-10")],
        ..Default::default()
    };
    fixture
        .update("learner-2", positions, &["positions"])
        .await
        .unwrap();
    fixture.verify(&name).await;
    let early = fixture.ends_on(&name, "2026-02-09").await.unwrap_err();
    assert_eq!(violations_of(&early)[0].0, "last_day");
    let ended = fixture.ends_on(&name, "2026-02-10").await.unwrap();
    assert_eq!(ended.state(), S::Ended);
    let stored = "UPDATE employments SET start_date = '2026-02-11' WHERE last_day = '2026-02-10'";
    let mut connection = fixture.service.database.connection().await;
    let refused = sqlx::raw_sql(stored).execute(&mut connection).await.unwrap_err();
    assert!(refused.to_string().contains("employments_days"), "{refused}");
}

/// Otherwise nobody could end before 2100 what somebody has verified without looking.
#[tokio::test(flavor = "multi_thread")]
async fn what_has_not_begun_ends_at_once_by_either_side_and_never_began() {
    let fixture = Fixture::start().await;
    for side in [EmploymentSide::Person, EmploymentSide::Organization] {
        let name = fixture.employed("learner-1").await.name;
        fixture.restart("learner-1", &name, "2100-12-31").await.unwrap();
        fixture.verify(&name).await;
        let early = fixture.ends_on(&name, "2026-03-01").await.unwrap_err();
        assert_eq!(violations_of(&early)[0].0, "last_day");
        let ended = match side {
            EmploymentSide::Person => fixture.leave_on("learner-1", &name, "").await,
            _ => fixture.ends_on(&name, "").await,
        };
        let ended = ended.unwrap();
        assert_eq!((ended.state(), ended.last_day.as_str()), (S::Ended, "2100-12-31"));
        assert!(ended.end_time.is_some() && ended.ended_by() == side);
        assert_eq!(ended, fixture.read(&name).await);
    }
    let name = fixture.employed("learner-2").await.name;
    fixture.restart("learner-2", &name, "2100-12-31").await.unwrap();
    let outcomes = fixture.batch_end_on(vec![name.clone()], "").await.unwrap();
    assert_eq!(outcomes[0].state(), S::Ended);
    assert_eq!(fixture.read(&name).await.last_day, "2100-12-31");
    assert_eq!(
        fixture.undo_end(&name).await.unwrap().state(),
        S::PendingVerification
    );
}

/// What either side had settled stands again when the other one takes back what came in between.
#[tokio::test(flavor = "multi_thread")]
async fn taking_an_end_back_leaves_the_last_day_that_was_settled_before() {
    let fixture = Fixture::start().await;
    let name = fixture.employed("learner-1").await.name;
    let (earlier, later) = ("2026-03-02", "2026-03-10");
    let given = fixture.leave_on("learner-1", &name, later).await.unwrap();
    let told = |one: &Employment| {
        let (day, by) = (one.last_day.clone(), one.ended_by());
        (one.state(), day, by, one.end_reason.clone())
    };
    let expected = told(&given);
    for day in ["", earlier] {
        fixture.ends_on(&name, day).await.unwrap();
        let back = fixture.undo_end(&name).await.unwrap();
        assert_eq!(told(&back), expected, "{day}");
    }
    // One's own is left too by what came at once.
    fixture.leave_on("learner-1", &name, "").await.unwrap();
    let back = fixture.undo_leave("learner-1", &name).await.unwrap();
    assert_eq!(told(&back), expected);
    // Both have settled one: nobody puts the other's off by moving their own.
    fixture.ends_on(&name, NEXT).await.unwrap();
    let put_off = fixture.ends_on(&name, later).await.unwrap_err();
    assert_eq!(reason_of(&put_off), Some(R::EmploymentEndedByOther));
    fixture.leave_on("learner-1", &name, "").await.unwrap();
    let back = fixture.undo_leave("learner-1", &name).await.unwrap();
    assert_eq!(
        (back.last_day.as_str(), back.ended_by()),
        (NEXT, EmploymentSide::Organization)
    );
    let back = fixture.undo_end(&name).await.unwrap();
    assert_eq!(told(&back), expected);
    assert_eq!(fixture.undo_leave("learner-1", &name).await.unwrap().last_day, "");

    // A day that is over by then does not come back.
    fixture.leave_on("learner-1", &name, earlier).await.unwrap();
    fixture.ends_on(&name, "").await.unwrap();
    fixture.advance_to(datetime!(2026-03-03 05:00 UTC));
    let day = "SELECT count(*) FROM employments WHERE person_last_day = '2026-03-02'";
    assert_eq!(fixture.service.database.count(day).await, 1);
    let ended = "UPDATE employments SET end_time = '2026-03-03 04:00Z' WHERE state = 'ENDED'";
    fixture.service.database.execute(ended).await;
    // Until the tokens are read that were renewed.
    eventually(async || fixture.undo_end(&name).await.is_ok()).await;
    let back = fixture.read(&name).await;
    assert_eq!((back.state(), back.last_day.as_str()), (S::Verified, ""));
}

/// Invited again by an administrator, they are wanted; what they have said themself stays.
#[tokio::test(flavor = "multi_thread")]
async fn who_accepts_another_invitation_is_not_ended_by_the_organizations_former_word() {
    let fixture = Fixture::start().await;
    let name = fixture.employed("learner-1").await.name;
    let given = fixture.leave_on("learner-1", &name, "2026-03-10").await.unwrap();
    fixture.ends_on(&name, NEXT).await.unwrap();
    // Nobody vouches for them at the join page.
    let asked = fixture.invite(&[fixture.new_group().await]).await;
    fixture.open_to_join_page().await;
    fixture.accept(asked, "learner-1").await;
    assert_eq!(fixture.read(&name).await.last_day, NEXT);
    let group = fixture.new_group().await;
    fixture.employ("learner-1", &[group]).await;
    let joined = fixture.read(&name).await;
    assert!(joined.groups.contains(&group.to_string()));
    assert_eq!(
        (joined.last_day, joined.end_reason, joined.state),
        (given.last_day, given.end_reason, given.state)
    );
    fixture.undo_leave("learner-1", &name).await.unwrap();
    fixture.ends_on(&name, NEXT).await.unwrap();
    fixture.employ_anywhere("learner-1").await;
    let joined = fixture.read(&name).await;
    assert_eq!((joined.state(), joined.last_day.as_str()), (S::Verified, ""));
    let due = "SELECT count(*) FROM employments WHERE end_due_time IS NOT NULL";
    assert_eq!(fixture.service.database.count(due).await, 0);
}
