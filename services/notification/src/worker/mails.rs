//! Mail that is due, as a queue.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use muster_jobs::{Lease, Queue, Settled};
use muster_server::Failure;
use tokio_util::sync::CancellationToken;
use tracing::Span;

use super::attempt::{self, Attempted};
use super::books::Books;
use super::pace::{Reach, Sources};
use super::prefetch::Prefetch;
use super::turns::Turns;
use crate::context::Context;
use crate::domain::{Claimed, RetryDecision};
use crate::mails::Purpose;
use crate::ops::delivery::claim;
use crate::ops::delivery::settle::Ended;
use crate::store::delivery;
use crate::{measures, spans};

/// So many are asked about or wait for their turn, for each that is talked about with the mail server.
const ASKING: usize = 3;

/// Deliveries that are due.
pub(super) struct Mails {
    context: Context,
    books: Books,
    turns: Turns,
    at_once: usize,
    /// None: everything is tried, whatever happened before.
    pace: Option<Mutex<Pace>>,
}

/// What the last attempts have taught.
struct Pace {
    reach: Reach,
    sources: Sources,
    prefetch: Prefetch,
}

/// What to claim.
struct ClaimSpec {
    limit: usize,
    purposes: Vec<Purpose>,
}

impl Mails {
    /// Spares whoever does not answer.
    pub(super) fn paced(context: Context, at_once: usize) -> Self {
        let pace = Pace {
            reach: Reach::new(at_once),
            sources: Sources::default(),
            // Begun later, an attempt could outlast its lease: it may wait for a turn for as long, and take a third of it before the
            // dot.
            prefetch: Prefetch::new(context.timing.before_dot() / 2),
        };
        Self {
            turns: Turns::of(at_once),
            pace: Some(Mutex::new(pace)),
            ..Self::unpaced(context, at_once)
        }
    }

    /// Tries everything that is due.
    pub(super) fn unpaced(context: Context, at_once: usize) -> Self {
        Self {
            books: Books::new(&context),
            turns: Turns::unlimited(),
            context,
            at_once,
            pace: None,
        }
    }

    fn pace(&self) -> Option<MutexGuard<'_, Pace>> {
        let pace = self.pace.as_ref()?;
        Some(pace.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// `None` while there is something that was claimed ahead.
    fn wanted(&self, free: usize) -> Option<ClaimSpec> {
        match self.pace() {
            Some(pace) => pace.wanted(self.at_once, free),
            None => Some(ClaimSpec {
                limit: free,
                purposes: Purpose::ALL.to_vec(),
            }),
        }
    }

    /// Keeps what was claimed ahead, and gives what is to begin.
    fn in_turn(&self, claimed: Vec<Claimed>, free: usize) -> Vec<Claimed> {
        match self.pace() {
            Some(mut pace) => pace.in_turn(claimed, free),
            None => claimed,
        }
    }

    /// Purposes of each source that did not answer, and is to be asked again about one mail.
    fn to_probe(&self) -> Vec<Vec<Purpose>> {
        self.pace()
            .map(|mut pace| pace.sources.probe_due())
            .unwrap_or_default()
    }

    async fn claim_of(
        &self,
        lease: Lease,
        purposes: &[Purpose],
        limit: usize,
    ) -> Result<Vec<Claimed>, Failure> {
        let claim = async |db: &mut _| claim::apply(db, &self.context, lease, purposes, limit).await;
        self.context.database.read(claim).await
    }

    /// One mail of a source that did not answer. Without the database there is none: what else was claimed is begun.
    async fn probe(&self, lease: Lease, purposes: &[Purpose]) -> Vec<Claimed> {
        let due = self.claim_of(lease, purposes, 1).await;
        if let Some(mut pace) = self.pace() {
            match &due {
                Ok(due) if due.is_empty() => pace.sources.nothing_to_ask(purposes),
                Ok(_) => {}
                Err(_) => pace.sources.not_asked(purposes),
            }
        }
        due.unwrap_or_else(|error| {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "no mail could be claimed to ask its source about");
            Vec::new()
        })
    }
}

impl Pace {
    fn is_well(&self) -> bool {
        self.reach.is_well() && self.sources.all_answer()
    }

    /// Where all is well, more than there are turns: so many others ask their sources, and are one question.
    fn at_once(&self) -> usize {
        let talking = self.reach.limit();
        match self.is_well() {
            // One at a time is one at a time.
            true => talking + ASKING * talking.saturating_sub(1),
            false => talking,
        }
    }

    fn wanted(&self, at_once: usize, free: usize) -> Option<ClaimSpec> {
        let ahead = if self.is_well() { at_once } else { 0 };
        self.prefetch.is_empty().then(|| ClaimSpec {
            limit: free + ahead,
            purposes: self.sources.answering(),
        })
    }

    fn in_turn(&mut self, claimed: Vec<Claimed>, free: usize) -> Vec<Claimed> {
        if self.prefetch.is_empty() {
            self.prefetch.put(claimed);
        }
        std::iter::from_fn(|| self.prefetch.next()).take(free).collect()
    }
}

impl Queue for Mails {
    const NAME: &'static str = "mail-worker";
    type Item = Claimed;
    type Outcome = Attempted;
    type Error = Failure;

    fn lease(&self) -> Duration {
        self.context.timing.lease
    }

    fn poll(&self) -> Duration {
        Duration::from_millis(200)
    }

    fn at_once(&self) -> usize {
        self.pace().map_or(self.at_once, |pace| pace.at_once())
    }

    /// The mail server is done with the message, and its connection takes the next one.
    fn settles_apart(&self) -> bool {
        true
    }

    async fn claim(&self, lease: Lease, free: usize) -> Result<Vec<Claimed>, Failure> {
        let claimed = match self.wanted(free) {
            Some(ClaimSpec { limit, purposes }) => self.claim_of(lease, &purposes, limit).await?,
            None => Vec::new(),
        };
        let mut begun = self.in_turn(claimed, free);
        for purposes in self.to_probe() {
            begun.extend(self.probe(lease, &purposes).await);
        }
        Ok(begun)
    }

    async fn run(&self, claimed: &Claimed, stop: &CancellationToken) -> Attempted {
        let attempted = attempt::attempt(&self.context, &self.books, &self.turns, claimed, stop).await;
        if let Some(mut pace) = self.pace() {
            pace.reach.learn(&attempted.outcome);
            let source = claimed.request.purpose.spec().source;
            pace.sources.learn(source, &attempted.outcome);
        }
        attempted
    }

    /// An outcome that is not written down becomes ambiguous, and that is a second copy of the message.
    async fn settle(&self, claimed: &Claimed, attempted: &Attempted) -> Result<Settled, Failure> {
        let decision = &attempted.decision;
        let ended = Ended {
            is_awaited: attempted.is_awaited,
            ..Ended::now(claimed, decision)
        };
        Ok(match self.books.settle(ended).await? {
            delivery::Settled::Done(_) => settled(claimed, decision),
            delivery::Settled::LeaseLost => {
                measures::lease_lost();
                Settled::LeaseLost
            }
        })
    }

    fn span(&self, claimed: &Claimed) -> Span {
        spans::sending(claimed)
    }

    /// While somebody does not answer, nothing is held that others could send.
    fn give_back(&self, at_the_end: bool) -> Vec<Claimed> {
        let Some(mut pace) = self.pace() else {
            return Vec::new();
        };
        if at_the_end || !pace.is_well() || pace.prefetch.is_stale() {
            return std::iter::from_fn(|| pace.prefetch.next()).collect();
        }
        Vec::new()
    }
}

fn settled(claimed: &Claimed, decision: &RetryDecision) -> Settled {
    if let Some(sent) = decision.disposition.send_time() {
        let delay = sent - claimed.history.due_time;
        measures::sent_after(delay.try_into().unwrap_or_default());
    }
    match decision.disposition.next_attempt_time() {
        Some(_) => Settled::Again,
        None => Settled::Done,
    }
}
