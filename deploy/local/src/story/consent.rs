//! What the owner may see before and after the learner consents, and who sees that.

use anyhow::Context;
use muster_proto::records::v1::assignment_service_client::AssignmentServiceClient;
use muster_proto::records::v1::grant_service_client::GrantServiceClient;
use muster_proto::records::v1::learning_record_service_client::LearningRecordServiceClient;
use muster_proto::records::v1::person_record_service_client::PersonRecordServiceClient;
use muster_proto::records::v1::progress_service_client::ProgressServiceClient;
use muster_proto::records::v1::{
    Assignment, CreateGrantRequest, GetLearningRecordRequest, Grant, ListAssignmentsRequest,
    ListPersonAssignmentsRequest, ListPersonCertificatesRequest, ListRecordAccessesRequest,
    ReportProgressRequest,
};
use muster_refusal::ErrorReason;

use super::sheet::LEARNER;
use super::world::{World, answer, refused};
use super::{Step, Told};
use crate::suite::LEARNING_SYSTEM;

pub(super) const STEP: Step = Step {
    title: "The owner sees progress, and the record only with consent; the learner sees who read it",
    services: &["gateway", "records"],
    tell,
};

fn tell(world: &mut World) -> Told<'_> {
    Box::pin(async {
        let mut lines = Vec::new();
        let own = own_assignment(world).await?;
        report(world, &own.name, 40).await?;
        lines.push(format!(
            "the owner sees the organization's own training: {} %",
            progress(world).await?
        ));

        let result = record(world).await?;
        let status = refused(
            "the whole record without consent",
            ErrorReason::GrantRequired,
            result,
        )?;
        lines.push(format!("the rest is refused: {}", status.message()));

        let mut grants = GrantServiceClient::new(world.edge.clone());
        let grant = Grant {
            organization: world.organization.clone(),
            ..Grant::default()
        };
        let request = CreateGrantRequest {
            parent: "persons/me".to_owned(),
            grant: Some(grant),
            request_id: world.request_id(),
        };
        answer(
            "CreateGrant",
            grants.create_grant(world.call(LEARNER, request)?).await,
        )?;
        report(world, &own.name, 100).await?;
        lines.push(format!(
            "the learner consents and completes: certificate {}",
            certificate(world).await?
        ));

        let read = answer("GetLearningRecord", record(world).await?)?
            .learning_record
            .context("no record")?;
        lines.push(format!(
            "the owner reads the record: {} assignments, {} certificates",
            read.assignments.len(),
            read.certificates.len()
        ));
        lines.push(format!("the learner sees who read it: {}", reader(world).await?));
        Ok(lines)
    })
}

async fn own_assignment(world: &World) -> anyhow::Result<Assignment> {
    let mut own = PersonRecordServiceClient::new(world.edge.clone());
    let request = ListPersonAssignmentsRequest {
        parent: "persons/me".to_owned(),
        ..Default::default()
    };
    let listed = answer(
        "ListPersonAssignments",
        own.list_person_assignments(world.call(LEARNER, request)?).await,
    )?;
    let here = listed
        .assignments
        .into_iter()
        .find(|it| it.organization == world.organization);
    here.context("the learner has no assignment of this organization")
}

async fn report(world: &World, assignment: &str, percent: i32) -> anyhow::Result<()> {
    let mut progress = ProgressServiceClient::new(world.edge.clone());
    let request = ReportProgressRequest {
        assignment: assignment.to_owned(),
        percent,
        request_id: world.request_id(),
    };
    answer(
        "ReportProgress",
        progress
            .report_progress(world.call(LEARNING_SYSTEM, request)?)
            .await,
    )?;
    Ok(())
}

async fn progress(world: &World) -> anyhow::Result<i32> {
    let mut assignments = AssignmentServiceClient::new(world.edge.clone());
    let request = ListAssignmentsRequest {
        parent: learner(world),
        ..ListAssignmentsRequest::default()
    };
    let listed = answer(
        "ListAssignments",
        assignments.list_assignments(world.call("owner", request)?).await,
    )?;
    Ok(listed
        .assignments
        .first()
        .context("the owner sees no assignment")?
        .progress_percent)
}

async fn record(
    world: &World,
) -> anyhow::Result<
    Result<tonic::Response<muster_proto::records::v1::GetLearningRecordResponse>, tonic::Status>,
> {
    let mut records = LearningRecordServiceClient::new(world.edge.clone());
    let request = GetLearningRecordRequest {
        name: format!("{}/learningRecord", learner(world)),
    };
    Ok(records.get_learning_record(world.call("owner", request)?).await)
}

async fn certificate(world: &World) -> anyhow::Result<String> {
    let mut own = PersonRecordServiceClient::new(world.edge.clone());
    let request = ListPersonCertificatesRequest {
        parent: "persons/me".to_owned(),
        ..Default::default()
    };
    let listed = answer(
        "ListPersonCertificates",
        own.list_person_certificates(world.call(LEARNER, request)?).await,
    )?;
    let here = listed
        .certificates
        .into_iter()
        .find(|it| it.organization == world.organization);
    Ok(here.context("there is no certificate")?.certificate_number)
}

async fn reader(world: &World) -> anyhow::Result<String> {
    let mut own = PersonRecordServiceClient::new(world.edge.clone());
    let request = ListRecordAccessesRequest {
        parent: "persons/me".to_owned(),
        ..Default::default()
    };
    let listed = answer(
        "ListRecordAccesses",
        own.list_record_accesses(world.call(LEARNER, request)?).await,
    )?;
    let here = listed
        .record_accesses
        .into_iter()
        .find(|it| it.organization == world.organization);
    let access = here.context("the reading was not logged")?;
    Ok(format!(
        "{}, for {}",
        access.reader_display_name, world.display_name
    ))
}

fn learner(world: &World) -> String {
    format!(
        "{}/learners/{}",
        world.organization,
        world.learner.trim_start_matches("persons/")
    )
}
