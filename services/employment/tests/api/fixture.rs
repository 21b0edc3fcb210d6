//! One test's service, with everybody around it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};

use muster_clock::Clock;
use muster_employment::EmploymentService;
use muster_identity::Role;
use muster_ids::{GroupName, InvitationName, LocationName, OrganizationId, OrganizationName, PersonName};
use muster_invitation::InvitationApp;
use muster_organization::OrganizationService;
use muster_proto::employment::v1::employment_internal_service_client::EmploymentInternalServiceClient;
use muster_proto::employment::v1::employment_service_client::EmploymentServiceClient;
use muster_proto::employment::v1::person_employment_service_client::PersonEmploymentServiceClient;
use muster_proto::employment::v1::{
    Employment, EmploymentFacts, EmploymentVerifiedEvent, GetEmploymentRequest, ListEmploymentsRequest,
};
use muster_proto::invitation::v1::Invitation;
use muster_server::Service;
use muster_testkit::{Callers, Publisher, TestCaller, TestChannel, TestService, TestSuite, acts, eventually};
use time::macros::datetime;
use tonic::Status;

/// When tests begin.
fn begin() -> Clock {
    Clock::fixed(datetime!(2026-03-01 12:00 UTC))
}

pub(crate) struct Fixture {
    pub(crate) service: TestService,
    pub(crate) organizations: TestService,
    pub(crate) invitations: TestService,
    pub(crate) organization: OrganizationId,
    names: AtomicU32,
}

impl Fixture {
    /// With an organization, whose approval has employed its director, `owner`.
    pub(crate) async fn start() -> Self {
        Self::without_organization().await.opened().await
    }

    /// The same, where people claim as often as they like, for as many days as they like.
    pub(crate) async fn start_without_limits() -> Self {
        let settings = [
            ("--claims-at-organization", "1000000"),
            ("--claims-of-person", "1000000"),
        ];
        let suite = TestSuite::lasting(begin()).await;
        Self::in_suite(&suite, &settings).await.opened().await
    }

    async fn opened(mut self) -> Self {
        self.organization = acts::open_organization(&self.organizations, "owner").await;
        let approved = "SELECT count(*) FROM inbox WHERE event_type = 'organization.approved'";
        eventually(async || self.service.database.count(approved).await == 1).await;
        self
    }

    pub(crate) async fn without_organization() -> Self {
        let suite = TestSuite::new(begin()).await;
        Self::in_suite(&suite, &[]).await
    }

    async fn in_suite(suite: &TestSuite, settings: &[(&str, &str)]) -> Self {
        let (service, organizations, invitations) = tokio::join!(
            suite.start::<EmploymentService>(settings),
            suite.start::<OrganizationService>(&[]),
            suite.start::<InvitationApp>(&[]),
        );
        Self {
            organization: OrganizationId::from_uuid(service.clock.new_uuid()),
            service,
            organizations,
            invitations,
            names: AtomicU32::new(1),
        }
    }

    pub(crate) fn organization_name(&self) -> OrganizationName {
        OrganizationName {
            organization: self.organization,
        }
    }

    /// A name that nothing else in the test has.
    fn new_name(&self, what: &str) -> String {
        format!("{what}-{}", self.names.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) async fn new_group(&self) -> GroupName {
        let name = self.new_name("group");
        acts::make_group(&self.organizations, self.organization, &name, &[]).await
    }

    pub(crate) async fn new_location(&self) -> LocationName {
        acts::make_location(&self.organizations, self.organization, "Main street").await
    }

    /// An invitation by hand, from the owner. Everybody has as many addresses as they need.
    pub(crate) async fn invite(&self, groups: &[GroupName]) -> InvitationName {
        self.invite_from("owner", Role::Owner, groups).await
    }

    /// From somebody whom the edge let pass with this role, which they may have lost by now.
    pub(crate) async fn invite_from(
        &self,
        inviter: &str,
        role: Role,
        groups: &[GroupName],
    ) -> InvitationName {
        let invitation = Invitation {
            address: format!("{}@example.com", self.new_name("learner")),
            groups: groups.iter().map(ToString::to_string).collect(),
            ..Default::default()
        };
        let inviter = TestCaller::member(inviter, self.organization, role);
        acts::invite(&self.invitations, inviter, self.organization, invitation).await
    }

    /// As if open invitations came from the join page, for which there is no call yet.
    pub(crate) async fn open_to_join_page(&self) {
        let statement = "UPDATE invitations SET source = 'JOIN_PAGE' WHERE state IN ('PROSPECT', 'PENDING')";
        self.invitations.database.execute(statement).await;
    }

    /// The person accepts, and employment follows.
    pub(crate) async fn accept(&self, invitation: InvitationName, person: &str) {
        let before = self.applied().await;
        acts::accept(&self.invitations, invitation, person).await;
        self.wait_applied(before + 1).await;
    }

    /// The owner invites the person into these groups, and the person accepts.
    pub(crate) async fn employ(&self, person: &str, groups: &[GroupName]) {
        self.accept(self.invite(groups).await, person).await;
    }

    /// Into a new group.
    pub(crate) async fn employ_anywhere(&self, person: &str) {
        self.employ(person, &[self.new_group().await]).await;
    }

    /// The employment of somebody who asked for it at the join page.
    pub(crate) async fn claimed(&self, person: &str) -> Employment {
        let invitation = self.invite(&[self.new_group().await]).await;
        self.open_to_join_page().await;
        self.accept(invitation, person).await;
        self.employments_of(person).await.remove(0)
    }

    /// How many events of this type were published.
    pub(crate) async fn published(&self, event_type: &str) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM outbox WHERE event_type = $1")
            .bind(event_type)
            .fetch_one(&mut self.service.database.connection().await)
            .await
            .unwrap()
    }

    /// Publishes in the name of the invitation service what that would not.
    pub(crate) async fn publisher_of(&self, service: &'static str) -> Publisher {
        let broker = self.service.broker.as_service(service);
        let clock = self.service.clock.clone();
        Publisher::start(&EmploymentService::MIGRATOR, "employment", broker, clock).await
    }

    /// How many acceptances have been applied.
    pub(crate) async fn applied(&self) -> i64 {
        let accepted = "SELECT count(*) FROM inbox WHERE event_type = 'invitation.accepted'";
        self.service.database.count(accepted).await
    }

    pub(crate) async fn wait_applied(&self, count: i64) {
        eventually(async || self.applied().await == count).await;
    }

    /// What was told of the person's verified employments, in order, with the sequence of each.
    pub(crate) async fn told_of(&self, person: &str) -> Vec<(i64, EmploymentFacts)> {
        let mut events = self.service.outbox().events::<EmploymentVerifiedEvent>().await;
        events.sort_by_key(|(sequence, _)| *sequence);
        let person = person_name(person).to_string();
        let told = events.into_iter();
        let told = told.map(|(sequence, event)| (sequence, event.facts.unwrap()));
        told.filter(|(_, facts)| facts.person == person).collect()
    }

    pub(crate) fn admin(&self) -> TestCaller {
        TestCaller::member("admin", self.organization, Role::Admin)
    }

    pub(crate) fn employments(&self, who: TestCaller) -> EmploymentServiceClient<TestChannel> {
        EmploymentServiceClient::new(self.service.calls_of(who))
    }

    pub(crate) fn person_employments(&self, who: TestCaller) -> PersonEmploymentServiceClient<TestChannel> {
        PersonEmploymentServiceClient::new(self.service.calls_of(who))
    }

    pub(crate) fn internal(&self, who: TestCaller) -> EmploymentInternalServiceClient<TestChannel> {
        EmploymentInternalServiceClient::new(self.service.calls_of(who))
    }

    /// What the organization sees of the person's employments, newest first.
    pub(crate) async fn employments_of(&self, person: &str) -> Vec<Employment> {
        let parent = self.organization_name().to_string();
        let request = ListEmploymentsRequest {
            parent,
            ..Default::default()
        };
        let mut client = self.employments(self.admin());
        let listed = client.list_employments(request).await.unwrap().into_inner();
        let person = person_name(person).to_string();
        let all = listed.employments.into_iter();
        all.filter(|one| one.person == person).collect()
    }

    pub(crate) async fn read(&self, name: &str) -> Employment {
        let request = GetEmploymentRequest {
            name: name.to_owned(),
        };
        let read = self.employments(self.admin()).get_employment(request).await;
        read.unwrap().into_inner().employment.unwrap()
    }

    /// The only employment of the person.
    pub(crate) async fn employment_of(&self, person: &str) -> Employment {
        let [employment] = self.employments_of(person).await.try_into().unwrap();
        employment
    }
}

pub(crate) fn person_name(name: &str) -> PersonName {
    PersonName {
        person: Callers::person(name).id,
    }
}

pub(crate) fn names(groups: &[GroupName]) -> BTreeSet<String> {
    groups.iter().map(ToString::to_string).collect()
}

pub(crate) fn reason<T: std::fmt::Debug>(
    answer: Result<tonic::Response<T>, Status>,
) -> muster_refusal::ErrorReason {
    muster_refusal::reason_of(&answer.unwrap_err()).expect("a refusal of the suite")
}
