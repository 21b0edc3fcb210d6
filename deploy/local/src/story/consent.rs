//! Step 6: what the owner may see before and after the learner consents, and who sees that.

use anyhow::Context;
use muster_proto::records::v1::assignment_service_client::AssignmentServiceClient;
use muster_proto::records::v1::grant_service_client::GrantServiceClient;
use muster_proto::records::v1::learning_record_service_client::LearningRecordServiceClient;
use muster_proto::records::v1::person_record_service_client::PersonRecordServiceClient;
use muster_proto::records::v1::{
    Assignment, CreateGrantRequest, GetLearningRecordRequest, Grant, LearningRecord, ListAssignmentsRequest,
    ListPersonAssignmentsRequest, ListPersonCertificatesRequest, ListRecordAccessesRequest,
};
use muster_refusal::ErrorReason;

use super::patience::refused;
use super::registry::report;
use super::sheet::LEARNER;
use super::told::Told;
use super::world::World;
use crate::edge::{Caller, Failed, request_id};
use crate::suite::LEARNING_SYSTEM;

pub(super) const TITLE: &str =
    "The owner sees progress, and the record only with consent; the learner sees who read it";

/// The caller, in names.
const ME: &str = "persons/me";

pub(super) async fn tell(world: &mut World) -> anyhow::Result<Told> {
    let mut told = Told::default();
    let (owner, learner) = (world.caller("owner")?, world.caller(LEARNER)?);
    let learning_system = world.caller(LEARNING_SYSTEM)?;
    let own = own_assignment(&learner, &world.organization).await?;
    let own = own.context("the learner has no assignment of this organization")?;
    report(&learning_system, &own.name, 40).await?;
    told.say(format!(
        "the owner sees the training that the organization assigned: {} %",
        progress(&owner, &seen_by_owner(world)).await?
    ));
    told.show_call("the owner seeing progress", world, &owner);

    let result = record(&owner, world).await;
    let status = refused(
        "the whole record without consent",
        ErrorReason::GrantRequired,
        result,
    )?;
    told.say(format!("the rest of the record is refused: {}", status.message()));
    told.show_call("the record being refused", world, &owner);

    consent(&learner, &world.organization).await?;
    report(&learning_system, &own.name, 100).await?;
    told.say(format!(
        "the learner consents; the learning system reports completion: certificate {}",
        certificate(&learner, &world.organization).await?
    ));

    let read = record(&owner, world).await?;
    told.say(format!(
        "now the owner reads the record: {} assignments, {} certificates",
        read.assignments.len(),
        read.certificates.len()
    ));
    told.show_call("the record being read", world, &owner);
    told.say(format!(
        "the learner sees who read it: {}, for {}",
        reader(&learner, &world.organization).await?,
        world.display_name
    ));
    told.show_call("the learner seeing who read it", world, &learner);
    Ok(told)
}

/// The assignment that an organization gave the caller, if there is one.
pub(super) async fn own_assignment(
    learner: &Caller,
    organization: &str,
) -> Result<Option<Assignment>, Failed> {
    let request = ListPersonAssignmentsRequest {
        parent: ME.to_owned(),
        ..Default::default()
    };
    let listed = learner.ask(request, async |edge, call| {
        PersonRecordServiceClient::new(edge)
            .list_person_assignments(call)
            .await
    });
    let mut assignments = listed.await?.assignments.into_iter();
    Ok(assignments.find(|it| it.organization == organization))
}

async fn progress(owner: &Caller, learner: &str) -> anyhow::Result<i32> {
    let request = ListAssignmentsRequest {
        parent: learner.to_owned(),
        ..ListAssignmentsRequest::default()
    };
    let listed = owner.ask(request, async |edge, call| {
        AssignmentServiceClient::new(edge).list_assignments(call).await
    });
    let assignments = listed.await?.assignments;
    let first = assignments.first().context("the owner sees no assignment")?;
    Ok(first.progress_percent)
}

async fn record(owner: &Caller, world: &World) -> Result<LearningRecord, Failed> {
    let request = GetLearningRecordRequest {
        name: format!("{}/learningRecord", seen_by_owner(world)),
    };
    let read = owner.ask(request, async |edge, call| {
        LearningRecordServiceClient::new(edge)
            .get_learning_record(call)
            .await
    });
    Ok(read.await?.learning_record.unwrap_or_default())
}

async fn consent(learner: &Caller, organization: &str) -> Result<(), Failed> {
    let grant = Grant {
        organization: organization.to_owned(),
        ..Grant::default()
    };
    let request = CreateGrantRequest {
        parent: ME.to_owned(),
        grant: Some(grant),
        request_id: request_id(),
    };
    let granted = learner.ask(request, async |edge, call| {
        GrantServiceClient::new(edge).create_grant(call).await
    });
    granted.await.map(drop)
}

async fn certificate(learner: &Caller, organization: &str) -> anyhow::Result<String> {
    let request = ListPersonCertificatesRequest {
        parent: ME.to_owned(),
        ..Default::default()
    };
    let listed = learner.ask(request, async |edge, call| {
        PersonRecordServiceClient::new(edge)
            .list_person_certificates(call)
            .await
    });
    let mut certificates = listed.await?.certificates.into_iter();
    let here = certificates.find(|it| it.organization == organization);
    Ok(here.context("there is no certificate")?.certificate_number)
}

async fn reader(learner: &Caller, organization: &str) -> anyhow::Result<String> {
    let request = ListRecordAccessesRequest {
        parent: ME.to_owned(),
        ..Default::default()
    };
    let listed = learner.ask(request, async |edge, call| {
        PersonRecordServiceClient::new(edge)
            .list_record_accesses(call)
            .await
    });
    let mut accesses = listed.await?.record_accesses.into_iter();
    let here = accesses.find(|it| it.organization == organization);
    Ok(here.context("the reading was not logged")?.reader_display_name)
}

/// The learner, as the organization names them.
fn seen_by_owner(world: &World) -> String {
    format!(
        "{}/learners/{}",
        world.organization,
        world.learner.trim_start_matches("persons/")
    )
}
