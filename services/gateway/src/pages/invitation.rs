//! What an invitee does: follow the link, look, sign in, accept. Declining is in `decline`.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use muster_clock::Zone;
use muster_identity::PersonCaller;
use muster_proto::invitation::v1::{
    AcceptInvitationRequest, InvitationState, LookupInvitationRequest, LookupInvitationResponse,
};
use serde::Deserialize;

use super::Pages;
use super::account::SignedIn;
use super::cookies::Cookie;
use super::decline;
use super::destination::Destination;
use super::form::Form;
use super::relying_party::Prompt;
use super::session::Session;
use super::signed_in;
use super::view::{self, Frame, InvitationPage, Problem, Stage};
use crate::limits::ClientAddress;

/// The longest token that a link can have.
const TOKEN_LIMIT: usize = 400;

/// `GET /i/{token}`: takes the token out of the address, so that it comes into no history, referrer or screenshot, and
/// shows the invitation. Changes nothing: mail scanners follow links.
pub(crate) async fn follow(State(pages): State<Arc<Pages>>, Path(token): Path<String>) -> Response {
    let plausible = token.len() <= TOKEN_LIMIT
        && token
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    if !plausible {
        return view::problem(&Problem::broken_link());
    }
    let mut answer = Redirect::to("/invitation").into_response();
    match pages.cookies.set(answer.headers_mut(), Cookie::Link, &token) {
        Ok(()) => answer,
        Err(_) => view::problem(&Problem::broken_link()),
    }
}

/// What the address of the page may say.
#[derive(Debug, Deserialize)]
pub(crate) struct Show {
    /// Set after signing out: the issuer is to ask again who it is.
    #[serde(default)]
    switch: Option<String>,
    /// Set after a form about another invitation was posted.
    #[serde(default)]
    another: Option<String>,
}

/// `GET /invitation`: the invitation whose link was followed, for whoever is signed in.
pub(crate) async fn show(
    State(pages): State<Arc<Pages>>,
    Extension(signed_in): Extension<SignedIn>,
    headers: HeaderMap,
    client: ClientAddress,
    Query(asked): Query<Show>,
) -> Response {
    let session = signed_in.session();
    let Some(token) = pages.cookies.get::<String>(&headers, Cookie::Link) else {
        // Whoever signed in without a link sees everything that was sent to them.
        return match session {
            Some(_) => Redirect::to("/invitations").into_response(),
            None => view::problem(&Problem::no_link()),
        };
    };
    let person = match session {
        Some(session) => signed_in::person(&pages, session).await,
        None => Ok(None),
    };
    let person = match person {
        Ok(person) => person,
        Err(problem) => return pages.tell(problem),
    };
    let looked = pages
        .edge
        .lookup(&client, session, LookupInvitationRequest { token: token.clone() })
        .await;
    // A session whose token the issuer or the clock has ended must not stand between the invitee and the page.
    let (session, looked) = match looked {
        Err(status) if status.code() == tonic::Code::Unauthenticated && session.is_some() => (
            None,
            pages
                .edge
                .lookup(&client, None, LookupInvitationRequest { token: token.clone() })
                .await,
        ),
        looked => (session, looked),
    };
    match looked {
        Ok(found) => {
            let who = session.zip(person.as_ref());
            view::invitation(page(&pages, found, &token, who, &asked))
        }
        Err(status) => pages.tell(Problem::from_status(&status)),
    }
}

/// `POST /invitation/accept`: the one click that changes something.
pub(crate) async fn accept(
    State(pages): State<Arc<Pages>>,
    Extension(signed_in): Extension<SignedIn>,
    headers: HeaderMap,
    client: ClientAddress,
    form: Form,
) -> Response {
    let Some(token) = pages.cookies.get::<String>(&headers, Cookie::Link) else {
        return Redirect::to("/invitation").into_response();
    };
    // The form is about the invitation that was shown with it. Another one may have been opened since, in another tab
    // or by somebody's link: nobody accepts what they do not see.
    let Some(session) = pages.session_of(&signed_in, &headers, &form, &token) else {
        return Redirect::to("/invitation?another=1").into_response();
    };
    let request = AcceptInvitationRequest {
        token,
        request_id: String::new(),
    };
    if let Err(problem) = signed_in::person(&pages, session).await {
        return view::problem(&problem);
    }
    match pages.edge.accept(&client, session, request).await {
        Ok(_) => Redirect::to("/invitation").into_response(),
        Err(status) => pages.tell(Problem::of_answering(&status)),
    }
}

fn page(
    pages: &Pages,
    found: LookupInvitationResponse,
    token: &str,
    who: Option<(&Session, &PersonCaller)>,
    asked: &Show,
) -> InvitationPage {
    let stage = match (found.state(), who) {
        (InvitationState::Active, _) if found.accepted_by_caller => Stage::Joined,
        (InvitationState::Declined, _) if found.undo_expire_time.is_some() => Stage::Declined,
        (InvitationState::Active | InvitationState::Archived | InvitationState::Declined, _) => Stage::Closed,
        (InvitationState::Cancelled, _) => Stage::Cancelled,
        (InvitationState::Expired, _) => Stage::Expired,
        (_, None) => Stage::SignIn,
        (_, Some(_)) if found.address_matches => Stage::Accept,
        (_, Some((_, person))) if person.emails.is_empty() => Stage::NoAddress,
        (_, Some(_)) => Stage::SomebodyElse,
    };
    let form_token = |about: &str| {
        let token = who.map(|(session, _)| pages.cookies.seal().form_token(&session.id, about));
        token.unwrap_or_default()
    };
    let prompt = if asked.switch.is_some() || who.is_some() {
        Prompt::Again
    } else {
        Prompt::Usual
    };
    let choices = pages.choices(prompt, Destination::Invitation);
    let signed_in_at = who
        .filter(|_| !choices.is_empty())
        .and_then(|(session, _)| pages.party(Some(&session.issuer)))
        .map(|party| party.name().to_owned());
    InvitationPage {
        undo_token: decline::undo_token(pages, token),
        undo_until: found.undo_expire_time.map(|at| at.seconds),
        zone: Zone::named(&found.time_zone),
        organization: found.organization_display_name,
        groups: found.groups,
        address: found.masked_address,
        stage,
        signed_in_as: who.and_then(|(session, person)| session.name.clone().or_else(|| person.name.clone())),
        accept_token: form_token(token),
        another_was_meant: asked.another.is_some() && who.is_some(),
        signed_in_at: signed_in_at.unwrap_or_default(),
        prompt: prompt.value().unwrap_or_default(),
        choices,
        support: pages.support.clone(),
        frame: Frame::default(),
    }
}
