//! Sixteen conflicting acts on one claim at once: one wins, everybody else is told so, and one thing is published.
//!
//! `MUSTER_TEST_RACES=5000` runs more rounds.

use muster_proto::employment::v1::{EmploymentState as S, RejectionReason, VerifyEmploymentRequest};
use muster_refusal::{ErrorReason as R, reason_of};
use muster_testkit::TestCaller;
use tonic::Status;

use crate::claim::at;
use crate::fixture::Fixture;

/// What each of sixteen does, by turns.
#[derive(Debug, Clone, Copy)]
enum Act {
    Verify,
    Reject,
    Withdraw,
}

const ACTS: [Act; 3] = [Act::Verify, Act::Reject, Act::Withdraw];

async fn act(fixture: &Fixture, person: &str, name: &str, act: Act) -> Result<S, Status> {
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
    };
    Ok(done.state())
}

/// What the losers are told, when this is where the claim stands.
fn lost_to(winner: S) -> R {
    match winner {
        S::Verified => R::EmploymentVerified,
        S::Rejected => R::EmploymentRejected,
        _ => R::EmploymentState,
    }
}

async fn round(fixture: &Fixture, number: usize) -> S {
    let person = fixture.service.clock.new_uuid().to_string();
    let sites = vec![at(fixture.organization_name())];
    let claim = fixture
        .claim(TestCaller::person(&person), sites)
        .await
        .unwrap()
        .remove(0);
    let each = (0..16).map(|place| {
        let chosen = ACTS[(number + place) % ACTS.len()];
        act(fixture, &person, &claim.name, chosen)
    });
    let answers = futures::future::join_all(each).await;
    let won: Vec<S> = answers
        .iter()
        .filter_map(|answer| answer.as_ref().ok())
        .copied()
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

fn rounds() -> usize {
    let asked = std::env::var("MUSTER_TEST_RACES");
    asked.map_or(200, |asked| asked.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn of_conflicting_decisions_at_once_one_wins_and_is_published_once() {
    let fixture = Fixture::start().await;
    let before = (
        fixture.published("employment.changed").await,
        fixture.published("employment.verified").await,
    );
    let mut winners = Vec::new();
    for number in 0..rounds() {
        winners.push(round(&fixture, number).await);
    }
    let verified = winners.iter().filter(|winner| **winner == S::Verified).count();
    let count = |number: usize| i64::try_from(number).unwrap();
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
