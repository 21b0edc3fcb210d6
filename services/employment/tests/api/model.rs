//! The state machine of employments as a model: random sequences of everybody's acts on one person's employments, on the
//! real service and database, must come to what the table says. A sequence that does not is shrunk to the shortest one.
//!
//! `MUSTER_TEST_SEQUENCES=2000` tries more of them.

use muster_identity::Role;
use muster_proto::employment::v1::{
    BatchVerifyEmploymentsRequest, Employment, EmploymentOutcome, EmploymentSide as Side,
    EmploymentState as S, RejectionReason, VerifyEmploymentRequest,
};
use muster_refusal::{ErrorReason as R, reason_of};
use muster_testkit::TestCaller;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy};
use proptest::prop_oneof;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use tonic::Status;

use crate::claim::at;
use crate::fixture::{Fixture, person_name};

/// By the clock of the tests, which stands.
const TODAY: &str = "2026-03-01";
/// Last days that are said: at once, past, to come.
const LAST_DAYS: [&str; 5] = ["", "2026-02-10", "2026-02-20", "2026-03-10", "2026-03-20"];
/// First days that are said, past and to come.
const STARTS: [&str; 4] = ["2026-02-01", "2026-02-15", "2026-03-15", "2026-04-01"];

/// What somebody does to an employment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Claim,
    /// An invitation by an administrator.
    Accept,
    Correct,
    Edit(&'static str),
    Withdraw,
    Verify,
    VerifyOwn,
    VerifyBatch,
    Reject,
    End(&'static str),
    EndBatch(&'static str),
    Leave(&'static str),
    Undo(Side),
}

/// To the newest employment, or to the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Act {
    what: What,
    earlier: bool,
}

fn act() -> impl Strategy<Value = Act> {
    let last_day = || (0..LAST_DAYS.len()).prop_map(|place| LAST_DAYS[place]);
    // What a batch does about an end that has come is told by tests of its own.
    let to_come = prop_oneof![Just(LAST_DAYS[0]), Just(LAST_DAYS[3]), Just(LAST_DAYS[4])];
    let what = prop_oneof![
        8 => Just(What::Claim),
        1 => Just(What::Accept),
        6 => Just(What::Correct),
        6 => (0..STARTS.len()).prop_map(|place| What::Edit(STARTS[place])),
        4 => Just(What::Withdraw),
        6 => Just(What::Verify),
        1 => Just(What::VerifyOwn),
        2 => Just(What::VerifyBatch),
        4 => Just(What::Reject),
        6 => last_day().prop_map(What::End),
        2 => to_come.prop_map(What::EndBatch),
        6 => last_day().prop_map(What::Leave),
        4 => Just(What::Undo(Side::Organization)),
        4 => Just(What::Undo(Side::Person)),
    ];
    let earlier = prop_oneof![3 => Just(false), 1 => Just(true)];
    (what, earlier).prop_map(|(what, earlier)| Act { what, earlier })
}

/// How often a claim is rejected before it is not handed in again.
const REJECTIONS: usize = 5;

/// How one ended, or is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct End {
    by: Side,
    day: &'static str,
}

/// One employment, as the table has it.
#[derive(Debug, Clone, Copy, Default)]
struct One {
    state: S,
    start: &'static str,
    /// It is verified, or was when it ended.
    verified: bool,
    was_verified: bool,
    rejections: usize,
    end: Option<End>,
    /// What the person, and the organization, had settled before.
    kept: [Option<&'static str>; 2],
}

/// A person's employments at one organization, oldest first, and how often any of them changed.
#[derive(Debug, Clone, Default)]
struct Model {
    all: Vec<One>,
    changes: i64,
}

/// Where an employment stands, with its last day.
type Told = (S, String);

fn kept_of(side: Side) -> usize {
    usize::from(side == Side::Organization)
}

impl One {
    fn is_open(&self) -> bool {
        matches!(self.state, S::PendingVerification | S::Verified)
    }

    fn told(&self) -> Told {
        (
            self.state,
            self.end.map(|end| end.day.to_owned()).unwrap_or_default(),
        )
    }

    fn verify(&mut self) {
        (self.state, self.verified, self.was_verified) = (S::Verified, true, true);
    }

    fn forget_ends(&mut self) {
        (self.end, self.kept) = (None, [None, None]);
    }

    /// What either side had settled stands again, the earlier day first.
    fn take_end_back(&mut self) {
        let sides = [Side::Person, Side::Organization];
        let mut ends: Vec<End> = sides
            .into_iter()
            .filter_map(|by| self.kept[kept_of(by)].map(|day| End { by, day }))
            .collect();
        ends.sort_by_key(|end| end.day);
        self.forget_ends();
        for end in ends.into_iter().rev() {
            if let Some(later) = self.end.replace(end) {
                self.kept[kept_of(later.by)] = Some(later.day);
            }
        }
    }

    fn edit(&mut self, start: &'static str) -> Result<(), R> {
        if matches!(self.state, S::Withdrawn | S::Ended) {
            return Err(R::EmploymentState);
        }
        if self.start == start {
            return Ok(());
        }
        if self.state == S::Rejected && self.rejections == REJECTIONS {
            return Err(R::TooManyRejections);
        }
        if self.end.is_some_and(|end| start > end.day) {
            return Err(R::InvalidRequest);
        }
        (self.start, self.state, self.verified) = (start, S::PendingVerification, false);
        Ok(())
    }

    fn end(&mut self, by: Side, day: &'static str) -> Result<(), R> {
        match self.state {
            S::Verified => {}
            S::PendingVerification if self.was_verified => {}
            S::Ended => return self.correct_end(by, day),
            S::Rejected => return Err(R::EmploymentRejected),
            _ => return Err(R::EmploymentState),
        }
        let (at_once, first) = (day <= TODAY, self.start);
        let day = if day.is_empty() { TODAY.max(first) } else { day };
        if day < first {
            return Err(R::InvalidRequest);
        }
        if !at_once {
            if self.end == Some(End { by, day }) {
                return Ok(());
            }
            let others = match self.end {
                Some(end) if end.by != by => Some(end.day),
                _ => self.kept[1 - kept_of(by)],
            };
            if others.is_some_and(|others| day >= others) {
                return Err(R::EmploymentEndedByOther);
            }
            self.kept[kept_of(by)] = None;
        }
        if let Some(end) = self.end.filter(|end| at_once || end.by != by) {
            self.kept[kept_of(end.by)] = Some(end.day);
        }
        self.end = Some(End { by, day });
        if at_once {
            self.state = S::Ended;
        }
        Ok(())
    }

    /// Each side ends for one reason: the same day says nothing new.
    fn correct_end(&mut self, by: Side, day: &'static str) -> Result<(), R> {
        let end = self.end.as_mut().unwrap();
        if day.is_empty() || day == end.day {
            return Ok(());
        }
        if by != end.by {
            return Err(R::EmploymentEndedByOther);
        }
        if day > TODAY {
            return Err(R::EmploymentState);
        }
        if day < self.start {
            return Err(R::InvalidRequest);
        }
        end.day = day;
        Ok(())
    }
}

impl Model {
    /// Which employment the act is about, if there is one.
    fn target(&self, act: Act) -> Option<usize> {
        self.all.len().checked_sub(1 + usize::from(act.earlier))
    }

    /// What the table says of the act: where it leads, or why it is refused.
    fn expect(&mut self, act: Act) -> Result<Told, R> {
        if let What::Claim | What::Accept = act.what {
            return Ok(self.begin(act.what == What::Accept));
        }
        let target = self.target(act).ok_or(R::NotFound)?;
        let before = self.all[target];
        let mut next = before;
        self.next(act.what, &mut next)?;
        let opens = next.is_open() && !before.is_open();
        if opens && self.all.iter().any(One::is_open) {
            return Err(R::EmploymentSuperseded);
        }
        let is_correction = before.state == S::Ended && next.state == S::Ended;
        let same = before.told() == next.told()
            && (before.start, before.end, before.kept) == (next.start, next.end, next.kept);
        self.changes += i64::from(!same && !is_correction);
        self.all[target] = next;
        Ok(next.told())
    }

    fn begin(&mut self, vouched: bool) -> Told {
        // The one that is open need not be the newest.
        let place = self.all.iter().position(One::is_open).unwrap_or_else(|| {
            self.all.push(One {
                state: S::PendingVerification,
                ..One::default()
            });
            self.changes += i64::from(!vouched);
            self.all.len() - 1
        });
        let one = &mut self.all[place];
        if vouched {
            // It brings a group.
            self.changes += 1;
            // Nobody has vouched for what the person says of their own.
            if one.start.is_empty() {
                one.verify();
            }
            one.kept[1] = None;
            if one.end.is_some_and(|end| end.by == Side::Organization) {
                one.take_end_back();
            }
        }
        one.told()
    }

    fn next(&self, what: What, one: &mut One) -> Result<(), R> {
        match (what, one.state) {
            (What::VerifyOwn, _) => return Err(R::OwnEmployment),
            (What::Verify | What::VerifyBatch, S::PendingVerification | S::Verified) => one.verify(),
            (What::Reject, S::PendingVerification) => {
                one.state = S::Rejected;
                one.rejections += 1;
                one.forget_ends();
            }
            (What::Reject, S::Rejected) | (What::Correct, S::PendingVerification) => {}
            (What::Correct, S::Rejected) if one.rejections == REJECTIONS => {
                return Err(R::TooManyRejections);
            }
            (What::Correct, S::Rejected) => one.state = S::PendingVerification,
            (What::Edit(start), _) => one.edit(start)?,
            (What::Withdraw, S::PendingVerification) if one.was_verified => {
                return Err(R::EmploymentVerified);
            }
            (What::Withdraw, S::PendingVerification) => one.state = S::Withdrawn,
            (What::Withdraw, S::Withdrawn) => {}
            (What::End(day) | What::EndBatch(day), _) => one.end(Side::Organization, day)?,
            (What::Leave(day), _) => one.end(Side::Person, day)?,
            (What::Undo(by), S::Ended | S::PendingVerification | S::Verified) => match one.end {
                None => {}
                Some(end) if end.by != by => return Err(R::EmploymentEndedByOther),
                Some(_) => {
                    one.take_end_back();
                    one.state = if one.verified {
                        S::Verified
                    } else {
                        S::PendingVerification
                    };
                }
            },
            (_, S::Verified) => return Err(R::EmploymentVerified),
            (_, S::Rejected) => return Err(R::EmploymentRejected),
            _ => return Err(R::EmploymentState),
        }
        Ok(())
    }
}

/// One person at the organization, as the service has them.
struct Subject<'a> {
    fixture: &'a Fixture,
    person: String,
    /// The names of their employments, oldest first.
    names: Vec<String>,
}

impl Subject<'_> {
    async fn act(&mut self, act: Act, target: Option<usize>) -> Result<Told, R> {
        let name = target.map_or_else(|| self.fixture.absent(), |target| self.names[target].clone());
        let done = self.carry_out(act.what, &name).await;
        done.map_err(|status| {
            let reason = reason_of(&status);
            assert!(reason.is_some(), "{act:?}: {status:?}");
            reason.unwrap_or_default()
        })
    }

    async fn carry_out(&mut self, what: What, name: &str) -> Result<Told, Status> {
        let (fixture, person) = (self.fixture, self.person.clone());
        let done = match what {
            What::Claim => self.claim().await?,
            What::Accept => {
                fixture.employ_anywhere(&person).await;
                // The newest that there is, or the older one that is open.
                self.claim().await?
            }
            What::Correct => fixture.correct(&person, name).await?.into_inner(),
            What::Edit(start) => fixture.restart(&person, name, start).await?,
            What::Withdraw => fixture.withdraw(&person, name).await?.into_inner(),
            What::Verify => self.verify(fixture.admin(), name).await?,
            What::VerifyOwn => {
                let themself = TestCaller::member(&person, fixture.organization, Role::Admin);
                self.verify(themself, name).await?
            }
            What::VerifyBatch => self.verify_batch(name).await?,
            What::Reject => {
                let why = RejectionReason::NotEmployed;
                fixture.reject(name, why, "").await?.into_inner()
            }
            What::End(day) => fixture
                .end_on(name, "the season is over", day)
                .await?
                .into_inner(),
            What::EndBatch(day) => self.end_batch(name, day).await?,
            What::Leave(day) => fixture.leave_on(&person, name, day).await?,
            What::Undo(Side::Organization) => fixture.undo_end(name).await?,
            What::Undo(_) => fixture.undo_leave(&person, name).await?,
        };
        Ok((done.state(), done.last_day))
    }

    async fn claim(&mut self) -> Result<Employment, Status> {
        let sites = vec![at(self.fixture.organization_name())];
        let claimed = self
            .fixture
            .claim(TestCaller::person(&self.person), sites)
            .await?
            .remove(0);
        if !self.names.contains(&claimed.name) {
            self.names.push(claimed.name.clone());
        }
        Ok(claimed)
    }

    async fn verify(&self, who: TestCaller, name: &str) -> Result<Employment, Status> {
        let request = VerifyEmploymentRequest {
            name: name.to_owned(),
            request_id: String::new(),
        };
        let verified = self.fixture.employments(who).verify_employment(request).await?;
        Ok(verified.into_inner().employment.unwrap())
    }

    async fn verify_batch(&self, name: &str) -> Result<Employment, Status> {
        let request = BatchVerifyEmploymentsRequest {
            parent: self.fixture.organization_name().to_string(),
            names: vec![name.to_owned()],
            request_id: String::new(),
        };
        let mut client = self.fixture.employments(self.fixture.admin());
        let outcomes = client.batch_verify_employments(request).await?.into_inner();
        self.outcome(outcomes.outcomes).await
    }

    async fn end_batch(&self, name: &str, day: &str) -> Result<Employment, Status> {
        let outcomes = self.fixture.batch_end_on(vec![name.to_owned()], day).await?;
        self.outcome(outcomes).await
    }

    async fn outcome(&self, mut outcomes: Vec<EmploymentOutcome>) -> Result<Employment, Status> {
        let outcome = outcomes.remove(0);
        match outcome.refusal_reason() {
            R::Unspecified => Ok(self.fixture.read(&outcome.name).await),
            reason => Err(muster_refusal::Refusal::new(reason, outcome.refusal).into()),
        }
    }

    /// What is stored: where each stands, oldest first, and the sequences of what was published.
    async fn stored(&self) -> (Vec<Told>, Vec<i64>) {
        let mut told: Vec<Told> = Vec::new();
        for name in &self.names {
            let one = self.fixture.read(name).await;
            told.push((one.state(), one.last_day));
        }
        let sequences = sqlx::query_scalar(
            "SELECT aggregate_seq FROM outbox JOIN employments ON employment_id = aggregate_id
             WHERE person_id = $1 ORDER BY aggregate_seq",
        )
        .bind(person_name(&self.person).person.as_uuid())
        .fetch_all(&mut self.fixture.service.database.connection().await)
        .await
        .unwrap();
        (told, sequences)
    }
}

/// # Errors
/// Where the service and the table part.
async fn compare(fixture: &Fixture, acts: &[Act]) -> Result<(), TestCaseError> {
    let person = fixture.service.clock.new_uuid().to_string();
    let mut subject = Subject {
        fixture,
        person,
        names: Vec::new(),
    };
    let mut model = Model::default();
    for (step, act) in acts.iter().enumerate() {
        let target = model.target(*act);
        let expected = model.expect(*act);
        let done = subject.act(*act, target).await;
        same(&format!("step {step}, {act:?}"), &done, &expected)?;
    }
    let (stored, sequences) = subject.stored().await;
    let expected: Vec<Told> = model.all.iter().map(One::told).collect();
    same("what is stored", &stored, &expected)?;
    let expected: Vec<i64> = (1..=model.changes).collect();
    same("what is published", &sequences, &expected)
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Result<(), TestCaseError> {
    if found == expected {
        return Ok(());
    }
    Err(TestCaseError::fail(format!(
        "{what}: {found:?}, not {expected:?}"
    )))
}

fn sequences() -> u32 {
    let asked = std::env::var("MUSTER_TEST_SEQUENCES");
    asked.map_or(60, |asked| asked.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_everybody_does_comes_to_what_the_table_says() {
    let fixture = Fixture::start_without_limits().await;
    let config = Config {
        cases: sequences(),
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let runtime = tokio::runtime::Handle::current();
    let tried = tokio::task::block_in_place(|| {
        TestRunner::new(config).run(&vec(act(), 1..24), |acts| {
            runtime.block_on(compare(&fixture, &acts))
        })
    });
    assert!(tried.is_ok(), "{}", tried.unwrap_err());
    let open_twice = "SELECT count(*) FROM (SELECT FROM employments
        WHERE state IN ('PENDING_VERIFICATION', 'VERIFIED') GROUP BY organization_id, person_id
        HAVING count(*) > 1) AS twice";
    assert_eq!(fixture.service.database.count(open_twice).await, 0);
}
