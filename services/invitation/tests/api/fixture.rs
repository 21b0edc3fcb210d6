//! The service under test beside the real organization service, with an organization that may invite.

use std::sync::Arc;
use std::time::Duration;

use muster_clock::Clock;
use muster_employment::EmploymentService;
use muster_identity::Role;
use muster_ids::{GroupId, OrganizationId};
use muster_invitation::InvitationApp;
use muster_organization::OrganizationService;
use muster_proto::error::v1::ErrorReason;
use muster_proto::invitation::v1::import_service_client::ImportServiceClient;
use muster_proto::invitation::v1::invitation_redemption_service_client::InvitationRedemptionServiceClient;
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::{
    AcceptInvitationRequest, AcceptInvitationResponse, CreateInvitationRequest, GetInvitationRequest,
    Invitation,
};
use muster_proto::notification::v1::get_mail_response::Variables;
use muster_proto::notification::v1::mail_source_internal_service_client::MailSourceInternalServiceClient;
use muster_proto::notification::v1::{
    GetMailRequest, GetMailResponse, InviteVariables, MailPurpose, MailRequestedEvent,
};
use muster_proto::organization::v1::join_page_service_client::JoinPageServiceClient;
use muster_proto::organization::v1::{JoinPage, Limits, UpdateJoinPageRequest};
use muster_server::convert::timestamp;
use muster_server::settings::CommonSettings;
use muster_testkit::{
    Program, Signed, TestCaller, TestChannel, TestDatabase, TestService, TestSuite, acts, eventually,
};
use prost_types::FieldMask;
use time::OffsetDateTime;
use time::macros::datetime;
use tonic::Status;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};

/// When tests happen.
const NOW: OffsetDateTime = datetime!(2026-03-02 09:00 UTC);

/// The setting of how many mails one person has sent by hand.
const OF_INVITER: &str = "--messages-of-inviter";

/// Of clients that take the first answer.
pub(crate) type Impatient = InterceptedService<Channel, Signed>;

/// A group of the test organization.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Group {
    pub(crate) id: GroupId,
}

/// Everything around one test.
pub(crate) struct Fixture {
    pub(crate) clock: Clock,
    pub(crate) database: Arc<TestDatabase>,
    pub(crate) organization: OrganizationId,
    pub(crate) nurses: Group,
    pub(crate) aides: Group,
    pub(crate) location: String,
    suite: TestSuite,
    service: TestService,
    pub(crate) organizations: TestService,
}

impl Fixture {
    /// Without a broker.
    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    /// With a corner of the broker of its own.
    pub(crate) async fn with_broker() -> Self {
        Self::build(TestSuite::new(Clock::fixed(NOW)).await, &[]).await
    }

    /// With a corner of the broker of its own, by the machine's clock: for real processes.
    pub(crate) async fn in_real_time() -> Self {
        Self::in_real_time_with(&[]).await
    }

    /// As [`Fixture::in_real_time`], with settings of the service under test.
    pub(crate) async fn in_real_time_with(flags: &[(&str, &str)]) -> Self {
        Self::build(TestSuite::new(Clock::system()).await, flags).await
    }

    /// The real program on the same database, beside the service under test.
    pub(crate) fn program(&self) -> Program {
        let program = env!("CARGO_BIN_EXE_muster-invitation");
        Program::start::<InvitationApp>(program, &self.suite, &self.service)
    }

    /// A command of the real program, as it would serve here.
    pub(crate) fn command(&self, arguments: &[&str]) -> std::process::Command {
        let program = env!("CARGO_BIN_EXE_muster-invitation");
        Program::command::<InvitationApp>(program, arguments, &self.suite, &self.service)
    }

    /// The database of another service.
    pub(crate) fn organization_database_url(&self) -> &str {
        self.organizations.database.url()
    }

    /// Without a broker, with settings of the service under test.
    pub(crate) async fn with(flags: &[(&str, &str)]) -> Self {
        Self::build(TestSuite::without_broker(Clock::fixed(NOW)), flags).await
    }

    async fn build(suite: TestSuite, flags: &[(&str, &str)]) -> Self {
        crate::traces::record();
        // Who tests invites everybody as one person.
        let mut flags = flags.to_vec();
        if flags.iter().all(|(flag, _)| *flag != OF_INVITER) {
            flags.push((OF_INVITER, "0"));
        }
        let (service, organizations) = tokio::join!(
            suite.start::<InvitationApp>(&flags),
            suite.start::<OrganizationService>(&[]),
        );
        let organization = acts::open_organization(&organizations, "owner").await;
        Self {
            clock: service.clock.clone(),
            database: Arc::clone(&service.database),
            organization,
            nurses: new_group(&organizations, organization, "Nurses").await,
            aides: new_group(&organizations, organization, "Aides").await,
            location: acts::make_location(&organizations, organization, "Main street")
                .await
                .to_string(),
            suite,
            service,
            organizations,
        }
    }

    /// The employment service beside it.
    pub(crate) async fn employment(&self) -> TestService {
        self.suite.start::<EmploymentService>(&[]).await
    }

    /// Starts the service under test again.
    pub(crate) async fn start(&mut self) {
        self.service.come_back().await;
    }

    /// Stops it in order.
    pub(crate) async fn stop(&mut self) {
        self.service.leave().await;
    }

    /// For a test that starts the service elsewhere; its tokens are new.
    pub(crate) fn settings(&self) -> (CommonSettings, muster_invitation::Settings) {
        (self.service.replica(), self.suite.settings::<InvitationApp>(&[]))
    }

    /// So much later that the tokens have run out which the service shows to others: it starts again with new ones.
    pub(crate) async fn later(&mut self, by: Duration) {
        self.stop().await;
        self.clock.advance(by);
        self.start().await;
    }

    /// So much later, while it runs.
    pub(crate) fn pass(&self, by: Duration) {
        self.clock.advance(by);
        self.renew_tokens();
    }

    /// Renews what services show to each other, which lasts for ten minutes.
    pub(crate) fn renew_tokens(&self) {
        self.service.renew_tokens();
        self.organizations.renew_tokens();
    }

    pub(crate) fn as_who(&self, who: TestCaller) -> TestChannel {
        self.service.calls_of(who)
    }

    /// Calls of `who` that take the first answer: others try again when it is UNAVAILABLE.
    pub(crate) fn impatient(&self, who: TestCaller) -> Impatient {
        let endpoint = Endpoint::from_shared(self.suite.url("invitation")).unwrap();
        let signed = Signed::new(Arc::clone(self.service.callers()), "invitation", who);
        InterceptedService::new(endpoint.connect_lazy(), signed)
    }

    pub(crate) fn owner(&self) -> TestCaller {
        TestCaller::member("owner", self.organization, Role::Owner)
    }

    pub(crate) fn invitations(&self) -> InvitationServiceClient<TestChannel> {
        InvitationServiceClient::new(self.as_who(self.owner()))
    }

    pub(crate) fn imports(&self) -> ImportServiceClient<TestChannel> {
        ImportServiceClient::new(self.as_who(self.owner()))
    }

    pub(crate) fn redemption(&self, who: TestCaller) -> InvitationRedemptionServiceClient<TestChannel> {
        InvitationRedemptionServiceClient::new(self.as_who(who))
    }

    pub(crate) fn parent(&self) -> String {
        format!("organizations/{}", self.organization)
    }

    pub(crate) fn group_name(&self, group: &Group) -> String {
        format!("organizations/{}/groups/{}", self.organization, group.id)
    }

    /// An invitation to ask for.
    pub(crate) fn wanted(&self, address: &str, groups: &[&Group]) -> Invitation {
        Invitation {
            address: address.to_owned(),
            groups: groups.iter().map(|group| self.group_name(group)).collect(),
            ..Invitation::default()
        }
    }

    pub(crate) fn create_request(&self, invitation: Invitation) -> CreateInvitationRequest {
        CreateInvitationRequest {
            parent: self.parent(),
            invitation: Some(invitation),
            request_id: String::new(),
        }
    }

    pub(crate) async fn create(&self, address: &str, groups: &[&Group]) -> Result<Invitation, Status> {
        self.create_this(self.wanted(address, groups)).await
    }

    /// The mails of this purpose that were asked for, oldest first.
    pub(crate) async fn requested(&self, purpose: MailPurpose) -> Vec<MailRequestedEvent> {
        let events = self.database.outbox().events::<MailRequestedEvent>().await;
        let mails = events.into_iter().map(|(_, mail)| mail);
        mails.filter(|mail| mail.purpose() == purpose).collect()
    }

    /// By a mail that goes out so much later.
    pub(crate) async fn create_later(
        &self,
        address: &str,
        groups: &[&Group],
        later: Duration,
    ) -> Result<Invitation, Status> {
        let wanted = Invitation {
            send_time: Some(timestamp(self.clock.now() + later)),
            ..self.wanted(address, groups)
        };
        self.create_this(wanted).await
    }

    pub(crate) async fn create_this(&self, invitation: Invitation) -> Result<Invitation, Status> {
        let answer = self
            .invitations()
            .create_invitation(self.create_request(invitation))
            .await?;
        Ok(answer.into_inner().invitation.unwrap())
    }

    pub(crate) async fn get(&self, name: &str) -> Result<Invitation, Status> {
        let request = GetInvitationRequest {
            name: name.to_owned(),
        };
        Ok(self
            .invitations()
            .get_invitation(request)
            .await?
            .into_inner()
            .invitation
            .unwrap())
    }

    /// What the mail worker gets.
    pub(crate) async fn mail(&self, name: &str, generation: i32) -> Result<GetMailResponse, Status> {
        let mut client =
            MailSourceInternalServiceClient::new(self.as_who(TestCaller::Workload("notification")));
        let request = GetMailRequest {
            subject: name.to_owned(),
            purpose: MailPurpose::Invite.into(),
            generation,
        };
        Ok(client.get_mail(request).await?.into_inner())
    }

    /// The token of the link in the mail.
    pub(crate) async fn token(&self, name: &str) -> String {
        let mail = self.mail(name, 1).await.unwrap();
        invite(&mail)
            .link
            .strip_prefix("https://muster.test/i/")
            .unwrap()
            .to_owned()
    }

    pub(crate) async fn accept(
        &self,
        who: TestCaller,
        token: &str,
    ) -> Result<AcceptInvitationResponse, Status> {
        let request = AcceptInvitationRequest {
            token: token.to_owned(),
            request_id: String::new(),
        };
        Ok(self
            .redemption(who)
            .accept_invitation(request)
            .await?
            .into_inner())
    }

    /// Puts the organization into a state for which there is no RPC.
    pub(crate) async fn profile_sql(&self, statements: &'static str) {
        self.organizations.database.execute(statements).await;
    }

    /// Closes the organization, and tells everybody.
    pub(crate) async fn close(&self) {
        acts::close_organization(&self.organizations, self.organization).await;
    }

    /// Tells once more whatever the organization service has told.
    pub(crate) async fn organizations_tell_again(&self) {
        self.organizations.outbox().publish_all_again().await;
        self.organizations.outbox().drained().await;
    }

    /// An active organization of this owner.
    pub(crate) async fn new_organization(&self, owner: &str) -> OrganizationId {
        acts::open_organization(&self.organizations, owner).await
    }

    /// A premium plan with these limits.
    pub(crate) async fn subscribe(&self, import_rows: i32, messages_per_day: i32) {
        let limits = Limits {
            invitations_by_hand: 10,
            import_rows,
            messages_per_day,
        };
        acts::subscribe(&self.organizations, self.organization, limits).await;
    }

    /// A premium plan for another organization.
    pub(crate) async fn subscribe_other(&self, organization: OrganizationId) {
        let limits = Limits {
            invitations_by_hand: 10,
            import_rows: 500,
            messages_per_day: 10_000,
        };
        acts::subscribe(&self.organizations, organization, limits).await;
    }

    /// Opens the organization's join page, to addresses of these domains; none: to any.
    pub(crate) async fn open_join_page(&self, slug: &str, allowed: &str) {
        let page = JoinPage {
            name: format!("{}/joinPage", self.parent()),
            enabled: true,
            slug: slug.to_owned(),
            allowed_domains: allowed
                .split(',')
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
                .collect(),
            ..JoinPage::default()
        };
        let request = UpdateJoinPageRequest {
            join_page: Some(page),
            update_mask: Some(FieldMask {
                paths: ["enabled", "slug", "allowed_domains"].map(str::to_owned).into(),
            }),
            request_id: String::new(),
        };
        JoinPageServiceClient::new(self.organizations.calls_of(self.owner()))
            .update_join_page(request)
            .await
            .unwrap();
    }

    /// A new location, and its name.
    pub(crate) async fn location(&self, name: &str) -> String {
        let made = acts::make_location(&self.organizations, self.organization, name).await;
        made.to_string()
    }

    /// A new active group.
    pub(crate) async fn group(&self, name: &str) -> Group {
        new_group(&self.organizations, self.organization, name).await
    }
}

async fn new_group(organizations: &TestService, organization: OrganizationId, name: &str) -> Group {
    let made = acts::make_group(organizations, organization, name, &[]).await;
    Group { id: made.group }
}

/// Waits until so many statements wait for rows that others hold.
pub(crate) async fn waiting(fixture: &Fixture, statements: i64) {
    let waiting = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    eventually(async || fixture.database.count(waiting).await == statements).await;
}

/// The reason of a refused call.
#[track_caller]
pub(crate) fn reason<T: std::fmt::Debug>(answer: Result<T, Status>) -> ErrorReason {
    let status = answer.expect_err("the call was not refused");
    muster_refusal::reason_of(&status).unwrap_or_else(|| panic!("no reason in {status:?}"))
}

/// What the mail of an invitation says.
pub(crate) fn invite(mail: &GetMailResponse) -> &InviteVariables {
    match mail.variables.as_ref() {
        Some(Variables::Invite(words)) => words,
        other => panic!("a mail about an invitation says what invites: {other:?}"),
    }
}
