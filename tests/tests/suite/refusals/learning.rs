//! Assignments, what people see of their own, progress and the shared catalog.

use muster_proto::records::v1::{
    AssignTrainingRequest, AssignTrainingResponse, AssignTrainingToGroupRequest, CancelAssignmentRequest, CreateTrainingRequest, ExportFormat, ExportPersonLearningRecordRequest, ListAssignmentsRequest,
    ListPersonAssignmentsRequest, ListPersonCertificatesRequest, ListRecordAccessesRequest,
    ListProgressRequest, ListTrainingsRequest, ReadStaffReportRequest, SummarizeProgressRequest, ReportProgressRequest, Training,
};
use muster_refusal::ErrorReason as R;

use super::attempt::Attempt;
use super::stage::{Learner, Stage, last};
use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = assigned();
    rows.extend(by_hand());
    rows.extend(taken_back());
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
        row("ListProgress", R::PageTokenInvalid, async |at| {
            let request = ListProgressRequest {
                parent: at.name(),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
        row("ListProgress", R::InvalidRequest, async |at| {
            let request = ListProgressRequest {
                parent: at.name(),
                group: "x".into(),
                location: "y".into(),
                training: "z".into(),
                states: vec![1, 99],
                ..Default::default()
            };
            let fields = ["group", "location", "training", "states[1]"];
            Attempt::by("owner", &request).violates(&fields)
        }),
        row("SummarizeProgress", R::InvalidRequest, async |at| {
            let request = SummarizeProgressRequest {
                parent: at.name(),
                training: "z".into(),
                by: 99,
                ..Default::default()
            };
            Attempt::by("owner", &request).violates(&["training", "by"])
        }),
        row("ReadStaffReport", R::PageTokenInvalid, async |at| {
            let request = ReadStaffReportRequest {
                parent: at.name(),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
    ]
}

/// The learner, as the organization names them.
fn learner(at: &Stage, learner: &Learner) -> String {
    format!("{}/learners/{}", at.name(), last(&learner.person))
}

fn to_learner(parent: String, training: String, request_id: &str) -> AssignTrainingRequest {
    AssignTrainingRequest {
        parent,
        training,
        due_date: String::new(),
        request_id: request_id.into(),
    }
}

fn to_group(group: String, training: String, request_id: &str) -> AssignTrainingToGroupRequest {
    AssignTrainingToGroupRequest {
        group,
        training,
        due_date: String::new(),
        request_id: request_id.into(),
    }
}

fn by_hand() -> Vec<Row> {
    vec![
        row("AssignTraining", R::NotFound, async |at| {
            let training = at.taken().await;
            Attempt::by("owner", &to_learner(at.absent("learners"), training, ""))
        }),
        row("AssignTraining", R::TrainingNotInCatalog, async |at| {
            let (somebody, training) = (at.learner().await, at.training().await);
            Attempt::by("owner", &to_learner(learner(&at, &somebody), training, "")).violates(&["training"])
        }),
        row("AssignTraining", R::InvalidRequest, async |at| {
            let mut request = to_learner(at.absent("learners"), "x".into(), "seven");
            request.due_date = "tomorrow".into();
            Attempt::by("owner", &request).violates(&["training", "due_date", "request_id"])
        }),
        row("AssignTraining", R::RequestIdReused, async |at| {
            let (somebody, id) = (at.learner().await, at.suite.request_id());
            let parent = learner(&at, &somebody);
            let first = to_learner(parent.clone(), at.taken().await, &id);
            let second = to_learner(parent, at.taken().await, &id);
            at.reused("AssignTraining", "owner", &first, &second).await
        }),
        row("AssignTrainingToGroup", R::NotFound, async |at| {
            let training = at.taken().await;
            Attempt::by("owner", &to_group(at.absent("groups"), training, ""))
        }),
        row("AssignTrainingToGroup", R::TrainingNotInCatalog, async |at| {
            let (group, training) = (at.group().await, at.training().await);
            Attempt::by("owner", &to_group(group, training, "")).violates(&["training"])
        }),
        row("AssignTrainingToGroup", R::InvalidRequest, async |at| {
            let mut request = to_group(at.absent("groups"), at.taken().await, "");
            request.due_date = "2200-01-01".into();
            Attempt::by("owner", &request).violates(&["due_date"])
        }),
        row("AssignTrainingToGroup", R::RequestIdReused, async |at| {
            let (group, id) = (at.group().await, at.suite.request_id());
            let first = to_group(group.clone(), at.taken().await, &id);
            let second = to_group(group, at.taken().await, &id);
            at.reused("AssignTrainingToGroup", "owner", &first, &second).await
        }),
    ]
}

fn taken_back() -> Vec<Row> {
    let cancelling = |name: String, request_id: &str| CancelAssignmentRequest {
        name,
        request_id: request_id.into(),
    };
    let assignment = |at: &Stage, somebody: &Learner| {
        let id = last(&somebody.assignment);
        format!("{}/assignments/{id}", learner(at, somebody))
    };
    vec![
        row("CancelAssignment", R::NotFound, async move |at| {
            let absent = format!("{}/assignments/{}", at.absent("learners"), at.suite.request_id());
            Attempt::by("owner", &cancelling(absent, ""))
        }),
        row("CancelAssignment", R::AssignmentRequired, async move |at| {
            let somebody = at.learner().await;
            Attempt::by("owner", &cancelling(assignment(&at, &somebody), ""))
        }),
        row("CancelAssignment", R::AssignmentBegun, async move |at| {
            let somebody = at.learner().await;
            let begun = reporting(somebody.assignment.clone(), 10, "");
            at.done::<()>("ReportProgress", "learning-system", &begun).await;
            Attempt::by("owner", &cancelling(assignment(&at, &somebody), ""))
        }),
        row("CancelAssignment", R::RequestIdReused, async move |at| {
            let (somebody, id) = (at.learner().await, at.suite.request_id());
            let parent = learner(&at, &somebody);
            let assign = to_learner(parent, at.taken().await, "");
            let assigned: AssignTrainingResponse = at.done("AssignTraining", "owner", &assign).await;
            let first = cancelling(assigned.assignment.unwrap().name, &id);
            let second = cancelling(assignment(&at, &somebody), &id);
            at.reused("CancelAssignment", "owner", &first, &second).await
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
        row(
            "ExportPersonLearningRecord",
            R::PermissionDenied,
            async move |at| {
                let request = ExportPersonLearningRecordRequest {
                    parent: somebody(&at),
                    format: ExportFormat::Csv.into(),
                };
                Attempt::by("owner", &request)
            },
        ),
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
