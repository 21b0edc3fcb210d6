//! What every verb, every handler and the worker stand on.

use std::sync::Arc;
use std::time::Duration;

use muster_clock::Clock;
use muster_database::Database;
use muster_server::page::PageKey;

use crate::bounces::ReturnPaths;
use crate::mails::Sender;
use crate::smtp::{DkimKeys, Smtp};
use crate::sources::MailSources;

/// Whoever answers at all does so in this time.
const LONGEST_ANSWER: Duration = Duration::from_secs(5);

/// What every verb, every handler and the worker stand on. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    /// Where deliveries are.
    pub database: Database,
    /// Time and ids.
    pub clock: Clock,
    /// The services that are asked for a mail just before it is sent.
    pub sources: MailSources,
    /// The mail servers.
    pub smtp: Arc<Smtp>,
    /// Who the mail comes from.
    pub sender: Sender,
    /// What signs it; `None`: nothing here.
    pub dkim: Option<DkimKeys>,
    /// Where reports about it go to; `None`: to the sender.
    pub return_paths: Option<ReturnPaths>,
    /// How long things may take.
    pub timing: Timing,
    /// Seals page tokens.
    pub page_key: PageKey,
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// How long a worker whose process lives holds a delivery before it is taken for dead; again from the final dot on.
    /// Longer than everything before the dot (a third of it), and longer than the wait for the reply.
    pub lease: Duration,
    /// How long to wait before the one resend of a message that may have been taken.
    pub resend_after: Duration,
}

impl Timing {
    /// For everything before the final dot.
    pub(crate) fn before_dot(&self) -> Duration {
        self.lease / 3
    }

    /// For one question to the source of a mail, its retries included. A source that hangs is found out before the attempt has to
    /// end, which would be blamed on the mail server and count as one of its breaks.
    #[must_use]
    pub fn answer(&self) -> Duration {
        LONGEST_ANSWER.min(self.before_dot() / 2)
    }
}
