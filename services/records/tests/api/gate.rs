//! The consent gate, as random sequences of everybody's acts on the real server and database: what is read of whom, and what is
//! logged of it, is what a model says. Readings that meet a revocation come before it or are refused, and none comes after it. A
//! sequence that fails is made as short as it can be.
//!
//! `MUSTER_TEST_SEQUENCES` asks for more sequences.

use std::time::Duration;

use futures::future::join_all;
use muster_client::acts::record;
use muster_proto::records::v1::staff_report_service_client::StaffReportServiceClient;
use muster_proto::records::v1::{ExportFormat, ReadStaffReportRequest};
use muster_refusal::{ErrorReason, reason_of};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use crate::fixture::{Fixture, person_id};

const LEARNERS: [&str; 2] = ["learner-1", "learner-2"];
/// How long a consent with an end is valid. Shorter than the tokens of the calls that are under way.
const MOMENT: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Copy)]
enum Act {
    /// Consents, for ever or for a moment.
    Grant {
        who: usize,
        for_ever: bool,
    },
    Revoke {
        who: usize,
    },
    /// The employment waits to be verified again, or is verified.
    Verify {
        who: usize,
        is_verified: bool,
    },
    /// A moment passes.
    Pass,
    Read {
        who: usize,
    },
    Report,
    Export,
    /// Reads four times while the consent is taken back.
    Race {
        who: usize,
    },
}

fn act() -> impl Strategy<Value = Act> {
    let who = || 0..LEARNERS.len();
    prop_oneof![
        4 => (who(), any::<bool>()).prop_map(|(who, for_ever)| Act::Grant { who, for_ever }),
        2 => who().prop_map(|who| Act::Revoke { who }),
        3 => (who(), any::<bool>()).prop_map(|(who, is_verified)| Act::Verify { who, is_verified }),
        1 => Just(Act::Pass),
        4 => who().prop_map(|who| Act::Read { who }),
        2 => Just(Act::Report),
        1 => Just(Act::Export),
        2 => who().prop_map(|who| Act::Race { who }),
    ]
}

/// What is known of a learner.
#[derive(Debug, Clone, Default)]
struct Learner {
    is_verified: bool,
    /// The name of the consent in force, and whether it has no end.
    grant: Option<(String, bool)>,
}

impl Learner {
    /// Why their record is not read.
    fn closed_by(&self) -> Option<ErrorReason> {
        match (self.is_verified, &self.grant) {
            (false, _) => Some(ErrorReason::EmploymentRequired),
            (true, None) => Some(ErrorReason::GrantRequired),
            (true, Some(_)) => None,
        }
    }

    fn is_shared(&self) -> bool {
        self.closed_by().is_none()
    }
}

impl Fixture {
    async fn set_verified(&self, who: usize, is_verified: bool) {
        let state = if is_verified {
            "VERIFIED"
        } else {
            "PENDING_VERIFICATION"
        };
        sqlx::query("UPDATE employment_projection SET state = $1 WHERE person_id = $2")
            .bind(state)
            .bind(person_id(LEARNERS[who]).as_uuid())
            .execute(&mut self.service.database.connection().await)
            .await
            .unwrap();
    }

    /// Whether it was read; else why not.
    async fn reads(&self, who: usize) -> Option<ErrorReason> {
        let read = self.read(LEARNERS[who]).await;
        read.err().map(|status| reason_of(&status).unwrap())
    }

    /// Of each learner in the report, whether their whole record is.
    async fn reported(&self) -> [Option<bool>; LEARNERS.len()] {
        let request = ReadStaffReportRequest {
            parent: self.organization_name().to_string(),
            ..Default::default()
        };
        let mut client = StaffReportServiceClient::new(self.service.calls_of(self.admin()));
        let entries = client
            .read_staff_report(request)
            .await
            .unwrap()
            .into_inner()
            .entries;
        LEARNERS.map(|learner| {
            let learner = self.learner(learner).to_string();
            let mut entries = entries.iter();
            entries
                .find(|entry| entry.learner == learner)
                .map(|entry| entry.is_shared)
        })
    }
}

/// Plays a sequence; the first thing that is not as the model says.
async fn play(fixture: &Fixture, acts: &[Act]) -> Result<(), TestCaseError> {
    let mut learners: [Learner; LEARNERS.len()] = Default::default();
    for (who, learner) in learners.iter_mut().enumerate() {
        learner.is_verified = true;
        fixture.set_verified(who, true).await;
    }
    for act in acts {
        let before = fixture.logged().await;
        let read = step(fixture, &mut learners, *act).await?;
        let logged = fixture.logged().await - before;
        prop_assert_eq!(logged, read, "{:?} logged {} of {} readings", act, logged, read);
    }
    for learner in &mut learners {
        revoke(fixture, learner).await;
    }
    Ok(())
}

/// Takes back what is in force.
async fn revoke(fixture: &Fixture, learner: &mut Learner) {
    if let Some((name, _)) = learner.grant.take() {
        let of = LEARNERS
            .iter()
            .find(|of| name.contains(&person_id(of).to_string()));
        fixture.revoke(of.unwrap(), name).await.unwrap();
    }
}

/// Answers how many readings there were.
async fn step(
    fixture: &Fixture,
    learners: &mut [Learner; LEARNERS.len()],
    act: Act,
) -> Result<i64, TestCaseError> {
    match act {
        Act::Grant { who, for_ever } => {
            if learners[who].grant.is_none() {
                let grant = if for_ever {
                    fixture.grant(LEARNERS[who]).await
                } else {
                    fixture.grant_until(LEARNERS[who], MOMENT).await
                };
                learners[who].grant = Some((grant.unwrap().name, for_ever));
            }
        }
        Act::Revoke { who } => revoke(fixture, &mut learners[who]).await,
        Act::Verify { who, is_verified } => {
            fixture.set_verified(who, is_verified).await;
            learners[who].is_verified = is_verified;
        }
        Act::Pass => {
            fixture.pass(MOMENT);
            for learner in learners {
                learner.grant = learner.grant.take().filter(|(_, for_ever)| *for_ever);
            }
        }
        Act::Read { who } => {
            let (read, expected) = (fixture.reads(who).await, learners[who].closed_by());
            prop_assert_eq!(read, expected, "read of {}", LEARNERS[who]);
            return Ok(i64::from(read.is_none()));
        }
        Act::Report => {
            let expected = learners
                .clone()
                .map(|learner| learner.is_verified.then(|| learner.is_shared()));
            prop_assert_eq!(fixture.reported().await, expected, "the report");
            return Ok(shared(learners));
        }
        Act::Export => {
            let admin = fixture.service.calls_of(fixture.admin());
            let organization = fixture.organization_name().to_string();
            record::export_staff_report(&admin, &organization, ExportFormat::Csv)
                .await
                .unwrap();
            return Ok(shared(learners));
        }
        Act::Race { who } => return race(fixture, learners, who).await,
    }
    Ok(0)
}

fn shared(learners: &[Learner; LEARNERS.len()]) -> i64 {
    learners
        .iter()
        .map(|learner| i64::from(learner.is_shared()))
        .sum()
}

async fn race(
    fixture: &Fixture,
    learners: &mut [Learner; LEARNERS.len()],
    who: usize,
) -> Result<i64, TestCaseError> {
    let was_shared = learners[who].is_shared();
    let readings = join_all((0..4).map(|_| fixture.reads(who)));
    let (readings, ()) = tokio::join!(readings, revoke(fixture, &mut learners[who]));
    let refused = readings.iter().flatten();
    let expected = learners[who].closed_by();
    for reason in refused {
        prop_assert_eq!(Some(*reason), expected, "a reading that met a revocation");
    }
    let read = readings.iter().filter(|read| read.is_none()).count();
    prop_assert!(was_shared || read == 0, "{} readings of what is closed", read);
    prop_assert_eq!(fixture.reads(who).await, expected, "after the revocation");
    Ok(i64::try_from(read).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_everybody_does_only_what_was_granted_is_read_and_every_reading_is_logged() {
    let fixture = Fixture::start().await;
    for learner in LEARNERS {
        fixture.verify(learner, &[]).await;
    }
    let asked = std::env::var("MUSTER_TEST_SEQUENCES");
    let config = Config {
        cases: asked.map_or(25, |asked| asked.parse().unwrap()),
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let runtime = Handle::current();
    let tried = block_in_place(|| {
        TestRunner::new(config).run(&vec(act(), 1..24), |acts| runtime.block_on(play(&fixture, &acts)))
    });
    assert!(tried.is_ok(), "{}", tried.unwrap_err());
}
