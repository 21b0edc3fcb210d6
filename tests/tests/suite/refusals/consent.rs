//! Consent, and records that are read with it.

use muster_proto::records::v1::{
    CreateGrantRequest, CreateGrantResponse, ExportFormat, ExportLearningRecordRequest,
    GetLearningRecordRequest, Grant, RevokeGrantRequest,
};
use muster_refusal::ErrorReason as R;

use super::attempt::Attempt;
use super::stage::{Learner, Stage, last};
use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = granted();
    rows.extend(recorded());
    rows
}

fn granting(parent: &str, organization: String, request_id: &str) -> CreateGrantRequest {
    CreateGrantRequest {
        parent: parent.into(),
        grant: Some(Grant {
            organization,
            ..Default::default()
        }),
        request_id: request_id.into(),
    }
}

fn revoking(name: String, request_id: &str) -> RevokeGrantRequest {
    RevokeGrantRequest {
        name,
        request_id: request_id.into(),
    }
}

/// A learner's grant to the organization.
async fn grant(at: &Stage, learner: &Learner) -> String {
    let request = granting("persons/me", at.name(), "");
    let done: CreateGrantResponse = at.done("CreateGrant", &learner.address, &request).await;
    done.grant.unwrap().name
}

fn granted() -> Vec<Row> {
    vec![
        row("CreateGrant", R::EmploymentRequired, async |at| {
            Attempt::by("outsider", &granting("persons/me", at.name(), ""))
        }),
        row("CreateGrant", R::PermissionDenied, async |at| {
            let somebody = format!("persons/{}", at.suite.request_id());
            Attempt::by("owner", &granting(&somebody, at.name(), ""))
        }),
        row("CreateGrant", R::RequestIdReused, async |at| {
            let (learner, id) = (at.learner().await, at.suite.request_id());
            let first = granting("persons/me", at.name(), &id);
            let second = granting(&learner.person, at.own().await.name(), &id);
            at.reused("CreateGrant", &learner.address, &first, &second).await
        }),
        row("RevokeGrant", R::NotFound, async |at| {
            let absent = format!("persons/me/grants/{}", at.suite.request_id());
            Attempt::by("owner", &revoking(absent, ""))
        }),
        row("RevokeGrant", R::PermissionDenied, async |at| {
            let grant = grant(&at, &at.learner().await).await;
            Attempt::by("owner", &revoking(grant, ""))
        }),
        row("RevokeGrant", R::RequestIdReused, async |at| {
            let (learner, id) = (at.learner().await, at.suite.request_id());
            let first = revoking(grant(&at, &learner).await, &id);
            let second = revoking(format!("persons/me/grants/{id}"), &id);
            at.reused("RevokeGrant", &learner.address, &first, &second).await
        }),
    ]
}

fn reading(at: &Stage, person: &str) -> Attempt {
    let name = format!("{}/learners/{}/learningRecord", at.name(), last(person));
    Attempt::by("owner", &GetLearningRecordRequest { name })
}

fn exporting(at: &Stage, person: &str) -> Attempt {
    let request = ExportLearningRecordRequest {
        name: format!("{}/learners/{}/learningRecord", at.name(), last(person)),
        format: ExportFormat::Pdf.into(),
    };
    Attempt::by("owner", &request)
}

fn recorded() -> Vec<Row> {
    vec![
        row("GetLearningRecord", R::GrantRequired, async |at| {
            reading(&at, &at.learner().await.person)
        }),
        row("GetLearningRecord", R::EmploymentRequired, async |at| {
            let learner = at.learner().await;
            grant(&at, &learner).await;
            let statement = format!(
                "UPDATE employment_projection SET state = 'ENDED' WHERE person_id = '{}'",
                last(&learner.person)
            );
            at.database("records").await.change(&statement).await;
            reading(&at, &learner.person)
        }),
        row("GetLearningRecord", R::NotFound, async |at| {
            reading(&at, &at.suite.request_id())
        }),
        row("ExportLearningRecord", R::GrantRequired, async |at| {
            exporting(&at, &at.learner().await.person)
        }),
        row("ExportLearningRecord", R::EmploymentRequired, async |at| {
            let learner = at.learner().await;
            grant(&at, &learner).await;
            let statement = format!(
                "UPDATE employment_projection SET state = 'ENDED' WHERE person_id = '{}'",
                last(&learner.person)
            );
            at.database("records").await.change(&statement).await;
            exporting(&at, &learner.person)
        }),
        row("ExportLearningRecord", R::NotFound, async |at| {
            exporting(&at, &at.suite.request_id())
        }),
    ]
}
