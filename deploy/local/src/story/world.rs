//! What the steps of the story know and hand on.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use muster_clock::Clock;
use muster_refusal::{ErrorReason, reason_of};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Response, Status};

use crate::addresses::Addresses;
use crate::place::Place;
use crate::token;

/// The suite from outside, and what the story has made so far.
pub(super) struct World {
    place: Place,
    pub(super) addresses: Addresses,
    pub(super) http: reqwest::Client,
    /// The edge.
    pub(super) edge: Channel,
    /// Tells this telling from others: nine digits.
    pub(super) run: String,
    pub(super) clock: Clock,
    /// `trainings/{training}` of the shared catalog.
    pub(super) training: String,
    /// `organizations/{organization}`.
    pub(super) organization: String,
    /// What people call it.
    pub(super) display_name: String,
    /// `organizations/{organization}/groups/{group}` of the group that requires the training.
    pub(super) group: String,
    /// `organizations/{organization}/imports/{import}`.
    pub(super) import: String,
    /// `persons/{person}` of the learner who accepts.
    pub(super) learner: String,
}

impl World {
    pub(super) fn new(place: &Place) -> anyhow::Result<Self> {
        let addresses = Addresses::read(place)?;
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(10))
            .no_proxy()
            .build()?;
        let edge = Endpoint::from_shared(addresses.gateway.clone())?.connect_lazy();
        let clock = Clock::system();
        let run = format!(
            "{:09}",
            clock.now().unix_timestamp_nanos() / 10_000_000 % 1_000_000_000
        );
        Ok(Self {
            place: place.clone(),
            addresses,
            http,
            edge,
            run,
            clock,
            training: String::new(),
            organization: String::new(),
            display_name: String::new(),
            group: String::new(),
            import: String::new(),
            learner: String::new(),
        })
    }

    /// A call in somebody's name.
    pub(super) fn call<M>(&self, who: &str, message: M) -> anyhow::Result<Request<M>> {
        let mut request = Request::new(message);
        let bearer = format!("Bearer {}", token::of(&self.place, who)?);
        request
            .metadata_mut()
            .insert("authorization", bearer.parse().context("the token is no header")?);
        Ok(request)
    }

    /// A fresh `request_id`.
    pub(super) fn request_id(&self) -> String {
        self.clock.new_uuid().to_string()
    }

    /// The address of somebody who stands in the spreadsheet.
    pub(super) fn colleague(&self, number: usize) -> String {
        format!("colleague-{number}.{}@school.test", self.run)
    }
}

/// The answer, or the refusal in words that lead on.
pub(super) fn answer<T>(what: &str, result: Result<Response<T>, Status>) -> anyhow::Result<T> {
    match result {
        Ok(response) => Ok(response.into_inner()),
        Err(status) => bail!("{what}: {}", in_words(&status)),
    }
}

/// The answer to a question that is asked again and again; nothing when a part is away for the moment.
pub(super) fn soon<T>(what: &str, result: Result<Response<T>, Status>) -> anyhow::Result<Option<T>> {
    match result {
        Err(status) if status.code() == Code::Unavailable => Ok(None),
        result => answer(what, result).map(Some),
    }
}

/// The refusal that the story expects.
pub(super) fn refused<T>(
    what: &str,
    reason: ErrorReason,
    result: Result<Response<T>, Status>,
) -> anyhow::Result<Status> {
    match result {
        Ok(_) => bail!(
            "{what} went through, and should have been refused with {}",
            name(reason)
        ),
        Err(status) if reason_of(&status) == Some(reason) => Ok(status),
        Err(status) => bail!(
            "{what} should have been refused with {}: {}",
            name(reason),
            in_words(&status)
        ),
    }
}

/// Asks again until there is an answer, for at most `limit`.
pub(super) async fn until<T, F>(what: &str, limit: Duration, mut ask: F) -> anyhow::Result<T>
where
    F: AsyncFnMut() -> anyhow::Result<Option<T>>,
{
    let begun = Instant::now();
    loop {
        if let Some(found) = ask().await? {
            return Ok(found);
        }
        if begun.elapsed() > limit {
            bail!("{what}: not within {} s", limit.as_secs());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn in_words(status: &Status) -> String {
    let reason = reason_of(status).map_or_else(|| "no reason given".to_owned(), name);
    format!("{:?} {reason}: {}", status.code(), status.message())
}

fn name(reason: ErrorReason) -> String {
    reason
        .as_str_name()
        .trim_start_matches("ERROR_REASON_")
        .to_owned()
}
