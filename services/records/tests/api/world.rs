//! One test's service, with everybody around it.

use muster_clock::Clock;
use muster_identity::Role;
use muster_ids::{
    EmploymentId, EmploymentName, GroupId, GroupName, LearnerName, LearningRecordName, OrganizationId,
    OrganizationName, PersonId, PersonName, TrainingName,
};
use muster_messaging::parked::{self, Parked};
use muster_messaging::topology;
use muster_proto::employment::v1::{EmploymentState, EmploymentVerifiedEvent};
use muster_proto::organization::v1::GroupState;
use muster_proto::records::v1::assignment_service_client::AssignmentServiceClient;
use muster_proto::records::v1::grant_service_client::GrantServiceClient;
use muster_proto::records::v1::learning_record_service_client::LearningRecordServiceClient;
use muster_proto::records::v1::person_record_service_client::PersonRecordServiceClient;
use muster_proto::records::v1::progress_service_client::ProgressServiceClient;
use muster_proto::records::v1::training_service_client::TrainingServiceClient;
use muster_proto::records::v1::{
    Assignment, CreateGrantRequest, CreateTrainingRequest, GetLearningRecordRequest, Grant, LearningRecord,
    ListPersonAssignmentsRequest, ReportProgressRequest, Training,
};
use muster_records::{RecordsService, Settings};
use muster_server::Service;
use muster_server::page::{PageKey, PageSettings};
use muster_testkit::{Callers, Publisher, TestChannel, TestService, Who, eventually};
use time::macros::datetime;
use tonic::{Code, Status};
use uuid::Uuid;

use crate::peers::Peers;

pub(crate) struct World {
    pub(crate) service: TestService,
    pub(crate) peers: Peers,
    pub(crate) publisher: Publisher,
    pub(crate) organization: OrganizationId,
}

impl World {
    pub(crate) async fn start() -> Self {
        let clock = Clock::fixed(datetime!(2026-03-01 12:00 UTC));
        let peers = Peers::default();
        let url = peers.serve().await;
        let settings = Settings {
            organization_url: url.clone(),
            employment_url: url,
            page: PageSettings {
                page_key: PageKey::new(&[7; 32]).unwrap(),
            },
        };
        let service = TestService::start::<RecordsService>(clock.clone(), settings).await;
        let broker = service.broker.as_service("employment");
        let publisher = Publisher::start(&RecordsService::MIGRATOR, "records", broker, clock.clone()).await;
        let organization = OrganizationId::from_uuid(clock.new_uuid());
        Self {
            service,
            peers,
            publisher,
            organization,
        }
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

    pub(crate) fn new_employment(&self) -> EmploymentName {
        EmploymentName {
            organization: self.organization,
            employment: EmploymentId::from_uuid(self.new_id()),
        }
    }

    /// A training of the shared catalog.
    pub(crate) async fn new_training(&self, code: &str) -> TrainingName {
        let training = Training {
            code: code.to_owned(),
            display_name: format!("About {code}"),
            ..Default::default()
        };
        let request = CreateTrainingRequest {
            training: Some(training),
            request_id: self.new_id().to_string(),
        };
        let mut client = self.trainings(Who::platform_staff());
        let created = patiently(async || client.create_training(request.clone()).await).await;
        created
            .unwrap()
            .into_inner()
            .training
            .unwrap()
            .name
            .parse()
            .unwrap()
    }

    /// An active group that requires these trainings.
    pub(crate) fn new_group(&self, trainings: &[TrainingName]) -> GroupName {
        let group = GroupName {
            organization: self.organization,
            group: GroupId::from_uuid(self.new_id()),
        };
        self.peers.set_group(group, GroupState::Active, trainings);
        group
    }

    pub(crate) async fn publish_verified(
        &self,
        employment: EmploymentName,
        person: &str,
        groups: &[GroupName],
        sequence: i64,
    ) {
        let organization = employment.organization;
        let event = EmploymentVerifiedEvent {
            employment: employment.to_string(),
            organization: OrganizationName { organization }.to_string(),
            person: person_name(person).to_string(),
            groups: groups.iter().map(ToString::to_string).collect(),
            source_invitation: String::new(),
        };
        let aggregate = employment.employment.as_uuid();
        self.publisher
            .publish(organization, aggregate, sequence, event)
            .await;
    }

    /// A verified employment in these groups, applied.
    pub(crate) async fn verify(&self, person: &str, groups: &[GroupName]) -> EmploymentName {
        let employment = self.new_employment();
        let before = self.applied().await;
        self.publish_verified(employment, person, groups, 1).await;
        self.wait_applied(before + 1).await;
        employment
    }

    /// A learner with one assignment of a new training: its name as the learning system uses it.
    pub(crate) async fn assigned(&self, person: &str, code: &str) -> String {
        let training = self.new_training(code).await;
        self.verify(person, &[self.new_group(&[training])]).await;
        let assignments = self.assignments_of(person).await;
        assignments
            .into_iter()
            .find(|one| one.training == training.to_string())
            .unwrap()
            .name
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

    pub(crate) fn admin(&self) -> Who {
        Who::member("admin", self.organization, Role::Admin)
    }

    pub(crate) fn trainings(&self, who: Who) -> TrainingServiceClient<TestChannel> {
        TrainingServiceClient::new(self.service.calls_of(who))
    }

    pub(crate) fn assignments(&self, who: Who) -> AssignmentServiceClient<TestChannel> {
        AssignmentServiceClient::new(self.service.calls_of(who))
    }

    pub(crate) fn progress(&self, who: Who) -> ProgressServiceClient<TestChannel> {
        ProgressServiceClient::new(self.service.calls_of(who))
    }

    pub(crate) fn grants(&self, who: Who) -> GrantServiceClient<TestChannel> {
        GrantServiceClient::new(self.service.calls_of(who))
    }

    pub(crate) fn learning_records(&self, who: Who) -> LearningRecordServiceClient<TestChannel> {
        LearningRecordServiceClient::new(self.service.calls_of(who))
    }

    pub(crate) fn person_records(&self, who: Who) -> PersonRecordServiceClient<TestChannel> {
        PersonRecordServiceClient::new(self.service.calls_of(who))
    }

    /// What the person sees of their own assignments, newest first.
    pub(crate) async fn assignments_of(&self, person: &str) -> Vec<Assignment> {
        let request = ListPersonAssignmentsRequest {
            parent: me(),
            ..Default::default()
        };
        let mut client = self.person_records(Who::person(person));
        let listed = patiently(async || client.list_person_assignments(request.clone()).await).await;
        listed.unwrap().into_inner().assignments
    }

    pub(crate) async fn report(&self, assignment: &str, percent: i32) -> Result<Assignment, Status> {
        let request = ReportProgressRequest {
            assignment: assignment.to_owned(),
            percent,
            request_id: String::new(),
        };
        let mut client = self.progress(Who::WorkloadThroughEdge("learning-system"));
        let reported = patiently(async || client.report_progress(request.clone()).await).await?;
        Ok(reported.into_inner().assignment.unwrap())
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
        let mut client = self.grants(Who::person(person));
        let granted = patiently(async || client.create_grant(self.grant_request()).await).await?;
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
        let read = patiently(async || client.get_learning_record(self.record_request(person)).await).await?;
        Ok(read.into_inner().learning_record.unwrap())
    }

    /// The employment service knows of an employment of which no event has come.
    pub(crate) fn unheard(&self, person: &str, state: EmploymentState, sequence: i64) -> EmploymentName {
        let employment = self.new_employment();
        self.peers
            .set_employment(employment, person_name(person), state, sequence);
        employment
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

/// Calls again while the answer is UNAVAILABLE, as callers should: a busy machine is no failure.
pub(crate) async fn patiently<T>(mut call: impl AsyncFnMut() -> Result<T, Status>) -> Result<T, Status> {
    for _ in 0..10 {
        match call().await {
            Err(status) if status.code() == Code::Unavailable => {}
            answer => return answer,
        }
    }
    call().await
}
