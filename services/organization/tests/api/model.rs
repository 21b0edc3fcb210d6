//! Who administers an organization, as random sequences of everybody's acts on the real service and database: what each is
//! answered, and who has which access, request and offer afterwards, is what a model of the table says, and there is one owner
//! after each. Acts at the same moment are answered as in one of their orders. A sequence that fails is made as short as it can be.

mod acts;
mod table;

use muster_proto::organization::v1::Role;
use muster_testkit::effort::SEQUENCES;
use muster_testkit::explained;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use self::acts::Place;
use self::table::{Act, By, News, PEOPLE, Table};
use crate::fixture::Fixture;
use crate::races::count;

const STRAYS: &str = "FROM profile_users u LEFT JOIN employment_projection e USING (organization_id, person_id)
    WHERE u.origin = 'EMPLOYMENT'
      AND (e.state IS NULL OR e.state NOT IN ('VERIFIED', 'PENDING_VERIFICATION') OR u.employment_id <> e.employment_id)";

fn who() -> impl Strategy<Value = usize> {
    0..PEOPLE
}

/// Mostly the owner, sometimes somebody whom the edge takes for the owner.
fn by() -> impl Strategy<Value = By> {
    prop_oneof![4 => Just(By::Owner), 1 => who().prop_map(By::Somebody)]
}

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![2 => Just(Role::Admin), 1 => Just(Role::Viewer)]
}

fn act() -> impl Strategy<Value = Act> {
    let news = prop_oneof![4 => Just(News::Verified), 1 => Just(News::Waits), 1 => Just(News::Over)];
    prop_oneof![
        4 => (who(), news).prop_map(|(who, news)| Act::Hear { who, news }),
        4 => (by(), who(), role()).prop_map(|(by, who, role)| Act::Add { by, who, role }),
        2 => (by(), who(), role()).prop_map(|(by, who, role)| Act::Change { by, who, role }),
        2 => (by(), who()).prop_map(|(by, who)| Act::Remove { by, who }),
        1 => who().prop_map(|who| Act::Leave { who }),
        3 => (who(), role()).prop_map(|(who, role)| Act::Ask { who, role }),
        3 => (by(), who()).prop_map(|(by, who)| Act::Approve { by, who }),
        1 => (by(), who()).prop_map(|(by, who)| Act::Deny { by, who }),
        1 => who().prop_map(|who| Act::TakeBack { who }),
        4 => (by(), who()).prop_map(|(by, who)| Act::Offer { by, who }),
        4 => who().prop_map(|who| Act::Accept { who }),
        1 => who().prop_map(|who| Act::Decline { who }),
        1 => by().prop_map(|by| Act::Withdraw { by }),
        2 => who().prop_map(|who| Act::Move { who }),
    ]
}

/// One act, two at the same moment, or a week.
fn step() -> impl Strategy<Value = Vec<Act>> {
    prop_oneof![
        6 => prop::collection::vec(act(), 1),
        2 => prop::collection::vec(act(), 2),
        1 => Just(vec![Act::WeekPasses]),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_everybody_does_is_answered_as_the_table_says_and_there_is_one_owner() {
    let fixture = Fixture::new().await;
    fixture.neighbours().await;
    let config = Config {
        // With each week that passes, services need up to a second to read the tokens that they show to each other.
        cases: SEQUENCES.or(30),
        failure_persistence: None,
        max_shrink_iters: 300,
        ..Config::default()
    };
    let steps = prop::collection::vec(step(), 1..20);
    block_in_place(|| {
        let tried = TestRunner::new(config).run(&steps, |steps| {
            Handle::current()
                .block_on(follow(&fixture, &steps))
                .map_err(TestCaseError::fail)
        });
        if let Err(problem) = tried {
            panic!("{problem}");
        }
    });
}

/// Does all this at an organization of its own, beside the model. What was done at the same moment may leave more than one table
/// possible: which of them it was, later answers tell.
async fn follow(fixture: &Fixture, steps: &[Vec<Act>]) -> Result<(), String> {
    let mut place = Place::new(fixture).await;
    let mut possible = vec![Table::new()];
    for (number, step) in steps.iter().enumerate() {
        // What is stored is the same in all of them.
        let acts: Vec<_> = step.iter().filter_map(|act| possible[0].aim(*act)).collect();
        let acts = table::heard_one_by_one(acts);
        let answers = place.all(&acts).await;
        let stored = place.stored().await?;
        let explained = explained(&possible, acts.len(), |table, order| {
            let (next, expected) = table.after(&acts, order);
            (expected == answers && next.shown() == stored).then_some(next)
        });
        if explained.is_empty() {
            return Err(format!(
                "step {number}, {acts:?} on one of {possible:#?}\n  was answered {answers:?}, and is {stored:#?}"
            ));
        }
        possible = explained;
        // R19: no access lives on after the employment that it comes from.
        match count(fixture, STRAYS).await {
            0 => {}
            strays => return Err(format!("step {number}, {acts:?}: {strays} live on")),
        }
    }
    Ok(())
}
