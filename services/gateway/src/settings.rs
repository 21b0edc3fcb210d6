//! What the gateway is told.

mod issuers;

use std::path::{Path, PathBuf};

pub(crate) use issuers::Issuers;
use muster_identity::SecretKeys;
use muster_server::settings::{
    CertificateSettings, ListenSettings, PeerUrls, TelemetrySettings, TransportSettings, WorkloadSettings,
};
use url::{Host, Url};

use crate::edge::TraceContext;
use crate::net::TrustedProxies;
use crate::policy::{Effects, Extra};
use crate::router::{ExtraHeaders, Origins};

/// Everything the gateway is told, by flags or environment.
#[derive(Clone, Debug, clap::Args)]
pub struct Settings {
    /// Where it listens.
    #[command(flatten)]
    pub listen: ListenSettings,
    /// Its own tokens, and whose workload tokens it believes.
    #[command(flatten)]
    pub workload: WorkloadSettings,
    /// Its telemetry.
    #[command(flatten)]
    pub telemetry: TelemetrySettings,
    /// How it calls the services.
    #[command(flatten)]
    pub transport: TransportSettings,
    /// Where people reach it, such as `https://muster.example.org`
    #[arg(long, env = "MUSTER_PUBLIC_URL", value_name = "URL")]
    pub public_url: Url,
    /// What clients are shown.
    #[command(flatten)]
    pub certificate: CertificateSettings,
    /// Origins whose pages may call in JSON and gRPC-Web, such as `https://app.example.org,https://admin.example.org`; `none`: pages of other origins may not. Tokens travel in a header, cookies never
    #[arg(
        long,
        env = "MUSTER_CORS_ORIGINS",
        default_value = "none",
        value_name = "ORIGINS"
    )]
    pub cors_origins: Origins,
    /// Headers that scripts of those pages may send beside those of the contract, such as `baggage,sentry-trace` for tracing in browsers; `none`: no others. They are read by nobody
    #[arg(
        long,
        env = "MUSTER_CORS_HEADERS",
        default_value = "none",
        value_name = "HEADERS"
    )]
    pub cors_headers: ExtraHeaders,
    /// Networks of the proxies in front of it, such as 10.0.0.0/8,fd00::/8, whose X-Forwarded-For tells who calls; `none` if clients connect directly. Needed when the public URL is https
    #[arg(long, env = "MUSTER_TRUSTED_PROXIES", value_name = "NETWORKS")]
    pub trusted_proxies: Option<TrustedProxies>,
    /// TOML file with the OIDC issuers, one `[[issuer]]` each: url, audience, client_id (without it, nobody signs in there at the pages), client_secret_file, name (what people choose by on the pages if there are several; else the host), require_at_jwt (needed where audience and client_id are the same), trust_email (its `email` counts where `email_verified` is true: in the access token, else in the ID token or at its UserInfo endpoint), staff_claim (a name, or a list of names that leads into a claim) and staff_value
    #[arg(long, env = "MUSTER_ISSUERS", value_name = "FILE")]
    pub issuers: PathBuf,
    /// Ed25519 private key (PKCS#8 PEM) that signs caller tokens
    #[arg(long, env = "MUSTER_CALLER_KEY", value_name = "FILE")]
    pub caller_key: PathBuf,
    /// File with the keys under which sessions of the pages are sealed, one a line: 32 bytes in base64. The first seals, all of them open; the same for all replicas
    #[arg(long, env = "MUSTER_SESSION_KEY", value_name = "FILE")]
    pub session_key: PathBuf,
    /// Calls a second of one signed-in person or workload at this replica, and ten times as many at once; more are refused with RESOURCE_EXHAUSTED and when to come again. 0: no limit
    #[arg(
        long,
        env = "MUSTER_CALLS_PER_SECOND",
        default_value_t = 100,
        value_name = "COUNT"
    )]
    #[arg(value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub calls_per_second: u32,
    /// Directory with muster.cedarschema and muster.cedar, in place of the shipped policies
    #[arg(long, env = "MUSTER_POLICIES", value_name = "DIRECTORY")]
    pub policies: Option<PathBuf>,
    /// Directory with more policies: every *.cedar file in it, each policy with @id and @description, `forbid` only. A change counts within seconds; what is wrong does not load, is told in log and metrics, and leaves the last good policies in force
    #[arg(long, env = "MUSTER_EXTRA_POLICIES", value_name = "DIRECTORY")]
    pub extra_policies: Option<PathBuf>,
    /// Takes `permit` from the extra policies, too: whoever writes them can then open everything
    #[arg(long, env = "MUSTER_EXTRA_POLICIES_PERMIT", requires = "extra_policies")]
    pub extra_policies_permit: bool,
    /// How to reach those who run the suite, such as a phone number: shown on pages, and told in refusals where often only they can help
    #[arg(long, env = "MUSTER_SUPPORT", default_value = "", value_name = "TEXT")]
    pub support: String,
    /// The services.
    #[command(flatten)]
    pub peers: PeerSettings,
}

/// Where the services answer.
#[derive(Clone, Debug, clap::Args)]
pub struct PeerSettings {
    /// Where the organization service answers: one URL, or that of each replica with commas between them
    #[arg(long, env = "MUSTER_ORGANIZATION_URL", value_name = "URL")]
    pub organization_url: PeerUrls,
    /// Where the employment service answers: one URL, or that of each replica with commas between them
    #[arg(long, env = "MUSTER_EMPLOYMENT_URL", value_name = "URL")]
    pub employment_url: PeerUrls,
    /// Where the invitation service answers: one URL, or that of each replica with commas between them
    #[arg(long, env = "MUSTER_INVITATION_URL", value_name = "URL")]
    pub invitation_url: PeerUrls,
    /// Where the notification service answers: one URL, or that of each replica with commas between them
    #[arg(long, env = "MUSTER_NOTIFICATION_URL", value_name = "URL")]
    pub notification_url: PeerUrls,
    /// Where the records service answers: one URL, or that of each replica with commas between them
    #[arg(long, env = "MUSTER_RECORDS_URL", value_name = "URL")]
    pub records_url: PeerUrls,
}

impl Settings {
    /// The proxies that are trusted.
    ///
    /// # Errors
    /// Nobody says who stands in front of a gateway that is reached by https: if that is a proxy, all callers would be
    /// counted as one.
    pub(crate) fn proxies(&self) -> Result<TrustedProxies, UnknownProxies> {
        match &self.trusted_proxies {
            Some(proxies) => Ok(proxies.clone()),
            None if self.public_url.scheme() == "https" => Err(UnknownProxies),
            None => Ok(TrustedProxies::default()),
        }
    }

    /// Whether people are told to come as they can.
    ///
    /// # Errors
    /// TLS ends here, and the public URL says otherwise.
    pub(crate) fn reached_by(&self) -> Result<(), PlainUrl> {
        let CertificateSettings {
            tls_certificate,
            tls_key,
        } = &self.certificate;
        let tls = tls_certificate.is_some() || tls_key.is_some();
        if tls && self.public_url.scheme() != "https" {
            return Err(PlainUrl);
        }
        Ok(())
    }
}

impl Settings {
    /// The extra policies, if there are to be any.
    pub(crate) fn extra(&self) -> Option<Extra> {
        let directory = self.extra_policies.clone()?;
        let effects = Effects::permitting(self.extra_policies_permit);
        Some(Extra { directory, effects })
    }

    /// On a developer's machine our own tools begin traces; anywhere else, whoever calls.
    pub(crate) fn trace_context(&self) -> TraceContext {
        let local = match self.public_url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        if local {
            TraceContext::Joined
        } else {
            TraceContext::Linked
        }
    }
}

/// It is not said whether proxies stand in front.
#[derive(Debug, thiserror::Error)]
#[error(
    "MUSTER_TRUSTED_PROXIES (--trusted-proxies) is not set: calls are counted by network address. Name the networks of \
     the proxies that end TLS in front of the gateway, or `none` if clients connect directly"
)]
pub(crate) struct UnknownProxies;

impl PeerSettings {
    /// The addresses by area.
    pub fn by_area(&self) -> [(&'static str, &PeerUrls); 5] {
        [
            ("organization", &self.organization_url),
            ("employment", &self.employment_url),
            ("invitation", &self.invitation_url),
            ("notification", &self.notification_url),
            ("records", &self.records_url),
        ]
    }
}

/// TLS ends here, and people are told to come without it.
#[derive(Debug, thiserror::Error)]
#[error(
    "MUSTER_PUBLIC_URL (--public-url) is not https, and TLS is to end here (MUSTER_TLS_CERTIFICATE, MUSTER_TLS_KEY): \
     people would be sent to where nobody answers"
)]
pub(crate) struct PlainUrl;

/// A file that a setting names and that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileProblem {
    /// It cannot be read.
    #[error("cannot read {}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It does not hold what it should.
    #[error("{} does not hold what it should: {why}", file.display())]
    Unusable {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        why: String,
    },
}

/// The keys of a file, each a line in base64.
///
/// # Errors
/// A file that cannot be read, or holds something else.
pub(crate) fn keys(file: &Path) -> Result<SecretKeys, FileProblem> {
    SecretKeys::parse(&text(file)?).map_err(|problem| FileProblem::Unusable {
        file: file.to_owned(),
        why: problem.to_string(),
    })
}

/// The text of a file.
///
/// # Errors
/// A file that cannot be read.
pub(crate) fn text(file: &Path) -> Result<String, FileProblem> {
    std::fs::read_to_string(file).map_err(|source| FileProblem::Unreadable {
        file: file.to_owned(),
        source,
    })
}
