//! Saying no, and taking that back. The link is enough for both: whoever does not want to join need not sign in.
//!
//! Declining takes a second page with a form of its own, so that no program declines that opens links, and none that sends the
//! first form which it finds.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use muster_proto::invitation::v1::{
    DeclineInvitationRequest, InvitationState, LookupInvitationRequest, UndoDeclineRequest,
};
use tonic::Status;

use super::Pages;
use super::cookies::Cookie;
use super::form::Form;
use super::view::{self, DeclinePage, Frame, Problem};
use crate::limits::ClientAddress;

/// Whose form it is: nobody's in particular, because its token names the link that only its holders have.
const ANYBODY: &str = "";

/// What a form is about, for its token.
#[derive(Debug, Clone, Copy)]
enum About {
    Decline,
    Undo,
}

impl About {
    fn of(self, token: &str) -> String {
        let act = match self {
            Self::Decline => "decline",
            Self::Undo => "undo-decline",
        };
        format!("{act} {token}")
    }
}

/// `GET /invitation/decline`: asks whether they mean it. Changes nothing.
pub(crate) async fn ask(
    State(pages): State<Arc<Pages>>,
    headers: HeaderMap,
    client: ClientAddress,
) -> Response {
    let Some(token) = link(&pages, &headers) else {
        return pages.tell(Problem::no_link());
    };
    let looked = LookupInvitationRequest { token: token.clone() };
    match pages.edge.lookup(&client, None, looked).await {
        Ok(found) if can_be_declined(found.state()) => view::decline(DeclinePage {
            organization: found.organization_display_name,
            address: found.masked_address,
            decline_token: form_token(&pages, About::Decline, &token),
            support: pages.support.clone(),
            frame: Frame::default(),
        }),
        // The page of the invitation says how it stands.
        Ok(_) => Redirect::to("/invitation").into_response(),
        Err(status) => pages.tell(Problem::from_status(&status)),
    }
}

/// `POST /invitation/decline`.
pub(crate) async fn decline(
    State(pages): State<Arc<Pages>>,
    headers: HeaderMap,
    client: ClientAddress,
    form: Form,
) -> Response {
    // Another link may have been opened since: the page asks again, about that one.
    let Some(token) = link_of(&pages, &headers, &form, About::Decline) else {
        return Redirect::to("/invitation/decline").into_response();
    };
    let request = DeclineInvitationRequest {
        token,
        do_not_invite_again: !form.do_not_invite_again.is_empty(),
        request_id: String::new(),
    };
    shown(&pages, pages.edge.decline(&client, request).await)
}

/// `POST /invitation/undo-decline`.
pub(crate) async fn undo(
    State(pages): State<Arc<Pages>>,
    headers: HeaderMap,
    client: ClientAddress,
    form: Form,
) -> Response {
    let Some(token) = link_of(&pages, &headers, &form, About::Undo) else {
        return Redirect::to("/invitation").into_response();
    };
    let request = UndoDeclineRequest {
        token,
        request_id: String::new(),
    };
    shown(&pages, pages.edge.undo_decline(&client, request).await)
}

/// The token of the form that takes the decline of this link back.
pub(crate) fn undo_token(pages: &Pages, token: &str) -> String {
    form_token(pages, About::Undo, token)
}

fn form_token(pages: &Pages, about: About, token: &str) -> String {
    pages.cookies.seal().form_token(ANYBODY, &about.of(token))
}

fn link(pages: &Pages, headers: &HeaderMap) -> Option<String> {
    pages.cookies.get(headers, Cookie::Link)
}

/// The link that a posted form is about, if it is one of ours.
fn link_of(pages: &Pages, headers: &HeaderMap, form: &Form, about: About) -> Option<String> {
    link(pages, headers).filter(|token| pages.is_ours(headers, form, ANYBODY, &about.of(token)))
}

/// Declining what has expired keeps it from being sent again.
fn can_be_declined(state: InvitationState) -> bool {
    use InvitationState as S;
    matches!(state, S::Prospect | S::Pending | S::Expired)
}

/// How the invitation stands now.
fn shown(pages: &Pages, answer: Result<(), Status>) -> Response {
    match answer {
        Ok(()) => Redirect::to("/invitation").into_response(),
        Err(status) => pages.tell(Problem::of_answering(&status)),
    }
}
