//! Connections that wait for their next message.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout};
use tracing::Instrument;

use super::{Conversation, SmtpUrl, Trouble, open};
use crate::domain::{Outcome, Rendered};
use crate::spans;

/// Servers hang up after minutes; a connection is cheap.
const IDLE_LIMIT: Duration = Duration::from_secs(30);

/// How to talk to the mail server.
#[derive(Debug, Clone)]
pub struct SmtpOptions {
    /// Where it is.
    pub server: SmtpUrl,
    /// How long to wait for greeting and hello.
    pub connect_limit: Duration,
    /// How long to wait for the reply after the final dot.
    pub reply_wait: Duration,
}

/// The mail server, and the connections to it. As many are open as messages are being sent.
pub struct Smtp {
    options: SmtpOptions,
    hello: String,
    idle: Mutex<Vec<(Instant, Conversation)>>,
}

impl Smtp {
    /// Connects to nothing yet.
    #[must_use]
    pub fn new(options: SmtpOptions) -> Self {
        Self {
            options,
            hello: hello_name(),
            idle: Mutex::default(),
        }
    }

    /// Its settings.
    #[must_use]
    pub fn options(&self) -> &SmtpOptions {
        &self.options
    }

    /// A connection that waits, or a new one.
    ///
    /// # Errors
    /// [`Outcome::Unreachable`] when there is no server, or it does not want to talk.
    pub async fn connection(&self) -> Result<Conversation, Outcome> {
        match self.take_idle() {
            Some(conversation) => Ok(conversation),
            None => self.connect().await,
        }
    }

    /// Gives the envelope; on a new connection when the server has hung up on the old one since its last message.
    ///
    /// # Errors
    /// How the attempt ended.
    pub async fn envelope(
        &self,
        mut conversation: Conversation,
        mail: &Rendered,
    ) -> Result<Conversation, Outcome> {
        let outcome = match conversation.envelope(mail).await {
            Ok(()) => return Ok(conversation),
            Err(outcome) => outcome,
        };
        if !(conversation.was_used() && has_hung_up(&outcome)) {
            self.settle(conversation, &outcome).await;
            return Err(outcome);
        }
        drop(conversation);
        let mut conversation = self.connect().await?;
        match conversation.envelope(mail).await {
            Ok(()) => Ok(conversation),
            Err(outcome) => {
                self.settle(conversation, &outcome).await;
                Err(outcome)
            }
        }
    }

    /// Keeps a connection for the next message, unless this outcome says that it is of no use any more.
    pub async fn settle(&self, conversation: Conversation, outcome: &Outcome) {
        let usable = match outcome {
            Outcome::Taken(_) => Some(conversation),
            _ if has_hung_up(outcome) => None,
            Outcome::Refused(_) | Outcome::Postponed(_) | Outcome::Unmailable => conversation.reset().await,
            // Nothing was said on it.
            Outcome::Unwanted | Outcome::Unasked => Some(conversation),
            Outcome::Unreachable(_) | Outcome::Broken | Outcome::Ambiguous | Outcome::Stopped => None,
        };
        if let Some(conversation) = usable {
            self.lock().push((Instant::now(), conversation));
        }
    }

    /// Hangs up on all that wait.
    pub async fn close(&self) {
        let idle: Vec<_> = std::mem::take(&mut *self.lock());
        futures::future::join_all(idle.into_iter().map(|(_, conversation)| conversation.quit())).await;
    }

    async fn connect(&self) -> Result<Conversation, Outcome> {
        let span = spans::connecting(&self.options.server);
        let opening = open::open(&self.options.server, &self.hello).instrument(span.clone());
        let opened = timeout(self.options.connect_limit, opening).await;
        let opened = opened.unwrap_or(Err(Trouble::TimedOut));
        opened
            .map_err(Trouble::outcome)
            .inspect_err(|outcome| spans::ended(&span, outcome))
    }

    fn take_idle(&self) -> Option<Conversation> {
        let mut idle = self.lock();
        while let Some((since, mut conversation)) = idle.pop() {
            if since.elapsed() > IDLE_LIMIT {
                // The others are older still.
                idle.clear();
            } else if conversation.is_idle() {
                return Some(conversation);
            }
        }
        None
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(Instant, Conversation)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name of this machine, or an address where that cannot stand in a command (RFC 5321, section 4.1.4).
fn hello_name() -> String {
    let name = hostname::get().unwrap_or_default();
    let name = name.to_string_lossy();
    let is_name = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    if is_name {
        name.into_owned()
    } else {
        "[127.0.0.1]".to_owned()
    }
}

/// 421 closes the connection (RFC 5321, section 3.8).
fn has_hung_up(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Broken => true,
        Outcome::Postponed(reply) => reply.code() == 421,
        _ => false,
    }
}
