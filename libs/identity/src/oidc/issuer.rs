//! What is known of one issuer, its endpoints and its keys, and when they are read.

use std::sync::{Arc, PoisonError, RwLock};

use muster_clock::Clock;
use time::{Duration, OffsetDateTime};
use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore};
use url::Url;

use super::IssuerOptions;
use super::discovery::{self, Provider};
use super::fetch;
use super::fetch::FetchProblem;
use super::status::{self, Document, IssuerStatus};
use crate::keys::PassedOverLog;
use crate::{KeySet, TokenProblem};

/// At most one fetch in this time, whatever arrives: of the discovery document, and of the keys where it says they are.
const FETCH_EVERY: Duration = Duration::seconds(30);

/// What is older than this is fetched again, so that endpoints that moved are found, and a key which the issuer withdrew
/// stops counting, while the issuer is reachable. What cannot be fetched stays as it was known.
const REFRESH_AFTER: Duration = Duration::minutes(10);

/// Questions about people at the same time to one issuer.
const QUESTIONS: usize = 16;

#[derive(Debug)]
pub(super) struct Issuer {
    pub(super) options: IssuerOptions,
    pub(super) http: reqwest::Client,
    clock: Clock,
    known: RwLock<Known>,
    /// Held while fetching: everybody else waits for that one fetch instead of making their own.
    attempt: Arc<Mutex<PassedOverLog>>,
    /// Places for questions about people.
    pub(super) questions: Semaphore,
}

#[derive(Debug, Clone, Default)]
struct Known {
    provider: Option<Read<Provider>>,
    keys: Option<Read<KeySet>>,
    /// When the last fetch began, whatever came of it.
    asked: Option<OffsetDateTime>,
    /// What could not be read then.
    problems: Vec<String>,
}

/// Something that was read, and when.
#[derive(Debug)]
struct Read<T> {
    what: Arc<T>,
    at: OffsetDateTime,
}

impl Known {
    /// How long nothing will be fetched; `None` when a fetch is due.
    fn rests(&self, now: OffsetDateTime) -> Option<Duration> {
        let since = now - self.asked.filter(|asked| *asked <= now)?;
        (since < FETCH_EVERY).then(|| FETCH_EVERY - since)
    }
}

impl Issuer {
    pub(super) fn new(options: IssuerOptions, http: reqwest::Client, clock: Clock) -> Self {
        Self {
            options,
            http,
            clock,
            known: RwLock::default(),
            attempt: Arc::default(),
            questions: Semaphore::new(QUESTIONS),
        }
    }

    /// A key set for verifying with `kid` and algorithm: fetched if it is not known and a fetch is due, else what is there.
    pub(super) async fn keys_with(
        self: &Arc<Self>,
        kid: &str,
        algorithm: &str,
    ) -> Result<Arc<KeySet>, TokenProblem> {
        let has = |read: &Read<KeySet>| read.what.key(kid, algorithm).is_ok();
        let enough = |known: &Known| known.keys.as_ref().is_some_and(has);
        let known = self.known();
        if enough(&known) {
            if known.keys.as_ref().is_some_and(|read| !self.is_young(read)) {
                self.fetch_in_background();
            }
        } else {
            self.fetch_if_due(enough).await;
        }
        let known = self.known();
        let rests = known.rests(self.clock.now()).unwrap_or_default();
        let keys = known.keys.map(|read| read.what);
        keys.ok_or_else(|| TokenProblem::IssuerUnavailable(rests.unsigned_abs()))
    }

    /// Where it is asked what: read again if that was long ago and a fetch is due, else what is there.
    pub(super) async fn provider(self: &Arc<Self>) -> Option<Arc<Provider>> {
        let enough = |known: &Known| known.provider.as_ref().is_some_and(|read| self.is_young(read));
        if !enough(&self.known()) {
            self.fetch_if_due(enough).await;
        }
        self.known().provider.map(|read| read.what)
    }

    /// Where it tells about people, as far as is known.
    pub(super) fn userinfo_endpoint(&self) -> Option<Url> {
        self.known().provider?.what.userinfo_endpoint.clone()
    }

    /// How it is doing. What is not known, or could not be read the last time, is read again if that is due.
    pub(super) fn look(self: &Arc<Self>) -> IssuerStatus {
        let known = self.known();
        let well = known.keys.is_some() && known.problems.is_empty();
        if !well && known.rests(self.clock.now()).is_none() {
            self.fetch_in_background();
        }
        IssuerStatus {
            url: self.options.url.clone(),
            problem: (!known.problems.is_empty()).then(|| known.problems.join("; ")),
        }
    }

    /// Fetches everything again, if a fetch is due and nobody is at it.
    pub(super) fn fetch_in_background(self: &Arc<Self>) {
        // The lock is free when nobody is fetching: at most one background task runs.
        if self.attempt.try_lock().is_ok() {
            let issuer = Arc::clone(self);
            tokio::spawn(async move { issuer.fetch_if_due(|_| false).await });
        }
    }

    fn known(&self) -> Known {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn learn(&self, learn: impl FnOnce(&mut Known)) {
        learn(&mut self.known.write().unwrap_or_else(PoisonError::into_inner));
    }

    fn is_young<T>(&self, read: &Read<T>) -> bool {
        self.clock.now() - read.at <= REFRESH_AFTER
    }

    /// Fetches unless somebody just did. `enough` tells whether what came meanwhile will do.
    async fn fetch_if_due(self: &Arc<Self>, enough: impl Fn(&Known) -> bool) {
        let attempt = Arc::clone(&self.attempt).lock_owned().await;
        let now = self.clock.now();
        let known = self.known();
        if known.rests(now).is_some() || enough(&known) {
            return;
        }
        // In a task of its own: a caller who hangs up must not take the one fetch of these seconds with them.
        let fetching = tokio::spawn(Arc::clone(self).fetch_now(attempt, now));
        if fetching.await.is_err() {
            tracing::error!(issuer = self.options.url, "the fetch of the issuer's keys broke");
        }
    }

    async fn fetch_now(self: Arc<Self>, mut attempt: OwnedMutexGuard<PassedOverLog>, now: OffsetDateTime) {
        self.learn(|known| known.asked = Some(now));
        let discovery = self.fetch_provider(now).await;
        let keys = self.fetch_keys(now, &mut attempt).await;
        let problems = [discovery, keys].into_iter().filter_map(Result::err).collect();
        self.learn(|known| known.problems = problems);
    }

    async fn fetch_provider(&self, now: OffsetDateTime) -> Result<(), String> {
        let issuer = &self.options.url;
        let provider = discovery::read(&self.http, issuer).await.map_err(|problem| {
            let known = self.known().provider.is_some();
            self.not_read(Document::Discovery, &discovery::address(issuer), &problem, known)
        })?;
        self.learn(|known| known.provider = Some(Read::new(provider, now)));
        Ok(())
    }

    async fn fetch_keys(&self, now: OffsetDateTime, passed_over: &mut PassedOverLog) -> Result<(), String> {
        let Some(provider) = self.known().provider else {
            return Ok(());
        };
        let uri = &provider.what.jwks_uri;
        let keys = fetch::key_set(&self.http, uri).await.map_err(|problem| {
            let known = self.known().keys.is_some();
            self.not_read(Document::Keys, uri, &problem, known)
        })?;
        passed_over.tell(&self.options.url, keys.passed_over());
        self.learn(|known| known.keys = Some(Read::new(keys, now)));
        tracing::info!(issuer = self.options.url, "keys of the issuer fetched");
        Ok(())
    }

    /// Tells that a document could not be read, in the log and for whoever asks.
    fn not_read(&self, document: Document, url: &str, problem: &FetchProblem, known: bool) -> String {
        let (name, follows) = (document.name(), document.consequence(known));
        tracing::warn!(
            issuer = self.options.url,
            url,
            %problem,
            "{name} of the issuer not read: {follows}"
        );
        status::problem(document, url, problem, known)
    }
}

impl<T> Read<T> {
    fn new(what: T, at: OffsetDateTime) -> Self {
        Self {
            what: Arc::new(what),
            at,
        }
    }
}

impl<T> Clone for Read<T> {
    fn clone(&self) -> Self {
        Self {
            what: Arc::clone(&self.what),
            at: self.at,
        }
    }
}
