//! The pages that people see: an invitation and the way through it. A module beside the proxy and an ordinary client of
//! the same rules: what a page can do, the signed-in person could do by gRPC.
//!
//! A page never changes anything on GET: mail scanners and previews follow links, and some run scripts. The only change
//! is a POST of our own form: by a session that a person opened at their issuer, or, to decline and to take that back, by
//! whoever holds the link and presses a button on a second page.

mod account;
mod answer;
mod choice;
mod consent;
mod cookies;
mod decline;
mod destination;
mod edge_client;
mod error_code;
mod form;
mod forms;
mod headers;
mod invitation;
mod join;
mod kept;
mod language;
mod limits;
mod logo;
mod mine;
mod names;
mod not_signed_in;
mod paging;
mod plain_errors;
mod posted;
mod relying_party;
mod seal;
mod session;
mod sign_in;
mod signed_in;
mod trace;
mod trainings;
mod view;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
pub(crate) use edge_client::EdgeService;
pub use forms::FORMS;
use muster_clock::Clock;
use muster_identity::oidc::PersonVerifier;
pub(crate) use relying_party::Registration;
use seal::SealProblem;
use url::Url;

use self::account::SignedIn;
use self::cookies::Cookies;
use self::destination::Destination;
use self::edge_client::EdgeClient;
use self::form::Form;
use self::limits::Limits;
use self::relying_party::{Prompt, RelyingParty};
use self::seal::Seal;
use self::session::Session;
use self::view::Problem;
use crate::upstream::Sessions;

/// What the pages need.
pub(crate) struct PagesOptions {
    /// Where people reach the edge, such as `https://muster.example.org`; never taken from a request.
    pub(crate) public_url: Url,
    /// Our registrations at the issuers, of which people choose one.
    pub(crate) registrations: Vec<Registration>,
    /// Verifies ID tokens.
    pub(crate) verifier: PersonVerifier,
    /// Knows which sessions were ended.
    pub(crate) sessions: Sessions,
    /// 32 bytes under which cookies are sealed; shared by all replicas.
    pub(crate) session_keys: Vec<Vec<u8>>,
    /// A line of help shown on pages; may be empty.
    pub(crate) support: String,
    /// The time.
    pub(crate) clock: Clock,
}

/// The pages cannot be served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PagesProblem {
    /// The session key is not usable.
    #[error(transparent)]
    Key(#[from] SealProblem),
    /// The HTTP client for issuers cannot be made.
    #[error("no HTTP client for issuers")]
    Client(#[from] reqwest::Error),
}

/// Shared by the handlers.
struct Pages {
    origin: String,
    parties: Vec<RelyingParty>,
    verifier: PersonVerifier,
    cookies: Cookies,
    sessions: Sessions,
    edge: EdgeClient,
    support: String,
}

impl Pages {
    /// The issuer that is named; if none is, the only one.
    fn party(&self, issuer: Option<&str>) -> Option<&RelyingParty> {
        match (issuer, self.parties.as_slice()) {
            (Some(issuer), parties) => parties.iter().find(|party| party.issuer() == issuer),
            (None, [only]) => Some(only),
            (None, _) => None,
        }
    }

    /// Tells a problem. Whoever is not signed in can choose where to.
    fn tell(&self, mut problem: Problem) -> Response {
        if problem.needs_sign_in {
            problem.choices = self.choices(Prompt::Usual, Destination::Invitation);
        }
        view::problem(&problem)
    }

    /// The session of a posted form: only if the form came from a page that we made for it, and that was about this.
    fn session_of<'s>(
        &self,
        signed_in: &'s SignedIn,
        headers: &HeaderMap,
        form: &Form,
        about: &str,
    ) -> Option<&'s Session> {
        let session = signed_in.session()?;
        self.is_ours(headers, form, &session.id, about).then_some(session)
    }

    /// Whether a posted form came from a page that we made in this session, and that was about this.
    fn is_ours(&self, headers: &HeaderMap, form: &Form, session: &str, about: &str) -> bool {
        let seal = self.cookies.seal();
        form::same_origin(headers, &self.origin) && seal.is_form_token(session, about, &form.form_token)
    }
}

/// The pages, which call through `edge`.
///
/// # Errors
///
/// A session key that is not 32 bytes, or no HTTP client.
pub(crate) fn router(options: PagesOptions, edge: EdgeService) -> Result<Router, PagesProblem> {
    let redirect_uri = format!(
        "{}/sign-in/callback",
        options.public_url.as_str().trim_end_matches('/')
    );
    let parties: Result<Vec<_>, _> = options
        .registrations
        .into_iter()
        .map(|registration| RelyingParty::new(registration, redirect_uri.clone(), options.verifier.clone()))
        .collect();
    let https = options.public_url.scheme() == "https";
    let pages = Arc::new(Pages {
        origin: options.public_url.origin().ascii_serialization(),
        parties: parties?,
        verifier: options.verifier,
        cookies: Cookies::new(Seal::new(&options.session_keys)?, options.clock.clone(), https),
        sessions: options.sessions,
        edge: EdgeClient::new(edge),
        support: options.support,
    });
    let limits = Arc::new(Limits::new(options.clock));
    let shown = Router::new()
        .route("/", get(async || view::home()))
        .route("/i/{token}", get(invitation::follow))
        .route("/invitation", get(invitation::show))
        .route("/invitation/decline", get(decline::ask))
        .route("/join/{slug}", get(join::show))
        .route("/join/{slug}/", get(join::tidy))
        .route("/join/{slug}/logo", get(logo::show))
        .route("/join-sent", get(join::sent))
        .route("/j/{token}", get(join::follow))
        .route("/join-confirm", get(join::confirm))
        .route("/join-confirmed", get(join::confirmed))
        .route("/invitations", get(mine::show))
        .route("/trainings", get(trainings::show))
        .route(
            "/trainings/certificates/{certificate}",
            get(trainings::certificate),
        )
        .route("/consent", get(consent::show))
        .route("/consent/readings", get(consent::readings))
        .route("/sign-in", get(sign_in::begin))
        .route("/sign-in/callback", get(sign_in::finish))
        .route(
            "/assets/muster.css",
            get(async || ([(CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)),
        );
    Ok(forms::on(shown)
        .fallback(async || view::problem(&view::Problem::no_page()))
        .layer(from_fn_with_state(Arc::clone(&pages), account::identify))
        .layer(from_fn_with_state(limits, limits::keep))
        .layer(DefaultBodyLimit::max(limits::MAX_FORM))
        .layer(from_fn(plain_errors::replace))
        .layer(from_fn_with_state(Arc::clone(&pages), account::serve))
        .layer(from_fn(trace::span))
        .layer(from_fn_with_state(https, headers::set))
        .with_state(pages))
}

const STYLE: &str = include_str!("../assets/muster.css");
