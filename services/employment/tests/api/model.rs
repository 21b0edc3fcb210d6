//! The state machine of employments as a model: random sequences of everybody's acts on one person's employments at an organization, and
//! of what becomes of that organization, while days pass: on the real services and database each must be answered, and all be stored
//! and published, as the table says. Acts at the same moment come to what one of their orders would. A sequence that does not is shrunk
//! to the shortest one.

mod acts;
mod table;

use muster_proto::employment::v1::EmploymentSide as Side;
use muster_testkit::effort::SEQUENCES;
use muster_testkit::explained;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy};
use proptest::prop_oneof;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use tokio::sync::Mutex;

use self::acts::Place;
use self::table::{Act, Table, What};
use crate::days::SHARED_DAYS;
use crate::fixture::Fixture;

/// Last days that are said: past, and to come.
const LAST_DAYS: [i32; 5] = [-19, -9, 0, 1, 2];
/// First days that are said.
const FIRST_DAYS: [i32; 6] = [-28, -14, -8, 0, 1, 3];

fn last_day() -> impl Strategy<Value = Option<i32>> {
    prop_oneof![1 => Just(None), 2 => (0..LAST_DAYS.len()).prop_map(|place| Some(LAST_DAYS[place]))]
}

fn first_day() -> impl Strategy<Value = i32> {
    (0..FIRST_DAYS.len()).prop_map(|place| FIRST_DAYS[place])
}

fn act() -> impl Strategy<Value = Act> {
    let perhaps = prop_oneof![2 => Just(None), 1 => first_day().prop_map(Some)];
    let what = prop_oneof![
        8 => perhaps.prop_map(What::Claim),
        1 => Just(What::Accept),
        5 => Just(What::Correct),
        5 => first_day().prop_map(What::Start),
        3 => first_day().prop_map(What::Position),
        2 => Just(What::ClosePosition),
        3 => Just(What::Withdraw),
        8 => Just(What::Verify),
        1 => Just(What::VerifyOwn),
        2 => Just(What::VerifyBatch),
        3 => Just(What::Reject),
        6 => last_day().prop_map(What::End),
        2 => last_day().prop_map(What::EndBatch),
        6 => last_day().prop_map(What::Leave),
        4 => Just(What::Undo(Side::Organization)),
        4 => Just(What::Undo(Side::Person)),
    ];
    let earlier = prop_oneof![3 => Just(false), 1 => Just(true)];
    (what, earlier).prop_map(|(what, earlier)| Act { what, earlier })
}

/// One act, two at the same moment, a day, or something that becomes of the organization.
fn step() -> impl Strategy<Value = Vec<Act>> {
    let site = prop_oneof![3 => Just(What::Suspend), 3 => Just(What::Resume), 1 => Just(What::Close)];
    let nobodys = |what| {
        let earlier = false;
        vec![Act { what, earlier }]
    };
    prop_oneof![
        30 => vec(act(), 1),
        10 => vec(act(), 2),
        4 => Just(nobodys(What::DayPasses)),
        2 => site.prop_map(nobodys),
    ]
}

/// Does all this beside the table. What was done at the same moment may leave more than one table possible: which of them it was, later
/// answers tell.
///
/// # Errors
/// Where the service and the table part.
async fn follow(fixture: &mut Fixture, steps: &[Vec<Act>]) -> Result<(), TestCaseError> {
    let mut place = Place::new(fixture).await;
    let mut possible = vec![Table::default()];
    for (number, step) in steps.iter().enumerate() {
        // What is shown is the same in all of them.
        let table = possible[0].clone();
        let mut acts: Vec<_> = step.iter().filter_map(|act| table.aim(*act)).collect();
        if !acts.iter().all(|act| act.what.is_one_call()) {
            acts.truncate(1);
        }
        let answers = place.all(&acts, &table).await;
        let stored = place.stored().await;
        let explained = explained(&possible, acts.len(), |table, order| {
            let (next, expected) = table.after(&acts, order);
            (expected == answers && next.shown() == stored).then_some(next)
        });
        if explained.is_empty() {
            return Err(TestCaseError::fail(format!(
                "step {number}, {acts:?} on one of {possible:#?}\n  was answered {answers:?}, and is {stored:?}"
            )));
        }
        possible = explained;
    }
    let published = place.published().await;
    let is_expected = |table: &Table| published == (1..=table.changes()).collect::<Vec<_>>();
    if possible.iter().any(is_expected) {
        Ok(())
    } else {
        Err(TestCaseError::fail(format!(
            "{published:?} is published of {possible:#?}"
        )))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_everybody_does_comes_to_what_the_table_says() {
    let fixture = Mutex::new(Fixture::start_without_limits().await);
    let config = Config {
        // With each day that passes, services need up to a second to read the tokens that they show to each other.
        cases: SEQUENCES.or(30),
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let runtime = tokio::runtime::Handle::current();
    let tried = tokio::task::block_in_place(|| {
        TestRunner::new(config).run(&vec(step(), 1..24), |steps| {
            runtime.block_on(async {
                let mut fixture = fixture.lock().await;
                follow(&mut fixture, &steps).await
            })
        })
    });
    assert!(tried.is_ok(), "{}", tried.unwrap_err());
    let fixture = fixture.into_inner();
    let database = &fixture.service.database;
    let open_twice = "SELECT count(*) FROM (SELECT FROM employments
        WHERE state IN ('PENDING_VERIFICATION', 'VERIFIED') GROUP BY organization_id, person_id
        HAVING count(*) > 1) AS twice";
    assert_eq!(database.count(open_twice).await, 0);
    assert_eq!(database.count(SHARED_DAYS).await, 0);
}
