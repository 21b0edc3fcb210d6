//! The machine of a profile, as random sequences of what two owners and registry staff do with profiles that may want one license
//! number, and with a licensed programme that either may claim: what each act is answered, and how all stand afterwards, is what a
//! model of the table says. A sequence that fails is made as short as it can be.

use std::time::Duration;

use muster_clock::Clock;
use muster_identity::{PersonCaller, Role};
use muster_ids::OrganizationId;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::OrganizationReturnReason as Why;
use muster_proto::organization::v1::OrganizationState as S;
use muster_proto::organization::v1::license_service_client::LicenseServiceClient;
use muster_refusal::{ErrorReason as R, reason_of};
use muster_testkit::effort::SEQUENCES;
use muster_testkit::{Callers, TestCaller, TestSuite};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use prost_types::FieldMask;
use time::macros::datetime;
use tokio::runtime::Handle;
use tokio::task::block_in_place;
use tonic::Status;

use crate::fixture::{Fixture, approve, id_of, licensed, name, owner, submit};
use crate::programme_loads::programme;

/// How many profiles a person has that nobody has decided on.
const OPEN: usize = 3;
/// The license number of the programme; the other one is of none.
const LICENSED: usize = 1;

/// What somebody does with the profile at this place, or one of the two owners begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    /// Writes one by hand, with the first number.
    Create(usize),
    /// Claims the programme.
    Claim(usize),
    Submit(usize),
    /// The same, by somebody of whom no verified address is known.
    SubmitUnreachable(usize),
    /// Its owner gives it this number, or none: then it is a start-up.
    Write(usize, Option<usize>),
    Approve(usize),
    /// Its owner is of the staff, too.
    ApproveOwn(usize),
    Return(usize),
    Reject(usize),
    Suspend(usize),
    Reinstate(usize),
    Renew(usize, usize),
    Close(usize),
}

impl Act {
    /// Of which profile it is, if of one that there is.
    fn profile(&mut self) -> Option<&mut usize> {
        match self {
            Self::Create(_) | Self::Claim(_) => None,
            Self::Submit(at)
            | Self::SubmitUnreachable(at)
            | Self::Write(at, _)
            | Self::Approve(at)
            | Self::ApproveOwn(at)
            | Self::Return(at)
            | Self::Reject(at)
            | Self::Suspend(at)
            | Self::Reinstate(at)
            | Self::Renew(at, _)
            | Self::Close(at) => Some(at),
        }
    }
}

fn act() -> impl Strategy<Value = Act> {
    let (of_two, at) = (|| 0..2_usize, || 0..6_usize);
    prop_oneof![
        2 => of_two().prop_map(Act::Create),
        4 => of_two().prop_map(Act::Claim),
        7 => at().prop_map(Act::Submit),
        1 => at().prop_map(Act::SubmitUnreachable),
        3 => (at(), prop::option::weighted(0.8, of_two())).prop_map(|(at, number)| Act::Write(at, number)),
        6 => at().prop_map(Act::Approve),
        1 => at().prop_map(Act::ApproveOwn),
        2 => at().prop_map(Act::Return),
        3 => at().prop_map(Act::Reject),
        2 => at().prop_map(Act::Suspend),
        2 => at().prop_map(Act::Reinstate),
        3 => (at(), of_two()).prop_map(|(at, number)| Act::Renew(at, number)),
        1 => at().prop_map(Act::Close),
    ]
}

/// One profile. Numbers and owners are told by their places, too.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Profile {
    owner: usize,
    state: S,
    number: Option<usize>,
    is_of_programme: bool,
    was_approved: bool,
    why: Vec<Why>,
}

/// What is seen of one.
type Told = (S, Option<usize>, bool, Vec<Why>);

impl Profile {
    fn told(&self) -> Told {
        (self.state, self.number, self.is_of_programme, self.why.clone())
    }

    fn is_open(&self) -> bool {
        matches!(self.state, S::Draft | S::Submitted | S::Returned)
    }

    /// Anybody may find it, and nobody else gets its number.
    fn is_public(&self) -> bool {
        self.was_approved && self.state != S::Closed
    }
}

#[derive(Debug, Clone, Default)]
struct Table {
    profiles: Vec<Profile>,
    /// Which profile had which number, the last one that lost it last.
    former: Vec<(usize, usize)>,
}

impl Table {
    /// Both want the first number.
    fn new() -> Self {
        let mut table = Self::default();
        for owner in 0..2 {
            table.begin(owner, 0, false);
        }
        table
    }

    fn begin(&mut self, owner: usize, number: usize, is_of_programme: bool) -> usize {
        self.profiles.push(Profile {
            owner,
            state: S::Draft,
            number: Some(number),
            is_of_programme,
            was_approved: false,
            why: Vec::new(),
        });
        self.profiles.len() - 1
    }

    fn others(&self, at: usize) -> impl Iterator<Item = &Profile> {
        let all = self.profiles.iter().enumerate();
        all.filter_map(move |(place, other)| (place != at).then_some(other))
    }

    /// Whether nobody else was approved with it who is not closed.
    fn is_free(&self, at: usize, number: Option<usize>) -> Result<(), R> {
        let is_held = self
            .others(at)
            .any(|other| other.is_public() && other.number == number);
        if number.is_some() && is_held {
            Err(R::LicenseNumberTaken)
        } else {
            Ok(())
        }
    }

    /// Who waits with a number that is another's from now on is given back.
    fn gives_back_rivals(&mut self, at: usize) {
        let Some(number) = self.profiles[at].number else {
            return;
        };
        for (place, other) in self.profiles.iter_mut().enumerate() {
            if place != at && other.state == S::Submitted && other.number == Some(number) {
                other.state = S::Returned;
                other.why = vec![Why::LicenseNumberTaken];
            }
        }
    }

    /// From one state to another; what is there already is no change.
    fn moves(&mut self, at: usize, from: &[S], to: S) -> Result<bool, R> {
        let profile = &mut self.profiles[at];
        if profile.state == to {
            return Ok(false);
        }
        if !from.contains(&profile.state) {
            return Err(R::OrganizationState);
        }
        profile.state = to;
        Ok(true)
    }

    /// Which profile is the answer.
    fn take(&mut self, act: Act) -> Result<usize, R> {
        match act {
            Act::Create(owner) => {
                self.has_few(owner)?;
                Ok(self.begin(owner, 0, false))
            }
            Act::Claim(owner) => self.claim(owner),
            Act::Submit(at) => {
                if matches!(self.profiles[at].state, S::Draft | S::Returned) {
                    self.is_free(at, self.profiles[at].number)?;
                }
                if self.moves(at, &[S::Draft, S::Returned], S::Submitted)? {
                    self.profiles[at].why.clear();
                }
                Ok(at)
            }
            Act::SubmitUnreachable(at) => match self.profiles[at].state {
                S::Submitted => Ok(at),
                S::Draft | S::Returned => Err(R::AddressUnknown),
                _ => Err(R::OrganizationState),
            },
            Act::Write(at, number) => self.write(at, number),
            Act::Approve(at) => {
                if matches!(self.profiles[at].state, S::Submitted | S::Returned) {
                    self.is_free(at, self.profiles[at].number)?;
                }
                if self.moves(at, &[S::Submitted], S::Active)? {
                    self.profiles[at].was_approved = true;
                    self.gives_back_rivals(at);
                }
                Ok(at)
            }
            Act::ApproveOwn(_) => Err(R::OwnProfile),
            Act::Return(at) => {
                let other_reason = self.profiles[at].why != [Why::NameMismatch];
                if self.profiles[at].state == S::Returned && other_reason {
                    return Err(R::OrganizationState);
                }
                if self.moves(at, &[S::Submitted], S::Returned)? {
                    self.profiles[at].why = vec![Why::NameMismatch];
                }
                Ok(at)
            }
            Act::Reject(at) => self.moves(at, &[S::Submitted], S::Rejected).map(|_| at),
            Act::Suspend(at) => self.moves(at, &[S::Active], S::Suspended).map(|_| at),
            Act::Reinstate(at) => self.moves(at, &[S::Suspended], S::Active).map(|_| at),
            Act::Renew(at, number) => self.renew(at, number),
            Act::Close(at) => {
                self.profiles[at].state = S::Closed;
                self.profiles[at].why.clear();
                Ok(at)
            }
        }
    }

    fn has_few(&self, owner: usize) -> Result<(), R> {
        let own = self.profiles.iter().filter(|one| one.owner == owner);
        if own.filter(|one| one.is_open()).count() < OPEN {
            Ok(())
        } else {
            Err(R::TooManyProfiles)
        }
    }

    /// Who has it is answered with that; what was rejected or closed keeps nobody out.
    fn claim(&mut self, owner: usize) -> Result<usize, R> {
        let claimant = self
            .profiles
            .iter()
            .position(|one| one.is_of_programme && !matches!(one.state, S::Rejected | S::Closed));
        if let Some(own) = claimant.filter(|at| self.profiles[*at].owner == owner) {
            return Ok(own);
        }
        let holds = |one: &Profile| one.is_public() && one.number == Some(LICENSED);
        let held = self.former.iter().rev();
        let mut held = held.filter(|(at, number)| *number == LICENSED && self.profiles[*at].is_public());
        let holder = self.profiles.iter().position(holds);
        match holder.or_else(|| held.next().map(|(at, _)| *at)) {
            Some(at) if self.profiles[at].owner == owner => return Ok(at),
            Some(_) => return Err(R::LicenseNumberTaken),
            None if claimant.is_some() => return Err(R::ProgrammeClaimed),
            None => {}
        }
        self.has_few(owner)?;
        Ok(self.begin(owner, LICENSED, true))
    }

    fn write(&mut self, at: usize, number: Option<usize>) -> Result<usize, R> {
        let profile = &self.profiles[at];
        if !matches!(profile.state, S::Draft | S::Returned) {
            return Err(R::OrganizationState);
        }
        if profile.number == number {
            return Ok(at);
        }
        if profile.state == S::Returned {
            self.is_free(at, number)?;
        }
        if profile.is_of_programme {
            return Err(R::ProgrammeReadOnly);
        }
        self.profiles[at].number = number;
        Ok(at)
    }

    fn renew(&mut self, at: usize, number: usize) -> Result<usize, R> {
        let profile = &self.profiles[at];
        if !matches!(profile.state, S::Active | S::Suspended) {
            return Err(R::OrganizationState);
        }
        if profile.number == Some(number) {
            return Ok(at);
        }
        self.is_free(at, Some(number))?;
        self.former.extend(profile.number.map(|former| (at, former)));
        // There is no programme with the other number that it could follow.
        self.profiles[at].is_of_programme = false;
        self.profiles[at].number = Some(number);
        self.gives_back_rivals(at);
        Ok(at)
    }
}

/// The profiles of two owners, two numbers that nobody else has, and the programme with one of them.
struct Place<'w> {
    fixture: &'w Fixture,
    run: String,
    profiles: Vec<OrganizationId>,
    numbers: [String; 2],
    programme: String,
}

impl<'w> Place<'w> {
    async fn new(fixture: &'w Fixture) -> Self {
        let run = fixture.service.clock.new_uuid().simple().to_string();
        let numbers = ["A", "B"].map(|letter| format!("{letter}{run}"));
        fixture.load(vec![programme(&numbers[LICENSED])]).await;
        let programme = fixture.entry(&numbers[LICENSED]).await.programme;
        let mut place = Self {
            fixture,
            run,
            profiles: Vec::new(),
            numbers,
            programme,
        };
        for owner in 0..2 {
            place.take(Act::Create(owner), 0).await.unwrap();
        }
        place
    }

    /// The name of the owner at this place.
    fn who(&self, owner: usize) -> String {
        format!("owner{owner}-{}", self.run)
    }

    /// The place of a profile that was answered.
    fn place(&mut self, answered: &pb::Organization) -> usize {
        let id = id_of(answered);
        let known = self.profiles.iter().position(|known| *known == id);
        known.unwrap_or_else(|| {
            self.profiles.push(id);
            self.profiles.len() - 1
        })
    }

    /// `of_owner`: of the profile that it is about.
    async fn take(&mut self, act: Act, of_owner: usize) -> Result<usize, Status> {
        let answered = match act {
            Act::Create(owner) => {
                let request = pb::CreateOrganizationRequest {
                    organization: Some(licensed("us-mi", &self.numbers[0])),
                    request_id: String::new(),
                };
                let mut own = self.fixture.profiles(TestCaller::person(&self.who(owner)));
                own.create_organization(request).await?.into_inner().organization
            }
            Act::Claim(owner) => {
                let claimed = self.fixture.claim(&self.who(owner), &self.programme).await?;
                Some(claimed)
            }
            other => self.decide(other, of_owner).await?,
        };
        Ok(self.place(&answered.unwrap()))
    }

    async fn decide(&self, act: Act, of_owner: usize) -> Result<Option<pb::Organization>, Status> {
        let of = |at: usize| {
            (
                self.profiles[at],
                name(self.profiles[at]),
                "a look at it".to_owned(),
            )
        };
        let staff = |id| self.fixture.profiles(TestCaller::staff(id));
        let request_id = String::new();
        Ok(match act {
            Act::Create(_) | Act::Claim(_) => None,
            Act::Submit(at) => {
                let (id, ..) = of(at);
                let mut own = self.fixture.profiles(owner(id));
                own.submit_organization(submit(id))
                    .await?
                    .into_inner()
                    .organization
            }
            Act::SubmitUnreachable(at) => {
                let (id, ..) = of(at);
                let unreachable = PersonCaller {
                    emails: Vec::new(),
                    ..Callers::person("owner")
                };
                let unreachable = TestCaller::Person(unreachable, Some((id, Some(Role::Owner))));
                let mut own = self.fixture.profiles(unreachable);
                own.submit_organization(submit(id))
                    .await?
                    .into_inner()
                    .organization
            }
            Act::Write(at, number) => self.write(at, number).await?,
            Act::Approve(at) => {
                let (id, ..) = of(at);
                staff(id)
                    .approve_organization(approve(id))
                    .await?
                    .into_inner()
                    .organization
            }
            Act::ApproveOwn(at) => {
                let (id, ..) = of(at);
                let themself = PersonCaller {
                    staff: true,
                    ..Callers::person(&self.who(of_owner))
                };
                let mut staff = self
                    .fixture
                    .profiles(TestCaller::Person(themself, Some((id, None))));
                staff
                    .approve_organization(approve(id))
                    .await?
                    .into_inner()
                    .organization
            }
            Act::Return(at) => {
                let (id, name, reason) = of(at);
                let request = pb::ReturnOrganizationRequest {
                    name,
                    reasons: vec![Why::NameMismatch.into()],
                    reason,
                    request_id,
                };
                staff(id)
                    .return_organization(request)
                    .await?
                    .into_inner()
                    .organization
            }
            Act::Reject(at) => {
                let (id, name, reason) = of(at);
                let request = pb::RejectOrganizationRequest {
                    name,
                    reason,
                    request_id,
                };
                staff(id)
                    .reject_organization(request)
                    .await?
                    .into_inner()
                    .organization
            }
            Act::Suspend(at) => {
                let (id, name, reason) = of(at);
                let request = pb::SuspendOrganizationRequest {
                    name,
                    reason,
                    request_id,
                };
                staff(id)
                    .suspend_organization(request)
                    .await?
                    .into_inner()
                    .organization
            }
            Act::Reinstate(at) => {
                let (id, name, reason) = of(at);
                let request = pb::ReinstateOrganizationRequest {
                    name,
                    reason,
                    request_id,
                };
                staff(id)
                    .reinstate_organization(request)
                    .await?
                    .into_inner()
                    .organization
            }
            Act::Renew(at, number) => {
                let (id, name, reason) = of(at);
                let request = pb::RenewLicenseRequest {
                    name,
                    license_number: self.numbers[number].clone(),
                    r#type: pb::OrganizationType::DirectCare.into(),
                    reason,
                    request_id,
                };
                let calls = self.fixture.service.calls_of(TestCaller::staff(id));
                LicenseServiceClient::new(calls)
                    .renew_license(request)
                    .await?
                    .into_inner()
                    .organization
            }
            Act::Close(at) => {
                let (id, name, reason) = of(at);
                let request = pb::CloseOrganizationRequest {
                    name,
                    reason,
                    request_id,
                };
                let mut own = self.fixture.profiles(TestCaller::staff(id));
                own.close_organization(request).await?.into_inner().organization
            }
        })
    }

    async fn write(&self, at: usize, number: Option<usize>) -> Result<Option<pb::Organization>, Status> {
        let kind = match number {
            Some(_) => pb::OrganizationType::DirectCare,
            None => pb::OrganizationType::StartUp,
        };
        let request = pb::UpdateOrganizationRequest {
            organization: Some(pb::Organization {
                name: name(self.profiles[at]),
                r#type: kind.into(),
                license_number: number.map_or_else(String::new, |number| self.numbers[number].clone()),
                ..Default::default()
            }),
            update_mask: Some(FieldMask {
                paths: vec!["type".to_owned(), "license_number".to_owned()],
            }),
            request_id: String::new(),
        };
        let mut own = self.fixture.profiles(owner(self.profiles[at]));
        Ok(own.update_organization(request).await?.into_inner().organization)
    }

    fn number(&self, stored: &str) -> Option<usize> {
        self.numbers.iter().position(|number| number == stored)
    }

    /// How each stands, as it is stored.
    async fn stored(&self) -> Vec<Told> {
        type Row = (OrganizationId, String, Option<String>, bool, Vec<String>);
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT organization_id, state, license_number_as_given, programme_id IS NOT NULL, return_reasons
             FROM organizations WHERE organization_id = ANY ($1)",
        )
        .bind(&self.profiles)
        .fetch_all(&mut self.fixture.service.database.connection().await)
        .await
        .unwrap();
        let told = |id: &OrganizationId| {
            let (_, state, number, is_of_programme, why) = rows.iter().find(|row| row.0 == *id).unwrap();
            let why = why
                .iter()
                .map(|why| Why::from_str_name(&format!("ORGANIZATION_RETURN_REASON_{why}")).unwrap());
            (
                S::from_str_name(&format!("ORGANIZATION_STATE_{state}")).unwrap(),
                number.as_deref().and_then(|number| self.number(number)),
                *is_of_programme,
                why.collect(),
            )
        };
        self.profiles.iter().map(told).collect()
    }

    /// How each stands, as its owner reads it.
    async fn read(&self) -> Vec<Told> {
        let mut read = Vec::new();
        for &id in &self.profiles {
            let profile = self.fixture.read(id).await;
            let number = self.number(&profile.license_number);
            assert_eq!(
                number.is_none(),
                profile.r#type() == pb::OrganizationType::StartUp
            );
            read.push((
                profile.state(),
                number,
                !profile.programme.is_empty(),
                profile.return_reasons().collect(),
            ));
        }
        read
    }
}

async fn follow(fixture: &Fixture, acts: &[Act]) -> Result<(), String> {
    let mut place = Place::new(fixture).await;
    let mut table = Table::new();
    for (step, &act) in acts.iter().enumerate() {
        // No two ends of a number are at one time.
        fixture.service.clock.advance(Duration::from_micros(1));
        let (mut act, before) = (act, table.clone());
        let at = act.profile().map(|at| {
            *at %= before.profiles.len();
            *at
        });
        let of_owner = at.map_or(0, |at| before.profiles[at].owner);
        let expected = table.take(act);
        if expected.is_err() {
            table = before.clone();
        }
        let done = place.take(act, of_owner).await;
        let answer = done.map_err(|status| reason_of(&status).unwrap_or_else(|| panic!("{status:?}")));
        let shown: Vec<_> = table.profiles.iter().map(Profile::told).collect();
        let stored = place.stored().await;
        if answer != expected || stored != shown {
            return Err(format!(
                "step {step}, {act:?} on {before:?}\n  was answered {answer:?}, not {expected:?}, and is {stored:?}, not {shown:?}"
            ));
        }
    }
    let shown: Vec<_> = table.profiles.iter().map(Profile::told).collect();
    let read = place.read().await;
    if read == shown {
        Ok(())
    } else {
        Err(format!("{read:?} is shown, not {shown:?}"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_owners_and_staff_do_with_profiles_and_a_programme_comes_to_what_the_table_says() {
    let clock = Clock::fixed(datetime!(2026-03-01 12:00 UTC));
    let suite = TestSuite::new(clock).await;
    let open = OPEN.to_string();
    let fixture = Fixture::in_suite_with(suite, &[("--open-profiles", &open)]).await;
    let config = Config {
        cases: SEQUENCES.or(60),
        failure_persistence: None,
        max_shrink_iters: 300,
        ..Config::default()
    };
    block_in_place(|| {
        let tried = TestRunner::new(config).run(&prop::collection::vec(act(), 1..24), |acts| {
            Handle::current()
                .block_on(follow(&fixture, &acts))
                .map_err(TestCaseError::fail)
        });
        if let Err(problem) = tried {
            panic!("{problem}");
        }
    });
    let claimed_twice = "SELECT count(*) FROM (
        SELECT FROM organizations WHERE programme_id IS NOT NULL AND state NOT IN ('REJECTED', 'CLOSED')
        GROUP BY programme_id HAVING count(*) > 1) AS twice";
    assert_eq!(fixture.service.database.count(claimed_twice).await, 0);
    let held_twice = "SELECT count(*) FROM (
        SELECT FROM organizations WHERE approve_time IS NOT NULL AND state <> 'CLOSED' AND license_number_normalized IS NOT NULL
        GROUP BY licensing_authority, license_number_normalized HAVING count(*) > 1) AS twice";
    assert_eq!(fixture.service.database.count(held_twice).await, 0);
    // Every approved profile has the number that the dated ones say, and a closed one none any more.
    let undated = "SELECT count(*) FROM organizations o
        LEFT JOIN license_numbers n ON n.organization_id = o.organization_id AND n.end_time IS NULL
        WHERE (o.approve_time IS NOT NULL AND o.state <> 'CLOSED' AND o.license_number_normalized IS NOT NULL)
              <> (n.number IS NOT NULL)
           OR n.license_number_normalized <> o.license_number_normalized";
    assert_eq!(fixture.service.database.count(undated).await, 0);
}
