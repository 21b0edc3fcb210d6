//! Signing in and out.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};

use super::Pages;
use super::cookies::Cookie;
use super::form::Form;
use super::relying_party::{Pending, Prompt, SignInProblem};
use super::seal::random_text;
use super::view::{self, Problem};

/// Who is signed in at this browser.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Session {
    /// Names the session in form tokens.
    pub(crate) id: String,
    /// What the issuer calls the person.
    pub(crate) name: String,
    /// The person's access token, with which the pages call on their behalf.
    pub(crate) access_token: String,
}

/// What the sign-in link asks for.
#[derive(Debug, Deserialize)]
pub(crate) struct SignIn {
    #[serde(default)]
    prompt: Option<String>,
    #[serde(default)]
    issuer: Option<String>,
}

/// What the issuer sends back.
#[derive(Deserialize)]
pub(crate) struct Callback {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
}

/// `GET /sign-in`: sends the browser to the issuer. Where it comes back to is fixed: there is nothing to redirect openly.
pub(crate) async fn begin(State(pages): State<Arc<Pages>>, Query(asked): Query<SignIn>) -> Response {
    let prompt = match asked.prompt.as_deref() {
        Some("create") => Prompt::Create,
        Some("login") => Prompt::Again,
        _ => Prompt::Usual,
    };
    let Some(party) = pages.party(asked.issuer.as_deref()) else {
        return view::problem(&Problem::sign_in(
            "There is no such sign-in. Go back and choose one of those offered.",
        ));
    };
    match party.begin(prompt).await {
        Ok((pending, url)) => {
            let mut answer = Redirect::to(url.as_str()).into_response();
            pages.cookies.set(answer.headers_mut(), Cookie::SignIn, &pending);
            answer
        }
        Err(problem) => failed(&problem),
    }
}

/// `GET /sign-in/callback`: the browser comes back from the issuer.
pub(crate) async fn finish(
    State(pages): State<Arc<Pages>>,
    headers: HeaderMap,
    Query(callback): Query<Callback>,
) -> Response {
    let pending: Option<Pending> = pages.cookies.get(&headers, Cookie::SignIn);
    let mut answer = match pending {
        Some(pending) if callback.state.as_deref() == Some(pending.state.as_str()) => {
            complete(&pages, &pending, &callback).await
        }
        _ => view::problem(&Problem::sign_in(
            "This sign-in was begun in another browser or too long ago. Go back to the invitation and sign in again.",
        )),
    };
    pages.cookies.clear(answer.headers_mut(), Cookie::SignIn);
    answer
}

async fn complete(pages: &Pages, pending: &Pending, callback: &Callback) -> Response {
    let (Some(code), None) = (&callback.code, &callback.error) else {
        return view::problem(&Problem::sign_in(
            "The sign-in was not completed. You can try again whenever you like.",
        ));
    };
    let Some(party) = pages.party(Some(&pending.issuer)) else {
        return view::problem(&Problem::sign_in(
            "This sign-in is no longer offered. Go back and choose another.",
        ));
    };
    let tokens = match party.redeem(pending, code).await {
        Ok(tokens) => tokens,
        Err(problem) => return failed(&problem),
    };
    let verified = pages
        .verifier
        .verify_id_token(
            &tokens.id_token,
            party.issuer(),
            party.client_id(),
            &pending.nonce,
        )
        .await;
    let (Ok(person), Some(id)) = (verified, random_text(16)) else {
        tracing::warn!("an id token was refused");
        return view::problem(&Problem::sign_in(
            "The sign-in could not be confirmed. Try again.",
        ));
    };
    let name = person
        .name
        .unwrap_or_else(|| "somebody without a name".to_owned());
    let mut answer = Redirect::to("/invitation").into_response();
    let session = Session {
        id,
        name,
        access_token: tokens.access_token,
    };
    pages.cookies.set(answer.headers_mut(), Cookie::Session, &session);
    answer
}

/// `POST /sign-out`: forgets the session; the invitation stays at hand, so that somebody else can sign in for it.
pub(crate) async fn end(State(pages): State<Arc<Pages>>, headers: HeaderMap, form: Form) -> Response {
    let mut answer = Redirect::to("/invitation?switch=1").into_response();
    if pages.session_of(&headers, &form).is_some() {
        pages.cookies.clear(answer.headers_mut(), Cookie::Session);
    }
    answer
}

fn failed(problem: &SignInProblem) -> Response {
    tracing::warn!(%problem, "a sign-in failed");
    view::problem(&Problem::sign_in(
        "The sign-in service does not answer at the moment. Try again in a minute.",
    ))
}
