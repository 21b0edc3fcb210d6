//! What the pages look like: askama templates, escaped by default.

mod problem;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
pub(crate) use problem::Problem;

use super::choice::Choice;

/// Where an invitation stands for the person who looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Nobody is signed in.
    SignIn,
    /// The invitee is signed in and can accept.
    Accept,
    /// Somebody else is signed in.
    SomebodyElse,
    /// Somebody is signed in whose issuer tells no address of them.
    NoAddress,
    /// The person who is signed in has accepted.
    Joined,
    /// Accepted by somebody, declined or archived.
    Closed,
    /// Taken back.
    Cancelled,
    /// Too late.
    Expired,
}

/// The page of an invitation.
#[derive(Debug, Template)]
#[template(path = "invitation.html")]
pub(crate) struct InvitationPage {
    pub(crate) organization: String,
    pub(crate) groups: Vec<String>,
    pub(crate) address: String,
    pub(crate) stage: Stage,
    pub(crate) signed_in_as: String,
    /// By the name of the issuer, if there are several.
    pub(crate) signed_in_at: String,
    /// Of the form that accepts what is shown.
    pub(crate) accept_token: String,
    /// Of the form that signs out.
    pub(crate) sign_out_token: String,
    /// The form that was posted was about another invitation.
    pub(crate) another_was_meant: bool,
    pub(crate) prompt: &'static str,
    /// Where to sign in, if there are several issuers.
    pub(crate) choices: Vec<Choice>,
    pub(crate) support: String,
}

/// The page to choose an issuer.
#[derive(Debug, Template)]
#[template(path = "choose.html")]
struct Choose {
    choices: Vec<Choice>,
}

/// The front page.
#[derive(Debug, Template)]
#[template(path = "home.html")]
struct Home {}

/// The page of an invitation, as an answer.
pub(crate) fn invitation(page: &InvitationPage) -> Response {
    render(StatusCode::OK, page.render())
}

/// A problem, as an answer.
pub(crate) fn problem(problem: &Problem) -> Response {
    render(problem.status(), problem.render())
}

/// The page to choose an issuer, as an answer.
pub(crate) fn choose(choices: Vec<Choice>) -> Response {
    render(StatusCode::OK, Choose { choices }.render())
}

/// The front page, as an answer.
pub(crate) fn home() -> Response {
    render(StatusCode::OK, Home {}.render())
}

fn render(status: StatusCode, page: askama::Result<String>) -> Response {
    match page {
        Ok(html) => (status, Html(html)).into_response(),
        Err(problem) => {
            tracing::error!(%problem, "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
