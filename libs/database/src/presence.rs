//! Which processes live, so that a dead one holds nothing.
//!
//! Whoever claims rows writes a token and an end into them (`lease_token`, `lease_until`). A process that is killed would
//! keep them until that end. So each process keeps one session with an advisory lock of its own, and the lock's number
//! begins every token of its leases. The server lets go of the lock when the session ends, which a killed process's does
//! at once; another process then takes the lock, and with it in hand marks the holder as gone, for ever. Rows of a holder
//! that is gone are free, which is what [`lease_is_free!`](crate::lease_is_free) adds to a claim.
//!
//! Two never hold one row: a claim puts a new token in place of the old one, and every write of a holder asks for its
//! token. A process that lives but whose session broke is back, under the same number, before others give it up; if not,
//! it finds itself marked, and goes on under another number: what it still works on may be somebody else's by then.
//! Without its session it makes tokens that name no holder, whose leases simply end: so whoever claims waits a moment for
//! the session first, [`Database::until_known`].

mod holder;
mod session;

use std::sync::Arc;
use std::time::Duration;

use muster_clock::Clock;
use sqlx::PgPool;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::Database;
use holder::Holder;
use session::{Begun, Seen, Session};

/// How often a process looks who is missing, and notices that its own session broke.
const LOOK_EVERY: Duration = Duration::from_millis(200);
const TRY_AGAIN: Duration = Duration::from_millis(100);
/// How long a claim waits for the session: it is there within moments, or not for a while.
const EXPECTED_WITHIN: Duration = Duration::from_secs(2);
/// After a restart of the server, how long the others may take to come back.
const LENIENCY: Duration = Duration::from_secs(5);

/// In a claim, next to what else makes a row due: nobody holds it at `$now`, a parameter or `now()`. The table has
/// `lease_token uuid` and `lease_until timestamptz`.
///
/// ```
/// let statement = concat!(
///     "UPDATE imports SET lease_token = $1, lease_until = $2
///      WHERE import_id = (SELECT import_id FROM imports WHERE ",
///     muster_database::lease_is_free!("$3"),
///     " ORDER BY create_time LIMIT 1 FOR UPDATE SKIP LOCKED)"
/// );
/// # assert!(statement.contains("lease_until <= $3"));
/// ```
#[macro_export]
macro_rules! lease_is_free {
    ($now:literal) => {
        concat!(
            "(lease_until IS NULL OR lease_until <= ",
            $now,
            " OR left(lease_token::text, 18) = ANY (ARRAY(
                SELECT token_prefix FROM lease_holders WHERE gone_time IS NOT NULL)))"
        )
    };
}

/// What others know of this process.
#[derive(Clone, Copy, Debug)]
enum PresenceState {
    /// Nothing: it never asked for it, has said goodbye, or cannot be known.
    Unknown,
    /// That it lives, in a moment; since when that is so.
    Expected(Instant),
    /// That it lives.
    Known(Holder),
}

/// Whether this process is known to live, and who else is not.
#[derive(Debug)]
pub(crate) struct Presence {
    state: watch::Sender<PresenceState>,
    freed: watch::Sender<()>,
    stop: CancellationToken,
    session: TaskTracker,
}

impl Presence {
    pub(crate) fn new() -> Self {
        Self {
            state: watch::Sender::new(PresenceState::Unknown),
            freed: watch::Sender::new(()),
            stop: CancellationToken::new(),
            session: TaskTracker::new(),
        }
    }

    fn becomes(&self, state: PresenceState) {
        let known = matches!(state, PresenceState::Known(_));
        metrics::gauge!("muster_lease_holder_present").set(if known { 1.0 } else { 0.0 });
        self.state.send_replace(state);
    }

    fn state(&self) -> PresenceState {
        *self.state.borrow()
    }

    /// Ends the session, so that nobody has to find out.
    pub(crate) async fn end(&self) {
        self.stop.cancel();
        self.session.close();
        self.session.wait().await;
    }

    async fn keep(&self, pool: PgPool) {
        self.stay(pool).await;
        self.becomes(PresenceState::Unknown);
    }

    async fn stay(&self, pool: PgPool) {
        let (mut holder, mut leniency) = (Holder::random(), Duration::ZERO);
        while !self.stop.is_cancelled() {
            match Session::begin(&pool, holder, leniency).await {
                Ok(Begun::Present(session)) => {
                    self.becomes(PresenceState::Known(holder));
                    if !self.last(session).await {
                        return;
                    }
                    self.becomes(PresenceState::Expected(Instant::now()));
                    leniency = LENIENCY;
                }
                Ok(Begun::TakenForGone) => {
                    tracing::warn!(%holder, "others took this process for gone; what it held may be theirs");
                    holder = Holder::random();
                }
                Err(error) => tracing::debug!(%error, "the session of this process cannot be opened"),
            }
            self.pause(TRY_AGAIN).await;
        }
    }

    /// Looks around for as long as the session lasts. Whether there is to be another one.
    async fn last(&self, mut session: Session) -> bool {
        while !self.stop.is_cancelled() {
            self.pause(LOOK_EVERY).await;
            match session.look().await {
                Ok(Seen::Others { settled: 0 }) => {}
                Ok(Seen::Others { .. }) => self.freed.send_replace(()),
                Ok(Seen::Shared) => {
                    tracing::warn!(
                        "the database is reached through a pooler that shares sessions: what a killed process held is free only when its leases end"
                    );
                    drop(session.withdraw().await);
                    return false;
                }
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "the session of this process broke"
                    );
                    return true;
                }
            }
        }
        drop(session.end().await);
        false
    }

    async fn pause(&self, pause: Duration) {
        self.stop.run_until_cancelled(tokio::time::sleep(pause)).await;
    }
}

impl Database {
    /// Makes this process known as one that claims rows, until [`Database::close`]: over one more connection, beside the
    /// pool. To be called once.
    pub fn be_present(&self) {
        let (presence, pool) = (Arc::clone(&self.presence), self.probe.clone());
        presence.becomes(PresenceState::Expected(Instant::now()));
        self.presence
            .session
            .spawn(async move { presence.keep(pool).await });
    }

    /// A fresh token for a lease. While this process is known to live, it says who holds the lease; otherwise, and where
    /// [`Database::be_present`] was never called, the lease just ends when its time has come.
    #[must_use]
    pub fn lease_token(&self) -> Uuid {
        match self.presence.state() {
            PresenceState::Known(holder) => holder.token(),
            PresenceState::Unknown | PresenceState::Expected(_) => Clock::system().new_uuid(),
        }
    }

    /// Waits until this process is known to live, where that is a matter of moments: after its start, and when its session
    /// broke. What it claimed before, and was killed with, nobody could take until the lease ends.
    pub async fn until_known(&self) {
        let PresenceState::Expected(since) = self.presence.state() else {
            return;
        };
        let mut state = self.presence.state.subscribe();
        let known = state.wait_for(|state| !matches!(state, PresenceState::Expected(_)));
        // Not in time: its leases just end.
        drop(timeout_at(since + EXPECTED_WITHIN, known).await);
    }

    /// Changes when a process was found to be gone: there may be something to claim.
    #[must_use]
    pub fn freed(&self) -> watch::Receiver<()> {
        self.presence.freed.subscribe()
    }
}
