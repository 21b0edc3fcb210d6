//! Whoever is signed in at a browser: for how long, and how it ends.
//!
//! A session ends after [`IDLE`] without a page, after [`LONGEST`] in any case, and when somebody signs out: then a copy of
//! its cookie is worth nothing either, at the replica that ended it. Replicas tell each other nothing; at another one a copy
//! lasts until it has been idle for long enough.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use moka::sync::Cache;

use super::Pages;
use super::cookies::Cookie;
use super::sign_in::{SIGN_OUT, Session};
use super::view;

/// How long a session lasts without a page: people use shared computers.
pub(crate) const IDLE: Duration = Duration::from_secs(30 * 60);
/// How long a session lasts.
pub(crate) const LONGEST: Duration = Duration::from_secs(8 * 3600);

/// Sessions that are remembered to have ended; those beyond were forgotten oldest first.
const MAX_ENDED: u64 = 100_000;

/// Sessions that somebody has signed out of, for as long as their cookies could last.
pub(crate) struct EndedSessions(Cache<String, ()>);

impl EndedSessions {
    pub(crate) fn new() -> Self {
        let ended = Cache::builder().max_capacity(MAX_ENDED).time_to_live(LONGEST);
        Self(ended.build())
    }

    fn insert(&self, session: &Session) {
        self.0.insert(session.id.clone(), ());
    }

    fn contains(&self, session: &Session) -> bool {
        self.0.contains_key(&session.id)
    }
}

impl Pages {
    /// The session of this browser, if there is one that has not ended.
    pub(crate) fn session(&self, headers: &HeaderMap) -> Option<Session> {
        let session: Session = self.cookies.get(headers, Cookie::Session)?;
        let lasts = self.cookies.now() < session.ends && !self.ended.contains(&session);
        lasts.then_some(session)
    }

    /// Ends a session, for every copy of its cookie.
    pub(crate) fn end(&self, answer: &mut HeaderMap, session: &Session) {
        self.ended.insert(session);
        self.cookies.clear(answer, Cookie::Session);
    }

    /// The browser keeps the session for as long again as it may be idle, unless the answer said something else about it.
    fn renew(&self, answer: &mut HeaderMap, session: &Session) {
        if !self.ended.contains(session) && !self.cookies.is_set(answer, Cookie::Session) {
            // It was not too long before, and is not longer now.
            let _ = self.cookies.set(answer, Cookie::Session, session);
        }
    }
}

/// Renders pages for whoever is signed in: each page lets them sign out, and makes the session last.
pub(crate) async fn serve(State(pages): State<Arc<Pages>>, request: Request, next: Next) -> Response {
    let session = pages.session(request.headers());
    let response = next.run(request).await;
    let sign_out_token = session.as_ref().map(|session| {
        let seal = pages.cookies.seal();
        seal.form_token(&session.id, SIGN_OUT)
    });
    let mut response = view::rendered(response, &sign_out_token.unwrap_or_default());
    if let Some(session) = session {
        pages.renew(response.headers_mut(), &session);
    }
    response
}
