//! Sixteen conflicting acts on one employment at once: one wins, everybody else is told so, and one thing is published.

use std::collections::BTreeSet;

use futures::future::join_all;
use muster_proto::employment::v1::{
    Employment, EmploymentSide as Side, EmploymentState as S, RejectionReason, VerifyEmploymentRequest,
};
use muster_refusal::{ErrorReason as R, reason_of};
use muster_testkit::TestCaller;
use muster_testkit::effort::RACES;
use tonic::Status;

use crate::claim::at;
use crate::fixture::Fixture;

const CALLERS: usize = 16;

/// What each of sixteen does, by turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Verify,
    Reject,
    Withdraw,
    Correct,
    /// The person says that they began on another day.
    Edit(&'static str),
    End,
    Leave,
}

const DECISIONS: [Act; 3] = [Act::Verify, Act::Reject, Act::Withdraw];

/// Everybody at once.
async fn all(fixture: &Fixture, person: &str, name: &str, acts: &[Act]) -> Vec<Result<Employment, Status>> {
    join_all(acts.iter().map(|one| act(fixture, person, name, *one))).await
}

/// Sixteen acts, of these by turns.
fn by_turns(among: &[Act], number: usize) -> Vec<Act> {
    (0..CALLERS)
        .map(|place| among[(number + place) % among.len()])
        .collect()
}

async fn act(fixture: &Fixture, person: &str, name: &str, act: Act) -> Result<Employment, Status> {
    let done = match act {
        Act::Verify => {
            let request = VerifyEmploymentRequest {
                name: name.to_owned(),
                request_id: String::new(),
            };
            let verified = fixture
                .employments(fixture.admin())
                .verify_employment(request)
                .await?;
            verified.into_inner().employment.unwrap()
        }
        Act::Reject => fixture
            .reject(name, RejectionReason::Dates, "")
            .await?
            .into_inner(),
        Act::Withdraw => fixture.withdraw(person, name).await?.into_inner(),
        Act::Correct => fixture.correct(person, name).await?.into_inner(),
        Act::Edit(start) => fixture.restart(person, name, start).await?,
        Act::End => fixture.ends_on(name, "").await?,
        Act::Leave => fixture.leave_on(person, name, "").await?,
    };
    Ok(done)
}

/// What the losers are told, when this is where the claim stands.
fn lost_to(winner: S) -> R {
    match winner {
        S::Verified => R::EmploymentVerified,
        S::Rejected => R::EmploymentRejected,
        _ => R::EmploymentState,
    }
}

/// A claim of somebody new.
async fn claimed(fixture: &Fixture) -> (String, Employment) {
    let person = fixture.service.clock.new_uuid().to_string();
    let sites = vec![at(fixture.organization_name())];
    let claimed = fixture.claim(TestCaller::person(&person), sites).await;
    let claim = claimed.unwrap().remove(0);
    (person, claim)
}

async fn round(fixture: &Fixture, number: usize) -> S {
    let (person, claim) = claimed(fixture).await;
    let acts = by_turns(&DECISIONS, number);
    let answers = all(fixture, &person, &claim.name, &acts).await;
    let won: Vec<S> = answers
        .iter()
        .filter_map(|answer| answer.as_ref().ok().map(Employment::state))
        .collect();
    let winner = *won.first().expect("somebody won");
    assert!(won.iter().all(|state| *state == winner), "{won:?}");
    for lost in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert_eq!(reason_of(lost), Some(lost_to(winner)), "{winner:?}");
    }
    let stored = fixture.read(&claim.name).await;
    assert_eq!(
        (stored.state(), stored.rejections.len()),
        (winner, usize::from(winner == S::Rejected))
    );
    winner
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap()
}

/// How many events there are of the employment, of each type.
async fn told(fixture: &Fixture, name: &str) -> [i64; 4] {
    let id = name.rsplit('/').next().unwrap();
    let mut connection = fixture.service.database.connection().await;
    let mut of = async |event_type: &str| -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM outbox WHERE aggregate_id = $1::uuid AND event_type = $2")
            .bind(id)
            .bind(event_type)
            .fetch_one(&mut connection)
            .await
            .unwrap()
    };
    [
        of("employment.changed").await,
        of("employment.verified").await,
        of("employment.ended").await,
        of("employment.restored").await,
    ]
}

/// How many more there are than before.
fn more(before: [i64; 4], after: [i64; 4]) -> [i64; 4] {
    std::array::from_fn(|place| after[place] - before[place])
}

#[tokio::test(flavor = "multi_thread")]
async fn of_conflicting_decisions_at_once_one_wins_and_is_published_once() {
    let fixture = Fixture::start_without_limits().await;
    let before = (
        fixture.published("employment.changed").await,
        fixture.published("employment.verified").await,
    );
    let mut winners = Vec::new();
    for number in 0..RACES.or::<usize>(200) {
        winners.push(round(&fixture, number).await);
    }
    let verified = winners.iter().filter(|winner| **winner == S::Verified).count();
    // Each claim is published, and each decision.
    assert_eq!(
        fixture.published("employment.changed").await - before.0,
        count(2 * winners.len() - verified)
    );
    assert_eq!(
        fixture.published("employment.verified").await - before.1,
        count(verified)
    );
    assert!(fixture.parked().await.is_empty());
}

/// A rejected claim is handed in again while administrators verify it and the person takes it back: it is handed in once, and then
/// one of the two or nothing comes of it.
async fn handed_in_again(fixture: &Fixture, number: usize) -> S {
    let (person, claim) = claimed(fixture).await;
    let name = &claim.name;
    fixture.reject(name, RejectionReason::Dates, "").await.unwrap();
    let before = told(fixture, name).await;
    let acts = by_turns(&[Act::Correct, Act::Verify, Act::Withdraw], number);
    let answers = all(fixture, &person, name, &acts).await;
    let end = fixture.read(name).await.state();
    for (act, answer) in acts.iter().zip(&answers) {
        match answer {
            // Handed in it was verified or taken back a moment later.
            Ok(done) if *act == Act::Correct => assert_eq!(done.state(), S::PendingVerification),
            Ok(done) => assert_eq!(done.state(), end, "{answers:?}"),
            Err(lost) => {
                let mut reasons = vec![lost_to(end)];
                if *act != Act::Correct {
                    // Before it was handed in.
                    reasons.push(R::EmploymentRejected);
                }
                let reason = reason_of(lost).unwrap();
                assert!(reasons.contains(&reason), "{act:?}, then {end:?}: {lost:?}");
            }
        }
    }
    let [changed, verified, ended, restored] = more(before, told(fixture, name).await);
    assert_eq!((ended, restored), (0, 0));
    let expected = match end {
        S::PendingVerification => (1, 0),
        S::Verified => (1, 1),
        S::Withdrawn => (2, 0),
        other => unreachable!("{other:?}"),
    };
    assert_eq!((changed, verified), expected, "{end:?}");
    end
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_handed_in_again_while_others_decide_is_handed_in_once_and_decided_once() {
    let fixture = Fixture::start_without_limits().await;
    for number in 0..RACES.or::<usize>(60) {
        handed_in_again(&fixture, number).await;
    }
    assert!(fixture.parked().await.is_empty());
}

/// Both sides end it while the person says that they began on another day, and hands it in; then both take the end back. `start`: other
/// than in the round before.
async fn ended_and_taken_back(fixture: &Fixture, name: &str, (number, start): (usize, &'static str)) -> Side {
    let person = "learner-1";
    let before = told(fixture, name).await;
    let acts = by_turns(&[Act::Edit(start), Act::End, Act::Correct, Act::Leave], number);
    let answers = all(fixture, person, name, &acts).await;
    let ended = fixture.read(name).await;
    assert_eq!(ended.state(), S::Ended);
    let mut edited = false;
    for (act, answer) in acts.iter().zip(&answers) {
        match (act, answer) {
            (Act::End | Act::Leave, Ok(done)) => assert_eq!(*done, ended, "the first end stays"),
            (Act::Edit(_), Ok(done)) => {
                assert_eq!(
                    (done.state(), done.start_date.as_str()),
                    (S::PendingVerification, start)
                );
                edited = true;
            }
            (Act::Correct, Ok(done)) => assert_eq!(done.state(), S::PendingVerification),
            (Act::Edit(_), Err(lost)) => assert_eq!(reason_of(lost), Some(R::EmploymentState)),
            (Act::Correct, Err(lost)) => {
                let reason = reason_of(lost).unwrap();
                // Before it was edited, or after it had ended.
                assert!(
                    matches!(reason, R::EmploymentVerified | R::EmploymentState),
                    "{lost:?}"
                );
            }
            (act, answer) => unreachable!("{act:?}: {answer:?}"),
        }
    }
    assert_eq!(ended.start_date == start, edited);
    let after = told(fixture, name).await;
    assert_eq!(more(before, after), [i64::from(edited), 0, 1, 0]);

    let (own, others) = tokio::join!(
        join_all((0..CALLERS / 2).map(|_| fixture.undo_leave(person, name))),
        join_all((0..CALLERS / 2).map(|_| fixture.undo_end(name))),
    );
    let (by_side, by_other) = match ended.ended_by() {
        Side::Person => (own, others),
        _ => (others, own),
    };
    let back = fixture.read(name).await;
    let stands = if edited {
        S::PendingVerification
    } else {
        S::Verified
    };
    assert_eq!((back.state(), back.last_day.as_str()), (stands, ""));
    for answer in by_side {
        assert_eq!(answer.unwrap(), back);
    }
    for answer in by_other {
        // Nothing is left to take back once the side that ended it has.
        match answer {
            Ok(done) => assert_eq!(done, back),
            Err(lost) => assert_eq!(reason_of(&lost), Some(R::EmploymentEndedByOther)),
        }
    }
    assert_eq!(more(after, told(fixture, name).await), [0, 0, 0, 1]);
    ended.ended_by()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_both_sides_who_end_it_and_who_say_another_start_at_once_one_ends_it_and_once() {
    let fixture = Fixture::start().await;
    let name = fixture.employed("learner-1").await.name;
    let mut sides = BTreeSet::new();
    for number in 0..RACES.or::<usize>(60) {
        let began = fixture.read(&name).await.start_date;
        let start = if began == "2026-02-01" {
            "2026-02-02"
        } else {
            "2026-02-01"
        };
        sides.insert(ended_and_taken_back(&fixture, &name, (number, start)).await);
        fixture.verify(&name).await;
    }
    assert!(sides.len() == 2 || RACES.or::<usize>(60) < 20, "{sides:?}");
    assert!(fixture.parked().await.is_empty());
}
