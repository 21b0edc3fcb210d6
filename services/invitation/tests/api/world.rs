//! The service under test beside the real organization service, with an organization that may invite.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use muster_clock::Clock;
use muster_identity::Role;
use muster_ids::{GroupId, OrganizationId};
use muster_invitation::InvitationApp;
use muster_organization::OrganizationService;
use muster_proto::error::v1::ErrorReason;
use muster_proto::invitation::v1::import_service_client::ImportServiceClient;
use muster_proto::invitation::v1::invitation_redemption_service_client::InvitationRedemptionServiceClient;
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::mail_source_internal_service_client::MailSourceInternalServiceClient;
use muster_proto::invitation::v1::{
    AcceptInvitationRequest, AcceptInvitationResponse, CreateInvitationRequest, GetInvitationRequest,
    GetMailRequest, GetMailResponse, Invitation, MailPurpose,
};
use muster_proto::organization::v1 as organization;
use muster_proto::organization::v1::group_service_client::GroupServiceClient;
use muster_proto::organization::v1::location_service_client::LocationServiceClient;
use muster_proto::organization::v1::organization_service_client::OrganizationServiceClient;
use muster_proto::organization::v1::subscription_service_client::SubscriptionServiceClient;
use muster_server::settings::{
    BrokerSettings, CommonSettings, DatabaseSettings, ListenSettings, Seconds, TelemetrySettings,
    TrustSettings, WorkloadSettings,
};
use muster_server::{Running, Service};
use muster_telemetry::LogFormat;
use muster_testkit::{Callers, Patient, Signed, TestBroker, TestChannel, TestDatabase, Who};
use time::OffsetDateTime;
use time::macros::datetime;
use tonic::Status;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Endpoint;

/// When tests happen.
const NOW: OffsetDateTime = datetime!(2026-03-02 09:00 UTC);
/// Nobody listens there: for tests in which nothing is published.
const NO_BROKER: &str = "amqp://127.0.0.1:9";

/// A group of the test organization.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Group {
    pub(crate) id: GroupId,
}

/// Everything around one test.
pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) callers: Arc<Callers>,
    pub(crate) database: TestDatabase,
    pub(crate) profiles: TestDatabase,
    pub(crate) broker: Option<TestBroker>,
    pub(crate) organization: OrganizationId,
    pub(crate) nurses: Group,
    pub(crate) aides: Group,
    pub(crate) location: String,
    profile_service: Running,
    service: Option<Running>,
    channel: Patient,
}

impl World {
    /// Without a broker.
    pub(crate) async fn new() -> Self {
        Self::build(None).await
    }

    /// With a corner of the broker of its own.
    pub(crate) async fn with_broker() -> Self {
        Self::build(Some(TestBroker::new("invitation").await)).await
    }

    async fn build(broker: Option<TestBroker>) -> Self {
        crate::traces::record();
        let clock = Clock::fixed(NOW);
        let callers = Arc::new(Callers::new(clock.clone()));
        let profiles = TestDatabase::new(&OrganizationService::MIGRATOR, "organization").await;
        let database = TestDatabase::new(&InvitationApp::MIGRATOR, "invitation").await;
        let common = common("organization", &profiles, broker.as_ref(), &callers);
        let profile_service =
            muster_server::start::<OrganizationService>(&common, own_of_organization(), clock.clone(), None);
        let profile_service = profile_service.await.unwrap();
        let nobody = Group {
            id: GroupId::from_uuid(uuid::Uuid::nil()),
        };
        let mut world = Self {
            channel: channel(profile_service.grpc_address()),
            clock,
            callers,
            database,
            profiles,
            broker,
            organization: OrganizationId::from_uuid(uuid::Uuid::nil()),
            nurses: nobody,
            aides: nobody,
            location: String::new(),
            profile_service,
            service: None,
        };
        world.organization = world.new_organization("owner").await;
        world.nurses = world.group("Nurses").await;
        world.aides = world.group("Aides").await;
        world.location = world.new_location("Main street").await;
        world.start().await;
        world
    }

    /// Starts the service under test.
    pub(crate) async fn start(&mut self) {
        let (common, own) = self.settings();
        let started = muster_server::start::<InvitationApp>(&common, own, self.clock.clone(), None);
        self.service = Some(started.await.unwrap());
        self.channel = channel(self.service.as_ref().unwrap().grpc_address());
    }

    /// Stops it in order.
    pub(crate) async fn stop(&mut self) {
        self.service.take().unwrap().stop().await;
    }

    /// For a test that starts the service elsewhere.
    pub(crate) fn settings(&self) -> (CommonSettings, muster_invitation::Settings) {
        let common = common("invitation", &self.database, self.broker.as_ref(), &self.callers);
        (common, self.own())
    }

    fn own(&self) -> muster_invitation::Settings {
        #[derive(Parser)]
        struct Flags {
            #[command(flatten)]
            own: muster_invitation::Settings,
        }
        let directory = self.callers.caller_jwks().parent().unwrap().to_path_buf();
        let (keys, page) = (directory.join("links.toml"), directory.join("page.key"));
        let key = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
        std::fs::write(&keys, format!("current = \"k1\"\n[keys]\nk1 = \"{key}\"\n")).unwrap();
        std::fs::write(&page, key).unwrap();
        let url = format!("http://{}", self.profile_service.grpc_address());
        let flags = [
            "test",
            "--organization-url",
            &url,
            "--public-url",
            "https://muster.test",
            "--link-keys",
            keys.to_str().unwrap(),
            "--page-key",
            page.to_str().unwrap(),
        ];
        Flags::try_parse_from(flags).unwrap().own
    }

    pub(crate) fn as_who(&self, who: Who) -> TestChannel {
        let signed = Signed::new(Arc::clone(&self.callers), "invitation", who);
        InterceptedService::new(self.channel.clone(), signed)
    }

    pub(crate) fn owner(&self) -> Who {
        Who::member("owner", self.organization, Role::Owner)
    }

    pub(crate) fn invitations(&self) -> InvitationServiceClient<TestChannel> {
        InvitationServiceClient::new(self.as_who(self.owner()))
    }

    pub(crate) fn imports(&self) -> ImportServiceClient<TestChannel> {
        ImportServiceClient::new(self.as_who(self.owner()))
    }

    pub(crate) fn redemption(&self, who: Who) -> InvitationRedemptionServiceClient<TestChannel> {
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
        let mut client = MailSourceInternalServiceClient::new(self.as_who(Who::Workload("notification")));
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
        mail.link
            .strip_prefix("https://muster.test/i/")
            .unwrap()
            .to_owned()
    }

    pub(crate) async fn accept(&self, who: Who, token: &str) -> Result<AcceptInvitationResponse, Status> {
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
        self.profiles.execute(statements).await;
    }

    /// An active organization of this owner.
    pub(crate) async fn new_organization(&self, owner: &str) -> OrganizationId {
        let mut client = OrganizationServiceClient::new(self.of_profiles(Who::person(owner)));
        let request = organization::CreateOrganizationRequest {
            organization: Some(organization::Organization {
                display_name: "Day nursery".to_owned(),
                licensing_authority: "us-mi".to_owned(),
                license_number: format!("LIC {}", owner.len()),
                ..organization::Organization::default()
            }),
            request_id: String::new(),
        };
        let made = client
            .create_organization(request)
            .await
            .unwrap()
            .into_inner()
            .organization
            .unwrap();
        let id = made.name.strip_prefix("organizations/").unwrap().parse().unwrap();
        let member = Who::member(owner, id, Role::Owner);
        let submit = organization::SubmitOrganizationRequest {
            name: made.name.clone(),
            ..Default::default()
        };
        OrganizationServiceClient::new(self.of_profiles(member))
            .submit_organization(submit)
            .await
            .unwrap();
        let approve = organization::ApproveOrganizationRequest {
            name: made.name,
            reason: "checked".to_owned(),
            request_id: String::new(),
        };
        let mut staff = OrganizationServiceClient::new(self.of_profiles(Who::staff(id)));
        staff.approve_organization(approve).await.unwrap();
        id
    }

    /// A premium plan with these limits.
    pub(crate) async fn subscribe(&self, import_rows: i32, messages_per_day: i32) {
        let request = organization::ActivateSubscriptionRequest {
            name: format!("{}/subscription", self.parent()),
            plan: organization::Plan::Premium.into(),
            limits: Some(organization::Limits {
                invitations_by_hand: 10,
                import_rows,
                messages_per_day,
            }),
            end_time: None,
            reason: "paid".to_owned(),
            request_id: String::new(),
        };
        let staff = self.of_profiles(Who::staff(self.organization));
        SubscriptionServiceClient::new(staff)
            .activate_subscription(request)
            .await
            .unwrap();
    }

    /// A new active group.
    pub(crate) async fn group(&self, name: &str) -> Group {
        let request = organization::CreateGroupRequest {
            parent: self.parent(),
            group: Some(organization::Group {
                display_name: name.to_owned(),
                ..Default::default()
            }),
            request_id: String::new(),
        };
        let mut client = GroupServiceClient::new(self.of_profiles(self.owner()));
        let made = client
            .create_group(request)
            .await
            .unwrap()
            .into_inner()
            .group
            .unwrap();
        let id = made.name.rsplit('/').next().unwrap().parse().unwrap();
        Group { id }
    }

    async fn new_location(&self, name: &str) -> String {
        let request = organization::CreateLocationRequest {
            parent: self.parent(),
            location: Some(organization::Location {
                display_name: name.to_owned(),
                ..Default::default()
            }),
            request_id: String::new(),
        };
        let mut client = LocationServiceClient::new(self.of_profiles(self.owner()));
        client
            .create_location(request)
            .await
            .unwrap()
            .into_inner()
            .location
            .unwrap()
            .name
    }

    fn of_profiles(&self, who: Who) -> TestChannel {
        let signed = Signed::new(Arc::clone(&self.callers), "organization", who);
        InterceptedService::new(channel(self.profile_service.grpc_address()), signed)
    }
}

/// The reason of a refused call.
#[track_caller]
pub(crate) fn reason<T: std::fmt::Debug>(answer: Result<T, Status>) -> ErrorReason {
    let status = answer.expect_err("the call was not refused");
    muster_refusal::reason_of(&status).unwrap_or_else(|| panic!("no reason in {status:?}"))
}

fn channel(address: SocketAddr) -> Patient {
    Patient::new(
        Endpoint::from_shared(format!("http://{address}"))
            .unwrap()
            .connect_lazy(),
    )
}

fn own_of_organization() -> muster_organization::Settings {
    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        own: muster_organization::Settings,
    }
    let page = std::env::temp_dir().join(format!("muster-page-key-{}", std::process::id()));
    std::fs::write(&page, "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=").unwrap();
    // No training is added here: the records service is not asked.
    let flags = [
        "test",
        "--records-url",
        "http://127.0.0.1:9",
        "--page-key",
        page.to_str().unwrap(),
    ];
    Flags::try_parse_from(flags).unwrap().own
}

fn common(
    name: &str,
    database: &TestDatabase,
    broker: Option<&TestBroker>,
    callers: &Callers,
) -> CommonSettings {
    let loopback: SocketAddr = "127.0.0.1:0".parse().unwrap();
    CommonSettings {
        listen: ListenSettings {
            listen: loopback,
            admin_listen: loopback,
            drain_delay: Seconds(Duration::ZERO),
            max_calls: 256,
        },
        database: DatabaseSettings {
            database_url: database.url().to_owned().into(),
            database_pool: 8,
        },
        broker: BrokerSettings {
            amqp_url: broker.map_or(NO_BROKER, TestBroker::url).to_owned().into(),
            amqp_prefix: broker.map_or("", TestBroker::prefix).to_owned(),
        },
        trust: TrustSettings {
            caller_jwks: callers.caller_jwks(),
        },
        workload: WorkloadSettings {
            workload_issuer: callers.workload_issuer().to_owned(),
            workload_jwks: callers.workload_jwks(),
            workload_namespace: callers.workload_namespace().to_owned(),
            workload_tokens: callers.workload_tokens(name, &["organization", "records"]),
        },
        telemetry: TelemetrySettings {
            otlp_endpoint: None,
            trace_ratio: 0.0,
            log_format: LogFormat::Auto,
            log_filter: String::new(),
        },
    }
}
