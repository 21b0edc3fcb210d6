//! The keys of one issuer, and when they are fetched.

use std::sync::{Arc, PoisonError, RwLock};

use muster_clock::Clock;
use time::{Duration, OffsetDateTime};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::IssuerOptions;
use super::fetch::{self, FetchProblem};
use crate::{KeySet, TokenProblem};

/// At most one fetch in this time, however many tokens name unknown keys.
const FETCH_EVERY: Duration = Duration::seconds(30);

/// Known keys older than this are fetched again in the background, so that a key which the issuer withdrew stops
/// counting while the issuer is reachable.
const REFRESH_AFTER: Duration = Duration::minutes(10);

#[derive(Debug)]
pub(super) struct Issuer {
    pub(super) options: IssuerOptions,
    http: reqwest::Client,
    clock: Clock,
    known: RwLock<Known>,
    /// Held while fetching: everybody else waits for that one fetch instead of making their own.
    attempt: Arc<Mutex<Attempt>>,
}

#[derive(Debug, Clone, Default)]
struct Known {
    keys: Option<Arc<KeySet>>,
    at: Option<OffsetDateTime>,
}

#[derive(Debug, Default)]
struct Attempt {
    last: Option<OffsetDateTime>,
    jwks_uri: Option<String>,
}

impl Issuer {
    pub(super) fn new(options: IssuerOptions, http: reqwest::Client, clock: Clock) -> Self {
        Self {
            options,
            http,
            clock,
            known: RwLock::default(),
            attempt: Arc::default(),
        }
    }

    /// A key set for verifying with `kid`: fetched if it is not known and a fetch is due, else what is there.
    pub(super) async fn keys_with(self: &Arc<Self>, kid: &str) -> Result<Arc<KeySet>, TokenProblem> {
        let known = self.known();
        if let Some(keys) = known.keys.filter(|keys| keys.get(kid).is_some()) {
            self.refresh_in_background(known.at);
            return Ok(keys);
        }
        self.fetch_if_due(|keys| keys.get(kid).is_some()).await;
        self.known().keys.ok_or(TokenProblem::IssuerUnavailable)
    }

    fn known(&self) -> Known {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn refresh_in_background(self: &Arc<Self>, at: Option<OffsetDateTime>) {
        let now = self.clock.now();
        // The lock is free when nobody is fetching: at most one background task runs.
        if at.is_some_and(|at| now - at > REFRESH_AFTER) && self.attempt.try_lock().is_ok() {
            let issuer = Arc::clone(self);
            tokio::spawn(async move { issuer.fetch_if_due(|_| false).await });
        }
    }

    /// Fetches unless somebody just did. `enough` tells whether the keys that came meanwhile will do.
    async fn fetch_if_due(self: &Arc<Self>, enough: impl Fn(&KeySet) -> bool) {
        let attempt = Arc::clone(&self.attempt).lock_owned().await;
        let now = self.clock.now();
        let recent = attempt
            .last
            .is_some_and(|last| last <= now && now - last < FETCH_EVERY);
        if recent || self.known().keys.is_some_and(|keys| enough(&keys)) {
            return;
        }
        // In a task of its own: a caller who hangs up must not take the one fetch of these seconds with them.
        let fetching = tokio::spawn(Arc::clone(self).fetch_now(attempt, now));
        if fetching.await.is_err() {
            tracing::error!(issuer = self.options.url, "the fetch of the issuer's keys broke");
        }
    }

    async fn fetch_now(self: Arc<Self>, mut attempt: OwnedMutexGuard<Attempt>, now: OffsetDateTime) {
        attempt.last = Some(now);
        match self.fetch(&mut attempt).await {
            Ok(keys) => {
                let fresh = Known {
                    keys: Some(Arc::new(keys)),
                    at: Some(now),
                };
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = fresh;
                tracing::info!(issuer = self.options.url, "keys of the issuer fetched");
            }
            Err(problem) => {
                // Ask discovery again next time: the keys may have moved.
                attempt.jwks_uri = None;
                tracing::warn!(issuer = self.options.url, %problem, "keys of the issuer not fetched; known ones stay");
            }
        }
    }

    async fn fetch(&self, attempt: &mut Attempt) -> Result<KeySet, FetchProblem> {
        let uri = match &attempt.jwks_uri {
            Some(uri) => uri.clone(),
            None => fetch::discover(&self.http, &self.options.url).await?,
        };
        let keys = fetch::key_set(&self.http, &uri).await?;
        attempt.jwks_uri = Some(uri);
        Ok(keys)
    }
}
