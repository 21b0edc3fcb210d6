//! Who may read the learning record of whoever is signed in: what they granted, what they are asked for, and who read it.

mod looked;
mod reads;
mod until;

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use muster_clock::Zone;
use muster_proto::records::v1::{
    ApproveGrantRequest, CreateGrantRequest, DenyGrantRequest, Grant, RevokeGrantRequest,
};
use muster_refusal::{ErrorReason, reason_of, violations_of};
use prost_types::Timestamp;
pub(crate) use reads::show as readings;
use serde::Deserialize;
use tonic::{Code, Status};

use super::Pages;
use super::account::SignedIn;
use super::destination::Destination;
use super::edge_client::EdgeClient;
use super::posted::Posted;
use super::relying_party::Prompt;
use super::session::Session;
use super::view::{self, ConsentPage, Frame, Problem};
use crate::limits::ClientAddress;

const PAGE: &str = "/consent";

/// What the words are called that people agree to here, those of `consent-agree`. Other words get another number.
const WORDING: &str = "consent-page/1";

/// What a form does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    /// Grants what nobody asked for.
    Allow,
    /// Grants what was asked for.
    Approve,
    Deny,
    Revoke,
}

impl Act {
    /// What a form is about, for its token.
    fn of(self, target: &str) -> String {
        let act = match self {
            Self::Allow => "allow",
            Self::Approve => "approve",
            Self::Deny => "deny",
            Self::Revoke => "revoke",
        };
        format!("{act} {target}")
    }

    /// Where the page says that it was done.
    fn done(self) -> &'static str {
        match self {
            Self::Allow | Self::Approve => "/consent?done=allowed",
            Self::Deny => "/consent?done=denied",
            Self::Revoke => "/consent?done=revoked",
        }
    }
}

/// What the address of the page may say.
#[derive(Debug, Deserialize)]
pub(crate) struct Show {
    /// Set after something was done.
    #[serde(default)]
    done: Option<String>,
}

impl Show {
    fn told(&self) -> &'static str {
        match self.done.as_deref() {
            Some("allowed") => "consent-done-allowed",
            Some("denied") => "consent-done-denied",
            Some("revoked") => "consent-done-revoked",
            _ => "",
        }
    }
}

/// A form that was posted and did nothing.
struct Undone<'f> {
    /// What it was about.
    target: &'f str,
    /// The last day, as it was typed.
    until: &'f str,
    /// Whether that is no day until which it can be granted; if it is one, the sign-in had ended.
    is_wrong: bool,
}

/// `GET /consent`.
pub(crate) async fn show(
    State(pages): State<Arc<Pages>>,
    Extension(signed_in): Extension<SignedIn>,
    headers: HeaderMap,
    client: ClientAddress,
    Query(asked): Query<Show>,
) -> Response {
    let kept = pages.kept_form(&headers, Destination::Consent);
    let Some(session) = signed_in.session() else {
        return not_signed_in(&pages, kept.is_some());
    };
    let undone = kept.as_ref().map(|kept| Undone {
        target: &kept.target,
        until: &kept.until,
        is_wrong: false,
    });
    match looked::page(&pages, &client, session, undone.as_ref()).await {
        Ok(page) => {
            let done = asked.told();
            let mut answer = view::consent(StatusCode::OK, ConsentPage { done, ..page });
            if kept.is_some() {
                pages.forget_form(&mut answer);
            }
            answer
        }
        Err(status) => not_looked(&pages, &status, kept.is_some()),
    }
}

/// `POST /consent/allow`: an organization may read, unasked.
pub(crate) async fn allow(posted: Posted) -> Response {
    let target = posted.form.organization.clone();
    let send = async |edge: &EdgeClient, client: &_, session: &_, expire_time| {
        let grant = Grant {
            organization: target.clone(),
            expire_time,
            wording: WORDING.to_owned(),
            ..Grant::default()
        };
        let request = CreateGrantRequest {
            parent: "persons/me".to_owned(),
            grant: Some(grant),
            request_id: String::new(),
        };
        edge.create_grant(client, session, request).await
    };
    posted.decide(Act::Allow, &target, send).await
}

/// `POST /consent/approve`: an organization may read, as it has asked.
pub(crate) async fn approve(posted: Posted) -> Response {
    let target = posted.form.grant.clone();
    let send = async |edge: &EdgeClient, client: &_, session: &_, expire_time| {
        let request = ApproveGrantRequest {
            name: target.clone(),
            request_id: String::new(),
            expire_time,
            wording: WORDING.to_owned(),
        };
        edge.approve_grant(client, session, request).await
    };
    posted.decide(Act::Approve, &target, send).await
}

/// `POST /consent/deny`.
pub(crate) async fn deny(posted: Posted) -> Response {
    let target = posted.form.grant.clone();
    let send = async |edge: &EdgeClient, client: &_, session: &_, _| {
        let request = DenyGrantRequest {
            name: target.clone(),
            request_id: String::new(),
        };
        edge.deny_grant(client, session, request).await
    };
    posted.decide(Act::Deny, &target, send).await
}

/// `POST /consent/revoke`.
pub(crate) async fn revoke(posted: Posted) -> Response {
    let target = posted.form.grant.clone();
    let send = async |edge: &EdgeClient, client: &_, session: &_, _| {
        let request = RevokeGrantRequest {
            name: target.clone(),
            request_id: String::new(),
        };
        edge.revoke_grant(client, session, request).await
    };
    posted.decide(Act::Revoke, &target, send).await
}

impl Posted {
    /// Calls in the name of whoever is signed in, if the form was about this act, and shows the page. A form of another session
    /// does nothing, and stands there again.
    async fn decide(
        &self,
        act: Act,
        target: &str,
        send: impl AsyncFnOnce(&EdgeClient, &ClientAddress, &Session, Option<Timestamp>) -> Result<(), Status>,
    ) -> Response {
        let (pages, form) = (&self.pages, &self.form);
        let Some(session) = pages.session_of(&self.signed_in, &self.headers, form, &act.of(target)) else {
            return self.begin_again(target);
        };
        // A page of a release that knew no zones said UTC, and its form says none.
        let Ok(until) = until::end_of(&form.until, &Zone::named(&form.zone)) else {
            return self.again(session, target).await;
        };
        match send(&pages.edge, &self.client, session, until).await {
            Ok(()) => Redirect::to(act.done()).into_response(),
            // Whose sign-in has ended is asked to sign in by the page.
            Err(status) if status.code() == Code::Unauthenticated => self.begin_again(target),
            Err(status) if is_about_until(&status) => self.again(session, target).await,
            Err(status) => pages.tell(Problem::of_consent(&status)),
        }
    }

    fn begin_again(&self, target: &str) -> Response {
        let pages = &self.pages;
        pages.begin_again(&self.headers, Destination::Consent, target, &self.form)
    }

    /// The page with the day that was typed, and what to do about it.
    async fn again(&self, session: &Session, target: &str) -> Response {
        let wrong = Undone {
            target,
            until: &self.form.until,
            is_wrong: true,
        };
        match looked::page(&self.pages, &self.client, session, Some(&wrong)).await {
            Ok(page) => view::consent(StatusCode::BAD_REQUEST, page),
            Err(status) if status.code() == Code::Unauthenticated => self.begin_again(target),
            Err(status) => not_looked(&self.pages, &status, false),
        }
    }
}

/// Whether a consent was refused because it cannot end when it was said to end.
fn is_about_until(status: &Status) -> bool {
    let fields = violations_of(status);
    reason_of(status) == Some(ErrorReason::InvalidRequest)
        && fields.iter().any(|(field, _)| field.ends_with("expire_time"))
}

/// What is shown instead of a page for which somebody could not be asked.
fn not_looked(pages: &Pages, status: &Status, has_ended: bool) -> Response {
    if status.code() == Code::Unauthenticated {
        return not_signed_in(pages, has_ended);
    }
    pages.tell(Problem::from_status(status))
}

/// The page for nobody, who may have posted a form of theirs too late.
fn not_signed_in(pages: &Pages, has_ended: bool) -> Response {
    let page = ConsentPage {
        has_ended,
        ..nobodys(pages)
    };
    view::consent(StatusCode::OK, page)
}

/// The page for nobody: what it needs to let them sign in.
fn nobodys(pages: &Pages) -> ConsentPage {
    ConsentPage {
        is_signed_in: false,
        has_ended: false,
        done: "",
        sites: Vec::new(),
        past: Vec::new(),
        readings: Vec::new(),
        choices: pages.choices(Prompt::Usual, Destination::Consent),
        support: pages.support.clone(),
        frame: Frame::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: &str = include_str!("../../locales/en.ftl");
    const SPANISH: &str = include_str!("../../locales/es.ftl");

    /// Who changes what people agree to gives it another number: a grant says to which words somebody agreed.
    #[test]
    fn these_are_the_words_that_people_agree_to_by_this_number() {
        assert_eq!(WORDING, "consent-page/1");
        for (texts, words) in [
            (
                ENGLISH,
                "consent-agree = When you allow it, the people who administer { $organization } can read your whole learning record: \
                 all trainings and certificates, also those of other organizations and those that you took by yourself. They can do \
                 so only while your employment there is confirmed. Each reading is shown to you, and you can take it back at any time.",
            ),
            (
                SPANISH,
                "consent-agree = Si lo permite, las personas que administran { $organization } pueden leer todo su registro de \
                 formación: todas las formaciones y certificados, también los de otras organizaciones y los que hizo por su cuenta. \
                 Solo pueden hacerlo mientras su empleo allí esté confirmado. Cada lectura se le muestra, y puede retirar el permiso \
                 en cualquier momento.",
            ),
        ] {
            assert!(texts.lines().any(|line| line == words), "{words}");
        }
    }
}
