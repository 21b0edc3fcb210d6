//! The invitations that whoever is signed in has received, at any organization: no link is needed to answer them.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use muster_clock::Zone;
use muster_proto::invitation::v1::{
    AcceptPersonInvitationRequest, DeclinePersonInvitationRequest, InvitationState, LiftPersonOptOutRequest,
    ListPersonInvitationsResponse, ListPersonOptOutsResponse, PersonInvitation, PersonOptOut,
    UndoPersonDeclineRequest,
};
use serde::Deserialize;
use tonic::{Code, Status};

use super::Pages;
use super::account::SignedIn;
use super::destination::Destination;
use super::edge_client::{EdgeClient, LARGEST};
use super::form::Form;
use super::kept::KeptForm;
use super::paging;
use super::posted::Posted;
use super::relying_party::Prompt;
use super::session::Session;
use super::signed_in;
use super::view::{self, Frame, MyInvitation, MyInvitations, MyOptOut, Problem};
use crate::limits::ClientAddress;

const PAGE: &str = "/invitations";
/// The parameter that says behind which page of where they want no further invitation.
const UNWANTED: &str = "unwanted";
/// As many of each stand on one page.
const PAGE_SIZE: i32 = 50;

/// What a form does with an invitation, for its token.
const ACCEPT: &str = "accept-own";
const DECLINE: &str = "decline-own";
const UNDO: &str = "undo-own";
const LIFT: &str = "lift-own";

/// What the address of the page may say.
#[derive(Debug, Deserialize)]
pub(crate) struct Show {
    /// Behind which page of what was sent to them; empty: the first one.
    #[serde(default)]
    page: String,
    /// The same of where they want no further invitation.
    #[serde(default)]
    unwanted: String,
    /// Set after one was accepted.
    #[serde(default)]
    joined: Option<String>,
}

impl Show {
    fn is_first(&self) -> bool {
        self.page.is_empty() && self.unwanted.is_empty()
    }
}

/// `GET /invitations`: newest first, with where they want no further one beside the newest.
pub(crate) async fn show(
    State(pages): State<Arc<Pages>>,
    Extension(signed_in): Extension<SignedIn>,
    headers: HeaderMap,
    client: ClientAddress,
    Query(asked): Query<Show>,
) -> Response {
    let kept = pages.kept_form(&headers, Destination::Invitations);
    let nobodys = || MyInvitations {
        has_ended: kept.is_some(),
        ..nobodys(&pages)
    };
    let Some(session) = signed_in.session() else {
        return view::mine(nobodys());
    };
    // The edge learns the address here, if only the sign-in told it.
    if let Err(problem) = signed_in::person(&pages, session).await {
        return view::problem(&problem);
    }
    match look(&pages, &client, session, &asked, kept.as_ref()).await {
        Ok(page) => {
            let mut answer = view::mine(page);
            if kept.is_some() {
                pages.forget_form(&mut answer);
            }
            answer
        }
        Err(status) if status.code() == Code::Unauthenticated => view::mine(nobodys()),
        Err(status) if !asked.is_first() && paging::is_no_page(&status) => Redirect::to(PAGE).into_response(),
        Err(status) => pages.tell(Problem::from_status(&status)),
    }
}

async fn look(
    pages: &Pages,
    client: &ClientAddress,
    session: &Session,
    asked: &Show,
    kept: Option<&KeptForm>,
) -> Result<MyInvitations, Status> {
    let (of_invitations, of_opt_outs) = paging::of_two(&asked.page, &asked.unwanted);
    // A form that comes back stands on the page, whatever has come since.
    let page_size = kept.map_or(PAGE_SIZE, |_| LARGEST);
    let listed = async {
        match of_invitations.map(str::to_owned) {
            Some(behind) => pages.edge.list_own(client, session, page_size, behind).await,
            None => Ok(ListPersonInvitationsResponse::default()),
        }
    };
    let unwanted = async {
        match of_opt_outs.map(str::to_owned) {
            Some(behind) => pages.edge.list_opt_outs(client, session, page_size, behind).await,
            None => Ok(ListPersonOptOutsResponse::default()),
        }
    };
    let (listed, unwanted) = tokio::try_join!(listed, unwanted)?;
    let invitations = listed.invitations.into_iter();
    let opt_outs = unwanted.opt_outs.into_iter();
    let mut page = MyInvitations {
        is_signed_in: true,
        has_joined: asked.joined.is_some(),
        invitations: invitations.map(|one| shown(pages, session, one)).collect(),
        older: paging::next(PAGE, paging::PAGE, &listed.next_page_token),
        opt_outs: opt_outs.map(|one| opt_out(pages, session, one)).collect(),
        older_opt_outs: paging::next(PAGE, UNWANTED, &unwanted.next_page_token),
        is_first: asked.is_first(),
        ..nobodys(pages)
    };
    page.has_ended = kept.is_some_and(|kept| page.stands_again(kept));
    Ok(page)
}

/// `POST /invitations/accept`.
pub(crate) async fn accept(posted: Posted) -> Response {
    let send = async |edge: &EdgeClient, client: &_, session: &_, form: Form| {
        let request = AcceptPersonInvitationRequest {
            name: form.invitation,
            request_id: String::new(),
        };
        edge.accept_own(client, session, request).await
    };
    posted.carry_out(ACCEPT, send, "/invitations?joined=1").await
}

/// `POST /invitations/decline`.
pub(crate) async fn decline(posted: Posted) -> Response {
    let send = async |edge: &EdgeClient, client: &_, session: &_, form: Form| {
        let request = DeclinePersonInvitationRequest {
            do_not_invite_again: !form.do_not_invite_again.is_empty(),
            name: form.invitation,
            request_id: String::new(),
        };
        edge.decline_own(client, session, request).await
    };
    posted.carry_out(DECLINE, send, PAGE).await
}

/// `POST /invitations/undo-decline`.
pub(crate) async fn undo(posted: Posted) -> Response {
    let send = async |edge: &EdgeClient, client: &_, session: &_, form: Form| {
        let request = UndoPersonDeclineRequest {
            name: form.invitation,
            request_id: String::new(),
        };
        edge.undo_own(client, session, request).await
    };
    posted.carry_out(UNDO, send, PAGE).await
}

/// `POST /invitations/lift`: they may be invited again.
pub(crate) async fn lift(posted: Posted) -> Response {
    let send = async |edge: &EdgeClient, client: &_, session: &_, form: Form| {
        let request = LiftPersonOptOutRequest {
            name: form.invitation,
            request_id: String::new(),
        };
        edge.lift_opt_out(client, session, request).await
    };
    posted.carry_out(LIFT, send, PAGE).await
}

impl Posted {
    /// Calls in the name of whoever is signed in, if the form was about this act, and shows a page. A form of another session
    /// does nothing, and stands there again.
    async fn carry_out(
        self,
        act: &str,
        send: impl AsyncFnOnce(&EdgeClient, &ClientAddress, &Session, Form) -> Result<(), Status>,
        page: &str,
    ) -> Response {
        let (pages, signed_in, form) = (self.pages, self.signed_in, self.form);
        let asked = about(act, &form.invitation);
        let begin_again =
            || pages.begin_again(&self.headers, Destination::Invitations, &form.invitation, &form);
        let Some(session) = pages.session_of(&signed_in, &self.headers, &form, &asked) else {
            return begin_again();
        };
        if let Err(problem) = signed_in::person(&pages, session).await {
            return view::problem(&problem);
        }
        match send(&pages.edge, &self.client, session, form.clone()).await {
            Ok(()) => Redirect::to(page).into_response(),
            // Whose sign-in has ended is asked to sign in by the page.
            Err(status) if status.code() == Code::Unauthenticated => begin_again(),
            Err(status) => pages.tell(Problem::of_answering(&status)),
        }
    }
}

fn about(act: &str, invitation: &str) -> String {
    format!("{act} {invitation}")
}

impl MyInvitations {
    /// Opens the form that was posted when the sign-in had ended, as it was; whether what it was about is still on the page.
    fn stands_again(&mut self, kept: &KeptForm) -> bool {
        let invitation = self.invitations.iter_mut().find(|one| one.name == kept.target);
        if let Some(invitation) = invitation {
            invitation.is_ticked = kept.is_ticked;
            return true;
        }
        self.opt_outs.iter().any(|one| one.name == kept.target)
    }
}

/// The page for nobody: what it needs to let them sign in.
fn nobodys(pages: &Pages) -> MyInvitations {
    MyInvitations {
        is_signed_in: false,
        has_ended: false,
        has_joined: false,
        invitations: Vec::new(),
        older: String::new(),
        opt_outs: Vec::new(),
        older_opt_outs: String::new(),
        is_first: true,
        choices: pages.choices(Prompt::Usual, Destination::Invitations),
        support: pages.support.clone(),
        frame: Frame::default(),
    }
}

fn opt_out(pages: &Pages, session: &Session, one: PersonOptOut) -> MyOptOut {
    let seal = pages.cookies.seal();
    MyOptOut {
        lift_token: seal.form_token(&session.id, &about(LIFT, &one.name)),
        since: one.create_time.map(|at| at.seconds),
        zone: Zone::named(&one.time_zone),
        name: one.name,
        organization: one.organization_display_name,
        address: one.address,
    }
}

fn shown(pages: &Pages, session: &Session, one: PersonInvitation) -> MyInvitation {
    let token = |act| {
        pages
            .cookies
            .seal()
            .form_token(&session.id, &about(act, &one.name))
    };
    let until = |time: Option<prost_types::Timestamp>| time.map(|at| at.seconds);
    MyInvitation {
        accept_token: token(ACCEPT),
        decline_token: token(DECLINE),
        undo_token: token(UNDO),
        is_declined: one.state() == InvitationState::Declined,
        is_expired: one.state() == InvitationState::Expired,
        is_ticked: false,
        undo_until: until(one.undo_expire_time),
        expires: until(one.expire_time),
        zone: Zone::named(&one.time_zone),
        name: one.name,
        organization: one.organization_display_name,
        groups: one.groups,
        address: one.address,
    }
}
