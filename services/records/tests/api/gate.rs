//! The consent gate, as random sequences of everybody's acts on the real services and databases: what becomes of each consent, what
//! is read of whom, and what is logged of it, is what a model says. Readings that meet what ends, or begins, a consent or an
//! employment come before it or after it, and none comes after a revocation. A sequence that fails is made as short as it can be.

mod model;

use std::time::Duration;

use futures::future::{join, join_all};
use muster_client::acts::{employment, record};
use muster_database::DatabaseError;
use muster_proto::employment::v1::person_employment_service_client::PersonEmploymentServiceClient;
use muster_proto::employment::v1::{
    ClaimEmploymentsResponse, Employment, LearningRecordConsent, RejectionReason, UpdateEmploymentRequest,
    WithdrawEmploymentRequest,
};
use muster_proto::records::v1::staff_report_service_client::StaffReportServiceClient;
use muster_proto::records::v1::{ExportFormat, Grant, GrantState, ReadStaffReportRequest};
use muster_refusal::{ErrorReason, reason_of};
use muster_testkit::effort::SEQUENCES;
use muster_testkit::{TestCaller, eventually, eventually_some};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use prost_types::{FieldMask, Timestamp};
use sqlx::PgConnection;
use tokio::runtime::Handle;
use tokio::task::block_in_place;
use tonic::Status;

use self::model::{Learner, MOMENT, MONTH, What, day};
use crate::fixture::{Fixture, me, person_id};

const SECOND: Duration = Duration::from_secs(1);
/// How many learners there are.
const LEARNERS: usize = 2;
/// First days that are said, from today: on either side of an end that was today, and of one that was a month ago.
const FIRST_DAYS: [i64; 4] = [1, 0, -1, -40];

type Learners = [Learner; LEARNERS];

#[derive(Debug, Clone, Copy)]
enum Act {
    Does {
        who: usize,
        what: What,
    },
    /// A moment passes.
    Pass,
    /// So much time passes that a request waits no longer, and a no is forgotten.
    PassMonth,
    /// On a page, or into a file.
    Read {
        who: usize,
        into_file: bool,
    },
    Report,
    Export,
    /// Reads four times, and the report, while this is done.
    Race {
        who: usize,
        what: What,
    },
}

fn what() -> impl Strategy<Value = What> {
    let back = || prop_oneof![4 => Just(0_usize), 1 => 1..3_usize];
    let is = any::<bool>;
    let first_day = || (0..FIRST_DAYS.len()).prop_map(|place| FIRST_DAYS[place]);
    let perhaps = prop_oneof![2 => Just(None), 1 => first_day().prop_map(Some)];
    let claim = (perhaps, any::<Option<bool>>());
    prop_oneof![
        4 => is().prop_map(|for_ever| What::Grant { for_ever }),
        3 => Just(What::Ask),
        3 => (back(), is()).prop_map(|(back, for_ever)| What::Approve { back, for_ever }),
        2 => back().prop_map(|back| What::Deny { back }),
        2 => back().prop_map(|back| What::Revoke { back }),
        4 => claim.prop_map(|(since, consent)| What::Claim { since, consent }),
        6 => Just(What::Verify),
        2 => Just(What::Reject),
        2 => Just(What::Correct),
        1 => Just(What::Withdraw),
        2 => first_day().prop_map(|since| What::Edit { since }),
        2 => is().prop_map(|is_own| What::End { is_own }),
        2 => is().prop_map(|is_own| What::Undo { is_own }),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let who = || 0..LEARNERS;
    let taking_back = || Just(What::Revoke { back: 0 });
    prop_oneof![
        24 => (who(), what()).prop_map(|(who, what)| Act::Does { who, what }),
        2 => Just(Act::Pass),
        1 => Just(Act::PassMonth),
        8 => (who(), any::<bool>()).prop_map(|(who, into_file)| Act::Read { who, into_file }),
        4 => Just(Act::Report),
        2 => Just(Act::Export),
        6 => (who(), taking_back()).prop_map(|(who, what)| Act::Race { who, what }),
        3 => (who(), what()).prop_map(|(who, what)| Act::Race { who, what }),
    ]
}

/// What an act answered: what the grant is called, and where it stands if that was said.
type Answered = Option<(String, Option<GrantState>)>;

fn id_of(name: &str) -> String {
    name.rsplit('/').next().unwrap_or_default().to_owned()
}

/// What is called so, where it stands, and when it ends.
type Told = (String, GrantState, Option<i64>);

fn told(grants: Vec<Grant>) -> Vec<Told> {
    let told = |grant: Grant| {
        let until = grant.expire_time.map(|time| time.seconds);
        (id_of(&grant.name), grant.state(), until)
    };
    let mut told: Vec<Told> = grants.into_iter().map(told).collect();
    told.sort();
    told
}

impl Fixture {
    /// In a moment, unless it is for ever.
    fn until(&self, for_ever: bool) -> Option<Timestamp> {
        (!for_ever).then(|| self.after(MOMENT))
    }

    /// A first day, as it is said.
    fn said(&self, since: i64) -> String {
        day(self.service.clock.now(), since).to_string()
    }

    async fn does(&self, learner: &Learner, what: What) -> Result<Answered, Status> {
        let person = learner.person.as_str();
        let name = |back: usize| {
            let place = learner.grants.len().checked_sub(1 + back);
            let id = place.map_or_else(
                || self.new_id().to_string(),
                |place| learner.grants[place].id.clone(),
            );
            format!("{}/grants/{id}", me())
        };
        let grant = match what {
            What::Grant { for_ever: true } => self.grant(person).await?,
            What::Grant { for_ever: false } => self.grant_until(person, MOMENT).await?,
            What::Ask => self.ask_for(person).await?,
            What::Approve { back, for_ever } => {
                self.approve(person, &name(back), self.until(for_ever)).await?
            }
            What::Deny { back } => self.deny(person, &name(back)).await?,
            What::Revoke { back } => self.revoke(person, name(back)).await?,
            What::Claim { since, consent } => {
                let start_date = since.map(|since| self.said(since)).unwrap_or_default();
                let consent = consent.map(|for_ever| LearningRecordConsent {
                    expire_time: self.until(for_ever),
                    ..Default::default()
                });
                let claimed = self.claim_since(person, &start_date, consent).await;
                let ClaimEmploymentsResponse { grants, .. } = claimed?;
                let granted = grants.into_iter().find(|name| !name.is_empty());
                return Ok(granted.map(|name| (id_of(&name), None)));
            }
            _ => {
                self.does_of_employment(learner, what).await?;
                return Ok(None);
            }
        };
        Ok(Some((id_of(&grant.name), Some(grant.state()))))
    }

    async fn does_of_employment(&self, learner: &Learner, what: What) -> Result<(), Status> {
        let name = match &learner.job {
            Some(job) => job.name.clone(),
            None => self.new_employment().to_string(),
        };
        let person = TestCaller::person(&learner.person);
        let (admin, own) = (
            self.employments.calls_of(self.admin()),
            self.employments.calls_of(person),
        );
        match what {
            What::Verify => _ = employment::verify(&admin, &name).await?,
            What::Reject => _ = employment::reject(&admin, &name, RejectionReason::Dates, "").await?,
            What::Correct => _ = employment::correct(&own, &name).await?,
            What::End { is_own: true } => _ = employment::leave(&own, &name, "moving", "").await?,
            What::End { is_own: false } => _ = employment::end(&admin, &name, "gone", "").await?,
            What::Undo { is_own: true } => _ = employment::undo_leave(&own, &name).await?,
            What::Undo { is_own: false } => _ = employment::undo_end(&admin, &name).await?,
            What::Withdraw => {
                let request = WithdrawEmploymentRequest {
                    name,
                    request_id: String::new(),
                };
                let mut own = PersonEmploymentServiceClient::new(own);
                own.withdraw_employment(request).await?;
            }
            What::Edit { since } => {
                let request = UpdateEmploymentRequest {
                    employment: Some(Employment {
                        name,
                        start_date: self.said(since),
                        ..Default::default()
                    }),
                    update_mask: Some(FieldMask {
                        paths: vec!["start_date".to_owned()],
                    }),
                    request_id: String::new(),
                };
                let mut own = PersonEmploymentServiceClient::new(own);
                own.update_employment(request).await?;
            }
            _ => unreachable!("{what:?} is not done to an employment"),
        }
        Ok(())
    }

    /// What the latest employment of the person is called, as its service has it.
    async fn latest_name(&self, person: &str) -> String {
        let calls = self.employments.calls_of(TestCaller::person(person));
        employment::list_own(&calls).await.unwrap().remove(0).name
    }

    /// The service has heard of what became of the employment.
    async fn hears(&self, learner: &Learner) {
        let Some(job) = &learner.job else { return };
        let word = job.state.as_str_name().replace("EMPLOYMENT_STATE_", "");
        let find = async |db: &mut PgConnection| {
            let known = sqlx::query_scalar(
                "SELECT count(*) FROM employment_projection
                 WHERE organization_id = $1 AND person_id = $2 AND sequence = $3 AND state = $4",
            )
            .bind(self.organization.as_uuid())
            .bind(person_id(&learner.person).as_uuid())
            .bind(learner.version)
            .bind(&word);
            Ok::<i64, DatabaseError>(known.fetch_one(db).await?)
        };
        let database = self.service.database.database();
        eventually(async || database.read(&find).await.unwrap() == 1).await;
    }

    /// Whether it was read; else why not.
    async fn reads(&self, person: &str, into_file: bool) -> Option<ErrorReason> {
        let refused = if into_file {
            self.exported(person, ExportFormat::Json).await.err()
        } else {
            self.read(person).await.err()
        };
        refused.map(|status| reason_of(&status).ok_or(status).unwrap())
    }

    /// Of each learner in the report, whether their whole record is.
    async fn reported(&self, learners: &Learners) -> [Option<bool>; LEARNERS] {
        let request = ReadStaffReportRequest {
            parent: self.organization_name().to_string(),
            ..Default::default()
        };
        let mut client = StaffReportServiceClient::new(self.service.calls_of(self.admin()));
        let page = client.read_staff_report(request).await.unwrap().into_inner();
        learners.each_ref().map(|learner| {
            let learner = self.learner(&learner.person).to_string();
            let mut entries = page.entries.iter();
            entries
                .find(|entry| entry.learner == learner)
                .map(|entry| entry.is_shared)
        })
    }

    /// The same, of the report as a file: as soon as it can be written.
    async fn exported_of(&self, learners: &Learners) -> [Option<bool>; LEARNERS] {
        let admin = self.service.calls_of(self.admin());
        let organization = self.organization_name().to_string();
        let export = async || {
            let file = record::export_staff_report(&admin, &organization, ExportFormat::Csv).await;
            file.ok()
        };
        let text = String::from_utf8(eventually_some(export).await.bytes).unwrap();
        learners.each_ref().map(|learner| {
            let row = text.lines().find(|row| row.starts_with(&learner.person));
            row.map(|row| row.split(',').nth(7) == Some("yes"))
        })
    }

    /// How many readings of them are logged.
    async fn logged_of(&self, learners: &Learners) -> i64 {
        let persons = learners
            .each_ref()
            .map(|learner| person_id(&learner.person).as_uuid());
        let count = async |db: &mut PgConnection| {
            let logged = "SELECT count(*) FROM record_accesses WHERE person_id = ANY ($1)";
            let logged = sqlx::query_scalar(logged).bind(persons.as_slice());
            Ok::<i64, DatabaseError>(logged.fetch_one(db).await?)
        };
        self.service.database.database().read(count).await.unwrap()
    }

    /// Both sides see the consents as the model has them.
    async fn agrees(&self, learner: &Learner) -> Result<(), TestCaseError> {
        let now = self.service.clock.now();
        let grants = learner.grants.iter();
        let grants = grants.map(|grant| {
            let until = grant.until.map(time::OffsetDateTime::unix_timestamp);
            (grant.id.clone(), grant.state(now), until)
        });
        let mut expected: Vec<Told> = grants.collect();
        expected.sort();
        let (own, theirs) = join(self.own_grants(&learner.person), self.grants_of(&learner.person)).await;
        prop_assert_eq!(told(own), &expected[..], "what the learner sees");
        prop_assert_eq!(told(theirs), expected, "what the organization sees");
        Ok(())
    }

    /// Nobody stays in the report of the sequences that come: whichever of the two is possible.
    async fn goes(&self, learner: &Learner) {
        for what in [What::End { is_own: false }, What::Withdraw] {
            _ = self.does_of_employment(learner, what).await;
        }
    }
}

/// Plays a sequence; the first thing that is not as the model says.
async fn play(fixture: &Fixture, begun: [bool; LEARNERS], acts: &[Act]) -> Result<(), TestCaseError> {
    let mut learners: Learners = Default::default();
    for learner in &mut learners {
        learner.person = format!("learner-{}", fixture.new_id());
    }
    // What services show to each other is renewed: time passes with each act.
    fixture.pass(SECOND);
    let claim = What::Claim {
        since: None,
        consent: None,
    };
    let begin = [claim, What::Verify];
    let begun = (0..LEARNERS).filter(|who| begun[*who]);
    let begun = begun.flat_map(|who| begin.map(|what| Act::Does { who, what }));
    let begun: Vec<Act> = begun.collect();
    let mut read = 0;
    let mut played = Ok(());
    for act in begun.iter().chain(acts) {
        played = step(fixture, &mut learners, *act, &mut read).await;
        if played.is_err() {
            break;
        }
    }
    for learner in &learners {
        fixture.goes(learner).await;
    }
    played
}

/// `read`: how many readings there were.
async fn step(
    fixture: &Fixture,
    learners: &mut Learners,
    act: Act,
    read: &mut i64,
) -> Result<(), TestCaseError> {
    fixture.service.clock.advance(SECOND);
    *read += carried_out(fixture, learners, act).await?;
    let logged = fixture.logged_of(learners).await;
    prop_assert_eq!(
        logged,
        *read,
        "{:?}: {} of {} readings are logged",
        act,
        logged,
        *read
    );
    for learner in learners.iter() {
        fixture.agrees(learner).await?;
    }
    Ok(())
}

/// Answers how many readings there were.
async fn carried_out(fixture: &Fixture, learners: &mut Learners, act: Act) -> Result<i64, TestCaseError> {
    let now = fixture.service.clock.now();
    match act {
        Act::Does { who, what } => {
            does(fixture, &mut learners[who], what, async {}).await?;
            Ok(0)
        }
        Act::Pass => {
            fixture.pass(MOMENT);
            Ok(0)
        }
        Act::PassMonth => {
            fixture.pass(MONTH);
            // As soon as what was renewed is read.
            report(fixture, learners, true).await
        }
        Act::Read { who, into_file } => {
            let learner = &learners[who];
            let refused = fixture.reads(&learner.person, into_file).await;
            prop_assert_eq!(refused, learner.closed_by(now), "a reading");
            Ok(i64::from(refused.is_none()))
        }
        Act::Report => report(fixture, learners, false).await,
        Act::Export => report(fixture, learners, true).await,
        Act::Race { who, what } => race(fixture, learners, who, what).await,
    }
}

/// Does this, and something else meanwhile; waits until it was heard of. Answers what came of that.
async fn does<T>(
    fixture: &Fixture,
    learner: &mut Learner,
    what: What,
    meanwhile: impl Future<Output = T>,
) -> Result<T, TestCaseError> {
    let before = learner.clone();
    let expected = learner.expect(what, fixture.service.clock.now());
    let (done, meanwhile) = join(fixture.does(&before, what), meanwhile).await;
    let done = done.map_err(|status| reason_of(&status).unwrap_or_default());
    let (found, wanted) = (done.as_ref().err(), expected.as_ref().err());
    prop_assert_eq!(found, wanted, "{:?} of {:?}", what, before);
    if let Some(job) = learner.job.as_mut().filter(|job| job.name.is_empty()) {
        job.name = fixture.latest_name(&before.person).await;
    }
    let (answered, place) = (done.ok().flatten(), expected.ok().flatten());
    prop_assert_eq!(answered.is_some(), place.is_some(), "{:?} of {:?}", what, before);
    if let Some(((id, state), place)) = answered.zip(place) {
        let grant = &mut learner.grants[place];
        if grant.id.is_empty() {
            prop_assert!(
                before.grants.iter().all(|former| former.id != id),
                "{:?}: a new one",
                what
            );
            grant.id.clone_from(&id);
        }
        let now = fixture.service.clock.now();
        prop_assert_eq!(&id, &grant.id, "{:?} of {:?}", what, before);
        prop_assert_eq!(state.unwrap_or(grant.state(now)), grant.state(now), "{:?}", what);
    }
    fixture.hears(learner).await;
    Ok(meanwhile)
}

fn count(reported: [Option<bool>; LEARNERS]) -> i64 {
    reported
        .map(|shared| i64::from(shared == Some(true)))
        .iter()
        .sum()
}

async fn report(fixture: &Fixture, learners: &Learners, into_file: bool) -> Result<i64, TestCaseError> {
    let now = fixture.service.clock.now();
    let reported = if into_file {
        fixture.exported_of(learners).await
    } else {
        fixture.reported(learners).await
    };
    let expected = learners.each_ref().map(|learner| learner.reported(now));
    prop_assert_eq!(reported, expected, "the report");
    Ok(count(reported))
}

async fn race(
    fixture: &Fixture,
    learners: &mut Learners,
    who: usize,
    what: What,
) -> Result<i64, TestCaseError> {
    let now = fixture.service.clock.now();
    let before = learners.clone();
    let person = before[who].person.as_str();
    let readings = join_all((0..4).map(|number| fixture.reads(person, number % 2 == 1)));
    let meanwhile = join(readings, fixture.reported(&before));
    let (readings, reported) = does(fixture, &mut learners[who], what, meanwhile).await?;
    let possible = [before[who].closed_by(now), learners[who].closed_by(now)];
    for refused in &readings {
        prop_assert!(
            possible.contains(refused),
            "a reading that met {:?}: {:?}, not one of {:?}",
            what,
            refused,
            possible
        );
    }
    for (place, found) in reported.iter().enumerate() {
        let possible = [before[place].reported(now), learners[place].reported(now)];
        prop_assert!(
            possible.contains(found),
            "a report that met {:?}: {:?}",
            what,
            found
        );
    }
    let refused = fixture.reads(person, false).await;
    prop_assert_eq!(refused, learners[who].closed_by(now), "after {:?}", what);
    let read = readings.iter().filter(|refused| refused.is_none()).count();
    Ok(i64::try_from(read).unwrap() + count(reported) + i64::from(refused.is_none()))
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_everybody_does_only_what_was_granted_is_read_and_every_reading_is_logged() {
    let fixture = Fixture::start().await;
    let config = Config {
        cases: SEQUENCES.or(25),
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let runtime = Handle::current();
    let sequences = (any::<[bool; LEARNERS]>(), vec(act(), 1..24));
    let tried = block_in_place(|| {
        TestRunner::new(config).run(&sequences, |(begun, acts)| {
            runtime.block_on(play(&fixture, begun, &acts))
        })
    });
    assert!(tried.is_ok(), "{}", tried.unwrap_err());
}

/// Random sequences seldom say a day that is just on this or on that side of an end.
#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_says_no_day_that_they_worked_before_and_grants_nothing_by_what_is_refused() {
    let fixture = Fixture::start().await;
    let one = |what| Act::Does { who: 0, what };
    let claim = |since| {
        let consent = Some(true);
        one(What::Claim { since, consent })
    };
    let edit = |since| one(What::Edit { since });
    let (verify, end) = (one(What::Verify), one(What::End { is_own: false }));
    let read = Act::Read {
        who: 0,
        into_file: false,
    };
    let acts = [
        // Of what ended without a first day, the last one is taken.
        end,
        claim(Some(0)),
        read,
        claim(None),
        edit(-40),
        edit(0),
        verify,
        read,
        edit(1),
        read,
        verify,
        // Nothing is said anew.
        edit(1),
        read,
        // It never began, and takes no day.
        end,
        claim(Some(0)),
        claim(Some(1)),
        verify,
        read,
        Act::PassMonth,
        edit(-1),
        read,
        edit(-40),
        verify,
        read,
    ];
    play(&fixture, [true, false], &acts).await.unwrap();
}
