//! The whole service, as it runs: asked by events of the real invitation service, watched by its RPC.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use muster_clock::Clock;
use muster_identity::Role;
use muster_ids::{GroupName, InvitationName, OrganizationId, OrganizationName};
use muster_invitation::InvitationApp;
use muster_notification::NotificationService;
use muster_organization::OrganizationService;
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::{GetAnnouncementRequest, Invitation};
use muster_proto::notification::v1::delivery_service_client::DeliveryServiceClient;
use muster_proto::notification::v1::{Delivery, ListDeliveriesRequest, MailPurpose, MailRequestedEvent};
use muster_server::Service;
use muster_testkit::{Publisher, TestCaller, TestChannel, TestService, TestSuite, acts, eventually};
use time::OffsetDateTime;
use time::macros::datetime;

use crate::fixture::FROM;
use crate::smtp_server::SmtpServer;

/// When tests begin.
pub(crate) const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

pub(crate) struct ServiceFixture {
    pub(crate) service: TestService,
    pub(crate) invitations: TestService,
    pub(crate) smtp: SmtpServer,
    pub(crate) organization: OrganizationId,
    group: GroupName,
    addresses: AtomicU32,
    pub(crate) organizations: TestService,
    pub(crate) suite: TestSuite,
}

impl ServiceFixture {
    pub(crate) async fn new() -> Self {
        Self::build(&[]).await
    }

    /// The service is told this besides.
    pub(crate) async fn told(flags: &[(&str, &str)]) -> Self {
        Self::build(flags).await
    }

    /// Mails come from another source: one that keeps the service waiting when a test says so.
    pub(crate) async fn with_source(url: &str) -> Self {
        Self::build(&[("--invitation-url", url)]).await
    }

    async fn build(flags: &[(&str, &str)]) -> Self {
        let suite = TestSuite::new(Clock::fixed(NOW)).await;
        let smtp = SmtpServer::start().await;
        let url = smtp.url();
        let mail = [("--smtp-url", url.as_str()), ("--mail-from", FROM)];
        let flags = [flags, &mail].concat();
        let (service, invitations, organizations) = tokio::join!(
            suite.start::<NotificationService>(&flags),
            suite.start::<InvitationApp>(&[]),
            suite.start::<OrganizationService>(&[]),
        );
        let organization = acts::open_organization(&organizations, "owner").await;
        Self {
            service,
            invitations,
            smtp,
            organization,
            group: acts::make_group(&organizations, organization, "Team A", &[]).await,
            addresses: AtomicU32::new(1),
            organizations,
            suite,
        }
    }

    /// The owner invites somebody: a mail is asked for.
    pub(crate) async fn invite(&self) -> InvitationName {
        self.invite_this(Invitation::default()).await.0
    }

    /// The owner invites somebody, with what is said here; also where to.
    pub(crate) async fn invite_this(&self, said: Invitation) -> (InvitationName, String) {
        let address = address(self.addresses.fetch_add(1, Ordering::Relaxed));
        let invitation = Invitation {
            address: address.clone(),
            groups: vec![self.group.to_string()],
            ..said
        };
        let owner = TestCaller::member("owner", self.organization, Role::Owner);
        let name = acts::invite(&self.invitations, owner, self.organization, invitation).await;
        (name, address)
    }

    /// For requests that the invitation service does not make.
    pub(crate) async fn publisher(&self) -> Publisher {
        let broker = self.service.broker.as_service("invitation");
        publisher(broker, self.service.clock.clone()).await
    }

    pub(crate) fn new_subject(&self) -> InvitationName {
        subject(&self.service.clock, self.organization)
    }

    /// Waits until so many mails have been sent and written down.
    pub(crate) async fn sent(&self, count: i64) {
        self.counted("SELECT count(*) FROM deliveries WHERE state = 'SENT'", count)
            .await;
    }

    /// Waits until a statement counts so many. Time goes on meanwhile: on a busy machine somebody may not answer at first,
    /// and what is to be tried again in a second would never be on a clock that stands still.
    pub(crate) async fn counted(&self, statement: &'static str, count: i64) {
        eventually(async || {
            self.service.clock.advance(Duration::from_millis(20));
            self.service.database.count(statement).await == count
        })
        .await;
    }

    pub(crate) fn deliveries(&self, who: TestCaller) -> DeliveryServiceClient<TestChannel> {
        DeliveryServiceClient::new(self.service.calls_of(who))
    }

    pub(crate) fn viewer(&self) -> TestCaller {
        TestCaller::member("viewer", self.organization, Role::Viewer)
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

/// Where the mail of the test's first, second, … invitation goes to.
pub(crate) fn address(number: u32) -> String {
    format!("learner-{number}@learners.example")
}

/// The invitation service as far as the queue of this one sees it.
pub(crate) async fn publisher(broker: muster_messaging::Broker, clock: Clock) -> Publisher {
    let publisher = Publisher::start(&NotificationService::MIGRATOR, "notification", broker, clock).await;
    publisher.in_trace(&format!("00-{TRACE}-00f067aa0ba902b7-01"))
}

pub(crate) fn subject(clock: &Clock, organization: OrganizationId) -> InvitationName {
    InvitationName {
        organization,
        invitation: clock.new_id(),
    }
}

pub(crate) fn request(subject: InvitationName, generation: i32) -> MailRequestedEvent {
    MailRequestedEvent {
        subject: subject.to_string(),
        purpose: MailPurpose::Invite.into(),
        generation,
        request: 1,
        not_before: None,
    }
}

/// The trace in which a publisher's mails are asked for.
pub(crate) const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

#[tokio::test(flavor = "multi_thread")]
async fn the_mail_is_called_as_the_organization_has_announced_it() {
    let fixture = ServiceFixture::new().await;
    for language in ["en", "es"] {
        let request = GetAnnouncementRequest {
            parent: fixture.list_request().parent,
            language: language.to_owned(),
        };
        let mut client = InvitationServiceClient::new(fixture.invitations.calls_of(fixture.viewer()));
        let announced = client.get_announcement(request).await.unwrap().into_inner().text;
        let invitation = Invitation {
            language: language.to_owned(),
            ..Invitation::default()
        };
        let (_, address) = fixture.invite_this(invitation).await;
        let taken = || fixture.smtp.taken().into_iter().find(|mail| mail.to == address);
        eventually(async || taken().is_some()).await;
        let mail = taken().unwrap();
        let mail = mail_parser::MessageParser::default().parse(&mail.bytes).unwrap();
        let subject = mail.subject().unwrap().to_owned();
        assert!(announced.contains(&subject), "{subject} is not in {announced}");
    }
}
