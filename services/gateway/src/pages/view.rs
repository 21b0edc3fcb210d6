//! What the pages look like: askama templates, escaped by default.

mod consent;
mod frame;
mod problem;

use std::sync::Arc;

use askama::Template;
use askama::filters::Safe;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::response::{Html, IntoResponse, Response};
pub(crate) use consent::{
    ActiveGrant, AllowForm, AskedGrant, ConsentPage, ConsentSite, PastGrant, Reading, ReadingsPage, StaffLook,
};
pub(crate) use frame::{Frame, page_of};
use muster_clock::Zone;
use muster_proto::organization::v1::{JoinPageChoice, JoinPageLogo};
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
    /// Declined, which can be undone.
    Declined,
    /// Accepted by somebody, declined too long ago, or archived.
    Closed,
    /// Taken back.
    Cancelled,
    /// Too late.
    Expired,
}

impl Stage {
    /// Nothing is left to do; every other stage offers to use another account.
    fn is_over(self) -> bool {
        matches!(
            self,
            Self::Joined | Self::Declined | Self::Closed | Self::Cancelled | Self::Expired
        )
    }
}

/// The page of an invitation.
#[derive(Debug, Clone, Template)]
#[template(path = "invitation.html")]
pub(crate) struct InvitationPage {
    pub(crate) organization: String,
    pub(crate) groups: Vec<String>,
    pub(crate) address: String,
    pub(crate) stage: Stage,
    /// Who is signed in, by the name that their issuer tells.
    pub(crate) signed_in_as: Option<String>,
    /// By the name of the issuer, if there are several.
    pub(crate) signed_in_at: String,
    /// Of the form that accepts what is shown.
    pub(crate) accept_token: String,
    /// Of the form that takes a decline back.
    pub(crate) undo_token: String,
    /// Until when that can be done, in seconds since 1970.
    pub(crate) undo_until: Option<i64>,
    /// In which that is said: the organization's.
    pub(crate) zone: Zone,
    /// The form that was posted was about another invitation.
    pub(crate) another_was_meant: bool,
    pub(crate) prompt: &'static str,
    /// Where to sign in, if there are several issuers.
    pub(crate) choices: Vec<Choice>,
    pub(crate) support: String,
    pub(crate) frame: Frame,
}

impl InvitationPage {
    /// What is said of who is signed in; another message where there are several issuers.
    fn signed_in(&self, key: &str, key_with_issuer: &str) -> Safe<String> {
        let key = if self.signed_in_at.is_empty() {
            key
        } else {
            key_with_issuer
        };
        let name = self.signed_in_as.clone();
        let name = name.unwrap_or_else(|| self.frame.say("no-name"));
        self.frame.signed_in(key, &name, &self.signed_in_at)
    }
}

/// The page that asks whether they mean to decline.
#[derive(Debug, Clone, Template)]
#[template(path = "decline.html")]
pub(crate) struct DeclinePage {
    pub(crate) organization: String,
    pub(crate) address: String,
    /// Of the form that declines what is shown.
    pub(crate) decline_token: String,
    pub(crate) support: String,
    pub(crate) frame: Frame,
}

/// The page of everything that was sent to whoever is signed in.
#[derive(Debug, Clone, Template)]
#[template(path = "invitations.html")]
pub(crate) struct MyInvitations {
    pub(crate) is_signed_in: bool,
    /// A form of theirs was posted when their sign-in had ended, and did nothing.
    pub(crate) has_ended: bool,
    /// One was accepted a moment ago.
    pub(crate) has_joined: bool,
    pub(crate) invitations: Vec<MyInvitation>,
    /// Where the older ones are; empty when there are none.
    pub(crate) older: String,
    /// Where they want no further invitation.
    pub(crate) opt_outs: Vec<MyOptOut>,
    /// Where the older ones of these are; empty when there are none.
    pub(crate) older_opt_outs: String,
    /// Whether both are the newest ones.
    pub(crate) is_first: bool,
    /// Where to sign in, if there are several issuers.
    pub(crate) choices: Vec<Choice>,
    pub(crate) support: String,
    pub(crate) frame: Frame,
}

/// One of them.
#[derive(Debug, Clone)]
pub(crate) struct MyInvitation {
    pub(crate) name: String,
    pub(crate) organization: String,
    pub(crate) groups: Vec<String>,
    pub(crate) address: String,
    pub(crate) is_declined: bool,
    pub(crate) is_expired: bool,
    /// Whether the box is ticked by which it is declined for good.
    pub(crate) is_ticked: bool,
    /// Until when it can be accepted, in seconds since 1970.
    pub(crate) expires: Option<i64>,
    /// Until when its decline can be undone.
    pub(crate) undo_until: Option<i64>,
    /// In which that is said: the organization's.
    pub(crate) zone: Zone,
    /// Of the forms that accept it, decline it, and take that back.
    pub(crate) accept_token: String,
    pub(crate) decline_token: String,
    pub(crate) undo_token: String,
}

/// A wish to get no further invitation.
#[derive(Debug, Clone)]
pub(crate) struct MyOptOut {
    pub(crate) name: String,
    /// Empty when it is there no more.
    pub(crate) organization: String,
    pub(crate) address: String,
    /// When they said so, in seconds since 1970.
    pub(crate) since: Option<i64>,
    /// In which that is said: the organization's.
    pub(crate) zone: Zone,
    /// Of the form that takes it back.
    pub(crate) lift_token: String,
}

/// The page of everything that whoever is signed in has to take.
#[derive(Debug, Clone, Template)]
#[template(path = "trainings.html")]
pub(crate) struct MyTrainings {
    pub(crate) is_signed_in: bool,
    /// A form of theirs was posted when their sign-in had ended, and did nothing.
    pub(crate) has_ended: bool,
    /// Something was moved a moment ago.
    pub(crate) has_moved: bool,
    pub(crate) trainings: Vec<MyTraining>,
    /// Where the older ones are; empty when there are none.
    pub(crate) older: String,
    /// What was moved.
    pub(crate) moves: Vec<MyMove>,
    /// Where the older ones of these are; empty when there are none.
    pub(crate) older_moves: String,
    /// Whether both are the newest ones.
    pub(crate) is_first: bool,
    /// Where to sign in, if there are several issuers.
    pub(crate) choices: Vec<Choice>,
    pub(crate) support: String,
    pub(crate) frame: Frame,
}

/// One of them.
#[derive(Debug, Clone)]
pub(crate) struct MyTraining {
    pub(crate) name: String,
    pub(crate) display_name: String,
    /// The key of where it stands.
    pub(crate) state: &'static str,
    pub(crate) percent: String,
    /// Whether they take it by themself.
    pub(crate) is_own: bool,
    /// What the organization is called that assigned it; empty when nobody tells, or when it is their own.
    pub(crate) organization: String,
    pub(crate) is_late: bool,
    /// The last day on which it is done in time, and where that day ends; empty when there is none.
    pub(crate) due_date: String,
    pub(crate) due_zone: String,
    /// When it was done, in seconds since 1970.
    pub(crate) completed: Option<i64>,
    /// In which times are said: that of the organization that assigned it.
    pub(crate) zone: Zone,
    pub(crate) certificate: Option<MyCertificate>,
    /// What an organization assigned of the same; empty when there is nothing to move.
    pub(crate) to: String,
    /// What that organization is called; may be empty.
    pub(crate) to_organization: String,
    /// Of the form that moves it there.
    pub(crate) transfer_token: String,
}

/// Progress that was moved once.
#[derive(Debug, Clone)]
pub(crate) struct MyMove {
    /// What the training is called; empty when nobody tells.
    pub(crate) display_name: String,
    /// When, in seconds since 1970.
    pub(crate) time: Option<i64>,
    /// In which that is said: that of the organization.
    pub(crate) zone: Zone,
    /// The keys of where it came from and went to.
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
    /// How far each was before.
    pub(crate) from_percent: String,
    pub(crate) to_percent: String,
    /// What the organization is called that it went to; may be empty.
    pub(crate) organization: String,
    /// Why registry staff moved it, in their own words; empty when the person did.
    pub(crate) reason: String,
}

/// The certificate of one that is completed.
#[derive(Debug, Clone)]
pub(crate) struct MyCertificate {
    /// In its address here.
    pub(crate) id: String,
    /// Empty when nobody has told it.
    pub(crate) number: String,
    /// The key of whether it is valid; empty when nobody has told.
    pub(crate) validity: &'static str,
    /// Until when, in seconds since 1970; `None`: for ever.
    pub(crate) valid_until: Option<i64>,
    /// In which that is said: the one that it keeps, so that page and paper have the same day.
    pub(crate) zone: Zone,
}

impl MyTrainings {
    fn called(&self, name: &str) -> String {
        consent::called(&self.frame, name)
    }
}

/// The page on which people ask to join.
#[derive(Debug, Clone, Template)]
#[template(path = "join.html")]
pub(crate) struct JoinPage {
    pub(crate) slug: String,
    pub(crate) organization: String,
    pub(crate) groups: Vec<JoinPageChoice>,
    pub(crate) locations: Vec<JoinPageChoice>,
    /// As people read them; empty: any.
    pub(crate) allowed_domains: String,
    /// Decorates the name, which stands beside it.
    pub(crate) logo: Option<JoinPageLogo>,
    /// What was chosen and typed before.
    pub(crate) group: String,
    pub(crate) location: String,
    pub(crate) address: String,
    /// What is to be mended, in the order of the form.
    pub(crate) problems: Vec<JoinProblem>,
    pub(crate) form_token: String,
    pub(crate) support: String,
    pub(crate) frame: Frame,
}

/// What is to be mended in the form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JoinProblem {
    pub(crate) field: &'static str,
    /// The key of what is said.
    pub(crate) text: &'static str,
}

impl JoinPage {
    fn is_wrong(&self, field: &str) -> bool {
        self.problems.iter().any(|problem| problem.field == field)
    }
}

/// A page that says how far somebody is on the way to join.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "join_told.html")]
pub(crate) struct JoinTold {
    pub(crate) status: StatusCode,
    /// The keys of what is said.
    pub(crate) title: &'static str,
    pub(crate) text: &'static str,
    /// Of the form that confirms the address; empty where there is nothing to confirm.
    pub(crate) form_token: String,
    /// Whether the account is where to go.
    pub(crate) leads_to_account: bool,
    pub(crate) frame: Frame,
}

/// The page to choose an issuer.
#[derive(Debug, Clone, Template)]
#[template(path = "choose.html")]
struct Choose {
    choices: Vec<Choice>,
    frame: Frame,
}

/// The front page.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "home.html")]
struct Home {
    frame: Frame,
}

/// A page, which stands in a frame.
trait Page: Template + Clone + Send + Sync + 'static {
    fn frame(&mut self) -> &mut Frame;
}

macro_rules! pages {
    ($($page:ident),+) => {
        $(impl Page for $page {
            fn frame(&mut self) -> &mut Frame {
                &mut self.frame
            }
        })+
    };
}

pages!(
    InvitationPage,
    DeclinePage,
    MyInvitations,
    MyTrainings,
    ConsentPage,
    ReadingsPage,
    JoinPage,
    JoinTold,
    Problem,
    Choose,
    Home
);

/// The page of an invitation, as an answer.
pub(crate) fn invitation(page: InvitationPage) -> Response {
    unrendered(StatusCode::OK, page)
}

/// The page that asks whether they mean to decline, as an answer.
pub(crate) fn decline(page: DeclinePage) -> Response {
    unrendered(StatusCode::OK, page)
}

/// The page of everything that was sent to whoever is signed in, as an answer.
pub(crate) fn mine(page: MyInvitations) -> Response {
    unrendered(StatusCode::OK, page)
}

/// The page of everything that whoever is signed in has to take, as an answer.
pub(crate) fn trainings(page: MyTrainings) -> Response {
    unrendered(StatusCode::OK, page)
}

/// The page about who may read a learning record, as an answer.
pub(crate) fn consent(status: StatusCode, page: ConsentPage) -> Response {
    unrendered(status, page)
}

/// The page of who read it, as an answer.
pub(crate) fn readings(page: ReadingsPage) -> Response {
    unrendered(StatusCode::OK, page)
}

/// The page on which people ask to join, as an answer.
pub(crate) fn join(status: StatusCode, page: JoinPage) -> Response {
    unrendered(status, page)
}

/// How far somebody is on the way to join, as an answer.
pub(crate) fn join_told(page: JoinTold) -> Response {
    unrendered(page.status, page)
}

/// A problem, as an answer.
pub(crate) fn problem(problem: &Problem) -> Response {
    let mut response = unrendered(problem.status(), problem.clone());
    if let Some(wait) = problem.retry_after() {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}

/// The page to choose an issuer, as an answer.
pub(crate) fn choose(choices: Vec<Choice>) -> Response {
    let frame = Frame::default();
    unrendered(StatusCode::OK, Choose { choices, frame })
}

/// The front page, as an answer.
pub(crate) fn home() -> Response {
    unrendered(StatusCode::OK, Home::default())
}

/// A page that is rendered once its frame is known: in which language, and whether somebody is signed in.
#[derive(Clone)]
struct Unrendered(Arc<Render>);

/// Renders a page in its frame.
type Render = dyn Fn(Frame) -> askama::Result<String> + Send + Sync;

fn unrendered(status: StatusCode, page: impl Page) -> Response {
    let mut response = status.into_response();
    let render = move |frame| {
        let mut page = page.clone();
        *page.frame() = frame;
        page.render()
    };
    response.extensions_mut().insert(Unrendered(Arc::new(render)));
    response
}

/// Whether this answer is one of our pages.
pub(crate) fn is_page(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE);
    response.extensions().get::<Unrendered>().is_some()
        || kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// The answer with its page, in this frame.
pub(crate) fn rendered(mut response: Response, frame: Frame) -> Response {
    let Some(Unrendered(page)) = response.extensions_mut().remove() else {
        return response;
    };
    let mut rendered = render(response.status(), page(frame));
    rendered
        .headers_mut()
        .extend(std::mem::take(response.headers_mut()));
    rendered
        .extensions_mut()
        .extend(std::mem::take(response.extensions_mut()));
    rendered
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
