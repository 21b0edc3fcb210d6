//! The whole service, as it runs: asked by events, watched by its RPC.

use muster_clock::Clock;
use muster_identity::Role;
use muster_ids::{EventId, InvitationId, InvitationName, OrganizationId, OrganizationName};
use muster_messaging::outbox::{self, NewEvent};
use muster_messaging::{Broker, relay};
use muster_notification::{NotificationService, Settings};
use muster_proto::invitation::v1::InvitationMailRequestedEvent;
use muster_proto::notification::v1::delivery_service_client::DeliveryServiceClient;
use muster_proto::notification::v1::{Delivery, ListDeliveriesRequest};
use muster_server::Service;
use muster_server::page::{PageKey, PageSettings};
use muster_testkit::{TestChannel, TestDatabase, TestService, Who, eventually};
use time::macros::datetime;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::mail_source::MailSource;
use crate::smtp_server::SmtpServer;
use crate::world::{FROM, patiently};

pub(crate) struct ServiceWorld {
    pub(crate) service: TestService,
    pub(crate) publisher: Publisher,
    pub(crate) smtp: SmtpServer,
    pub(crate) source: MailSource,
    pub(crate) organization: OrganizationId,
}

impl ServiceWorld {
    pub(crate) async fn new() -> Self {
        let clock = Clock::fixed(datetime!(2026-03-01 12:00 UTC));
        let (smtp, source) = (SmtpServer::start().await, MailSource::start().await);
        let service =
            TestService::start::<NotificationService>(clock.clone(), settings(&smtp, &source)).await;
        let publisher = Publisher::start(service.broker.as_service("invitation"), clock.clone()).await;
        let organization = OrganizationId::from_uuid(clock.new_uuid());
        Self {
            service,
            publisher,
            smtp,
            source,
            organization,
        }
    }

    pub(crate) fn subject(&self) -> InvitationName {
        subject(&self.service.clock, self.organization)
    }

    /// Publishes a request for mail.
    pub(crate) async fn ask(&self, subject: InvitationName, generation: i32) {
        self.publisher
            .publish(subject.organization, subject, request(subject, generation))
            .await;
    }

    /// Waits until so many mails have been sent and written down.
    pub(crate) async fn sent(&self, count: i64) {
        let sent = "SELECT count(*) FROM deliveries WHERE state = 'SENT'";
        eventually(async || self.service.database.count(sent).await == count).await;
    }

    pub(crate) fn deliveries(&self, who: Who) -> DeliveryServiceClient<TestChannel> {
        DeliveryServiceClient::new(self.service.calls_of(who))
    }

    pub(crate) fn viewer(&self) -> Who {
        Who::member("viewer", self.organization, Role::Viewer)
    }

    pub(crate) fn list_request(&self) -> ListDeliveriesRequest {
        let parent = OrganizationName {
            organization: self.organization,
        }
        .to_string();
        ListDeliveriesRequest {
            parent,
            ..ListDeliveriesRequest::default()
        }
    }

    pub(crate) async fn list(&self) -> Vec<Delivery> {
        let listed = self
            .deliveries(self.viewer())
            .list_deliveries(self.list_request())
            .await;
        listed.unwrap().into_inner().deliveries
    }
}

pub(crate) fn settings(smtp: &SmtpServer, source: &MailSource) -> Settings {
    Settings {
        smtp_url: smtp.url().parse().unwrap(),
        mail_from: FROM.parse().unwrap(),
        invitation_url: source.url().parse().unwrap(),
        page: PageSettings {
            page_key: PageKey::new(&[7; 32]).unwrap(),
        },
        mail_workers: 8,
        mail_lease: "900".parse().unwrap(),
        mail_reply_wait: "600".parse().unwrap(),
        mail_resend_after: "900".parse().unwrap(),
    }
}

pub(crate) fn subject(clock: &Clock, organization: OrganizationId) -> InvitationName {
    InvitationName {
        organization,
        invitation: InvitationId::from_uuid(clock.new_uuid()),
    }
}

pub(crate) fn request(subject: InvitationName, generation: i32) -> InvitationMailRequestedEvent {
    InvitationMailRequestedEvent {
        invitation: subject.to_string(),
        purpose: 1,
        generation,
        request: 1,
    }
}

/// The trace in which every mail is asked for.
pub(crate) const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// The invitation service as a publisher, played with the real outbox and relay.
pub(crate) struct Publisher {
    database: TestDatabase,
    clock: Clock,
    _stop: DropGuard,
}

impl Publisher {
    pub(crate) async fn start(broker: Broker, clock: Clock) -> Self {
        let database = TestDatabase::new(&NotificationService::MIGRATOR, "notification").await;
        let stop = CancellationToken::new();
        tokio::spawn(relay::run(
            database.database(),
            broker,
            "invitation",
            stop.clone(),
        ));
        Self {
            database,
            clock,
            _stop: stop.drop_guard(),
        }
    }

    /// Publishes a request; answers the id of its event.
    pub(crate) async fn publish(
        &self,
        organization: OrganizationId,
        subject: InvitationName,
        payload: InvitationMailRequestedEvent,
    ) -> EventId {
        let id = EventId::from_uuid(self.clock.new_uuid());
        let event = NewEvent {
            id,
            organization,
            aggregate: subject.invitation.as_uuid(),
            sequence: i64::from(payload.generation.max(1)),
            time: self.clock.now(),
            actor: "service:invitation".to_owned(),
            traceparent: Some(format!("00-{TRACE}-00f067aa0ba902b7-01")),
        };
        let database = self.database.database();
        patiently(async || {
            let (event, payload) = (event.clone(), payload.clone());
            database
                .write(move |tx| Box::pin(async move { outbox::append(tx, event, &payload).await }))
                .await
        })
        .await;
        id
    }

    /// Publishes everything once more, with the same ids.
    pub(crate) async fn publish_all_again(&self) {
        self.database
            .execute(
                "UPDATE outbox SET published_at = NULL, lease_token = NULL, lease_until = NULL, next_attempt_at = now()",
            )
            .await;
    }

    /// Waits until everything has been published.
    pub(crate) async fn drained(&self) {
        let open = "SELECT count(*) FROM outbox WHERE published_at IS NULL";
        eventually(async || self.database.count(open).await == 0).await;
    }
}
