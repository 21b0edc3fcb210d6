//! What whoever is signed in has to take and has taken, at any organization and by themself.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use muster_proto::records::v1::{Assignment, AssignmentState, TransferProgressRequest};
use tonic::Code;

use super::Pages;
use super::account::SignedIn;
use super::destination::Destination;
use super::form::Form;
use super::relying_party::Prompt;
use super::session::Session;
use super::signed_in;
use super::view::{self, Frame, MyTraining, MyTrainings, Problem};
use crate::limits::ClientAddress;

const PAGE: &str = "/trainings";

/// `GET /trainings`: the newest hundred.
pub(crate) async fn show(
    State(pages): State<Arc<Pages>>,
    Extension(signed_in): Extension<SignedIn>,
    client: ClientAddress,
) -> Response {
    let Some(session) = signed_in.session() else {
        return view::trainings(nobodys(&pages));
    };
    match pages.edge.list_own_assignments(&client, session).await {
        Ok(listed) => {
            let all = &listed.assignments;
            let shown = |one| shown(&pages, session, one, all);
            view::trainings(MyTrainings {
                is_signed_in: true,
                trainings: all.iter().map(shown).collect(),
                ..nobodys(&pages)
            })
        }
        Err(status) if status.code() == Code::Unauthenticated => view::trainings(nobodys(&pages)),
        Err(status) => pages.tell(Problem::from_status(&status)),
    }
}

/// `POST /trainings/transfer`: what they have begun by themself goes on as what an organization assigned them.
pub(crate) async fn transfer(
    State(pages): State<Arc<Pages>>,
    Extension(signed_in): Extension<SignedIn>,
    headers: HeaderMap,
    client: ClientAddress,
    form: Form,
) -> Response {
    let asked = about(&form.assignment, &form.to);
    let Some(session) = pages.session_of(&signed_in, &headers, &form, &asked) else {
        return Redirect::to(PAGE).into_response();
    };
    if let Err(problem) = signed_in::person(&pages, session).await {
        return view::problem(&problem);
    }
    let request = TransferProgressRequest {
        name: form.assignment,
        to: form.to,
        request_id: String::new(),
    };
    match pages.edge.transfer_progress(&client, session, request).await {
        Ok(()) => Redirect::to(PAGE).into_response(),
        // Whatever stands against it has happened since the page was drawn, and the page says how things are.
        Err(status) if status.code() == Code::FailedPrecondition => Redirect::to(PAGE).into_response(),
        Err(status) => pages.tell(Problem::from_status(&status)),
    }
}

/// `GET /trainings/certificates/{certificate}`: one of theirs as a page to print.
pub(crate) async fn certificate(
    State(pages): State<Arc<Pages>>,
    Extension(signed_in): Extension<SignedIn>,
    client: ClientAddress,
    Path(certificate): Path<String>,
) -> Response {
    let Some(session) = signed_in.session() else {
        return Redirect::to(PAGE).into_response();
    };
    let name = format!("persons/me/certificates/{certificate}");
    match pages.edge.download_own_certificate(&client, session, name).await {
        Ok(answer) => {
            let file = answer.file.unwrap_or_default();
            let disposition = format!("attachment; filename=\"{}\"", answer.file_name);
            let headers = [
                (header::CONTENT_TYPE, file.content_type),
                (header::CONTENT_DISPOSITION, disposition),
            ];
            (headers, file.data).into_response()
        }
        Err(status) if status.code() == Code::Unauthenticated => Redirect::to(PAGE).into_response(),
        Err(status) => pages.tell(Problem::from_status(&status)),
    }
}

fn about(assignment: &str, to: &str) -> String {
    format!("transfer {assignment} {to}")
}

/// The page for nobody: what it needs to let them sign in.
fn nobodys(pages: &Pages) -> MyTrainings {
    MyTrainings {
        is_signed_in: false,
        trainings: Vec::new(),
        choices: pages.choices(Prompt::Usual, Destination::Trainings),
        support: pages.support.clone(),
        frame: Frame::default(),
    }
}

fn shown(pages: &Pages, session: &Session, one: &Assignment, all: &[Assignment]) -> MyTraining {
    let to = moves_to(one, all);
    let token = |to: &Assignment| {
        let asked = about(&one.name, &to.name);
        pages.cookies.seal().form_token(&session.id, &asked)
    };
    let certificate = one.certificate.rsplit('/').next().unwrap_or_default();
    MyTraining {
        name: one.name.clone(),
        display_name: one.training_display_name.clone(),
        state: match one.state() {
            AssignmentState::Unspecified | AssignmentState::Assigned => "training-assigned",
            AssignmentState::InProgress => "training-begun",
            AssignmentState::Completed => "training-completed",
            AssignmentState::Cancelled => "training-cancelled",
        },
        percent: one.progress_percent.to_string(),
        is_own: one.organization.is_empty(),
        is_late: one.is_late,
        due_date: one.due_date.clone(),
        due_zone: one.due_time_zone.clone(),
        completed: one.complete_time.map(|at| at.seconds),
        certificate: certificate.to_owned(),
        to: to.map(|to| to.name.clone()).unwrap_or_default(),
        transfer_token: to.map(token).unwrap_or_default(),
    }
}

/// What an organization assigned of what they take by themself, while both are to be taken.
fn moves_to<'a>(one: &Assignment, all: &'a [Assignment]) -> Option<&'a Assignment> {
    let is_live = |one: &Assignment| {
        matches!(
            one.state(),
            AssignmentState::Assigned | AssignmentState::InProgress
        )
    };
    if !one.organization.is_empty() || !is_live(one) {
        return None;
    }
    all.iter()
        .find(|other| other.training == one.training && !other.organization.is_empty() && is_live(other))
}
