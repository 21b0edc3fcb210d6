//! Sixteen conflicting decisions on one profile at once: one is taken, everybody else is told so, and it is written down once.

use muster_ids::OrganizationId;
use muster_proto::organization::v1::{
    CloseOrganizationRequest, OrganizationReturnReason as Why, OrganizationState as S,
};
use muster_refusal::ErrorReason as R;
use muster_testkit::TestCaller;
use tonic::Status;

use crate::fixture::{Fixture, approve, name};
use crate::races::{CALLERS, count, published, rounds};
use crate::refused::{fact, refused};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Approve,
    Return,
    Reject,
    Close,
}

/// Of these one is taken; whatever it is, the profile is closed after it.
const DECISIONS: [Act; 3] = [Act::Approve, Act::Return, Act::Reject];
const ACTS: [Act; 4] = [Act::Approve, Act::Return, Act::Reject, Act::Close];

async fn take(fixture: &Fixture, id: OrganizationId, act: Act) -> Result<S, Status> {
    let decided = match act {
        Act::Approve => {
            let mut staff = fixture.profiles(TestCaller::staff(id));
            let approved = staff.approve_organization(approve(id)).await?;
            approved.into_inner().organization.unwrap()
        }
        Act::Return => fixture.give_back(id, &[Why::Other], "x").await?,
        Act::Reject => fixture.reject(id).await?,
        Act::Close => {
            let request = CloseOrganizationRequest {
                name: name(id),
                reason: "it moved away".to_owned(),
                request_id: String::new(),
            };
            let mut staff = fixture.profiles(TestCaller::staff(id));
            let closed = staff.close_organization(request).await?;
            closed.into_inner().organization.unwrap()
        }
    };
    Ok(decided.state())
}

/// Everybody at once; tells what was decided before it was closed, and whether it was.
async fn round(fixture: &Fixture, number: usize) -> (Option<S>, bool) {
    // Each has an owner of its own: nobody has many that wait.
    let id = fixture.draft(&format!("owner-{number}"), fixture.profile()).await;
    fixture.submit(id).await;
    let among: &[Act] = if number.is_multiple_of(2) {
        &DECISIONS
    } else {
        &ACTS
    };
    let acts: Vec<Act> = (0..CALLERS)
        .map(|place| among[(number / 2 + place) % among.len()])
        .collect();
    let answers = futures::future::join_all(acts.iter().map(|act| take(fixture, id, *act))).await;

    let is_closed = among.contains(&Act::Close);
    let mut decided = None;
    for (act, answer) in acts.iter().zip(&answers) {
        match answer {
            Ok(state) if *act == Act::Close => assert_eq!(*state, S::Closed),
            Ok(state) => assert_eq!(*decided.get_or_insert(*state), *state, "{answers:?}"),
            Err(_) => assert_ne!(*act, Act::Close, "{answers:?}"),
        }
    }
    let ends = if is_closed { Some(S::Closed) } else { decided };
    for answer in answers.into_iter().filter(Result::is_err) {
        let state = fact(&refused(answer, R::OrganizationState), "state");
        let stands = [decided, ends].map(|state| Some(word(state?)));
        assert!(stands.contains(&state), "{state:?} is not of {stands:?}");
    }
    assert_eq!(Some(fixture.read(id).await.state()), ends);
    is_written_down_once(fixture, id, decided, is_closed).await;
    (decided, is_closed)
}

/// As refusals call it.
fn word(state: S) -> String {
    let word = state.as_str_name();
    word.trim_start_matches("ORGANIZATION_STATE_").to_owned()
}

/// One act and one change for each thing that was done, and one event for each that others hear of.
async fn is_written_down_once(fixture: &Fixture, id: OrganizationId, decided: Option<S>, is_closed: bool) {
    let done = i64::from(decided.is_some()) + i64::from(is_closed);
    let acts = format!("FROM staff_acts WHERE organization_id = '{id}'");
    assert_eq!(count(fixture, &acts).await, done);
    let changes = format!("FROM organizations WHERE organization_id = '{id}' AND version = 2 + {done}");
    assert_eq!(count(fixture, &changes).await, 1);
    for (event_type, expected) in [
        ("organization.approved", decided == Some(S::Active)),
        ("organization.closed", is_closed),
    ] {
        let events = published(fixture, id, event_type).await;
        assert_eq!(events, i64::from(expected), "{event_type}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_contrary_decisions_at_once_one_is_taken_and_written_down_once() {
    let fixture = Fixture::new().await;
    let mut outcomes = std::collections::BTreeMap::new();
    for number in 0..rounds() {
        let (decided, is_closed) = round(&fixture, number).await;
        assert!(decided.is_some() || is_closed);
        *outcomes.entry(decided.map(word)).or_insert(0) += 1;
    }
    assert!(
        outcomes.len() > 1 || rounds() < 20,
        "always the same is taken, so they hardly meet: {outcomes:?}"
    );
}
