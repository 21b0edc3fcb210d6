//! Whoever is signed in at a browser: for how long, and how it ends.
//!
//! A session ends after [`IDLE`](super::session::IDLE) without a page, after [`LONGEST`](super::session::LONGEST) in any case, and when somebody signs out: then a copy of its
//! cookie is worth nothing either, at any replica. Whether somebody signed out is asked for each page; while nobody can be asked,
//! whoever is signed in sees no page.

use std::sync::{Arc, OnceLock};

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;

use super::cookies::Cookie;
use super::language::Spoken;
use super::session::{SIGN_OUT, Session};
use super::view::{self, Frame, Problem, page_of};
use super::{Pages, limits};

/// Who is signed in at the browser that asks. It is known to handlers, and afterwards to whoever renders their page.
#[derive(Clone, Default)]
pub(crate) struct SignedIn(Arc<OnceLock<Session>>);

impl SignedIn {
    /// The session, if there is one that has not ended.
    pub(crate) fn session(&self) -> Option<&Session> {
        self.0.get()
    }
}

impl Pages {
    /// The session of this browser, if there is one that has not ended.
    async fn session(&self, headers: &HeaderMap) -> Result<Option<Session>, Problem> {
        let kept: Option<Session> = self.cookies.get(headers, Cookie::Session);
        let Some(session) = kept.filter(|session| self.cookies.now() < session.ends) else {
            return Ok(None);
        };
        match self.sessions.is_ended(&session.id).await {
            Ok(ended) => Ok((!ended).then_some(session)),
            Err(status) => {
                tracing::warn!(%status, "nobody could be asked whether a session was ended");
                Err(Problem::unavailable())
            }
        }
    }

    /// Ends a session, for every copy of its cookie.
    pub(crate) async fn end(&self, answer: &mut HeaderMap, session: &Session) -> Result<(), Problem> {
        self.sessions
            .end(&session.id, session.ends)
            .await
            .map_err(|status| {
                tracing::warn!(%status, "a session could not be ended");
                Problem::unavailable()
            })?;
        self.cookies.clear(answer, Cookie::Session);
        Ok(())
    }

    /// The browser keeps the session for as long again as it may be idle, unless the answer said something else about it.
    fn renew(&self, answer: &mut HeaderMap, session: &Session) {
        if !self.cookies.is_set(answer, Cookie::Session) {
            // It was not too long before, and is not longer now.
            let _ = self.cookies.set(answer, Cookie::Session, session);
        }
    }
}

/// Finds out who is signed in, within the limits of pages: another service is asked.
pub(crate) async fn identify(State(pages): State<Arc<Pages>>, request: Request, next: Next) -> Response {
    let signed_in: Option<&SignedIn> = request.extensions().get();
    if let Some(signed_in) = signed_in.filter(|_| !limits::is_asset(request.uri())) {
        match pages.session(request.headers()).await {
            Ok(Some(session)) => {
                signed_in.0.get_or_init(|| session);
            }
            Ok(None) => {}
            Err(problem) => return view::problem(&problem),
        }
    }
    next.run(request).await
}

/// Renders pages for whoever is signed in, in the language of their browser: each page lets them sign out, and makes the
/// session last.
pub(crate) async fn serve(State(pages): State<Arc<Pages>>, mut request: Request, next: Next) -> Response {
    let signed_in = SignedIn::default();
    request.extensions_mut().insert(signed_in.clone());
    let spoken = Spoken::of(request.uri(), request.headers(), &pages.cookies);
    request.extensions_mut().insert(spoken.language);
    let is_asset = limits::is_asset(request.uri());
    let page = page_of(request.method(), request.uri());
    let response = next.run(request).await;
    let session = signed_in.session();
    let sign_out_token = session.map(|session| pages.cookies.seal().form_token(&session.id, SIGN_OUT));
    let frame = Frame {
        language: spoken.language,
        sign_out_token: sign_out_token.unwrap_or_default(),
        page,
    };
    let mut response = view::rendered(response, frame);
    if !is_asset {
        spoken.tell(response.headers_mut(), &pages.cookies);
    }
    if let Some(session) = session {
        pages.renew(response.headers_mut(), session);
    }
    response
}
