//! Assignments, records, consent and the shared catalog.

use muster_proto::records::v1::{
    CreateGrantRequest, CreateGrantResponse, CreateTrainingRequest, GetLearningRecordRequest, Grant,
    ListAssignmentsRequest, ListPersonAssignmentsRequest, ListPersonCertificatesRequest,
    ListRecordAccessesRequest, ListTrainingsRequest, ReportProgressRequest, RevokeGrantRequest, Training,
};
use muster_refusal::ErrorReason as R;

use super::attempt::Attempt;
use super::stage::{Learner, Stage, last};
use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = assigned();
    rows.extend(granted());
    rows.extend(recorded());
    rows.extend(own_lists());
    rows.extend(reported());
    rows.extend(trainings());
    rows
}

fn assigned() -> Vec<Row> {
    let listing = |parent: String, page_token: &str| ListAssignmentsRequest {
        parent,
        page_token: page_token.into(),
        ..Default::default()
    };
    vec![
        row("ListAssignments", R::NotFound, async move |at| {
            Attempt::by("owner", &listing(at.absent("learners"), ""))
        }),
        row("ListAssignments", R::PageTokenInvalid, async move |at| {
            Attempt::by("owner", &listing(at.absent("learners"), "AAAA"))
        }),
    ]
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
    ]
}

fn own_lists() -> Vec<Row> {
    let assignments = |parent: String, page_token: &str| ListPersonAssignmentsRequest {
        parent,
        page_token: page_token.into(),
        ..Default::default()
    };
    let certificates = |parent: String, page_token: &str| ListPersonCertificatesRequest {
        parent,
        page_token: page_token.into(),
        ..Default::default()
    };
    let accesses = |parent: String, page_token: &str| ListRecordAccessesRequest {
        parent,
        page_token: page_token.into(),
        ..Default::default()
    };
    let somebody = |at: &Stage| format!("persons/{}", at.suite.request_id());
    let me = || "persons/me".to_owned();
    vec![
        row("ListPersonAssignments", R::PermissionDenied, async move |at| {
            Attempt::by("owner", &assignments(somebody(&at), ""))
        }),
        row("ListPersonAssignments", R::PageTokenInvalid, async move |_| {
            Attempt::by("owner", &assignments(me(), "AAAA"))
        }),
        row("ListPersonCertificates", R::PermissionDenied, async move |at| {
            Attempt::by("owner", &certificates(somebody(&at), ""))
        }),
        row("ListPersonCertificates", R::PageTokenInvalid, async move |_| {
            Attempt::by("owner", &certificates(me(), "AAAA"))
        }),
        row("ListRecordAccesses", R::PermissionDenied, async move |at| {
            Attempt::by("owner", &accesses(somebody(&at), ""))
        }),
        row("ListRecordAccesses", R::PageTokenInvalid, async move |_| {
            Attempt::by("owner", &accesses(me(), "AAAA"))
        }),
    ]
}

fn reporting(assignment: String, percent: i32, request_id: &str) -> ReportProgressRequest {
    ReportProgressRequest {
        assignment,
        percent,
        request_id: request_id.into(),
    }
}

fn reported() -> Vec<Row> {
    vec![
        row("ReportProgress", R::NotFound, async |at| {
            let (person, id) = (at.suite.request_id(), at.suite.request_id());
            let absent = format!("persons/{person}/assignments/{id}");
            Attempt::by("learning-system", &reporting(absent, 10, ""))
        }),
        row("ReportProgress", R::AssignmentClosed, async |at| {
            let assignment = at.learner().await.assignment;
            let id = last(&assignment);
            let statement =
                format!("UPDATE assignments SET state = 'CANCELLED' WHERE assignment_id = '{id}'");
            at.database("records").await.change(&statement).await;
            Attempt::by("learning-system", &reporting(assignment, 10, ""))
        }),
        row("ReportProgress", R::RequestIdReused, async |at| {
            let (assignment, id) = (at.learner().await.assignment, at.suite.request_id());
            let first = reporting(assignment.clone(), 10, &id);
            at.reused(
                "ReportProgress",
                "learning-system",
                &first,
                &reporting(assignment, 20, &id),
            )
            .await
        }),
    ]
}

fn creating(code: String, request_id: &str) -> CreateTrainingRequest {
    let training = Training {
        code,
        display_name: "A training".into(),
        ..Default::default()
    };
    CreateTrainingRequest {
        training: Some(training),
        request_id: request_id.into(),
    }
}

fn trainings() -> Vec<Row> {
    vec![
        row("CreateTraining", R::TrainingCodeTaken, async |at| {
            let request = creating(format!("R-{}", at.suite.unique()), "");
            at.done::<()>("CreateTraining", "staff", &request).await;
            Attempt::by("staff", &request)
        }),
        row("CreateTraining", R::InvalidRequest, async |_| {
            let mut request = creating("a code".into(), "seven");
            request.training.as_mut().unwrap().display_name.clear();
            Attempt::by("staff", &request).violates(&["request_id", "training.code", "training.display_name"])
        }),
        row("CreateTraining", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let request = || creating(format!("R-{}", at.suite.unique()), &id);
            at.reused("CreateTraining", "staff", &request(), &request()).await
        }),
        row("ListTrainings", R::PageTokenInvalid, async |_| {
            let request = ListTrainingsRequest {
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
    ]
}
