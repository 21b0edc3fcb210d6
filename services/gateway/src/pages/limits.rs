//! How much of the pages one network may use: they are for people, who read what they get.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use muster_clock::Clock;
use tokio::sync::Semaphore;

use super::view::{self, Problem};
use crate::rate::{RateLimiter, network};
use crate::tally::Tally;
use crate::visitor::Visitor;

/// What costs nothing to answer needs no place.
const ASSETS: &str = "/assets/";
/// The largest form, in bytes: ours hold one token.
pub(crate) const LARGEST_FORM: usize = 4096;

/// Pages that are made at the same time, and those of one network.
const PAGES: usize = 1024;
const PAGES_OF_ONE: usize = 64;
/// Beginnings and ends of a sign-in a minute from one network: each makes us call the issuer.
const SIGN_INS: u32 = 300;

/// The limits of all pages.
pub(crate) struct Limits {
    room: Semaphore,
    of_one: Tally<IpAddr>,
    rate: RateLimiter,
}

impl Limits {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            room: Semaphore::new(PAGES),
            of_one: Tally::new(PAGES_OF_ONE),
            rate: RateLimiter::new(clock),
        }
    }

    fn within_rate(&self, path: &str, address: IpAddr) -> bool {
        let limited = ["/sign-in", "/sign-in/callback"]
            .into_iter()
            .find(|known| *known == path);
        limited.is_none_or(|path| self.rate.take(path, address, SIGN_INS).is_ok())
    }
}

/// Makes the page, if there is room for it.
pub(crate) async fn keep(
    State(limits): State<Arc<Limits>>,
    visitor: Visitor,
    request: Request,
    next: Next,
) -> Response {
    if request.uri().path().starts_with(ASSETS) {
        return next.run(request).await;
    }
    let place = limits.room.try_acquire();
    let share = limits.of_one.take(network(visitor.address));
    let within = limits.within_rate(request.uri().path(), visitor.address);
    if place.is_ok() && share.is_some() && within {
        return next.run(request).await;
    }
    let mut response = view::problem(&Problem::too_many());
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    response
}
