//! What whoever is signed in has to take and has taken, at any organization and by themself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use muster_clock::Zone;
use muster_proto::records::v1::{Assignment, AssignmentState, Certificate, TransferProgressRequest};
use tonic::{Code, Status};

use super::Pages;
use super::account::SignedIn;
use super::destination::Destination;
use super::form::Form;
use super::names::Names;
use super::paging::{self, Behind};
use super::relying_party::Prompt;
use super::session::Session;
use super::signed_in;
use super::view::{self, Frame, MyCertificate, MyTraining, MyTrainings, Problem};
use crate::limits::ClientAddress;

const PAGE: &str = "/trainings";
/// As many stand on one page.
const PAGE_SIZE: i32 = 50;

/// `GET /trainings`: newest first.
pub(crate) async fn show(
    State(pages): State<Arc<Pages>>,
    Extension(signed_in): Extension<SignedIn>,
    client: ClientAddress,
    Query(asked): Query<Behind>,
) -> Response {
    let Some(session) = signed_in.session() else {
        return view::trainings(nobodys(&pages));
    };
    let is_first = asked.page.is_empty();
    match look(&pages, &client, session, asked.page).await {
        Ok(page) => view::trainings(page),
        Err(status) if status.code() == Code::Unauthenticated => view::trainings(nobodys(&pages)),
        Err(status) if !is_first && paging::is_no_page(&status) => Redirect::to(PAGE).into_response(),
        Err(status) => pages.tell(Problem::from_status(&status)),
    }
}

/// What was found out about a page of them.
struct Looked {
    /// The others among which there is one to move to.
    all: Vec<Assignment>,
    names: Names,
    certificates: BTreeMap<String, Certificate>,
}

async fn look(
    pages: &Pages,
    client: &ClientAddress,
    session: &Session,
    behind: String,
) -> Result<MyTrainings, Status> {
    let is_first = behind.is_empty();
    let listed = pages
        .edge
        .list_own_assignments(client, session, PAGE_SIZE, behind);
    let listed = listed.await?;
    let shown = listed.assignments;
    let issued = shown.iter().map(|one| one.certificate.as_str());
    let issued: BTreeSet<&str> = issued.filter(|name| !name.is_empty()).collect();
    let all = async {
        // What an organization assigned of the same may stand on another page.
        match shown.iter().any(may_move) {
            true => pages.edge.list_all_own_assignments(client, session).await,
            false => Ok(Vec::new()),
        }
    };
    let (all, certificates) = tokio::try_join!(all, pages.edge.own_certificates(client, session, &issued))?;
    let moving = shown.iter().filter_map(|one| moves_to(one, &all));
    let organizations = shown.iter().chain(moving).map(|one| one.organization.clone());
    let organizations = organizations.filter(|name| !name.is_empty()).collect();
    let names = Names::of(pages, client, session, organizations).await?;
    let looked = Looked {
        all,
        names,
        certificates,
    };
    Ok(MyTrainings {
        is_signed_in: true,
        trainings: shown
            .iter()
            .map(|one| looked.shown(pages, session, one))
            .collect(),
        older: paging::next(PAGE, &listed.next_page_token),
        is_first,
        ..nobodys(pages)
    })
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
        older: String::new(),
        is_first: true,
        choices: pages.choices(Prompt::Usual, Destination::Trainings),
        support: pages.support.clone(),
        frame: Frame::default(),
    }
}

impl Looked {
    fn shown(&self, pages: &Pages, session: &Session, one: &Assignment) -> MyTraining {
        let to = moves_to(one, &self.all);
        let token = |to: &Assignment| {
            let asked = about(&one.name, &to.name);
            pages.cookies.seal().form_token(&session.id, &asked)
        };
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
            organization: self.names.called(&one.organization),
            is_late: one.is_late,
            due_date: one.due_date.clone(),
            due_zone: one.due_time_zone.clone(),
            completed: one.complete_time.map(|at| at.seconds),
            zone: self.names.zone(&one.organization),
            certificate: self.certificate(pages, &one.certificate),
            to: to.map(|to| to.name.clone()).unwrap_or_default(),
            to_organization: to
                .map(|to| self.names.called(&to.organization))
                .unwrap_or_default(),
            transfer_token: to.map(token).unwrap_or_default(),
        }
    }

    /// The certificate of this name, if there is one.
    fn certificate(&self, pages: &Pages, name: &str) -> Option<MyCertificate> {
        let id = name.rsplit('/').next().filter(|id| !id.is_empty())?;
        let found = self.certificates.get(name);
        let valid_until = found.and_then(|one| Some(one.expire_time.as_ref()?.seconds));
        let validity = match valid_until {
            // Nobody has told.
            None if found.is_none() => "",
            None => "certificate-for-ever",
            Some(end) if pages.cookies.now() < end => "certificate-valid",
            Some(_) => "certificate-over",
        };
        Some(MyCertificate {
            id: id.to_owned(),
            number: found
                .map(|one| one.certificate_number.clone())
                .unwrap_or_default(),
            validity,
            valid_until,
            zone: found.map(|one| Zone::named(&one.time_zone)).unwrap_or_default(),
        })
    }
}

/// Whether it can be moved, if an organization has assigned the same: they take it by themself, and it is to be taken.
fn may_move(one: &Assignment) -> bool {
    one.organization.is_empty() && is_live(one)
}

fn is_live(one: &Assignment) -> bool {
    matches!(
        one.state(),
        AssignmentState::Assigned | AssignmentState::InProgress
    )
}

/// What an organization assigned of what they take by themself, while both are to be taken.
fn moves_to<'a>(one: &Assignment, all: &'a [Assignment]) -> Option<&'a Assignment> {
    if !may_move(one) {
        return None;
    }
    all.iter()
        .find(|other| other.training == one.training && !other.organization.is_empty() && is_live(other))
}
