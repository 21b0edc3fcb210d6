//! One connection after the other: what relay and consumer work on.

use std::sync::Arc;
use std::time::Duration;

use lapin::{Channel, Connection};
use tokio::runtime::Handle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Broker, BrokerError};
use crate::backoff::Backoff;
use crate::measures;

/// A session that lived this long was a good one: the next failure starts the back-off anew.
const GOOD_SESSION: Duration = Duration::from_secs(10);

/// How long a goodbye may take: a broken connection never answers.
const GOODBYE: Duration = Duration::from_secs(1);

/// One live connection and its channel. Whoever drops it, in the middle of whatever, leaves nothing behind: the driver would go
/// on with a consumer whose start nobody waits for any more, keep its connection alive, and hold its messages for ever.
pub(crate) struct Session {
    pub(crate) connection: Arc<Connection>,
    pub(crate) channel: Channel,
    opened: Instant,
}

impl Session {
    pub(super) fn new(connection: Connection, channel: Channel) -> Self {
        Self {
            connection: Arc::new(connection),
            channel,
            opened: Instant::now(),
        }
    }

    /// Whether the driver still believes in connection and channel.
    pub(crate) fn is_alive(&self) -> bool {
        self.connection.status().connected() && self.channel.status().connected()
    }

    /// Whether the broker has stopped reading from publishers (memory or disk alarm).
    pub(crate) fn is_blocked(&self) -> bool {
        self.connection.status().blocked()
    }

    /// Says goodbye.
    pub(crate) async fn close(&self) {
        close(&self.connection).await;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let connection = Arc::clone(&self.connection);
        if connection.status().connected()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(async move { close(&connection).await });
        }
    }
}

async fn close(connection: &Connection) {
    let closing = connection.close(200, "done".into());
    drop(tokio::time::timeout(GOODBYE, closing).await);
}

/// Supervises a connection: whatever ended the last session, the next one is opened after a back-off.
pub(crate) struct Sessions {
    broker: Broker,
    purpose: &'static str,
    shutdown: CancellationToken,
    backoff: Backoff,
}

impl Sessions {
    pub(super) fn new(broker: Broker, purpose: &'static str, shutdown: CancellationToken) -> Self {
        Self {
            broker,
            purpose,
            shutdown,
            backoff: Backoff::new(Duration::from_millis(100), Duration::from_secs(5)),
        }
    }

    /// The next live session; `None` once it is time to stop.
    pub(crate) async fn next(&mut self) -> Option<Session> {
        loop {
            let opened = tokio::select! {
                biased;
                () = self.shutdown.cancelled() => return None,
                opened = self.broker.open(self.purpose) => opened,
            };
            match opened {
                Ok(session) => {
                    let was_away = self.broker.outage().over();
                    tracing::info!(purpose = self.purpose, ?was_away, "connected to the broker");
                    measures::connected(self.purpose, true);
                    return Some(session);
                }
                Err(error) => self.wait_after(&error).await,
            }
        }
    }

    /// Tells how a session ended; waits before the next one when it ended badly.
    pub(crate) async fn ended(&mut self, session: Session, how: Result<(), BrokerError>) {
        measures::connected(self.purpose, false);
        session.close().await;
        if session.opened.elapsed() >= GOOD_SESSION {
            self.backoff.reset();
        }
        if let Err(error) = how {
            self.wait_after(&error).await;
        }
    }

    async fn wait_after(&mut self, error: &BrokerError) {
        let wait = self.backoff.next();
        let purpose = self.purpose;
        if self.broker.outage().is_news() {
            tracing::warn!(
                purpose,
                error = error as &dyn std::error::Error,
                "no connection to the broker; trying again until there is one"
            );
        } else {
            tracing::debug!(purpose, %error, ?wait, "no connection to the broker");
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = self.shutdown.cancelled() => {}
        }
    }
}
