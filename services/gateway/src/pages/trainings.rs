//! What whoever is signed in has to take and has taken, at any organization and by themself.

mod moves;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use muster_clock::Zone;
use muster_language::Language;
use muster_proto::records::v1::{
    Assignment, AssignmentState, Certificate, ListPersonAssignmentsResponse, ListProgressTransfersResponse,
    TransferProgressRequest,
};
use serde::Deserialize;
use tonic::{Code, Status};

use super::Pages;
use super::account::SignedIn;
use super::destination::Destination;
use super::edge_client::LARGEST;
use super::kept::KeptForm;
use super::names::Names;
use super::paging;
use super::posted::Posted;
use super::relying_party::Prompt;
use super::session::Session;
use super::view::{self, Frame, MyCertificate, MyTraining, MyTrainings, Problem};
use crate::limits::ClientAddress;

const PAGE: &str = "/trainings";
/// Where the page says that something was moved.
const MOVED: &str = "/trainings?moved=1";
/// The parameter that says behind which page of what was moved.
const MOVES: &str = "moves";
/// As many of each stand on one page.
const PAGE_SIZE: i32 = 50;

/// What the address of the page may say.
#[derive(Debug, Deserialize)]
pub(crate) struct Show {
    /// Behind which page of what they have to take; empty: the first one.
    #[serde(default)]
    page: String,
    /// The same of what was moved.
    #[serde(default)]
    moves: String,
    /// Set after something was moved.
    #[serde(default)]
    moved: Option<String>,
}

impl Show {
    fn is_first(&self) -> bool {
        self.page.is_empty() && self.moves.is_empty()
    }
}

/// `GET /trainings`: newest first, with what was moved beside the newest.
pub(crate) async fn show(
    State(pages): State<Arc<Pages>>,
    Extension(signed_in): Extension<SignedIn>,
    headers: HeaderMap,
    client: ClientAddress,
    Query(asked): Query<Show>,
) -> Response {
    let kept = pages.kept_form(&headers, Destination::Trainings);
    let nobodys = || MyTrainings {
        has_ended: kept.is_some(),
        ..nobodys(&pages)
    };
    let Some(session) = signed_in.session() else {
        return view::trainings(nobodys());
    };
    match look(&pages, &client, session, &asked, kept.as_ref()).await {
        Ok(page) => {
            let mut answer = view::trainings(page);
            if kept.is_some() {
                pages.forget_form(&mut answer);
            }
            answer
        }
        Err(status) if status.code() == Code::Unauthenticated => view::trainings(nobodys()),
        Err(status) if !asked.is_first() && paging::is_no_page(&status) => Redirect::to(PAGE).into_response(),
        Err(status) => pages.tell(Problem::from_status(&status).at_trainings()),
    }
}

/// What was found out about a page of them.
struct Looked {
    /// All of theirs, among which there is one to move to.
    all: Vec<Assignment>,
    names: Names,
    certificates: BTreeMap<String, Certificate>,
}

async fn look(
    pages: &Pages,
    client: &ClientAddress,
    session: &Session,
    asked: &Show,
    kept: Option<&KeptForm>,
) -> Result<MyTrainings, Status> {
    let (of_trainings, of_moves) = paging::of_two(&asked.page, &asked.moves);
    // A form that comes back stands on the page, whatever was assigned since.
    let page_size = kept.map_or(PAGE_SIZE, |_| LARGEST);
    let listed = async {
        match of_trainings.map(str::to_owned) {
            Some(behind) => {
                pages
                    .edge
                    .list_own_assignments(client, session, page_size, behind)
                    .await
            }
            None => Ok(ListPersonAssignmentsResponse::default()),
        }
    };
    let moved = async {
        match of_moves.map(str::to_owned) {
            Some(behind) => {
                pages
                    .edge
                    .list_own_transfers(client, session, PAGE_SIZE, behind)
                    .await
            }
            None => Ok(ListProgressTransfersResponse::default()),
        }
    };
    let (listed, moved) = tokio::try_join!(listed, moved)?;
    let shown = listed.assignments;
    let transfers = moved.progress_transfers;
    let issued = shown.iter().map(|one| one.certificate.as_str());
    let issued: BTreeSet<&str> = issued.filter(|name| !name.is_empty()).collect();
    let all = async {
        // What an organization assigned of the same may stand on another page, and so may what was moved.
        match shown.iter().any(may_move) || !transfers.is_empty() {
            true => pages.edge.list_all_own_assignments(client, session).await,
            false => Ok(Vec::new()),
        }
    };
    let (all, certificates) = tokio::try_join!(all, pages.edge.own_certificates(client, session, &issued))?;
    let moving = shown.iter().filter_map(|one| moves_to(one, &all));
    let assigned_by = shown.iter().chain(moving).map(|one| one.organization.clone());
    let moved_to = transfers.iter().map(|one| one.organization.clone());
    let organizations = assigned_by
        .chain(moved_to)
        .filter(|name| !name.is_empty())
        .collect();
    let names = Names::of(pages, client, session, organizations).await?;
    let looked = Looked {
        all,
        names,
        certificates,
    };
    let trainings: Vec<MyTraining> = shown
        .iter()
        .map(|one| looked.shown(pages, session, one))
        .collect();
    let moves = transfers.iter();
    Ok(MyTrainings {
        is_signed_in: true,
        has_ended: kept.is_some_and(|kept| trainings.iter().any(|one| one.is_of(kept))),
        has_moved: asked.moved.is_some(),
        trainings,
        older: paging::next(PAGE, paging::PAGE, &listed.next_page_token),
        moves: moves
            .map(|one| moves::shown(one, &looked.all, &looked.names))
            .collect(),
        older_moves: paging::next(PAGE, MOVES, &moved.next_page_token),
        is_first: asked.is_first(),
        ..nobodys(pages)
    })
}

/// `POST /trainings/transfer`: what they have begun by themself goes on as what an organization assigned them. A form of another
/// session does nothing, and stands there again.
pub(crate) async fn transfer(posted: Posted) -> Response {
    let (pages, form) = (&posted.pages, &posted.form);
    let begin_again = || pages.begin_again(&posted.headers, Destination::Trainings, &form.assignment, form);
    let asked = about(&form.assignment, &form.to);
    let Some(session) = pages.session_of(&posted.signed_in, &posted.headers, form, &asked) else {
        return begin_again();
    };
    let request = TransferProgressRequest {
        name: form.assignment.clone(),
        to: form.to.clone(),
        request_id: String::new(),
    };
    match pages
        .edge
        .transfer_progress(&posted.client, session, request)
        .await
    {
        Ok(()) => Redirect::to(MOVED).into_response(),
        // Whose sign-in has ended is asked to sign in by the page.
        Err(status) if status.code() == Code::Unauthenticated => begin_again(),
        Err(status) => pages.tell(Problem::of_transfer(&status)),
    }
}

/// `GET /trainings/certificates/{certificate}`: one of theirs as a page to print, in the language of their browser.
pub(crate) async fn certificate(
    State(pages): State<Arc<Pages>>,
    Extension(signed_in): Extension<SignedIn>,
    Extension(language): Extension<Language>,
    client: ClientAddress,
    Path(certificate): Path<String>,
) -> Response {
    let Some(session) = signed_in.session() else {
        return Redirect::to(PAGE).into_response();
    };
    let name = format!("persons/me/certificates/{certificate}");
    let download = pages
        .edge
        .download_own_certificate(&client, session, name, language);
    match download.await {
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
        Err(status) => pages.tell(Problem::of_certificate(&status)),
    }
}

fn about(assignment: &str, to: &str) -> String {
    format!("transfer {assignment} {to}")
}

/// The page for nobody: what it needs to let them sign in.
fn nobodys(pages: &Pages) -> MyTrainings {
    MyTrainings {
        is_signed_in: false,
        has_ended: false,
        has_moved: false,
        trainings: Vec::new(),
        older: String::new(),
        moves: Vec::new(),
        older_moves: String::new(),
        is_first: true,
        choices: pages.choices(Prompt::Usual, Destination::Trainings),
        support: pages.support.clone(),
        frame: Frame::default(),
    }
}

impl MyTraining {
    /// Whether the form that was posted when the sign-in had ended stands with it.
    fn is_of(&self, kept: &KeptForm) -> bool {
        self.name == kept.target && !self.transfer_token.is_empty()
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
