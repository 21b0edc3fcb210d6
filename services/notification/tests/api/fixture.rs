//! A mail worker with everything around it: a real database, a mail server and a mail source that do as they
//! are told, and a clock that stands still.

use std::sync::Arc;
use std::time::Duration;

use muster_clock::Clock;
use muster_identity::WorkloadTokens;
use muster_ids::{InvitationName, OrganizationId};
use muster_notification::NotificationService;
use muster_notification::context::{Context, Timing};
use muster_notification::domain::{MailRequest, Outcome};
use muster_notification::mails::Purpose;
use muster_notification::ops::delivery::request::{self, RequestedMail};
use muster_notification::smtp::Smtp;
use muster_notification::sources::MailSources;
use muster_notification::worker::Worker;
use muster_proto::notification::v1::DeliveryChangedEvent;
use muster_server::page::PageKey;
use muster_server::{Peer, Service};
use muster_testkit::{Callers, TestDatabase};
use muster_tls::Trust;
use prost::Message;
use sqlx::Connection;
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::sync::Notify;

use crate::mail_source::MailSource;
use crate::sending::options;
use crate::smtp_server::SmtpServer;

pub(crate) const LEASE: Duration = Duration::from_secs(900);
pub(crate) const RESEND_AFTER: Duration = Duration::from_secs(900);
pub(crate) const FROM: &str = "Muster <no-reply@muster.example>";

pub(crate) struct Fixture {
    pub(crate) clock: Clock,
    pub(crate) database: TestDatabase,
    pub(crate) smtp: SmtpServer,
    pub(crate) source: MailSource,
    pub(crate) organization: OrganizationId,
    callers: Callers,
}

/// A delivery as the tests look at it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Row {
    pub(crate) state: String,
    pub(crate) attempts: i32,
    pub(crate) ambiguous_resends: i32,
    pub(crate) server_reply: String,
    pub(crate) next_attempt_time: Option<OffsetDateTime>,
    pub(crate) send_time: Option<OffsetDateTime>,
    pub(crate) phase: Option<String>,
    pub(crate) version: i64,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        Self::with(SmtpServer::start().await).await
    }

    /// Sends to this server.
    pub(crate) async fn with(smtp: SmtpServer) -> Self {
        let clock = Clock::fixed(datetime!(2026-03-01 12:00 UTC));
        Self {
            database: TestDatabase::new(&NotificationService::MIGRATOR, "notification").await,
            smtp,
            source: MailSource::start().await,
            organization: clock.new_id(),
            // Tokens are checked by the machine's clock where they are used up.
            callers: Callers::new(Clock::system()),
            clock,
        }
    }

    pub(crate) fn context(&self) -> Context {
        let sources = Purpose::ALL.map(|purpose| purpose.spec().source);
        let tokens = Arc::new(WorkloadTokens::new(
            self.callers.workload_tokens("notification", &sources),
        ));
        let url = self.source.url().parse().unwrap();
        let trust = Arc::new(Trust::open(None).unwrap());
        let sources = sources.map(|source| (source, Peer::new(source, &url, Arc::clone(&tokens), &trust)));
        let timing = Timing {
            lease: LEASE,
            resend_after: RESEND_AFTER,
        };
        Context {
            database: self.database.database(),
            clock: self.clock.clone(),
            sources: MailSources::new(sources, timing.answer()).unwrap(),
            smtp: Arc::new(self.smtp_client(Duration::from_secs(5))),
            sender: FROM.parse().unwrap(),
            dkim: None,
            return_paths: None,
            timing,
            page_key: PageKey::new(&[7; 32]).unwrap(),
        }
    }

    pub(crate) fn smtp_client(&self, reply_wait: Duration) -> Smtp {
        Smtp::new(options(&[self.smtp.url()], &self.smtp.roots(), reply_wait))
    }

    /// Lets a worker of its own try everything that is due now.
    pub(crate) async fn step(&self) -> Vec<Outcome> {
        step(&self.worker()).await
    }

    /// A worker of its own, as another replica would be.
    pub(crate) fn worker(&self) -> Worker {
        self.worker_of(self.context())
    }

    pub(crate) fn worker_of(&self, context: Context) -> Worker {
        Worker::new(context, Arc::new(Notify::new()), 8)
    }

    pub(crate) fn subject(&self) -> InvitationName {
        InvitationName {
            organization: self.organization,
            invitation: self.clock.new_id(),
        }
    }

    /// Asks for a mail about a fresh invitation.
    pub(crate) async fn ask(&self) -> InvitationName {
        let subject = self.subject();
        self.ask_about(subject).await;
        subject
    }

    pub(crate) async fn ask_about(&self, subject: InvitationName) {
        self.ask_for(subject, None).await;
    }

    /// Asks for a mail that may be sent from then on.
    pub(crate) async fn ask_for(&self, subject: InvitationName, not_before: Option<OffsetDateTime>) {
        let request = MailRequest {
            subject: subject.to_string().parse().unwrap(),
            purpose: Purpose::Invite,
            generation: 1,
            number: 1,
        };
        let context = self.context();
        let mail = RequestedMail {
            request,
            not_before,
            traceparent: None,
        };
        let asking = async |tx: &mut _| request::apply(tx, &context, vec![mail.clone()]).await;
        // On a busy machine, where a connection may be late, it is asked again.
        while let Err(error) = context.database.write(asking).await {
            assert!(error.is_transient(), "{error:?}");
        }
    }

    pub(crate) async fn row(&self, subject: InvitationName) -> Row {
        let mut connection = self.database.connection().await;
        let row = sqlx::query_as(
            "SELECT state, attempts, ambiguous_resends, server_reply, next_attempt_time, send_time, phase, version
             FROM deliveries WHERE subject = $1",
        )
        .bind(subject.to_string())
        .fetch_one(&mut connection)
        .await
        .unwrap();
        connection.close().await.unwrap();
        row
    }

    /// What was published of a subject's delivery, in order: the states.
    pub(crate) async fn published(&self, subject: InvitationName) -> Vec<String> {
        let mut connection = self.database.connection().await;
        let payloads: Vec<Vec<u8>> = sqlx::query_scalar(
            "SELECT payload FROM outbox o JOIN deliveries d ON d.delivery_id = o.aggregate_id
             WHERE d.subject = $1 AND o.event_type = 'delivery.changed' ORDER BY o.aggregate_seq",
        )
        .bind(subject.to_string())
        .fetch_all(&mut connection)
        .await
        .unwrap();
        connection.close().await.unwrap();
        payloads.iter().map(|payload| state(payload)).collect()
    }

    pub(crate) fn until(&self, row: &Row) -> Duration {
        (row.next_attempt_time.unwrap() - self.clock.now())
            .try_into()
            .unwrap()
    }
}

/// The state in the payload of a `delivery.changed`, such as `SENT`.
pub(crate) fn state(payload: &[u8]) -> String {
    let state = DeliveryChangedEvent::decode(payload).unwrap().state();
    let name = state.as_str_name();
    name.strip_prefix("STATE_").unwrap().to_owned()
}

/// Lets a worker try everything that is due now. On a busy machine it may have to try again.
pub(crate) async fn step(worker: &Worker) -> Vec<Outcome> {
    loop {
        match worker.step().await {
            Ok(outcomes) => return outcomes,
            Err(error) => assert!(error.is_transient(), "{error:?}"),
        }
    }
}

/// The words of outcomes.
pub(crate) fn words(outcomes: &[Outcome]) -> Vec<&'static str> {
    outcomes.iter().map(Outcome::word).collect()
}
