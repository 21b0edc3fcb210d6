//! A gateway of one's own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use muster_clock::Clock;
use muster_gateway::{ExtraHeaders, Origins, PeerSettings, Running, Settings, start};
use muster_identity::{CallerVerifier, KeyFile, SigningKey, jwks_document};
use muster_ids::PersonId;
use muster_proto::organization::v1::Role;
use muster_server::settings::{
    CertificateSettings, ListenSettings, Seconds, TelemetrySettings, TransportSettings, WorkloadSettings,
};
use muster_telemetry::{LogFormat, Metrics, Telemetry, TelemetryOptions};
use serde_json::json;
use tonic::transport::{Channel, Endpoint};

use crate::backend::Backend;
use crate::issuer::{AUDIENCE, Issuer};
use crate::wire::Wire;

pub(crate) const OURS: &str = "organizations/018f3c4e-7a2b-7c3d-8e4f-5a6b7c8d9e0f";
pub(crate) const THEIRS: &str = "organizations/018f3c4e-7a2b-7c3d-8e4f-000000000001";
pub(crate) const ABSENT: &str = "organizations/018f3c4e-7a2b-7c3d-8e4f-ffffffffffff";

/// Calls that a gateway under test answers at the same time.
pub(crate) const MAX_CALLS: usize = 64;

const WORKLOAD_ISSUER: &str = "https://cluster.test";

/// A gateway that runs, with everything around it.
pub(crate) struct Fixture {
    pub(crate) edge: Wire,
    pub(crate) channel: Channel,
    pub(crate) address: SocketAddr,
    pub(crate) admin: SocketAddr,
    pub(crate) backend: Backend,
    pub(crate) issuer: Issuer,
    cluster: SigningKey,
    place: TempDir,
    settings: Settings,
    _running: Running,
}

/// A directory that is gone at the end of the test.
pub(crate) struct TempDir(pub(crate) PathBuf);

impl TempDir {
    pub(crate) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("muster-gateway-{}", Clock::system().new_uuid()));
        std::fs::create_dir_all(path.join("tokens")).unwrap();
        Self(path)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        let backend = Backend::default();
        let url = backend.serve().await;
        Self::with_backend(backend, &url).await
    }

    pub(crate) async fn with_backend(backend: Backend, url: &str) -> Self {
        Self::start(backend, url, Clock::system(), |_| ()).await
    }

    /// A gateway that goes by this clock.
    pub(crate) async fn at(clock: Clock) -> Self {
        let backend = Backend::default();
        let url = backend.serve().await;
        Self::start(backend, &url, clock, |_| ()).await
    }

    /// A gateway that is told something else.
    pub(crate) async fn told(change: impl FnOnce(&mut Settings)) -> Self {
        let backend = Backend::default();
        let url = backend.serve().await;
        Self::start(backend, &url, Clock::system(), change).await
    }

    /// What it was told.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// A gateway that believes this issuer.
    pub(crate) async fn with_issuer(issuer: Issuer) -> Self {
        let backend = Backend::default();
        let url = backend.serve().await;
        Self::start_with(issuer, backend, &url, Clock::system(), |_| ()).await
    }

    async fn start(backend: Backend, url: &str, clock: Clock, change: impl FnOnce(&mut Settings)) -> Self {
        Self::start_with(Issuer::start().await, backend, url, clock, change).await
    }

    async fn start_with(
        issuer: Issuer,
        backend: Backend,
        url: &str,
        clock: Clock,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let place = TempDir::new();
        let (signing, cluster) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
        place.write("callers.json", &jwks_document([&signing]));
        place.write(
            "tokens/organization",
            &workload_token(&cluster, "gateway", "organization"),
        );
        let mut settings = settings(&place, &issuer.url, url, &signing, &cluster);
        change(&mut settings);
        let running = start(&settings, clock, Some(metrics())).await.unwrap();
        let address = running.address();
        let admin = running.admin_address();
        let channel = Endpoint::from_shared(format!("http://{address}"))
            .unwrap()
            .connect_lazy();
        Self {
            edge: Wire::to(address),
            channel,
            address,
            admin,
            backend,
            issuer,
            cluster,
            place,
            settings,
            _running: running,
        }
    }

    /// Another replica of the gateway.
    pub(crate) async fn replica(&self) -> Running {
        start(&self.settings, Clock::system(), Some(metrics()))
            .await
            .unwrap()
    }

    /// Gives a person a role in an organization, and their token.
    pub(crate) fn member(&self, subject: &str, organization: &str, role: Role) -> String {
        self.set_role(subject, organization, role);
        self.issuer.token(subject)
    }

    pub(crate) fn set_role(&self, subject: &str, organization: &str, role: Role) {
        self.backend
            .set_role(organization, &format!("persons/{}", self.person(subject)), role);
    }

    pub(crate) fn person(&self, subject: &str) -> PersonId {
        PersonId::derive(&self.issuer.url, subject)
    }

    /// What operators read there: the status and the text.
    pub(crate) async fn operators(&self, path: &str) -> (u16, String) {
        let answer = reqwest::get(format!("http://{}{path}", self.admin))
            .await
            .unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// A workload's token for the gateway.
    pub(crate) fn workload(&self, name: &str) -> String {
        workload_token(&self.cluster, name, "gateway")
    }

    /// Verifies caller tokens as this service would.
    pub(crate) fn verifier(&self, service: &str) -> CallerVerifier {
        CallerVerifier::new(
            KeyFile::open(self.place.0.join("callers.json")).unwrap(),
            service,
            Clock::system(),
        )
    }
}

/// Telemetry belongs to the process: all tests share it.
fn metrics() -> Metrics {
    static TELEMETRY: OnceLock<Telemetry> = OnceLock::new();
    let quiet = || TelemetryOptions {
        log_filter: "off".to_owned(),
        trace_ratio: 0.0,
        ..TelemetryOptions::new("gateway", "0")
    };
    TELEMETRY
        .get_or_init(|| Telemetry::start(quiet()).unwrap())
        .metrics()
}

fn workload_token(cluster: &SigningKey, name: &str, audience: &str) -> String {
    let now = Clock::system().now().unix_timestamp();
    let claims = json!({
        "iss": WORKLOAD_ISSUER, "aud": [audience], "sub": format!("system:serviceaccount:muster:{name}"),
        "iat": now, "exp": now + 600,
    });
    cluster.sign("JWT", &claims).unwrap()
}

pub(crate) fn settings(
    place: &TempDir,
    issuer: &str,
    backend: &str,
    signing: &SigningKey,
    cluster: &SigningKey,
) -> Settings {
    let issuers = format!(
        "[[issuer]]\nurl = \"{issuer}\"\naudience = \"{AUDIENCE}\"\nclient_id = \"pages\"\ntrust_email = true\n\
         staff_claim = \"groups\"\nstaff_value = \"registry-staff\"\n"
    );
    Settings {
        issuers: place.write("issuers.toml", &issuers),
        caller_key: place.write("caller.pem", &signing.to_pem().unwrap()),
        session_key: place.write("session.key", SESSION_KEY),
        workload: WorkloadSettings {
            workload_issuer: WORKLOAD_ISSUER.to_owned(),
            workload_jwks: place.write("cluster.json", &jwks_document([cluster])),
            workload_namespace: "muster".to_owned(),
            workload_tokens: place.0.join("tokens"),
        },
        ..elsewhere(backend)
    }
}

/// 32 bytes in base64.
const SESSION_KEY: &str = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// Settings whose files are nowhere.
pub(crate) fn elsewhere(backend: &str) -> Settings {
    let nowhere = Path::new("/nowhere");
    let url = || backend.parse().unwrap();
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    Settings {
        listen: ListenSettings {
            listen: any,
            admin_listen: any,
            drain_delay: Seconds(Duration::ZERO),
            max_calls: MAX_CALLS as u32,
        },
        workload: WorkloadSettings {
            workload_issuer: WORKLOAD_ISSUER.to_owned(),
            workload_jwks: nowhere.join("cluster.json"),
            workload_namespace: "muster".to_owned(),
            workload_tokens: nowhere.to_owned(),
        },
        telemetry: TelemetrySettings {
            otlp_endpoint: None,
            trace_ratio: 0.0,
            log_format: LogFormat::Auto,
            log_filter: "off".to_owned(),
        },
        public_url: "http://127.0.0.1:8080".parse().unwrap(),
        transport: TransportSettings::default(),
        certificate: CertificateSettings::default(),
        cors_origins: Origins::default(),
        cors_headers: ExtraHeaders::default(),
        trusted_proxies: None,
        calls_per_second: 0,
        issuers: nowhere.join("issuers.toml"),
        caller_key: nowhere.join("caller.pem"),
        session_key: nowhere.join("session.key"),
        policies: None,
        extra_policies: None,
        extra_policies_permit: false,
        support: String::new(),
        peers: PeerSettings {
            organization_url: url(),
            employment_url: url(),
            invitation_url: url(),
            notification_url: url(),
            records_url: url(),
        },
    }
}

/// How long anything may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until something is so; a minute at the most.
pub(crate) async fn eventually(so: impl AsyncFn() -> bool) {
    let waiting = async {
        while !so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap();
}
