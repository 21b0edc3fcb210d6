//! Asking to join an organization by its public page: choose, give an address, confirm it by the mail, and then accept in the
//! account like everybody who was invited.
//!
//! What a page answers depends on what was chosen and typed, never on who has the address: known, unknown and unwanted ones
//! are led to the same page.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use muster_language::Language;
use muster_proto::invitation::v1::{RequestToJoinRequest, VerifyJoinRequestRequest};
use muster_proto::organization::v1::{LookupJoinPageRequest, LookupJoinPageResponse};
use muster_refusal::{ErrorReason, fields_of, reason_of};
use tonic::Status;

use super::Pages;
use super::cookies::Cookie;
use super::form::{self, Form};
use super::headers::Policy;
use super::view::{self, Frame, JoinPage, JoinProblem, JoinTold, Problem};
use crate::limits::ClientAddress;

/// Whose form it is: nobody's in particular, because nobody is signed in.
const ANYBODY: &str = "";
/// Nothing is wrong with what was typed; the button is to be pressed once more.
const PRESS_AGAIN: JoinProblem = JoinProblem {
    field: "join",
    text: "join-again",
};
/// The longest token that a link can have.
const TOKEN_LIMIT: usize = 400;

/// `GET /join/{slug}/`: as posters and phones write it.
pub(crate) async fn tidy(Path(slug): Path<String>) -> Response {
    match tidied(&slug) {
        Some(slug) => Redirect::permanent(&format!("/join/{slug}")).into_response(),
        None => view::problem(&Problem::no_page()),
    }
}

/// The slug that is meant by this one; `None` where it can be none.
fn tidied(slug: &str) -> Option<String> {
    let plausible = slug
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    plausible.then(|| slug.to_ascii_lowercase())
}

/// `GET /join/{slug}`: what can be chosen. A page that moved leads to where it is, capitals lead to the page that is meant.
pub(crate) async fn show(
    State(pages): State<Arc<Pages>>,
    Path(slug): Path<String>,
    client: ClientAddress,
) -> Response {
    if tidied(&slug).is_some_and(|meant| meant != slug) {
        return tidy(Path(slug)).await;
    }
    match look(&pages, &client, &slug).await {
        Ok(found) if found.slug != slug => {
            Redirect::temporary(&format!("/join/{}", found.slug)).into_response()
        }
        Ok(found) => drawn(StatusCode::OK, page(&pages, found, Form::default(), Vec::new())),
        Err(status) => problem_page(&status),
    }
}

/// `POST /join/{slug}`: asks. When the page was drawn so long ago that its token holds no more, it is drawn anew with what was chosen and
/// typed, and asks once more.
pub(crate) async fn ask(
    State(pages): State<Arc<Pages>>,
    Extension(language): Extension<Language>,
    Path(slug): Path<String>,
    headers: HeaderMap,
    client: ClientAddress,
    form: Form,
) -> Response {
    if !pages.is_ours(&headers, &form, ANYBODY, &about(&slug)) {
        // What somebody else's page has typed for them is not shown as theirs.
        if !form::same_origin(&headers, &pages.origin) {
            return Redirect::to(&format!("/join/{slug}")).into_response();
        }
        return again(&pages, &client, &slug, form, vec![PRESS_AGAIN]).await;
    }
    let request = RequestToJoinRequest {
        slug: slug.clone(),
        group: form.group.clone(),
        location: form.location.clone(),
        address: form.address.clone(),
        language: language.tag().to_owned(),
    };
    let status = match pages.edge.request_to_join(&client, request).await {
        Ok(()) => return Redirect::to("/join-sent").into_response(),
        Err(status) => status,
    };
    let problems = problems(&form, &status);
    if problems.is_empty() {
        return problem_page(&status);
    }
    again(&pages, &client, &slug, form, problems).await
}

/// The page with what was chosen and typed, and what to do about it.
async fn again(
    pages: &Pages,
    client: &ClientAddress,
    slug: &str,
    form: Form,
    problems: Vec<JoinProblem>,
) -> Response {
    match look(pages, client, slug).await {
        Ok(found) => drawn(StatusCode::BAD_REQUEST, page(pages, found, form, problems)),
        Err(status) => problem_page(&status),
    }
}

/// `GET /join-sent`: what to do next, whoever asked.
pub(crate) async fn sent() -> Response {
    view::join_told(JoinTold {
        title: "join-sent",
        text: "join-sent-then",
        ..JoinTold::default()
    })
}

/// `GET /j/{token}`: takes the token out of the address, and asks whether they mean it. Changes nothing: mail scanners follow
/// links.
pub(crate) async fn follow(State(pages): State<Arc<Pages>>, Path(token): Path<String>) -> Response {
    let plausible = token.len() <= TOKEN_LIMIT
        && token
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    let mut answer = Redirect::to("/join-confirm").into_response();
    if plausible
        && pages
            .cookies
            .set(answer.headers_mut(), Cookie::Join, &token)
            .is_ok()
    {
        answer
    } else {
        link_broken()
    }
}

/// `GET /join-confirm`: the button.
pub(crate) async fn confirm(State(pages): State<Arc<Pages>>, headers: HeaderMap) -> Response {
    let Some(token) = pages.cookies.get::<String>(&headers, Cookie::Join) else {
        return link_broken();
    };
    view::join_told(JoinTold {
        title: "join-confirm",
        text: "join-confirm-then",
        form_token: pages.cookies.seal().form_token(ANYBODY, &about(&token)),
        ..JoinTold::default()
    })
}

/// `POST /join-confirm`: confirms.
pub(crate) async fn verify(
    State(pages): State<Arc<Pages>>,
    headers: HeaderMap,
    client: ClientAddress,
    form: Form,
) -> Response {
    let token = pages.cookies.get::<String>(&headers, Cookie::Join);
    let Some(token) = token.filter(|token| pages.is_ours(&headers, &form, ANYBODY, &about(token))) else {
        return Redirect::to("/join-confirm").into_response();
    };
    let request = VerifyJoinRequestRequest { token };
    match pages.edge.verify_join_request(&client, request).await {
        Ok(()) => Redirect::to("/join-confirmed").into_response(),
        Err(status) => problem_page(&status),
    }
}

/// `GET /join-confirmed`: on to the account.
pub(crate) async fn confirmed() -> Response {
    view::join_told(JoinTold {
        title: "join-confirmed",
        text: "join-confirmed-then",
        leads_to_account: true,
        ..JoinTold::default()
    })
}

fn about(what: &str) -> String {
    format!("join {what}")
}

async fn look(pages: &Pages, client: &ClientAddress, slug: &str) -> Result<LookupJoinPageResponse, Status> {
    let request = LookupJoinPageRequest {
        slug: slug.to_owned(),
    };
    pages.edge.lookup_join_page(client, request).await
}

/// The page, which may show a picture of ours where it has a logo.
fn drawn(status: StatusCode, page: JoinPage) -> Response {
    let has_logo = page.logo.is_some();
    let mut answer = view::join(status, page);
    if has_logo {
        answer.extensions_mut().insert(Policy::WithPictures);
    }
    answer
}

fn page(pages: &Pages, found: LookupJoinPageResponse, form: Form, problems: Vec<JoinProblem>) -> JoinPage {
    JoinPage {
        form_token: pages.cookies.seal().form_token(ANYBODY, &about(&found.slug)),
        slug: found.slug,
        organization: found.organization_display_name,
        groups: found.groups,
        locations: found.locations,
        allowed_domains: found.allowed_domains.join(", "),
        logo: found.logo,
        group: form.group,
        location: form.location,
        address: form.address,
        problems,
        support: pages.support.clone(),
        frame: Frame::default(),
    }
}

/// What to mend in the form, in its order; nothing when it is not the form's fault.
fn problems(form: &Form, status: &Status) -> Vec<JoinProblem> {
    use ErrorReason as R;
    let mut wrong = fields_of(status);
    match reason_of(status) {
        Some(R::InvalidRequest | R::GroupUnknown | R::GroupInactive | R::LocationInactive) => {}
        Some(R::JoinAddressNotAllowed) => wrong = vec!["address".to_owned()],
        _ => return Vec::new(),
    }
    let not_allowed = reason_of(status) == Some(R::JoinAddressNotAllowed);
    let text = |field: &'static str| match field {
        "location" if form.location.is_empty() => "join-choose-location",
        "location" => "join-other-location",
        "group" if form.group.is_empty() => "join-choose-group",
        "group" => "join-other-group",
        _ if not_allowed => "join-give-allowed",
        _ => "join-give-address",
    };
    let fields = ["location", "group", "address"].into_iter();
    fields
        .filter(|field| wrong.iter().any(|wrong| wrong == field))
        .map(|field| JoinProblem {
            field,
            text: text(field),
        })
        .collect()
}

fn link_broken() -> Response {
    view::join_told(JoinTold {
        status: StatusCode::NOT_FOUND,
        title: "link-broken",
        text: "join-link-broken",
        ..JoinTold::default()
    })
}

fn problem_page(status: &Status) -> Response {
    use ErrorReason as R;
    let (code, title, text) = match reason_of(status) {
        Some(R::NotFound | R::JoinPageClosed | R::OrganizationNotActive) => {
            (StatusCode::NOT_FOUND, "join-closed", "join-closed-then")
        }
        Some(R::LinkInvalid | R::InvalidRequest) => return link_broken(),
        Some(R::JoinRequestExpired) => (StatusCode::GONE, "join-late", "join-late-then"),
        Some(R::GroupInactive | R::GroupUnknown) => {
            (StatusCode::CONFLICT, "group-closed", "join-group-closed-then")
        }
        Some(R::LocationInactive) => (
            StatusCode::CONFLICT,
            "location-closed",
            "join-location-closed-then",
        ),
        Some(R::JoinAddressNotAllowed) => (StatusCode::CONFLICT, "not-allowed", "not-allowed-then"),
        _ => return view::problem(&Problem::from_status(status)),
    };
    view::join_told(JoinTold {
        status: code,
        title,
        text,
        ..JoinTold::default()
    })
}
