//! What people do around the service before a test begins, and what follows from it.

use std::sync::atomic::Ordering;

use muster_identity::Role;
use muster_ids::{EmploymentId, EmploymentName, GroupName, OrganizationId, OrganizationName, TrainingName};
use muster_messaging::Event;
use muster_proto::employment::v1::{EmploymentFacts, EmploymentState, EmploymentVerifiedEvent};
use muster_proto::invitation::v1::Invitation;
use muster_proto::organization::v1::GroupChangedEvent;
use muster_proto::records::v1::{CreateTrainingRequest, Training};
use muster_records::RecordsService;
use muster_server::Service;
use muster_server::convert::timestamp;
use muster_testkit::{Publisher, TestCaller, acts, eventually};

use crate::fixture::{Fixture, person_name};

impl Fixture {
    /// An approved organization; its director is employed, and the service has heard of it.
    pub(crate) async fn open_organization(&self) -> OrganizationId {
        let before = self.applied().await;
        let organization = acts::open_organization(&self.organizations, "owner").await;
        self.wait_applied(before + 1).await;
        organization
    }

    /// A training of the shared catalog.
    pub(crate) async fn new_training(&self, code: &str) -> TrainingName {
        self.new_training_of(code, 0, 0).await
    }

    /// One that counts so many minutes, and so many months.
    pub(crate) async fn new_training_of(&self, code: &str, minutes: i32, months: i32) -> TrainingName {
        let training = Training {
            code: code.to_owned(),
            display_name: format!("About {code}"),
            duration_minutes: minutes,
            validity_months: months,
            ..Default::default()
        };
        let request = CreateTrainingRequest {
            training: Some(training),
            request_id: self.new_id().to_string(),
            reason: format!("{code} is required"),
        };
        let created = self
            .trainings(TestCaller::platform_staff())
            .create_training(request)
            .await;
        let training = created.unwrap().into_inner().training.unwrap();
        training.name.parse().unwrap()
    }

    /// A name that nothing else in the test has.
    fn new_name(&self, what: &str) -> String {
        format!("{what}-{}", self.names.fetch_add(1, Ordering::Relaxed))
    }

    /// An active group that requires these trainings.
    pub(crate) async fn new_group(&self, trainings: &[TrainingName]) -> GroupName {
        for &training in trainings {
            acts::take_training(&self.organizations, self.organization, training).await;
        }
        let name = self.new_name("group");
        acts::make_group(&self.organizations, self.organization, &name, trainings).await
    }

    /// The owner invites the person into these groups (none: into a new one), and the person accepts.
    pub(crate) async fn accept(&self, person: &str, groups: &[GroupName], source: &'static str) {
        self.accept_at(person, groups, "", source).await;
    }

    /// The same, to a location.
    async fn accept_at(&self, person: &str, groups: &[GroupName], location: &str, source: &'static str) {
        let groups = match groups {
            [] => vec![self.new_group(&[]).await],
            groups => groups.to_vec(),
        };
        let invitation = Invitation {
            address: format!("{}@example.com", self.new_name("learner")),
            groups: groups.iter().map(ToString::to_string).collect(),
            location: location.to_owned(),
            ..Default::default()
        };
        let owner = TestCaller::member("owner", self.organization, Role::Owner);
        let invitation = acts::invite(&self.invitations, owner, self.organization, invitation).await;
        self.invitations.database.execute(source).await;
        acts::accept(&self.invitations, invitation, person).await;
    }

    /// A verified employment in these groups, of which the service has heard.
    pub(crate) async fn verify(&self, person: &str, groups: &[GroupName]) -> EmploymentName {
        self.verify_at(person, groups, "").await
    }

    /// The same, at a location.
    pub(crate) async fn verify_at(
        &self,
        person: &str,
        groups: &[GroupName],
        location: &str,
    ) -> EmploymentName {
        let before = self.applied().await;
        self.accept_at(person, groups, location, BY_HAND).await;
        self.wait_applied(before + 1).await;
        EmploymentName {
            organization: self.organization,
            employment: EmploymentId::from_uuid(self.known(person).await.employment_id),
        }
    }

    /// A claim that an administrator has to verify: the employment service knows of it. Its event may be here later.
    pub(crate) async fn claim(&self, person: &str) {
        let claims = "SELECT count(*) FROM employments WHERE state = 'PENDING_VERIFICATION'";
        let before = self.employments.database.count(claims).await;
        self.accept(person, &[], FROM_THE_JOIN_PAGE).await;
        eventually(async || self.employments.database.count(claims).await == before + 1).await;
    }

    /// A learner with one assignment of a new training: its name as the learning system uses it.
    pub(crate) async fn assigned(&self, person: &str, code: &str) -> String {
        let training = self.new_training(code).await;
        self.assigned_training(person, training).await
    }

    /// The assignment of this training, by a group of its own.
    pub(crate) async fn assigned_training(&self, person: &str, training: TrainingName) -> String {
        self.verify(person, &[self.new_group(&[training]).await]).await;
        let assignments = self.assignments_of(person).await;
        assignments
            .into_iter()
            .find(|one| one.training == training.to_string())
            .unwrap()
            .name
    }

    pub(crate) fn new_employment(&self) -> EmploymentName {
        EmploymentName {
            organization: self.organization,
            employment: EmploymentId::from_uuid(self.new_id()),
        }
    }

    /// Tells of an employment as the employment service would not, or not now.
    pub(crate) async fn publish_verified(
        &self,
        employment: EmploymentName,
        person: &str,
        groups: &[GroupName],
        sequence: i64,
    ) {
        let facts = EmploymentFacts {
            groups: groups.iter().map(ToString::to_string).collect(),
            ..self.facts(employment, person, EmploymentState::Verified)
        };
        let event = EmploymentVerifiedEvent { facts: Some(facts) };
        self.publish(employment, sequence, event).await;
    }

    /// What an event says of an employment that began now.
    pub(crate) fn facts(
        &self,
        employment: EmploymentName,
        person: &str,
        state: EmploymentState,
    ) -> EmploymentFacts {
        let organization = employment.organization;
        EmploymentFacts {
            employment: employment.to_string(),
            organization: OrganizationName { organization }.to_string(),
            person: person_name(person).to_string(),
            state: state.into(),
            create_time: Some(timestamp(self.service.clock.now())),
            ..Default::default()
        }
    }

    /// Publishes as the organization service, and waits for nothing.
    pub(crate) async fn publish_group(&self, group: GroupName, sequence: i64, event: GroupChangedEvent) {
        let publisher = self.group_publisher.get_or_init(async || {
            let broker = self.service.broker.as_service("organization");
            let clock = self.service.clock.clone();
            Publisher::start(&RecordsService::MIGRATOR, "records", broker, clock).await
        });
        let aggregate = group.group.as_uuid();
        publisher
            .await
            .publish(group.organization, aggregate, sequence, event)
            .await;
    }

    /// Publishes as the employment service, and waits for nothing.
    pub(crate) async fn publish(
        &self,
        employment: EmploymentName,
        sequence: i64,
        event: impl Event + Clone + 'static,
    ) {
        let publisher = self.publisher.get_or_init(async || {
            let broker = self.service.broker.as_service("employment");
            let clock = self.service.clock.clone();
            Publisher::start(&RecordsService::MIGRATOR, "records", broker, clock).await
        });
        let aggregate = employment.employment.as_uuid();
        publisher
            .await
            .publish(employment.organization, aggregate, sequence, event)
            .await;
    }
}

pub(crate) const BY_HAND: &str = "";
/// There is no call for it yet.
const FROM_THE_JOIN_PAGE: &str =
    "UPDATE invitations SET source = 'JOIN_PAGE' WHERE state IN ('PROSPECT', 'PENDING')";
