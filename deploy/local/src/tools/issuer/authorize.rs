//! The authorization endpoint: the page to pick a person, and the way back.

use std::sync::{Arc, PoisonError};

use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use url::Url;

use super::exchange::Granted;
use super::request::Request;
use super::{Issuer, may_return_to, pages};
use crate::suite::AUDIENCE;

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
    let people = issuer.people.lock().unwrap_or_else(PoisonError::into_inner);
    pages::pick(&request, people.registered()).into_response()
}

/// `POST`: sends the browser back with a code.
pub(super) async fn decide(State(issuer): State<Arc<Issuer>>, Form(decision): Form<Decision>) -> Response {
    let request = decision.request;
    if let Some(refusal) = refusal(&issuer, &request) {
        return refusal;
    }
    let who = [decision.person, decision.email].concat();
    let mut people = issuer.people.lock().unwrap_or_else(PoisonError::into_inner);
    let person = match people.find_or_register(&who, Some(&decision.name)) {
        Ok(person) => person,
        Err(problem) => return pages::problem(&problem.to_string()),
    };
    let granted = Granted {
        person,
        nonce: Some(request.nonce.clone()).filter(|nonce| !nonce.is_empty()),
        challenge: request.code_challenge.clone(),
        redirect_uri: request.redirect_uri.clone(),
    };
    let mut codes = issuer.codes.lock().unwrap_or_else(PoisonError::into_inner);
    let code = codes.grant(granted, issuer.clock.now());
    back(&issuer, &request, &[("code", &code)])
}

/// Before client and address are known to be right, nothing is sent anywhere; after, errors go back to the client.
fn refusal(issuer: &Issuer, request: &Request) -> Option<Response> {
    if request.client_id != AUDIENCE {
        return Some(pages::problem("there is no such client_id here"));
    }
    if !may_return_to(&issuer.callback, &request.redirect_uri) {
        return Some(pages::problem("that redirect_uri is not this client's"));
    }
    let openid = request.scope.split(' ').any(|scope| scope == "openid");
    let pkce = request.code_challenge_method == "S256" && request.code_challenge.len() == 43;
    let (error, description) = match request.response_type.as_str() {
        "code" if !openid => ("invalid_scope", "the scope must include openid"),
        "code" if !pkce => ("invalid_request", "a code_challenge with method S256 is required"),
        // There is no session that could answer for anybody.
        "code" if request.prompt == "none" => ("login_required", "nobody stays signed in here"),
        "code" => return None,
        _ => ("unsupported_response_type", "only code is supported"),
    };
    let answer = [("error", error), ("error_description", description)];
    Some(back(issuer, request, &answer))
}

/// Back to the client, with `state` as it was given and our own name.
fn back(issuer: &Issuer, request: &Request, answer: &[(&str, &str)]) -> Response {
    let Ok(mut to) = Url::parse(&request.redirect_uri) else {
        return pages::problem("the redirect_uri is not an address");
    };
    to.query_pairs_mut()
        .extend_pairs(answer)
        .append_pair("iss", &issuer.url);
    if !request.state.is_empty() {
        to.query_pairs_mut().append_pair("state", &request.state);
    }
    Redirect::to(to.as_str()).into_response()
}
