//! Signing in and out.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use muster_identity::PersonCaller;
use muster_language::Language;
use serde::Deserialize;

use super::Pages;
use super::account::SignedIn;
use super::answer::Callback;
use super::cookies::Cookie;
use super::destination::Destination;
use super::form::Form;
use super::not_signed_in::{self, failed, not_believed, two_persons, unusable};
use super::relying_party::{Pending, Prompt, RelyingParty, SignInProblem, Tokens};
use super::seal::random_text;
use super::session::{LONGEST, SIGN_OUT, Session};
use super::view::{self, Problem};

/// What the sign-in link asks for.
#[derive(Debug, Deserialize)]
pub(crate) struct SignIn {
    #[serde(default)]
    prompt: Option<String>,
    #[serde(default)]
    issuer: Option<String>,
    /// Where it leads.
    #[serde(default)]
    to: Option<String>,
}

/// `GET /sign-in`: sends the browser to the issuer. It comes back to one of few pages: there is nothing to redirect openly.
pub(crate) async fn begin(
    State(pages): State<Arc<Pages>>,
    Extension(language): Extension<Language>,
    Query(asked): Query<SignIn>,
) -> Response {
    let prompt = match asked.prompt.as_deref() {
        Some("create") => Prompt::Create,
        Some("login") => Prompt::Again,
        _ => Prompt::Usual,
    };
    let to = Destination::of_value(asked.to.as_deref());
    match (pages.party(asked.issuer.as_deref()), asked.issuer) {
        (Some(party), _) => send(&pages, party, (prompt, to), language).await,
        (None, None) => view::choose(pages.choices(prompt, to)),
        (None, Some(_)) => pages.tell(not_signed_in::no_such()),
    }
}

/// Sends the browser to this issuer.
async fn send(
    pages: &Pages,
    party: &RelyingParty,
    (prompt, to): (Prompt, Destination),
    language: Language,
) -> Response {
    match party.begin(prompt, to, language).await {
        Ok((pending, url)) => {
            let mut answer = Redirect::to(url.as_str()).into_response();
            match pages.cookies.set(answer.headers_mut(), Cookie::SignIn, &pending) {
                Ok(()) => answer,
                Err(problem) => pages.tell(unusable(&problem)),
            }
        }
        Err(problem) => pages.tell(failed(&problem)),
    }
}

/// `GET /sign-in/callback`: the browser comes back from the issuer.
pub(crate) async fn finish(
    State(pages): State<Arc<Pages>>,
    Extension(language): Extension<Language>,
    headers: HeaderMap,
    Query(callback): Query<Callback>,
) -> Response {
    let pending: Option<Pending> = pages.cookies.get(&headers, Cookie::SignIn);
    let Some(pending) = pending.filter(|pending| callback.ends(pending)) else {
        return over(&pages, pages.tell(not_signed_in::begun_elsewhere()));
    };
    let Some(party) = pages.party(Some(&pending.issuer)) else {
        return over(&pages, pages.tell(not_signed_in::not_offered()));
    };
    let answer = match callback.code(party).await {
        Ok(code) => {
            let done = complete(&pages, party, &pending, code).await;
            done.unwrap_or_else(|problem| pages.tell(problem))
        }
        // Not every issuer knows that people may want to register, and they differ in what they say then.
        Err(SignInProblem::NotCompleted(code)) if pending.create && !code.is_denial() => {
            tracing::warn!(%code, "an issuer did not let somebody register: signing in instead");
            return send(&pages, party, (Prompt::Usual, pending.to), language).await;
        }
        Err(problem) => pages.tell(failed(&problem)),
    };
    over(&pages, answer)
}

/// The answer at the end of a sign-in: the browser forgets that it was under way.
fn over(pages: &Pages, mut answer: Response) -> Response {
    pages.cookies.clear(answer.headers_mut(), Cookie::SignIn);
    answer
}

async fn complete(
    pages: &Pages,
    party: &RelyingParty,
    pending: &Pending,
    code: &str,
) -> Result<Response, Problem> {
    let redeemed = party.redeem(pending, code).await;
    let tokens = redeemed.map_err(|problem| failed(&problem))?;
    let person = who(pages, party, pending, &tokens).await?;
    let session = Session {
        id: random_text(16).ok_or_else(|| failed(&SignInProblem::Random))?,
        ends: pages.cookies.now() + LONGEST.as_secs() as i64,
        issuer: party.issuer().to_owned(),
        name: person.name,
        email: person.emails.first().map(|email| email.as_given().to_owned()),
        access_token: tokens.access_token,
    };
    let mut answer = Redirect::to(pending.to.path()).into_response();
    let kept = pages.cookies.set(answer.headers_mut(), Cookie::Session, &session);
    kept.map_err(|problem| unusable(&problem))?;
    Ok(answer)
}

/// The person of both tokens, with the address that only the ID token tells. The access token is what the pages will call
/// with: one that the edge would not take, or that is somebody else's, must be told now and not as a sign-in that never
/// holds.
async fn who(
    pages: &Pages,
    party: &RelyingParty,
    pending: &Pending,
    tokens: &Tokens,
) -> Result<PersonCaller, Problem> {
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

/// `POST /sign-out`: ends the session. An invitation whose link was followed stays at hand, so that somebody else can sign in for
/// it; without one the first page is shown.
pub(crate) async fn end(
    State(pages): State<Arc<Pages>>,
    Extension(signed_in): Extension<SignedIn>,
    headers: HeaderMap,
    form: Form,
) -> Response {
    let link = pages.cookies.get::<String>(&headers, Cookie::Link);
    let next = link.map_or("/", |_| "/invitation?switch=1");
    let mut answer = Redirect::to(next).into_response();
    if let Some(session) = pages.session_of(&signed_in, &headers, &form, SIGN_OUT)
        && let Err(problem) = pages.end(answer.headers_mut(), session).await
    {
        return pages.tell(problem);
    }
    answer
}
