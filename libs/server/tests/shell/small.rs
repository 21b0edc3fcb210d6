//! A small service: two RPCs of the real contract, with answers that tests can steer by the request.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use muster_clock::Clock;
use muster_database::{Database, DatabaseError};
use muster_ids::OrganizationName;
use muster_messaging::{Event, Handler, Handlers, HandlingError, Received, topology};
use muster_proto::employment::v1::{
    EmploymentChangedEvent, EmploymentEndedEvent, EmploymentRestoredEvent, EmploymentVerifiedEvent,
};
use muster_proto::organization::v1::location_service_client::LocationServiceClient;
use muster_proto::organization::v1::location_service_server::{LocationService, LocationServiceServer};
use muster_proto::organization::v1::roles_internal_service_client::RolesInternalServiceClient;
use muster_proto::organization::v1::roles_internal_service_server::{
    RolesInternalService, RolesInternalServiceServer,
};
use muster_proto::organization::v1::{
    CreateLocationRequest, CreateLocationResponse, DeactivateLocationRequest, DeactivateLocationResponse,
    GetLocationRequest, GetLocationResponse, GetRoleRequest, GetRoleResponse, ListLocationsRequest,
    ListLocationsResponse, Location, ReactivateLocationRequest, ReactivateLocationResponse, Role,
    UpdateLocationRequest, UpdateLocationResponse,
};
use muster_refusal::{Refusal, Violations};
use muster_server::settings::{
    BrokerSettings, CertificateSettings, CommonSettings, DatabaseSettings, HelpSettings, ListenSettings,
    PeerUrls, Seconds, TelemetrySettings, Topology, TransportSettings, TrustSettings, WorkloadSettings,
};
use muster_server::{App, Call, Parsed, Running, Service, Shell, failure, start};
use muster_telemetry::{LogFormat, Metrics, Telemetry, TelemetryOptions, propagation};
use muster_testkit::{Callers, TestBroker, TestDatabase, eventually};
use sqlx::PgConnection;
use sqlx::migrate::Migrator;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Response, Status};

pub(crate) const GET_ROLE: &str = "/muster.organization.v1.RolesInternalService/GetRole";
pub(crate) const CREATE_LOCATION: &str = "/muster.organization.v1.LocationService/CreateLocation";

pub(crate) struct Small;

/// Counts calls and keeps the trace of the last unit of work, so that tests see what arrived.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Seen {
    #[arg(skip)]
    pub(crate) calls: Arc<AtomicU32>,
    #[arg(skip)]
    pub(crate) traceparent: Arc<Mutex<Option<String>>>,
}

impl Service for Small {
    const NAME: &'static str = "organization";
    const MIGRATOR: Migrator = Migrator::DEFAULT;
    type Settings = Seen;

    fn peers(_: &Seen) -> Vec<(&'static str, &PeerUrls)> {
        Vec::new()
    }

    fn development_keys(_: &Seen) -> Vec<&'static str> {
        Vec::new()
    }

    async fn build(seen: Seen, shell: Shell) -> anyhow::Result<App> {
        let answers = Answers {
            database: shell.database,
            seen,
        };
        Ok(App::new()
            .grpc(RolesInternalServiceServer::new(answers.clone()))
            .grpc(LocationServiceServer::new(answers))
            .consumer(
                Handlers::of(&topology::ORGANIZATION)
                    .on(Nothing(PhantomData::<EmploymentVerifiedEvent>))
                    .on(Nothing(PhantomData::<EmploymentChangedEvent>))
                    .on(Nothing(PhantomData::<EmploymentEndedEvent>))
                    .on(Nothing(PhantomData::<EmploymentRestoredEvent>)),
            ))
    }
}

/// What the queue of a service of this name is bound to must have a handler.
struct Nothing<E>(PhantomData<E>);

#[tonic::async_trait]
impl<E: Event> Handler for Nothing<E> {
    type Event = E;
    type Prepared = ();

    async fn prepare(&self, _: &Received, _: E) -> Result<(), HandlingError> {
        Ok(())
    }

    async fn apply(&self, _: &mut PgConnection, _: &Received, (): ()) -> Result<(), HandlingError> {
        Ok(())
    }
}

#[derive(Clone)]
struct Answers {
    database: Database,
    seen: Seen,
}

async fn sleep_in_sql(database: &Database, seconds: f64) -> Result<(), Refusal> {
    let slept = database.read(async |db| {
        sqlx::query("SELECT pg_sleep($1)")
            .bind(seconds)
            .execute(db)
            .await?;
        Ok::<_, DatabaseError>(())
    });
    slept.await.map_err(|error| failure::of_database(&error))
}

/// As the outbox would store it: inside of a transaction.
async fn unit_traceparent(database: &Database) -> Result<Option<String>, Refusal> {
    let unit = database.write(async |_| Ok::<_, DatabaseError>(propagation::current_traceparent()));
    unit.await.map_err(|error| failure::of_database(&error))
}

/// Writes two rows, and takes its time between them.
async fn write_slowly(database: &Database) -> Result<(), Refusal> {
    let written = database.write(async |tx| {
        sqlx::query("INSERT INTO written VALUES (1)")
            .execute(&mut *tx)
            .await?;
        sqlx::query("SELECT pg_sleep(0.5)").execute(&mut *tx).await?;
        sqlx::query("INSERT INTO written VALUES (2)").execute(tx).await?;
        Ok::<_, DatabaseError>(())
    });
    written.await.map_err(|error| failure::of_database(&error))
}

#[tonic::async_trait]
impl RolesInternalService for Answers {
    async fn get_role(&self, request: Request<GetRoleRequest>) -> Result<Response<GetRoleResponse>, Status> {
        let call = Call::accept(request)?;
        let earlier = self.seen.calls.fetch_add(1, Ordering::Relaxed);
        match call.message.person.as_str() {
            "persons/traced" => {
                let traceparent = unit_traceparent(&self.database).await?;
                *self.seen.traceparent.lock().unwrap() = traceparent;
            }
            "persons/panics" => panic!("made up"),
            "persons/writes" => write_slowly(&self.database).await?,
            "persons/slow" => sleep_in_sql(&self.database, 1.5).await?,
            "persons/third-time-lucky" if earlier < 2 => return Err(Refusal::unavailable().into()),
            "persons/out-of-luck" => return Err(Refusal::unavailable().into()),
            _ => {}
        }
        Ok(Response::new(GetRoleResponse {
            role: Role::Owner.into(),
        }))
    }
}

#[tonic::async_trait]
impl LocationService for Answers {
    async fn create_location(
        &self,
        request: Request<CreateLocationRequest>,
    ) -> Result<Response<CreateLocationResponse>, Status> {
        let (_, OrganizationName { organization }) = Call::read(request, parent)?;
        let name = format!("organizations/{organization}/locations/1");
        Ok(Response::new(CreateLocationResponse {
            location: Some(Location {
                name,
                ..Location::default()
            }),
        }))
    }

    async fn get_location(
        &self,
        request: Request<GetLocationRequest>,
    ) -> Result<Response<GetLocationResponse>, Status> {
        Call::accept(request)?;
        Err(Refusal::unavailable().into())
    }

    async fn list_locations(
        &self,
        request: Request<ListLocationsRequest>,
    ) -> Result<Response<ListLocationsResponse>, Status> {
        Call::accept(request)?;
        Err(Refusal::unavailable().into())
    }

    async fn update_location(
        &self,
        request: Request<UpdateLocationRequest>,
    ) -> Result<Response<UpdateLocationResponse>, Status> {
        let call = Call::accept(request)?;
        Ok(Response::new(UpdateLocationResponse {
            location: call.message.location,
        }))
    }

    async fn deactivate_location(
        &self,
        request: Request<DeactivateLocationRequest>,
    ) -> Result<Response<DeactivateLocationResponse>, Status> {
        Call::accept(request)?;
        Err(Refusal::unavailable().into())
    }

    async fn reactivate_location(
        &self,
        request: Request<ReactivateLocationRequest>,
    ) -> Result<Response<ReactivateLocationResponse>, Status> {
        Call::accept(request)?;
        Err(Refusal::unavailable().into())
    }
}

fn parent(call: &Call<CreateLocationRequest>, violations: &mut Violations) -> Parsed<OrganizationName> {
    Ok(violations.check("parent", call.message.parent.parse()))
}

/// Telemetry belongs to the process: all tests share it.
fn metrics() -> Metrics {
    static TELEMETRY: OnceLock<Telemetry> = OnceLock::new();
    let quiet = || TelemetryOptions {
        log_filter: "off".to_owned(),
        ..TelemetryOptions::new("organization", "0")
    };
    TELEMETRY
        .get_or_init(|| Telemetry::start(quiet()).unwrap())
        .metrics()
}

/// The service, running, with everything around it.
pub(crate) struct Fixture {
    pub(crate) running: Running,
    pub(crate) callers: Callers,
    pub(crate) database: TestDatabase,
    pub(crate) seen: Seen,
    pub(crate) common: CommonSettings,
    _broker: TestBroker,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        Self::told(|_| ()).await
    }

    pub(crate) async fn with_max_calls(max_calls: u32) -> Self {
        Self::told(|common| common.listen.max_calls = max_calls).await
    }

    /// A service that is told something else.
    pub(crate) async fn told(change: impl FnOnce(&mut CommonSettings)) -> Self {
        let database = TestDatabase::new(&Small::MIGRATOR, "small").await;
        let broker = TestBroker::new("organization").await;
        let callers = Callers::new(Clock::system());
        let mut common = common(&database, &broker, &callers);
        change(&mut common);
        let seen = Seen::default();
        let running = start::<Small>(&common, seen.clone(), Clock::system(), Some(metrics()))
            .await
            .unwrap();
        eventually(async || running.is_ready()).await;
        Self {
            running,
            callers,
            database,
            seen,
            common,
            _broker: broker,
        }
    }

    /// Stops the service and starts it again at the same address, with `between` while it is away.
    pub(crate) async fn restarted(mut self, between: impl AsyncFnOnce()) -> Self {
        let listen = self.running.grpc_address();
        self.running.stop().await;
        between().await;
        self.common.listen.listen = listen;
        self.running = start::<Small>(&self.common, self.seen.clone(), Clock::system(), Some(metrics()))
            .await
            .unwrap();
        self
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.running.grpc_address())
    }

    pub(crate) async fn channel(&self) -> Channel {
        Endpoint::try_from(self.url()).unwrap().connect().await.unwrap()
    }

    pub(crate) async fn roles(&self) -> RolesInternalServiceClient<Channel> {
        RolesInternalServiceClient::new(self.channel().await)
    }

    pub(crate) async fn locations(&self) -> LocationServiceClient<Channel> {
        LocationServiceClient::new(self.channel().await)
    }

    /// A call as the gateway makes it.
    pub(crate) fn get_role(&self, person: &str) -> Request<GetRoleRequest> {
        self.callers
            .workload_request(get_role(person), "gateway", "organization")
    }
}

/// What operators read there, with its head.
pub(crate) async fn operators(running: &Running, path: &str) -> String {
    let mut stream = TcpStream::connect(running.admin_address()).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

pub(crate) fn get_role(person: &str) -> GetRoleRequest {
    GetRoleRequest {
        organization: "organizations/1".to_owned(),
        person: person.to_owned(),
    }
}

fn common(database: &TestDatabase, broker: &TestBroker, callers: &Callers) -> CommonSettings {
    let any = "127.0.0.1:0".parse().unwrap();
    let drain_delay = Seconds(Duration::ZERO);
    CommonSettings {
        listen: ListenSettings {
            listen: any,
            admin_listen: any,
            drain_delay,
            max_calls: 64,
        },
        certificate: CertificateSettings::default(),
        transport: TransportSettings::default(),
        database: DatabaseSettings {
            database_url: database.url().to_owned().into(),
            database_pool: 4,
        },
        broker: BrokerSettings {
            amqp_url: broker.url().to_owned().into(),
            amqp_ca: None,
            amqp_prefix: broker.prefix().to_owned(),
            amqp_topology: Topology::Service,
        },
        trust: TrustSettings {
            caller_jwks: callers.caller_jwks(),
            tls_client_ca: None,
        },
        workload: WorkloadSettings {
            workload_issuer: callers.workload_issuer().to_owned(),
            workload_jwks: callers.workload_jwks(),
            workload_namespace: callers.workload_namespace().to_owned(),
            workload_tokens: callers.workload_tokens("employment", &["organization"]),
        },
        telemetry: TelemetrySettings {
            otlp_endpoint: None,
            trace_ratio: 1.0,
            log_format: LogFormat::Human,
            log_filter: "info".to_owned(),
        },
        help: HelpSettings {
            support: "Call 555-0100".to_owned(),
        },
    }
}
