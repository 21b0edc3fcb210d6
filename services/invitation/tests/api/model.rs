//! The whole table of an invitation, as random sequences of everybody's acts on the real server and database: what each is
//! answered, and how every invitation of the address stands afterwards, is what a model of the table says: of one or of many at once,
//! by their names or by a filter, whatever the mail worker reports, and while the organization is halted or once it is closed. Acts at
//! the same moment are answered as in one of their orders. A sequence that fails is made as short as it can be.

mod acts;
mod table;

use muster_proto::invitation::v1::InvitationState as S;
use muster_testkit::effort::SEQUENCES;
use muster_testkit::explained;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use self::acts::{Address, PAGE, begin_anew};
use self::table::{Act, Filter, Invitee, Inviter, Report, Shown, Table, Via};
use crate::counting::{one_by_one, told};
use crate::fixture::Fixture;

fn who() -> impl Strategy<Value = Invitee> {
    prop_oneof![4 => Just(Invitee::Ada), 2 => Just(Invitee::AdaElsewhere), 1 => Just(Invitee::Eve)]
}

fn via() -> impl Strategy<Value = Via> {
    prop_oneof![Just(Via::Link), Just(Via::Account)]
}

fn inviter() -> impl Strategy<Value = Inviter> {
    prop_oneof![2 => Just(Inviter::Owner), 1 => Just(Inviter::Former)]
}

fn report() -> impl Strategy<Value = Report> {
    prop_oneof![
        4 => Just(Report::Sent),
        1 => Just(Report::Uncertain),
        1 => Just(Report::Deferred),
        1 => Just(Report::Failed),
        1 => Just(Report::Dropped),
        2 => Just(Report::Bounced),
        1 => Just(Report::BouncedBefore),
    ]
}

fn filter() -> impl Strategy<Value = Filter> {
    prop_oneof![1 => Just(Filter::All), 1 => Just(Filter::Live), 2 => Just(Filter::Expired)]
}

fn act() -> impl Strategy<Value = Act> {
    // Mostly of the newest invitation, sometimes of one before.
    let of = || prop_oneof![4 => Just(0_usize), 1 => 1_usize..3];
    prop_oneof![
        4 => (inviter(), prop::bool::weighted(0.2)).prop_map(|(by, is_twice)| Act::Create { by, is_twice }),
        3 => Just(Act::MailsAge),
        2 => (of(), any::<bool>()).prop_map(|(of, rotate)| Act::Resend { of, rotate }),
        2 => of().prop_map(|of| Act::Cancel { of }),
        3 => (of(), via(), who()).prop_map(|(of, via, who)| Act::Accept { of, via, who }),
        4 => (of(), via(), who(), prop::bool::weighted(0.3))
            .prop_map(|(of, via, who, for_ever)| Act::Decline { of, via, who, for_ever }),
        3 => (of(), via(), who()).prop_map(|(of, via, who)| Act::Undo { of, via, who }),
        2 => of().prop_map(|of| Act::RunOut { of }),
        1 => of().prop_map(|of| Act::DayPasses { of }),
        1 => of().prop_map(|of| Act::Archive { of }),
        1 => of().prop_map(|of| Act::Restore { of }),
        4 => (of(), report()).prop_map(|(of, report)| Act::Reported { of, report }),
        1 => Just(Act::CancelNamed),
        1 => any::<bool>().prop_map(|rotate| Act::ResendNamed { rotate }),
        2 => Just(Act::CreateForLater),
        2 => of().prop_map(|of| Act::Reschedule { of }),
        2 => Just(Act::Verify),
    ]
}

/// What is done while nobody does anything else: what it leads to is found out by what comes later.
fn act_alone() -> impl Strategy<Value = Act> {
    // Mostly of the newest one.
    let of = || prop_oneof![6 => Just(0_usize), 1 => Just(1_usize)];
    prop_oneof![
        2 => Just(Act::Ask),
        2 => of().prop_map(|of| Act::TimeComes { of }),
        4 => of().prop_map(|of| Act::WorkerAsks { of }),
        2 => Just(Act::GroupGoes),
        2 => Just(Act::GroupReturns),
        1 => (filter(), prop::bool::weighted(0.3))
            .prop_map(|(filter, is_stale)| Act::CancelListed { filter, is_stale }),
        2 => (filter(), any::<bool>()).prop_map(|(filter, rotate)| Act::ResendListed { filter, rotate }),
        1 => Just(Act::Suspend),
        3 => Just(Act::Resume),
        1 => Just(Act::Close),
    ]
}

/// One act, or up to three at the same moment.
fn step() -> impl Strategy<Value = Vec<Act>> {
    prop_oneof![
        4 => prop::collection::vec(act(), 1),
        2 => prop::collection::vec(act_alone(), 1),
        2 => prop::collection::vec(act(), 2..=3),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_everybody_does_is_answered_as_the_table_says() {
    let fixture = Fixture::with_broker().await;
    fixture.subscribe(500, 1_000_000).await;
    fixture.open_join_page(PAGE, "").await;
    let config = Config {
        cases: SEQUENCES.or(60),
        failure_persistence: None,
        max_shrink_iters: 400,
        ..Config::default()
    };
    let sequences = prop::collection::vec(step(), 1..16);
    block_in_place(|| {
        let tried = TestRunner::new(config).run(&sequences, |steps| {
            Handle::current()
                .block_on(follow(&fixture, &steps))
                .map_err(TestCaseError::fail)
        });
        if let Err(problem) = tried {
            panic!("{problem}");
        }
    });
}

/// Whether the address is one learner, by the word of what is before what was; and each that had it before, who has left.
fn is_listed(stored: &[Shown], words: &[S]) -> bool {
    let has = |states: &[S]| stored.iter().find(|(state, ..)| states.contains(state));
    let first = has(&[S::Active])
        .or_else(|| has(&[S::Prospect, S::Pending]))
        .or_else(|| has(&[S::Archived]));
    let (left, others): (Vec<S>, Vec<S>) = words.iter().partition(|word| **word == S::Archived);
    match (first, others.as_slice()) {
        (None, []) => stored.is_empty() && left.is_empty(),
        (None, [word]) => left.is_empty() && stored.iter().any(|(state, ..)| state == word),
        (Some((S::Archived, ..)), []) => matches!(left.len(), 1 | 2),
        (Some((first, ..)), [word]) => word == first && left.len() <= 1,
        _ => false,
    }
}

/// Does all this with an address of its own, beside the model. What was done at the same moment may leave more than one
/// table possible: which of them it was, later answers tell.
async fn follow(fixture: &Fixture, steps: &[Vec<Act>]) -> Result<(), String> {
    begin_anew(fixture).await;
    // Meanwhile what was changed of counts is folded into them.
    let fold = "UPDATE periodic_jobs SET due_time = '2000-01-01' WHERE name = 'invitation-counts'";
    fixture.database.execute(fold).await;
    let mut address = Address::new(fixture);
    let mut possible = vec![Table::default()];
    for (number, step) in steps.iter().enumerate() {
        // As many invitations in each, for all show what is stored.
        let count = possible[0].len();
        let acts: Vec<Act> = step
            .iter()
            .filter_map(|act| act.on(count))
            .filter(|act| possible.iter().all(|table| table.has(act)))
            .map(|act| address.reachable(act))
            .collect();
        let answers = address.all(&acts).await;
        let stored = address.stored().await;
        let explained = explained(&possible, acts.len(), |table, order| {
            let (next, expected) = table.after(&acts, order);
            (expected == answers && next.shown() == stored).then_some(next)
        });
        if explained.is_empty() {
            return Err(format!(
                "step {number}, {acts:?} on one of {possible:?}\n  was answered {answers:?}, and is {stored:?}"
            ));
        }
        possible = explained;
        let (told, each) = (told(fixture).await, one_by_one(fixture).await);
        if told != each {
            return Err(format!(
                "step {number}, {acts:?}: {told:?} are told, there are {each:?}"
            ));
        }
        let words = address.words().await;
        if !is_listed(&stored, &words) {
            return Err(format!(
                "step {number}, {acts:?}: the learner is {words:?}, the invitations are {stored:?}"
            ));
        }
    }
    Ok(())
}
