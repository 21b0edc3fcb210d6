//! How much of the pages one network may use: they are for people, who read what they get.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use muster_clock::Clock;
use tokio::sync::Semaphore;

use super::view::{self, Problem};
use crate::limits::{ClientAddress, RateLimiter, network};
use muster_server::KeyedLimit;

/// Assets cost next to nothing and are not counted.
const ASSETS: &str = "/assets/";
/// The largest form, in bytes: ours hold one token.
pub(crate) const MAX_FORM: usize = 4096;

/// Pages that are made at the same time, and those of one network.
const MAX_PAGES: usize = 1024;
const MAX_PAGES_OF_NETWORK: usize = 64;
/// Beginnings and ends of a sign-in a minute from one network: each makes us call the issuer.
const SIGN_INS_PER_MINUTE: u32 = 300;

/// The limits of all pages.
pub(crate) struct Limits {
    all: Semaphore,
    by_network: KeyedLimit<IpAddr>,
    rate: RateLimiter,
}

impl Limits {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            all: Semaphore::new(MAX_PAGES),
            by_network: KeyedLimit::new(MAX_PAGES_OF_NETWORK),
            rate: RateLimiter::new(clock),
        }
    }

    fn within_rate(&self, path: &str, address: IpAddr) -> bool {
        let limited = ["/sign-in", "/sign-in/callback"]
            .into_iter()
            .find(|known| *known == path);
        limited.is_none_or(|path| self.rate.take(path, address, SIGN_INS_PER_MINUTE).is_ok())
    }
}

/// Whether this is no page, but what pages are made of.
pub(crate) fn is_asset(uri: &Uri) -> bool {
    uri.path().starts_with(ASSETS)
}

/// Makes the page, within the limits.
pub(crate) async fn keep(
    State(limits): State<Arc<Limits>>,
    client: ClientAddress,
    request: Request,
    next: Next,
) -> Response {
    if is_asset(request.uri()) {
        return next.run(request).await;
    }
    let of_all = limits.all.try_acquire();
    let of_network = limits.by_network.take(network(client.0));
    let within = limits.within_rate(request.uri().path(), client.0);
    if of_all.is_ok() && of_network.is_some() && within {
        return next.run(request).await;
    }
    let mut response = view::problem(&Problem::too_many());
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    response
}
