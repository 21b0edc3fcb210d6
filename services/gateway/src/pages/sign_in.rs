//! Signing in and out.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use muster_identity::PersonCaller;
use serde::{Deserialize, Serialize};

use super::Pages;
use super::answer::Callback;
use super::cookies::Cookie;
use super::form::Form;
use super::not_signed_in::{self, failed, not_believed, two_persons, unusable};
use super::relying_party::{Pending, Prompt, RelyingParty, SignInProblem, Tokens};
use super::seal::random_text;

/// What the form that signs out is about.
pub(crate) const SIGN_OUT: &str = "sign-out";

/// Who is signed in at this browser.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Session {
    /// Names the session in form tokens.
    pub(crate) id: String,
    /// What the issuer calls the person.
    pub(crate) name: Option<String>,
    /// Their verified address, if the ID token told it and the access token is silent.
    #[serde(default)]
    pub(crate) email: Option<String>,
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

/// `GET /sign-in`: sends the browser to the issuer. Where it comes back to is fixed: there is nothing to redirect openly.
pub(crate) async fn begin(State(pages): State<Arc<Pages>>, Query(asked): Query<SignIn>) -> Response {
    let prompt = match asked.prompt.as_deref() {
        Some("create") => Prompt::Create,
        Some("login") => Prompt::Again,
        _ => Prompt::Usual,
    };
    let Some(party) = pages.party(asked.issuer.as_deref()) else {
        return not_signed_in::no_such();
    };
    send(&pages, party, prompt).await
}

/// Sends the browser to this issuer.
async fn send(pages: &Pages, party: &RelyingParty, prompt: Prompt) -> Response {
    match party.begin(prompt).await {
        Ok((pending, url)) => {
            let mut answer = Redirect::to(url.as_str()).into_response();
            match pages.cookies.set(answer.headers_mut(), Cookie::SignIn, &pending) {
                Ok(()) => answer,
                Err(problem) => unusable(&problem),
            }
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
    let Some(pending) = pending.filter(|pending| callback.ends(pending)) else {
        return over(&pages, not_signed_in::begun_elsewhere());
    };
    let Some(party) = pages.party(Some(&pending.issuer)) else {
        return over(&pages, not_signed_in::not_offered());
    };
    let answer = match callback.code(party).await {
        Ok(code) => complete(&pages, party, &pending, code).await,
        // Not every issuer knows that people may want to register, and they differ in what they say then.
        Err(SignInProblem::NotCompleted(code)) if pending.create && !code.is_denial() => {
            tracing::warn!(%code, "an issuer did not let somebody register: signing in instead");
            return send(&pages, party, Prompt::Usual).await;
        }
        Err(problem) => failed(&problem),
    };
    over(&pages, answer)
}

/// The answer at the end of a sign-in: the browser forgets that it was under way.
fn over(pages: &Pages, mut answer: Response) -> Response {
    pages.cookies.clear(answer.headers_mut(), Cookie::SignIn);
    answer
}

async fn complete(pages: &Pages, party: &RelyingParty, pending: &Pending, code: &str) -> Response {
    let tokens = match party.redeem(pending, code).await {
        Ok(tokens) => tokens,
        Err(problem) => return failed(&problem),
    };
    let person = match who(pages, party, pending, &tokens).await {
        Ok(person) => person,
        Err(problem) => return problem,
    };
    let Some(id) = random_text(16) else {
        return failed(&SignInProblem::Random);
    };
    let mut answer = Redirect::to("/invitation").into_response();
    let session = Session {
        id,
        name: person.name,
        email: person.emails.first().map(|email| email.as_given().to_owned()),
        access_token: tokens.access_token,
    };
    match pages.cookies.set(answer.headers_mut(), Cookie::Session, &session) {
        Ok(()) => answer,
        Err(problem) => unusable(&problem),
    }
}

/// The person of both tokens, with the address that only the ID token tells. The access token is what the pages will call with: one that the edge would not take, or that
/// is somebody else's, must be told now and not as a sign-in that never holds.
async fn who(
    pages: &Pages,
    party: &RelyingParty,
    pending: &Pending,
    tokens: &Tokens,
) -> Result<PersonCaller, Response> {
    let (id_token, access_token) = (&tokens.id_token, &tokens.access_token);
    let verified = pages
        .verifier
        .verify_id_token(id_token, party.issuer(), party.client_id(), &pending.nonce)
        .await;
    let person = verified.map_err(|problem| not_believed("id token", problem))?;
    let calls = pages.verifier.verify(access_token).await;
    let calls = calls.map_err(|problem| not_believed("access token", problem))?;
    if calls.id != person.id {
        return Err(two_persons());
    }
    let emails = if calls.emails.is_empty() {
        person.emails
    } else {
        Vec::new()
    };
    Ok(PersonCaller { emails, ..person })
}

/// `POST /sign-out`: forgets the session; the invitation stays at hand, so that somebody else can sign in for it.
pub(crate) async fn end(State(pages): State<Arc<Pages>>, headers: HeaderMap, form: Form) -> Response {
    let mut answer = Redirect::to("/invitation?switch=1").into_response();
    if pages.session_of(&headers, &form, SIGN_OUT).is_some() {
        pages.cookies.clear(answer.headers_mut(), Cookie::Session);
    }
    answer
}
