//! The authorization endpoint: the page to pick a person, and the way back.

use std::sync::{Arc, PoisonError};

use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use url::Url;

use super::{Issuer, pages};
use crate::suite::AUDIENCE;

/// The parameters of an authorization request (RFC 6749, section 4.1.1, with PKCE and OpenID Connect).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Request {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) response_type: String,
    pub(super) scope: String,
    pub(super) state: String,
    pub(super) nonce: String,
    pub(super) code_challenge: String,
    pub(super) code_challenge_method: String,
    pub(super) prompt: String,
    pub(super) login_hint: String,
}

/// The same, with who was picked: the short name of a built-in person, or an address (and name) typed in.
#[derive(Debug, Deserialize)]
pub(super) struct Decision {
    #[serde(flatten)]
    request: Request,
    #[serde(default)]
    person: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    name: String,
}

/// `GET`: shows who can be picked.
pub(super) async fn ask(State(issuer): State<Arc<Issuer>>, Query(request): Query<Request>) -> Response {
    if let Some(refusal) = refusal(&issuer, &request) {
        return refusal;
    }
    if request.prompt == "none" {
        // Nobody is ever signed in here: there is no session to answer from.
        return back(&issuer, &request, &[("error", "login_required")]);
    }
    let people = issuer.people.lock().unwrap_or_else(PoisonError::into_inner);
    pages::pick(&request, people.registered()).into_response()
}

/// `POST`: sends the browser back with a code.
pub(super) async fn decide(State(issuer): State<Arc<Issuer>>, Form(decision): Form<Decision>) -> Response {
    let request = decision.request;
    if let Some(refusal) = refusal(&issuer, &request) {
        return refusal;
    }
    let who = if decision.person.is_empty() {
        &decision.email
    } else {
        &decision.person
    };
    let mut people = issuer.people.lock().unwrap_or_else(PoisonError::into_inner);
    let person = match people.find_or_register(who, Some(&decision.name)) {
        Ok(person) => person,
        Err(problem) => return refuse(&problem.to_string()),
    };
    let nonce = (!request.nonce.is_empty()).then(|| request.nonce.clone());
    let mut codes = issuer.codes.lock().unwrap_or_else(PoisonError::into_inner);
    let code = codes.grant(person, nonce, request.code_challenge.clone(), issuer.clock.now());
    back(&issuer, &request, &[("code", &code)])
}

/// Before client and address are known to be right, nothing is sent anywhere; after, errors go back to the client.
fn refusal(issuer: &Issuer, request: &Request) -> Option<Response> {
    if request.client_id != AUDIENCE {
        return Some(refuse(&format!(
            "the client `{}` is not known here",
            request.client_id
        )));
    }
    if request.redirect_uri != issuer.redirect_uri {
        return Some(refuse(&format!(
            "the redirect_uri must be exactly {}",
            issuer.redirect_uri
        )));
    }
    let error = |name, description| {
        back(
            issuer,
            request,
            &[("error", name), ("error_description", description)],
        )
    };
    if request.response_type != "code" {
        return Some(error(
            "unsupported_response_type",
            "only response_type=code is supported",
        ));
    }
    if !request.scope.split(' ').any(|scope| scope == "openid") {
        return Some(error("invalid_scope", "the scope must include openid"));
    }
    if request.code_challenge_method != "S256" || request.code_challenge.len() != 43 {
        return Some(error(
            "invalid_request",
            "PKCE is required: code_challenge with code_challenge_method=S256",
        ));
    }
    None
}

fn refuse(problem: &str) -> Response {
    (StatusCode::BAD_REQUEST, pages::problem(problem)).into_response()
}

/// Back to the client, with `state` as it was given and our own name.
fn back(issuer: &Issuer, request: &Request, answer: &[(&str, &str)]) -> Response {
    let Ok(mut to) = Url::parse(&request.redirect_uri) else {
        return refuse("the redirect_uri is not an address");
    };
    to.query_pairs_mut()
        .extend_pairs(answer)
        .append_pair("iss", &issuer.url);
    if !request.state.is_empty() {
        to.query_pairs_mut().append_pair("state", &request.state);
    }
    Redirect::to(to.as_str()).into_response()
}
