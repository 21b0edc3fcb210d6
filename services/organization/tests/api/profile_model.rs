//! The machine of a profile, as random sequences of what owners and registry staff do with two profiles that may want one license
//! number: what each act is answered, and how both stand afterwards, is what a model of the table says. A sequence that fails is
//! made as short as it can be.
//!
//! `MUSTER_TEST_SEQUENCES` asks for more sequences.

use muster_ids::OrganizationId;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::OrganizationReturnReason as Why;
use muster_proto::organization::v1::OrganizationState as S;
use muster_proto::organization::v1::license_service_client::LicenseServiceClient;
use muster_refusal::{ErrorReason as R, reason_of};
use muster_testkit::TestCaller;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use prost_types::FieldMask;
use tokio::runtime::Handle;
use tokio::task::block_in_place;
use tonic::Status;

use crate::fixture::{Fixture, approve, licensed, name, owner, submit};

/// What somebody does with the profile at this place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Submit(usize),
    /// Its owner gives it this number, or none: then it is a start-up.
    Write(usize, Option<usize>),
    Approve(usize),
    Return(usize),
    Reject(usize),
    Suspend(usize),
    Reinstate(usize),
    Renew(usize, usize),
    Close(usize),
}

fn act() -> impl Strategy<Value = Act> {
    let at = || 0..2_usize;
    prop_oneof![
        5 => at().prop_map(Act::Submit),
        3 => (at(), prop::option::weighted(0.8, at())).prop_map(|(at, number)| Act::Write(at, number)),
        5 => at().prop_map(Act::Approve),
        2 => at().prop_map(Act::Return),
        1 => at().prop_map(Act::Reject),
        2 => at().prop_map(Act::Suspend),
        2 => at().prop_map(Act::Reinstate),
        3 => (at(), at()).prop_map(|(at, number)| Act::Renew(at, number)),
        1 => at().prop_map(Act::Close),
    ]
}

/// One profile. Numbers are told by their places, too.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Profile {
    state: S,
    number: Option<usize>,
    was_approved: bool,
    why: Vec<Why>,
}

#[derive(Debug, Clone)]
struct Table([Profile; 2]);

impl Table {
    /// Both want the first number.
    fn new() -> Self {
        let draft = Profile {
            state: S::Draft,
            number: Some(0),
            was_approved: false,
            why: Vec::new(),
        };
        Self([draft.clone(), draft])
    }

    /// Whether nobody else was approved with it who is not closed.
    fn is_free(&self, at: usize, number: Option<usize>) -> Result<(), R> {
        let other = &self.0[1 - at];
        let holds = other.was_approved && other.state != S::Closed && other.number == number;
        if number.is_some() && holds {
            Err(R::LicenseNumberTaken)
        } else {
            Ok(())
        }
    }

    /// Who waits with a number that is another's from now on is given back.
    fn gives_back_rival(&mut self, at: usize) {
        let number = self.0[at].number;
        let other = &mut self.0[1 - at];
        if other.state == S::Submitted && number.is_some() && other.number == number {
            other.state = S::Returned;
            other.why = vec![Why::LicenseNumberTaken];
        }
    }

    /// From one state to another; what is there already is no change.
    fn moves(&mut self, at: usize, from: &[S], to: S) -> Result<bool, R> {
        let profile = &mut self.0[at];
        if profile.state == to {
            return Ok(false);
        }
        if !from.contains(&profile.state) {
            return Err(R::OrganizationState);
        }
        profile.state = to;
        Ok(true)
    }

    fn take(&mut self, act: Act) -> Result<(), R> {
        match act {
            Act::Submit(at) => {
                if matches!(self.0[at].state, S::Draft | S::Returned) {
                    self.is_free(at, self.0[at].number)?;
                }
                if self.moves(at, &[S::Draft, S::Returned], S::Submitted)? {
                    self.0[at].why.clear();
                }
            }
            Act::Write(at, number) => self.write(at, number)?,
            Act::Approve(at) => {
                if matches!(self.0[at].state, S::Submitted | S::Returned) {
                    self.is_free(at, self.0[at].number)?;
                }
                if self.moves(at, &[S::Submitted], S::Active)? {
                    self.0[at].was_approved = true;
                    self.gives_back_rival(at);
                }
            }
            Act::Return(at) => {
                let other_reason = self.0[at].why != [Why::NameMismatch];
                if self.0[at].state == S::Returned && other_reason {
                    return Err(R::OrganizationState);
                }
                if self.moves(at, &[S::Submitted], S::Returned)? {
                    self.0[at].why = vec![Why::NameMismatch];
                }
            }
            Act::Reject(at) => drop(self.moves(at, &[S::Submitted], S::Rejected)?),
            Act::Suspend(at) => drop(self.moves(at, &[S::Active], S::Suspended)?),
            Act::Reinstate(at) => drop(self.moves(at, &[S::Suspended], S::Active)?),
            Act::Renew(at, number) => self.renew(at, number)?,
            Act::Close(at) => {
                self.0[at].state = S::Closed;
                self.0[at].why.clear();
            }
        }
        Ok(())
    }

    fn write(&mut self, at: usize, number: Option<usize>) -> Result<(), R> {
        let profile = &self.0[at];
        if !matches!(profile.state, S::Draft | S::Returned) {
            return Err(R::OrganizationState);
        }
        if profile.state == S::Returned && profile.number != number {
            self.is_free(at, number)?;
        }
        self.0[at].number = number;
        Ok(())
    }

    fn renew(&mut self, at: usize, number: usize) -> Result<(), R> {
        let profile = &self.0[at];
        if !matches!(profile.state, S::Active | S::Suspended) {
            return Err(R::OrganizationState);
        }
        if profile.number != Some(number) {
            self.is_free(at, Some(number))?;
            self.0[at].number = Some(number);
            self.gives_back_rival(at);
        }
        Ok(())
    }
}

/// Two profiles, and two numbers that nobody else has.
struct Place<'w> {
    fixture: &'w Fixture,
    profiles: [OrganizationId; 2],
    numbers: [String; 2],
}

impl<'w> Place<'w> {
    async fn new(fixture: &'w Fixture) -> Self {
        let run = fixture.service.clock.new_uuid().simple().to_string();
        let numbers = ["A", "B"].map(|letter| format!("{letter}{run}"));
        let draft = async |who: &str| {
            let wanted = licensed("us-mi", &numbers[0]);
            fixture.draft(&format!("{who}-{run}"), wanted).await
        };
        let profiles = [draft("one").await, draft("other").await];
        Self {
            fixture,
            profiles,
            numbers,
        }
    }

    async fn take(&self, act: Act) -> Result<(), Status> {
        let of = |at: usize| {
            (
                self.profiles[at],
                name(self.profiles[at]),
                "a look at it".to_owned(),
            )
        };
        let staff = |id| self.fixture.profiles(TestCaller::staff(id));
        let request_id = String::new();
        match act {
            Act::Submit(at) => {
                let (id, ..) = of(at);
                let mut own = self.fixture.profiles(owner(id));
                own.submit_organization(submit(id)).await.map(drop)
            }
            Act::Write(at, number) => self.write(at, number).await,
            Act::Approve(at) => {
                let (id, ..) = of(at);
                staff(id).approve_organization(approve(id)).await.map(drop)
            }
            Act::Return(at) => {
                let (id, name, reason) = of(at);
                let request = pb::ReturnOrganizationRequest {
                    name,
                    reasons: vec![Why::NameMismatch.into()],
                    reason,
                    request_id,
                };
                staff(id).return_organization(request).await.map(drop)
            }
            Act::Reject(at) => {
                let (id, name, reason) = of(at);
                let request = pb::RejectOrganizationRequest {
                    name,
                    reason,
                    request_id,
                };
                staff(id).reject_organization(request).await.map(drop)
            }
            Act::Suspend(at) => {
                let (id, name, reason) = of(at);
                let request = pb::SuspendOrganizationRequest {
                    name,
                    reason,
                    request_id,
                };
                staff(id).suspend_organization(request).await.map(drop)
            }
            Act::Reinstate(at) => {
                let (id, name, reason) = of(at);
                let request = pb::ReinstateOrganizationRequest {
                    name,
                    reason,
                    request_id,
                };
                staff(id).reinstate_organization(request).await.map(drop)
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
                    .await
                    .map(drop)
            }
            Act::Close(at) => {
                let (id, name, reason) = of(at);
                let request = pb::CloseOrganizationRequest {
                    name,
                    reason,
                    request_id,
                };
                let mut own = self.fixture.profiles(TestCaller::staff(id));
                own.close_organization(request).await.map(drop)
            }
        }
    }

    async fn write(&self, at: usize, number: Option<usize>) -> Result<(), Status> {
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
        own.update_organization(request).await.map(drop)
    }

    /// How each stands, with its number and why it was given back.
    async fn stored(&self) -> Vec<(S, Option<usize>, Vec<Why>)> {
        let mut stored = Vec::new();
        for &id in &self.profiles {
            let profile = self.fixture.read(id).await;
            let number = self
                .numbers
                .iter()
                .position(|number| *number == profile.license_number);
            assert_eq!(
                number.is_none(),
                profile.r#type() == pb::OrganizationType::StartUp
            );
            stored.push((profile.state(), number, profile.return_reasons().collect()));
        }
        stored
    }
}

async fn follow(fixture: &Fixture, acts: &[Act]) -> Result<(), String> {
    let place = Place::new(fixture).await;
    let mut table = Table::new();
    for (step, act) in acts.iter().enumerate() {
        let before = table.clone();
        let expected = table.take(*act);
        if expected.is_err() {
            table = before.clone();
        }
        let done = place.take(*act).await;
        let answer = done.map_err(|status| reason_of(&status).unwrap_or_else(|| panic!("{status:?}")));
        let shown: Vec<_> = table
            .0
            .iter()
            .map(|one| (one.state, one.number, one.why.clone()))
            .collect();
        let stored = place.stored().await;
        if answer != expected || stored != shown {
            return Err(format!(
                "step {step}, {act:?} on {before:?}\n  was answered {answer:?}, not {expected:?}, and is {stored:?}, not {shown:?}"
            ));
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_owners_and_staff_do_with_two_profiles_comes_to_what_the_table_says() {
    let fixture = Fixture::new().await;
    let asked = std::env::var("MUSTER_TEST_SEQUENCES");
    let config = Config {
        cases: asked.map_or(60, |asked| asked.parse().unwrap()),
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
