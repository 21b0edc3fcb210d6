//! The state machine of employments as a model: random sequences of everybody's acts on one person's employments, on the
//! real service and database, must come to what the table says. A sequence that does not is shrunk to the shortest one.
//!
//! `MUSTER_TEST_SEQUENCES=2000` tries more of them.

use muster_identity::Role;
use muster_proto::employment::v1::{
    BatchVerifyEmploymentsRequest, Employment, EmploymentState as S, EndEmploymentRequest, RejectionReason,
    VerifyEmploymentRequest,
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

/// What somebody does; to the newest employment, or to the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Claim,
    Correct { earlier: bool },
    Withdraw { earlier: bool },
    Verify { earlier: bool },
    VerifyOwn,
    VerifyBatch { earlier: bool },
    Reject { earlier: bool },
    End { earlier: bool },
}

fn act() -> impl Strategy<Value = Act> {
    let earlier = || prop_oneof![3 => Just(false), 1 => Just(true)];
    prop_oneof![
        4 => Just(Act::Claim),
        3 => earlier().prop_map(|earlier| Act::Correct { earlier }),
        2 => earlier().prop_map(|earlier| Act::Withdraw { earlier }),
        2 => earlier().prop_map(|earlier| Act::Verify { earlier }),
        1 => Just(Act::VerifyOwn),
        1 => earlier().prop_map(|earlier| Act::VerifyBatch { earlier }),
        3 => earlier().prop_map(|earlier| Act::Reject { earlier }),
        2 => earlier().prop_map(|earlier| Act::End { earlier }),
    ]
}

/// The states of a person's employments at one organization, oldest first, and how often any of them changed.
#[derive(Debug, Clone, Default)]
struct Model {
    states: Vec<S>,
    changes: i64,
}

impl Model {
    /// Which employment the act is about, if there is one.
    fn target(&self, act: Act) -> Option<usize> {
        let back = match act {
            Act::Claim | Act::VerifyOwn => 1,
            Act::Correct { earlier }
            | Act::Withdraw { earlier }
            | Act::Verify { earlier }
            | Act::VerifyBatch { earlier }
            | Act::Reject { earlier }
            | Act::End { earlier } => 1 + usize::from(earlier),
        };
        self.states.len().checked_sub(back)
    }

    /// What the table says of the act: the state that it comes to, or why it is refused.
    fn expect(&mut self, act: Act) -> Result<S, R> {
        if act == Act::Claim {
            return Ok(self.claim());
        }
        let target = self.target(act).ok_or(R::NotFound)?;
        let next = self.next(act, target)?;
        self.changes += i64::from(next != self.states[target]);
        self.states[target] = next;
        Ok(next)
    }

    fn claim(&mut self) -> S {
        match self.states.last() {
            Some(&open) if matches!(open, S::PendingVerification | S::Verified) => open,
            _ => {
                self.states.push(S::PendingVerification);
                self.changes += 1;
                S::PendingVerification
            }
        }
    }

    fn next(&self, act: Act, target: usize) -> Result<S, R> {
        let is_newest = target + 1 == self.states.len();
        match (act, self.states[target]) {
            (Act::VerifyOwn, _) => Err(R::OwnEmployment),
            (Act::Verify { .. } | Act::VerifyBatch { .. }, S::PendingVerification | S::Verified) => {
                Ok(S::Verified)
            }
            (Act::Reject { .. }, S::PendingVerification | S::Rejected) => Ok(S::Rejected),
            (Act::Correct { .. }, S::Rejected) if !is_newest => Err(R::EmploymentSuperseded),
            (Act::Correct { .. }, S::PendingVerification | S::Rejected) => Ok(S::PendingVerification),
            (Act::Withdraw { .. }, S::PendingVerification | S::Withdrawn) => Ok(S::Withdrawn),
            (Act::End { .. }, S::Verified | S::Ended) => Ok(S::Ended),
            (_, S::Verified) => Err(R::EmploymentVerified),
            (_, S::Rejected) => Err(R::EmploymentRejected),
            _ => Err(R::EmploymentState),
        }
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
    async fn act(&mut self, act: Act, target: Option<usize>) -> Result<S, R> {
        let name = target.map_or_else(|| self.fixture.absent(), |target| self.names[target].clone());
        let done = self.carry_out(act, &name).await;
        done.map_err(|status| {
            let reason = reason_of(&status);
            assert!(reason.is_some(), "{act:?}: {status:?}");
            reason.unwrap_or_default()
        })
    }

    async fn carry_out(&mut self, act: Act, name: &str) -> Result<S, Status> {
        let fixture = self.fixture;
        let done = match act {
            Act::Claim => return self.claim().await,
            Act::VerifyBatch { .. } => return self.verify_batch(name).await,
            Act::Correct { .. } => fixture.correct(&self.person, name).await?.into_inner(),
            Act::Withdraw { .. } => fixture.withdraw(&self.person, name).await?.into_inner(),
            Act::Verify { .. } => self.verify(fixture.admin(), name).await?,
            Act::VerifyOwn => {
                let themself = TestCaller::member(&self.person, fixture.organization, Role::Admin);
                self.verify(themself, name).await?
            }
            Act::Reject { .. } => {
                let why = RejectionReason::NotEmployed;
                fixture.reject(name, why, "").await?.into_inner()
            }
            Act::End { .. } => self.end(name).await?,
        };
        Ok(done.state())
    }

    async fn claim(&mut self) -> Result<S, Status> {
        let sites = vec![at(self.fixture.organization_name())];
        let claimed = self
            .fixture
            .claim(TestCaller::person(&self.person), sites)
            .await?
            .remove(0);
        if self.names.last() != Some(&claimed.name) {
            self.names.push(claimed.name.clone());
        }
        Ok(claimed.state())
    }

    async fn verify(&self, who: TestCaller, name: &str) -> Result<Employment, Status> {
        let request = VerifyEmploymentRequest {
            name: name.to_owned(),
            request_id: String::new(),
        };
        let verified = self.fixture.employments(who).verify_employment(request).await?;
        Ok(verified.into_inner().employment.unwrap())
    }

    async fn verify_batch(&self, name: &str) -> Result<S, Status> {
        let request = BatchVerifyEmploymentsRequest {
            parent: self.fixture.organization_name().to_string(),
            names: vec![name.to_owned()],
            request_id: String::new(),
        };
        let mut client = self.fixture.employments(self.fixture.admin());
        let outcome = client
            .batch_verify_employments(request)
            .await?
            .into_inner()
            .outcomes
            .remove(0);
        match outcome.refusal_reason() {
            R::Unspecified => Ok(outcome.state()),
            reason => Err(muster_refusal::Refusal::new(reason, outcome.refusal).into()),
        }
    }

    async fn end(&self, name: &str) -> Result<Employment, Status> {
        let request = EndEmploymentRequest {
            name: name.to_owned(),
            reason: "left".to_owned(),
            request_id: String::new(),
            last_day: String::new(),
        };
        let ended = self
            .fixture
            .employments(self.fixture.admin())
            .end_employment(request)
            .await?;
        Ok(ended.into_inner().employment.unwrap())
    }

    /// What is stored: the states, oldest first, and the sequences of what was published.
    async fn stored(&self) -> (Vec<S>, Vec<i64>) {
        let mut states: Vec<S> = Vec::new();
        for name in &self.names {
            states.push(self.fixture.read(name).await.state());
        }
        let sequences = sqlx::query_scalar(
            "SELECT aggregate_seq FROM outbox JOIN employments ON employment_id = aggregate_id
             WHERE person_id = $1 ORDER BY aggregate_seq",
        )
        .bind(person_name(&self.person).person.as_uuid())
        .fetch_all(&mut self.fixture.service.database.connection().await)
        .await
        .unwrap();
        (states, sequences)
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
    let (states, sequences) = subject.stored().await;
    same("what is stored", &states, &model.states)?;
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
    let fixture = Fixture::start().await;
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
