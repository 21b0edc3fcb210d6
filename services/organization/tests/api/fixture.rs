//! The service with its neighbour, and the acts that most tests begin with.

use std::sync::atomic::{AtomicU32, Ordering};

use muster_clock::Clock;
use muster_identity::Role;
use muster_ids::{OrganizationId, OrganizationName};
use muster_organization::OrganizationService;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::catalog_service_client::CatalogServiceClient;
use muster_proto::organization::v1::group_service_client::GroupServiceClient;
use muster_proto::organization::v1::organization_service_client::OrganizationServiceClient;
use muster_testkit::{TestCaller, TestChannel, TestService, TestSuite};
use time::macros::datetime;
use tokio::sync::OnceCell;

/// The service under test and what it needs.
pub(crate) struct Fixture {
    pub(crate) service: TestService,
    pub(crate) suite: TestSuite,
    pub(crate) records: OnceCell<TestService>,
    pub(crate) employment: OnceCell<TestService>,
    pub(crate) invitation: OnceCell<TestService>,
    licenses: AtomicU32,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        Self::at(Clock::fixed(datetime!(2026-03-01 12:00 UTC))).await
    }

    /// One that goes by this clock.
    pub(crate) async fn at(clock: Clock) -> Self {
        Self::in_suite(TestSuite::new(clock).await).await
    }

    /// One in this suite.
    pub(crate) async fn in_suite(suite: TestSuite) -> Self {
        Self::in_suite_with(suite, &[]).await
    }

    /// One in this suite, with these settings.
    pub(crate) async fn in_suite_with(suite: TestSuite, more: &[(&str, &str)]) -> Self {
        let pads = [
            ("--license-numbers", "us-ny=@@####/####"),
            ("--review-days", "30,us-ny=10"),
        ];
        let settings = [&pads, more].concat();
        Self {
            service: suite.start::<OrganizationService>(&settings).await,
            suite,
            records: OnceCell::new(),
            employment: OnceCell::new(),
            invitation: OnceCell::new(),
            licenses: AtomicU32::new(1),
        }
    }

    /// The profiles, as this caller sees them.
    pub(crate) fn profiles(&self, who: TestCaller) -> OrganizationServiceClient<TestChannel> {
        OrganizationServiceClient::new(self.service.calls_of(who))
    }

    /// The groups, as this caller sees them.
    pub(crate) fn groups(&self, who: TestCaller) -> GroupServiceClient<TestChannel> {
        GroupServiceClient::new(self.service.calls_of(who))
    }

    /// A request for a profile with a license number of its own.
    pub(crate) fn profile(&self) -> pb::Organization {
        let number = self.licenses.fetch_add(1, Ordering::Relaxed);
        licensed("us-mi", &format!("DC {number:06}"))
    }

    /// A draft of this person.
    pub(crate) async fn draft(&self, owner: &str, profile: pb::Organization) -> OrganizationId {
        let request = pb::CreateOrganizationRequest {
            organization: Some(profile),
            request_id: String::new(),
        };
        let created = self
            .profiles(TestCaller::person(owner))
            .create_organization(request)
            .await
            .unwrap();
        id_of(&created.into_inner().organization.unwrap())
    }

    /// A submitted profile of `owner`.
    pub(crate) async fn submitted(&self) -> OrganizationId {
        let id = self.draft("owner", self.profile()).await;
        self.submit(id).await;
        id
    }

    /// An active profile of `owner`.
    pub(crate) async fn active(&self) -> OrganizationId {
        let id = self.draft("owner", self.profile()).await;
        self.submit_and_approve(id).await;
        id
    }

    /// Its owner hands the profile in.
    pub(crate) async fn submit(&self, id: OrganizationId) {
        let mut owner = self.profiles(owner(id));
        owner.submit_organization(submit(id)).await.unwrap();
    }

    /// Its owner hands the profile in, and registry staff approve it.
    pub(crate) async fn submit_and_approve(&self, id: OrganizationId) {
        self.submit(id).await;
        let mut staff = self.profiles(TestCaller::staff(id));
        staff.approve_organization(approve(id)).await.unwrap();
    }

    /// The profile as it stands.
    pub(crate) async fn read(&self, id: OrganizationId) -> pb::Organization {
        let request = pb::GetOrganizationRequest { name: name(id) };
        let read = self.profiles(owner(id)).get_organization(request).await.unwrap();
        read.into_inner().organization.unwrap()
    }

    /// A new training of the shared catalog that the organization has taken into its own.
    pub(crate) async fn taken(&self, id: OrganizationId) -> String {
        let training = self.training().await;
        let request = pb::AddTrainingRequest {
            parent: name(id),
            training: training.clone(),
            request_id: String::new(),
        };
        let mut catalog = CatalogServiceClient::new(self.service.calls_of(owner(id)));
        catalog.add_training(request).await.unwrap();
        training
    }

    /// Runs a statement that is put together here.
    pub(crate) async fn execute(&self, statement: String) {
        self.service.database.run(statement).await;
    }

    /// Gives the organization this many groups and locations, with names of the greatest length.
    pub(crate) async fn fill(&self, id: OrganizationId, count: u32) {
        for (table, key, more) in [
            ("groups", "group_id", (", state, version", ", 'ACTIVE', 1")),
            ("locations", "location_id", ("", "")),
        ] {
            let (columns, values) = more;
            let statement = format!(
                "INSERT INTO {table} (organization_id, {key}, display_name, create_time{columns})
                 SELECT '{id}', gen_random_uuid(), rpad(n::text || ' ', 80, '\u{1F600}'), now(){values}
                 FROM generate_series(1, {count}) AS n"
            );
            self.execute(statement).await;
        }
    }

    /// A group of the organization.
    pub(crate) async fn group(&self, id: OrganizationId, called: &str, trainings: Vec<String>) -> pb::Group {
        let created = self
            .groups(owner(id))
            .create_group(group(id, called, trainings))
            .await
            .unwrap();
        created.into_inner().group.unwrap()
    }
}

/// The owner of the profile, as most calls are made.
pub(crate) fn owner(id: OrganizationId) -> TestCaller {
    TestCaller::member("owner", id, Role::Owner)
}

pub(crate) fn licensed(authority: &str, number: &str) -> pb::Organization {
    pb::Organization {
        display_name: "Sunshine Day Care".to_owned(),
        licensing_authority: authority.to_owned(),
        license_number: number.to_owned(),
        ..Default::default()
    }
}

pub(crate) fn name(organization: OrganizationId) -> String {
    OrganizationName { organization }.to_string()
}

pub(crate) fn id_of(organization: &pb::Organization) -> OrganizationId {
    organization
        .name
        .parse::<OrganizationName>()
        .unwrap()
        .organization
}

pub(crate) fn submit(id: OrganizationId) -> pb::SubmitOrganizationRequest {
    pb::SubmitOrganizationRequest {
        name: name(id),
        request_id: String::new(),
    }
}

pub(crate) fn approve(id: OrganizationId) -> pb::ApproveOrganizationRequest {
    let reason = "license checked with the state".to_owned();
    pb::ApproveOrganizationRequest {
        name: name(id),
        reason,
        request_id: String::new(),
    }
}

pub(crate) fn group(id: OrganizationId, called: &str, trainings: Vec<String>) -> pb::CreateGroupRequest {
    let group = pb::Group {
        display_name: called.to_owned(),
        trainings,
        ..Default::default()
    };
    pb::CreateGroupRequest {
        parent: name(id),
        group: Some(group),
        request_id: String::new(),
    }
}
