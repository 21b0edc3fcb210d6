//! Assignments, what people see of their own, progress and the shared catalog.

use muster_proto::records::v1::{
    AssignTrainingRequest, AssignTrainingResponse, AssignTrainingToGroupRequest, CancelAssignmentRequest,
    CreateTrainingRequest, DownloadIssuedCertificateRequest, DownloadPersonCertificateRequest, ExportFormat,
    ExportPersonLearningRecordRequest, ListAssignmentsRequest, ListIssuedCertificatesRequest,
    ListPersonAssignmentsRequest, ListPersonAssignmentsResponse, ListPersonCertificatesRequest,
    ListProgressRequest, ListProgressTransfersRequest, ListRecordAccessesRequest, ListTrainingsRequest,
    MoveProgressRequest, ReadStaffReportRequest, ReportProgressRequest, SummarizeProgressRequest,
    TakeTrainingRequest, TakeTrainingResponse, Training, TransferProgressRequest,
};
use muster_refusal::ErrorReason as R;

use super::attempt::Attempt;
use super::stage::{Learner, Stage, last};
use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = assigned();
    rows.extend(by_hand());
    rows.extend(taken_back());
    rows.extend(moved());
    rows.extend(moved_by_staff());
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
        row("ListIssuedCertificates", R::PageTokenInvalid, async |at| {
            let request = ListIssuedCertificatesRequest {
                parent: at.name(),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
        row("ListIssuedCertificates", R::InvalidRequest, async |at| {
            let elsewhere = at.own().await;
            let request = ListIssuedCertificatesRequest {
                parent: at.name(),
                learner: elsewhere.absent("learners"),
                ..Default::default()
            };
            Attempt::by("owner", &request).violates(&["learner"])
        }),
        row("DownloadIssuedCertificate", R::InvalidRequest, async |at| {
            let request = DownloadIssuedCertificateRequest {
                parent: at.name(),
                certificate: at.absent("learners"),
                ..Default::default()
            };
            Attempt::by("owner", &request).violates(&["certificate"])
        }),
        row("DownloadIssuedCertificate", R::NotFound, async |at| {
            let request = DownloadIssuedCertificateRequest {
                parent: at.name(),
                certificate: absent_certificate(&at, &somebody(&at)),
                ..Default::default()
            };
            Attempt::by("owner", &request)
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
        row("AssignTraining", R::TrainingInactive, async |at| {
            let (somebody, training) = (at.learner().await, at.retired().await);
            Attempt::by("owner", &to_learner(learner(&at, &somebody), training, "")).violates(&["training"])
        }),
        row("AssignTraining", R::OrganizationState, async |at| {
            let at = at.own().await;
            let (somebody, training) = (at.learner().await, at.taken().await);
            at.becomes("CLOSED").await;
            Attempt::by("owner", &to_learner(learner(&at, &somebody), training, ""))
                .metadata("state", "CLOSED")
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
        row("AssignTrainingToGroup", R::TrainingInactive, async |at| {
            let (group, training) = (at.group().await, at.retired().await);
            Attempt::by("owner", &to_group(group, training, "")).violates(&["training"])
        }),
        row("AssignTrainingToGroup", R::OrganizationState, async |at| {
            let at = at.own().await;
            let (group, training) = (at.group().await, at.taken().await);
            at.becomes("CLOSED").await;
            Attempt::by("owner", &to_group(group, training, "")).metadata("state", "CLOSED")
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

/// What somebody took by themself, of the training that the learner has been assigned.
async fn taken(at: &Stage, who: &str, somebody: &Learner) -> String {
    let listed: ListPersonAssignmentsResponse = at
        .done(
            "ListPersonAssignments",
            &somebody.address,
            &ListPersonAssignmentsRequest {
                parent: "persons/me".into(),
                ..Default::default()
            },
        )
        .await;
    let training = listed.assignments.into_iter().next().unwrap().training;
    let request = taking("persons/me".into(), training, "");
    let taken: TakeTrainingResponse = at.done("TakeTraining", who, &request).await;
    taken.assignment.unwrap().name
}

fn taking(parent: String, training: String, request_id: &str) -> TakeTrainingRequest {
    TakeTrainingRequest {
        parent,
        training,
        request_id: request_id.into(),
    }
}

fn transferring(name: String, to: String, request_id: &str) -> TransferProgressRequest {
    TransferProgressRequest {
        name,
        to,
        request_id: request_id.into(),
    }
}

fn moving(name: String, to: String, request_id: &str) -> MoveProgressRequest {
    MoveProgressRequest {
        name,
        to,
        reason: "they showed both sign-ins".into(),
        request_id: request_id.into(),
    }
}

/// An assignment of the caller's that does not exist.
fn absent(at: &Stage, person: &str) -> String {
    format!("{person}/assignments/{}", at.suite.request_id())
}

async fn cancelled(at: &Stage, assignment: &str) {
    let id = last(assignment);
    let statement = format!("UPDATE assignments SET state = 'CANCELLED' WHERE assignment_id = '{id}'");
    at.database("records").await.change(&statement).await;
}

fn moved() -> Vec<Row> {
    vec![
        row("TakeTraining", R::PermissionDenied, async |at| {
            let somebody = format!("persons/{}", at.suite.request_id());
            Attempt::by("owner", &taking(somebody, at.training().await, ""))
        }),
        row("TakeTraining", R::NotFound, async |at| {
            let training = format!("trainings/{}", at.suite.request_id());
            Attempt::by("owner", &taking("persons/me".into(), training, ""))
        }),
        row("TakeTraining", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let first = taking("persons/me".into(), at.training().await, &id);
            let second = taking("persons/me".into(), at.training().await, &id);
            at.reused("TakeTraining", "owner", &first, &second).await
        }),
        row("ListProgressTransfers", R::PermissionDenied, async |at| {
            let request = ListProgressTransfersRequest {
                parent: format!("persons/{}", at.suite.request_id()),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
        row("ListProgressTransfers", R::PageTokenInvalid, async |_| {
            let request = ListProgressTransfersRequest {
                parent: "persons/me".into(),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
        row("TransferProgress", R::PermissionDenied, async |at| {
            let somebody = at.learner().await;
            let own = taken(&at, "owner", &somebody).await;
            Attempt::by("owner", &transferring(own, somebody.assignment, ""))
        }),
        row("TransferProgress", R::NotFound, async |at| {
            let somebody = at.learner().await;
            let absent = absent(&at, &somebody.person);
            Attempt::by(
                &somebody.address,
                &transferring(absent, somebody.assignment.clone(), ""),
            )
        }),
        row("TransferProgress", R::AssignmentNotOwn, async |at| {
            let somebody = at.learner().await;
            let own = taken(&at, &somebody.address, &somebody).await;
            Attempt::by(
                &somebody.address,
                &transferring(somebody.assignment.clone(), own, ""),
            )
        }),
        row("TransferProgress", R::AssignmentCompleted, async |at| {
            let somebody = at.learner().await;
            let own = taken(&at, &somebody.address, &somebody).await;
            let done = reporting(somebody.assignment.clone(), 100, "");
            at.done::<()>("ReportProgress", "learning-system", &done).await;
            Attempt::by(
                &somebody.address,
                &transferring(own, somebody.assignment.clone(), ""),
            )
        }),
        row("TransferProgress", R::AssignmentClosed, async |at| {
            let somebody = at.learner().await;
            let own = taken(&at, &somebody.address, &somebody).await;
            cancelled(&at, &own).await;
            Attempt::by(
                &somebody.address,
                &transferring(own, somebody.assignment.clone(), ""),
            )
        }),
        row("TransferProgress", R::TrainingDiffers, async |at| {
            let somebody = at.learner().await;
            let request = taking("persons/me".into(), at.training().await, "");
            let own: TakeTrainingResponse = at.done("TakeTraining", &somebody.address, &request).await;
            let own = own.assignment.unwrap().name;
            Attempt::by(
                &somebody.address,
                &transferring(own, somebody.assignment.clone(), ""),
            )
        }),
        row("TransferProgress", R::RequestIdReused, async |at| {
            let (somebody, id) = (at.learner().await, at.suite.request_id());
            let own = taken(&at, &somebody.address, &somebody).await;
            let first = transferring(own, somebody.assignment.clone(), &id);
            let second = transferring(absent(&at, &somebody.person), somebody.assignment.clone(), &id);
            at.reused("TransferProgress", &somebody.address, &first, &second)
                .await
        }),
    ]
}

fn moved_by_staff() -> Vec<Row> {
    vec![
        row("MoveProgress", R::NotFound, async |at| {
            let somebody = at.learner().await;
            let absent = absent(&at, &format!("persons/{}", at.suite.request_id()));
            Attempt::by("staff", &moving(absent, somebody.assignment, ""))
        }),
        row("MoveProgress", R::InvalidRequest, async |at| {
            let somebody = at.learner().await;
            let mut request = moving(somebody.assignment.clone(), somebody.assignment, "");
            request.reason.clear();
            Attempt::by("staff", &request).violates(&["to", "reason"])
        }),
        row("MoveProgress", R::OwnProgress, async |at| {
            let somebody = at.learner().await;
            let request = taking("persons/me".into(), at.training().await, "");
            let own: TakeTrainingResponse = at.done("TakeTraining", "staff", &request).await;
            let own = own.assignment.unwrap().name;
            Attempt::by("staff", &moving(own, somebody.assignment, ""))
        }),
        row("MoveProgress", R::AssignmentNotOwn, async |at| {
            let (one, other) = (at.learner().await, at.learner().await);
            Attempt::by("staff", &moving(one.assignment, other.assignment, ""))
        }),
        row("MoveProgress", R::AssignmentCompleted, async |at| {
            let (one, other) = (at.learner().await, at.learner().await);
            let own = taken(&at, &one.address, &one).await;
            let done = reporting(own.clone(), 100, "");
            at.done::<()>("ReportProgress", "learning-system", &done).await;
            Attempt::by("staff", &moving(own, other.assignment, ""))
        }),
        row("MoveProgress", R::AssignmentClosed, async |at| {
            let (one, other) = (at.learner().await, at.learner().await);
            let own = taken(&at, &one.address, &one).await;
            cancelled(&at, &other.assignment).await;
            Attempt::by("staff", &moving(own, other.assignment, ""))
        }),
        row("MoveProgress", R::TrainingDiffers, async |at| {
            let (one, other) = (at.learner().await, at.learner().await);
            let request = taking("persons/me".into(), at.training().await, "");
            let own: TakeTrainingResponse = at.done("TakeTraining", &one.address, &request).await;
            Attempt::by(
                "staff",
                &moving(own.assignment.unwrap().name, other.assignment, ""),
            )
        }),
        row("MoveProgress", R::RequestIdReused, async |at| {
            let (one, other, id) = (at.learner().await, at.learner().await, at.suite.request_id());
            let own = taken(&at, &one.address, &one).await;
            let first = moving(own.clone(), other.assignment, &id);
            at.reused(
                "MoveProgress",
                "staff",
                &first,
                &moving(own, one.assignment.replace(&one.person, &other.person), &id),
            )
            .await
        }),
    ]
}

/// A person whom nobody knows.
fn somebody(at: &Stage) -> String {
    format!("persons/{}", at.suite.request_id())
}

fn absent_certificate(at: &Stage, person: &str) -> String {
    format!("{person}/certificates/{}", at.suite.request_id())
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
    let certificate = |name: String| DownloadPersonCertificateRequest {
        name,
        ..Default::default()
    };
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
        row(
            "DownloadPersonCertificate",
            R::PermissionDenied,
            async move |at| {
                let name = absent_certificate(&at, &somebody(&at));
                Attempt::by("owner", &certificate(name))
            },
        ),
        row("DownloadPersonCertificate", R::NotFound, async move |at| {
            Attempt::by("owner", &certificate(absent_certificate(&at, "persons/me")))
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
        reason: "a test".into(),
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
            request.reason.clear();
            Attempt::by("staff", &request).violates(&[
                "reason",
                "request_id",
                "training.code",
                "training.display_name",
            ])
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
