//! One attempt at one delivery: from the lease to the outcome.

use std::sync::Arc;
use std::time::Duration;

use muster_clock::Clock;
use muster_database::{Database, DatabaseError};
use time::OffsetDateTime;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span};

use super::settle;
use crate::domain::{self, Ahead, Jitter, Mail, MessageProblem, Outcome, Plan, Rendered, Sender};
use crate::smtp::{Conversation, Smtp};
use crate::sources::MailSources;
use crate::store::{self, Claimed, Lease, Settled};
use crate::{measures, spans};

/// Everything that an attempt needs.
pub struct Mailer {
    /// Where deliveries are.
    pub database: Database,
    /// Time and ids.
    pub clock: Clock,
    /// Who tells what to send.
    pub sources: MailSources,
    /// Who takes it.
    pub smtp: Smtp,
    /// Who it comes from.
    pub sender: Sender,
    /// How long things may take.
    pub timing: Timing,
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// How long a worker holds a delivery before it is taken for dead; again from the final dot on. Longer than
    /// everything before the dot (a third of it), and longer than the wait for the reply.
    pub lease: Duration,
    /// How long to wait before the one resend of a message that may have been taken.
    pub resend_after: Duration,
}

impl Timing {
    /// For everything before the final dot.
    fn before_dot(&self) -> Duration {
        self.lease / 3
    }
}

/// A message that the server is waiting for.
struct Announced {
    conversation: Conversation,
    rendered: Rendered,
    span: Span,
}

/// The dot must not be written.
#[derive(Debug)]
struct Withheld;

impl Mailer {
    /// Tries to send a delivery and writes down what became of it. When `stop` is cancelled before the message is
    /// handed over, it goes back to the queue.
    pub async fn send(&self, claimed: Claimed, stop: &CancellationToken) -> Outcome {
        let span = spans::sending(&claimed);
        let started = Instant::now();
        let attempt = async {
            let mut expire_time = None;
            let outcome = self.attempt(&claimed, &mut expire_time, stop).await;
            let plan = self.plan(outcome.clone(), &claimed, expire_time);
            Span::current().record("muster.outcome", outcome.word());
            measures::attempted(&outcome, &plan, started.elapsed());
            self.settle(Arc::new(claimed), Arc::new(plan)).await;
            outcome
        };
        attempt.instrument(span).await
    }

    async fn attempt(
        &self,
        claimed: &Claimed,
        expire_time: &mut Option<OffsetDateTime>,
        stop: &CancellationToken,
    ) -> Outcome {
        let prepared = tokio::select! {
            biased;
            () = stop.cancelled() => Err(Outcome::Stopped),
            prepared = timeout(self.timing.before_dot(), self.prepare(claimed, expire_time)) => {
                prepared.unwrap_or(Err(Outcome::Broken))
            }
        };
        match prepared {
            Ok(announced) => self.hand_over(announced, claimed.lease).await,
            Err(outcome) => outcome,
        }
    }

    /// A connection first: while the server is away nobody needs to be asked. Then the owner, as late as can be.
    async fn prepare(
        &self,
        claimed: &Claimed,
        expire_time: &mut Option<OffsetDateTime>,
    ) -> Result<Announced, Outcome> {
        let conversation = self.smtp.connection().await?;
        let rendered = match self.written(claimed, expire_time).await {
            Ok(rendered) => rendered,
            Err(outcome) => {
                self.smtp.settle(conversation, &outcome).await;
                return Err(outcome);
            }
        };
        let span = spans::handing_over(self.smtp.server_of(&conversation));
        match self
            .smtp
            .envelope(conversation, &rendered)
            .instrument(span.clone())
            .await
        {
            Ok(conversation) => Ok(Announced {
                conversation,
                rendered,
                span,
            }),
            Err(outcome) => {
                spans::ended(&span, &outcome);
                Err(outcome)
            }
        }
    }

    async fn written(
        &self,
        claimed: &Claimed,
        expire_time: &mut Option<OffsetDateTime>,
    ) -> Result<Rendered, Outcome> {
        let mail: Mail = self.sources.mail(&claimed.request).await?;
        *expire_time = mail.expire_time;
        self.rendered(&mail, claimed).map_err(|problem| {
            tracing::error!(%problem, "a message could not be written");
            match problem {
                // The release that made the delivery is running, or coming back.
                MessageProblem::UnknownTemplate => Outcome::Unasked,
                MessageProblem::Address | MessageProblem::Form => Outcome::Unmailable,
            }
        })
    }

    /// The second copy of a message that may have been taken has the same bytes, or it is another message that says so.
    fn rendered(&self, mail: &Mail, claimed: &Claimed) -> Result<Rendered, MessageProblem> {
        let same = mail.render(&self.sender, &claimed.stamp)?;
        match &claimed.possible_copy {
            Some(sha256) if *sha256 != same.sha256() => {
                let version = claimed.request.purpose.current_version();
                let stamp = claimed.stamp.replacement(self.clock.now(), version);
                mail.render(&self.sender, &stamp)
            }
            _ => Ok(same),
        }
    }

    async fn hand_over(&self, announced: Announced, lease: Lease) -> Outcome {
        let Announced {
            mut conversation,
            rendered,
            span,
        } = announced;
        let wait = self.smtp.options().reply_wait;
        let message = conversation.message(&rendered, self.reach_dot(lease, rendered.sha256()), wait);
        let outcome = message.instrument(span.clone()).await;
        spans::ended(&span, &outcome);
        self.smtp.settle(conversation, &outcome).await;
        outcome
    }

    /// From here on a crash is ambiguous; and whoever has lost the lease must not go on.
    async fn reach_dot(&self, lease: Lease, sha256: [u8; 32]) -> Result<(), Withheld> {
        let until = self.clock.now() + self.timing.lease;
        let reached: Result<bool, DatabaseError> = self
            .database
            .read_boxed(move |connection| Box::pin(store::reach_dot(connection, lease, until, sha256)))
            .await;
        match reached {
            Ok(true) => Ok(()),
            Ok(false) => {
                measures::lease_lost();
                tracing::warn!("the lease on a delivery was lost before the message was handed over");
                Err(Withheld)
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a message was held back"
                );
                Err(Withheld)
            }
        }
    }

    fn plan(&self, outcome: Outcome, claimed: &Claimed, expire_time: Option<OffsetDateTime>) -> Plan {
        let jitter = Jitter::of(self.clock.new_uuid());
        let resend_after = self.timing.resend_after;
        let ahead = Ahead {
            now: self.clock.now(),
            expire_time,
            jitter,
            resend_after,
        };
        domain::decide(outcome, claimed.history, ahead)
    }

    /// Tries for as long as the lease may last: an outcome that is not written down becomes ambiguous, and that is a
    /// second copy of the message.
    async fn settle(&self, claimed: Arc<Claimed>, plan: Arc<Plan>) {
        let give_up = Instant::now() + self.timing.lease;
        let mut wait = Duration::from_millis(50);
        while Instant::now() < give_up {
            match settle::settle(&self.database, &self.clock, &claimed, &plan).await {
                Ok(Settled::Done(_)) => return self.settled(&claimed, &plan),
                Ok(Settled::LeaseLost) => {
                    measures::lease_lost();
                    return tracing::warn!("an outcome came too late: the delivery is somebody else's");
                }
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        ?wait,
                        "an outcome was not written down"
                    );
                }
            }
            sleep(wait).await;
            wait = (wait * 2).min(Duration::from_secs(2));
        }
        tracing::error!("an outcome could not be written down for as long as the lease lasted");
    }

    fn settled(&self, claimed: &Claimed, plan: &Plan) {
        if let Some(sent) = plan.disposition.send_time() {
            measures::sent_after(
                (sent - claimed.history.create_time)
                    .try_into()
                    .unwrap_or_default(),
            );
        }
    }
}
