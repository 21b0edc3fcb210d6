//! One test's service, with everybody around it.

use std::sync::atomic::AtomicU32;

use muster_clock::Clock;
use muster_employment::EmploymentService;
use muster_identity::Role;
use muster_ids::{LearnerName, LearningRecordName, OrganizationId, OrganizationName, PersonId, PersonName};
use muster_invitation::InvitationApp;
use muster_messaging::parked::{self, Parked};
use muster_messaging::topology;
use muster_organization::OrganizationService;
use muster_proto::records::v1::assignment_service_client::AssignmentServiceClient;
use muster_proto::records::v1::grant_service_client::GrantServiceClient;
use muster_proto::records::v1::learning_record_service_client::LearningRecordServiceClient;
use muster_proto::records::v1::person_record_service_client::PersonRecordServiceClient;
use muster_proto::records::v1::progress_service_client::ProgressServiceClient;
use muster_proto::records::v1::training_service_client::TrainingServiceClient;
use muster_proto::records::v1::{
    Assignment, CreateGrantRequest, GetLearningRecordRequest, Grant, LearningRecord,
    ListPersonAssignmentsRequest, ReportProgressRequest,
};
use muster_records::RecordsService;
use muster_testkit::{
    Callers, Publisher, TestCaller, TestChannel, TestService, TestSuite, eventually, eventually_some,
};
use time::macros::datetime;
use tokio::sync::OnceCell;
use tonic::Status;
use uuid::Uuid;

pub(crate) struct Fixture {
    pub(crate) service: TestService,
    pub(crate) organizations: TestService,
    pub(crate) employments: TestService,
    pub(crate) invitations: TestService,
    pub(crate) organization: OrganizationId,
    /// For what the employment service would not publish, or not in this order.
    pub(crate) publisher: OnceCell<Publisher>,
    /// As above, of the organization service.
    pub(crate) group_publisher: OnceCell<Publisher>,
    pub(crate) names: AtomicU32,
}

/// What is kept of the latest employment of a person.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Known {
    pub(crate) employment_id: Uuid,
    pub(crate) state: String,
    pub(crate) sequence: i64,
}

impl Fixture {
    /// With an organization, of whose director the service has heard.
    pub(crate) async fn start() -> Self {
        Self::start_with_limit("1000000").await
    }

    /// The same, where a person grants one organization so much in a month.
    pub(crate) async fn start_with_limit(grants_at_organization: &str) -> Self {
        let clock = Clock::fixed(datetime!(2026-03-01 12:00 UTC));
        let suite = TestSuite::new(clock).await;
        let limit = [("--grants-at-organization", grants_at_organization)];
        let (service, organizations, employments, invitations) = tokio::join!(
            suite.start::<RecordsService>(&limit),
            suite.start::<OrganizationService>(&[]),
            suite.start::<EmploymentService>(&[
                ("--claims-at-organization", "1000000"),
                ("--claims-of-person", "1000000"),
            ]),
            suite.start::<InvitationApp>(&[]),
        );
        let mut fixture = Self {
            organization: OrganizationId::from_uuid(service.clock.new_uuid()),
            service,
            organizations,
            employments,
            invitations,
            publisher: OnceCell::new(),
            group_publisher: OnceCell::new(),
            names: AtomicU32::new(1),
        };
        fixture.organization = fixture.open_organization().await;
        fixture
    }

    pub(crate) fn new_id(&self) -> Uuid {
        self.service.clock.new_uuid()
    }

    pub(crate) fn organization_name(&self) -> OrganizationName {
        OrganizationName {
            organization: self.organization,
        }
    }

    pub(crate) fn learner(&self, person: &str) -> LearnerName {
        LearnerName {
            organization: self.organization,
            person: person_id(person),
        }
    }

    /// What the service has heard of the person at the organization, once it has heard of them.
    pub(crate) async fn known(&self, person: &str) -> Known {
        let mut connection = self.service.database.connection().await;
        eventually_some(async || {
            sqlx::query_as(
                "SELECT employment_id, state, sequence FROM employment_projection
                 WHERE organization_id = $1 AND person_id = $2",
            )
            .bind(self.organization.as_uuid())
            .bind(person_id(person).as_uuid())
            .fetch_optional(&mut connection)
            .await
            .unwrap()
        })
        .await
    }

    pub(crate) async fn applied(&self) -> i64 {
        self.service.database.count("SELECT count(*) FROM inbox").await
    }

    pub(crate) async fn wait_applied(&self, count: i64) {
        eventually(async || self.applied().await == count).await;
    }

    pub(crate) async fn parked(&self) -> Vec<Parked> {
        parked::list(&self.service.broker.broker(), &topology::RECORDS, 10)
            .await
            .unwrap()
    }

    /// How many readings are logged.
    pub(crate) async fn logged(&self) -> i64 {
        self.service
            .database
            .count("SELECT count(*) FROM record_accesses")
            .await
    }

    pub(crate) fn admin(&self) -> TestCaller {
        TestCaller::member("admin", self.organization, Role::Admin)
    }

    pub(crate) fn trainings(&self, who: TestCaller) -> TrainingServiceClient<TestChannel> {
        TrainingServiceClient::new(self.service.calls_of(who))
    }

    pub(crate) fn assignments(&self, who: TestCaller) -> AssignmentServiceClient<TestChannel> {
        AssignmentServiceClient::new(self.service.calls_of(who))
    }

    pub(crate) fn progress(&self, who: TestCaller) -> ProgressServiceClient<TestChannel> {
        ProgressServiceClient::new(self.service.calls_of(who))
    }

    pub(crate) fn grants(&self, who: TestCaller) -> GrantServiceClient<TestChannel> {
        GrantServiceClient::new(self.service.calls_of(who))
    }

    pub(crate) fn learning_records(&self, who: TestCaller) -> LearningRecordServiceClient<TestChannel> {
        LearningRecordServiceClient::new(self.service.calls_of(who))
    }

    pub(crate) fn person_records(&self, who: TestCaller) -> PersonRecordServiceClient<TestChannel> {
        PersonRecordServiceClient::new(self.service.calls_of(who))
    }

    /// What the person sees of their own assignments, newest first.
    pub(crate) async fn assignments_of(&self, person: &str) -> Vec<Assignment> {
        let request = ListPersonAssignmentsRequest {
            parent: me(),
            ..Default::default()
        };
        let mut client = self.person_records(TestCaller::person(person));
        let listed = client.list_person_assignments(request).await;
        listed.unwrap().into_inner().assignments
    }

    pub(crate) async fn report(&self, assignment: &str, percent: i32) -> Result<Assignment, Status> {
        let request = ReportProgressRequest {
            assignment: assignment.to_owned(),
            percent,
            request_id: String::new(),
        };
        let mut client = self.progress(TestCaller::WorkloadThroughEdge("learning-system"));
        let reported = client.report_progress(request).await?;
        Ok(reported.into_inner().assignment.unwrap())
    }

    /// Each of the learners completes a training, by its code, that another organization has assigned.
    pub(crate) async fn completed_elsewhere(&mut self, trainings: &[(&str, &str)]) {
        let here = self.organization;
        self.organization = self.open_organization().await;
        for (person, code) in trainings {
            let assigned = self.assigned(person, code).await;
            self.report(&assigned, 100).await.unwrap();
        }
        self.organization = here;
    }

    pub(crate) fn grant_request(&self) -> CreateGrantRequest {
        let grant = Grant {
            organization: self.organization_name().to_string(),
            ..Default::default()
        };
        CreateGrantRequest {
            parent: me(),
            grant: Some(grant),
            request_id: String::new(),
        }
    }

    pub(crate) async fn grant(&self, person: &str) -> Result<Grant, Status> {
        let mut client = self.grants(TestCaller::person(person));
        let granted = client.create_grant(self.grant_request()).await?;
        Ok(granted.into_inner().grant.unwrap())
    }

    pub(crate) fn record_request(&self, person: &str) -> GetLearningRecordRequest {
        let name = LearningRecordName {
            organization: self.organization,
            person: person_id(person),
        };
        GetLearningRecordRequest {
            name: name.to_string(),
        }
    }

    /// The learner's record, as an administrator of the organization reads it.
    pub(crate) async fn read(&self, person: &str) -> Result<LearningRecord, Status> {
        let mut client = self.learning_records(self.admin());
        let read = client.get_learning_record(self.record_request(person)).await?;
        Ok(read.into_inner().learning_record.unwrap())
    }
}

pub(crate) fn me() -> String {
    "persons/me".to_owned()
}

pub(crate) fn person_id(name: &str) -> PersonId {
    Callers::person(name).id
}

pub(crate) fn person_name(name: &str) -> PersonName {
    PersonName {
        person: person_id(name),
    }
}

pub(crate) fn reason<T: std::fmt::Debug>(answer: Result<T, Status>) -> muster_refusal::ErrorReason {
    muster_refusal::reason_of(&answer.unwrap_err()).expect("a refusal of the suite")
}

/// What a caller can see of a refusal.
pub(crate) fn seen<T: std::fmt::Debug>(answer: Result<T, Status>) -> (tonic::Code, String, Vec<u8>) {
    let status = answer.unwrap_err();
    (
        status.code(),
        status.message().to_owned(),
        status.details().to_vec(),
    )
}
