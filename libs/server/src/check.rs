//! `check`: whether a process could serve where this one runs, and how to mend what keeps it from that. It looks at everything,
//! then says all of it. Like `serve`, it makes sure of the topology in the broker; beyond that it changes nothing.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use muster_access::calls;
use muster_clock::Clock;
use muster_database::{Survey, survey};
use muster_identity::{KeyFile, WorkloadTokens, WorkloadTrust, WorkloadVerifier};
use muster_messaging::Broker;
use muster_tls::Trust;
use time::OffsetDateTime;
use tokio::time::timeout;
use tonic::Status;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::settings::{CommonSettings, PeerUrl, TransportSettings, TrustSettings, WorkloadSettings};
use crate::{Service, channel, migrators, rules, start};

/// What is there answers at once; what is not there must not be waited for for long.
const LIMIT: Duration = Duration::from_secs(5);
/// Tokens are good for so much of a difference between clocks.
const CLOCK_FORGIVEN: Duration = Duration::from_secs(30);
/// Clocks that are kept in step differ by far less.
const CLOCK_EXPECTED: Duration = Duration::from_secs(2);
/// `server_version_num` of the oldest PostgreSQL that the suite works with.
const OLDEST_POSTGRES: i32 = 150_000;

/// What was found of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    what: String,
    verdict: Verdict,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Verdict {
    /// As it should be; how that shows.
    Fine(String),
    /// It works, and somebody should know; what to do.
    Odd(String, String),
    /// Nothing works with it; how to mend it.
    Wrong(String, String),
}
use Verdict::{Fine, Odd, Wrong};

/// Checks everything and prints what was found, one thing a line.
///
/// # Errors
/// Something is wrong.
pub(crate) async fn run<S: Service>(common: &CommonSettings, own: &S::Settings) -> anyhow::Result<()> {
    rules::load()?;
    let mut findings = vec![Finding::fine("settings", "can be used")];
    findings.push(certificate(common));
    findings.push(keys("keys of callers", &common.trust));
    findings.extend(workload_tokens(S::NAME, &common.workload));
    findings.extend(database::<S>(common).await);
    findings.push(broker(S::NAME, common).await);
    findings.extend(peers(&common.transport, S::peers(own)).await);
    report(&findings)
}

/// Prints what was found.
///
/// # Errors
/// Something is wrong.
pub fn report(findings: &[Finding]) -> anyhow::Result<()> {
    for finding in findings {
        println!("{finding}");
    }
    let wrong = findings.iter().filter(|finding| finding.is_wrong()).count();
    anyhow::ensure!(wrong == 0, "{wrong} of {} are wrong", findings.len());
    Ok(())
}

impl Finding {
    fn new(what: impl Into<String>, verdict: Verdict) -> Self {
        let what = what.into();
        Self { what, verdict }
    }

    /// It is as it should be; `how` that shows.
    pub fn fine(what: impl Into<String>, how: impl Into<String>) -> Self {
        Self::new(what, Fine(how.into()))
    }

    /// It keeps part of the work from being done; how to `mend` it.
    pub fn odd(what: impl Into<String>, how: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::new(what, Odd(how.into(), mend.into()))
    }

    fn is_wrong(&self) -> bool {
        matches!(self.verdict, Wrong(..))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = &self.what;
        match &self.verdict {
            Fine(how) => write!(f, "fine   {what}: {how}"),
            Odd(how, mend) => write!(f, "odd    {what}: {how}\n       {mend}"),
            Wrong(how, mend) => write!(f, "WRONG  {what}: {how}\n       {mend}"),
        }
    }
}

/// An error with all its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

fn keys(what: &str, trust: &TrustSettings) -> Finding {
    let file = trust.caller_jwks.display();
    Finding::new(
        what,
        match KeyFile::open(&trust.caller_jwks) {
            Ok(_) => Fine(format!("are in {file}")),
            Err(error) => Wrong(
                format!("{file}: {}", chain(&error)),
                "--caller-jwks (MUSTER_CALLER_JWKS) names a file with the gateway's public keys, which deploy/secrets makes"
                    .to_owned(),
            ),
        },
    )
}

/// The keys of the cluster, and this workload's own tokens: each is read as the service would that it is for.
pub fn workload_tokens(service: &'static str, settings: &WorkloadSettings) -> Vec<Finding> {
    let file = settings.workload_jwks.display();
    if let Err(error) = KeyFile::open(&settings.workload_jwks) {
        let how = format!("{file}: {}", chain(&error));
        let mend = "--workload-jwks (MUSTER_WORKLOAD_JWKS) names a file with the cluster's public keys: kubectl get --raw \
                    /openid/v1/jwks";
        return vec![Finding::new("keys of workloads", Wrong(how, mend.to_owned()))];
    }
    let mut findings = vec![Finding::new("keys of workloads", Fine(format!("are in {file}")))];
    let edges = rules::load().map(calls::graph).unwrap_or_default().into_keys();
    let called = edges
        .filter(|edge| edge.caller == service)
        .map(|edge| edge.callee);
    findings.extend(called.map(|callee| workload_token(service, callee, settings)));
    findings
}

fn workload_token(service: &'static str, callee: String, settings: &WorkloadSettings) -> Finding {
    let what = format!("token for {callee}");
    let directory = &settings.workload_tokens;
    let token = match WorkloadTokens::new(directory).get(&callee) {
        Ok(token) => token,
        Err(error) => {
            let how = format!("{}: {error}", directory.join(&callee).display());
            let mend = format!(
                "mount a service-account token there whose audience is {callee}; --workload-tokens (MUSTER_WORKLOAD_TOKENS) names the directory"
            );
            return Finding::new(what, Wrong(how, mend));
        }
    };
    let Ok(keys) = KeyFile::open(&settings.workload_jwks) else {
        return Finding::new(
            what,
            Wrong(
                "cannot be verified without keys".to_owned(),
                "see above".to_owned(),
            ),
        );
    };
    let trust = WorkloadTrust {
        issuer: settings.workload_issuer.clone(),
        namespace: settings.workload_namespace.clone(),
        keys,
    };
    let verdict = match WorkloadVerifier::new(trust, callee, Clock::system()).verify(&token) {
        Ok(name) if name == service => Fine(format!("says {name}")),
        Ok(name) => Wrong(
            format!("says {name}"),
            format!("the Pod's service account must be called {service}: rules of the contract name callers so"),
        ),
        Err(problem) => Wrong(
            format!("would be refused: {problem}"),
            "compare issuer, namespace and keys of --workload-… with what signs the token, and this machine's clock".to_owned(),
        ),
    };
    Finding::new(what, verdict)
}

async fn database<S: Service>(common: &CommonSettings) -> Vec<Finding> {
    let ours = Clock::system();
    let looking = async {
        let before = ours.now();
        let found = survey(&migrators(&S::MIGRATOR), common.database.database_url.reveal()).await?;
        Ok::<_, sqlx::Error>((found, before))
    };
    let mend = "look at --database-url (MUSTER_DATABASE_URL), at the role's password, and whether the network lets it through";
    match timeout(LIMIT, looking).await {
        Ok(Ok((found, before))) => surveyed(S::NAME, &found, before..=ours.now()),
        Ok(Err(error)) => vec![Finding::new("database", Wrong(chain(&error), mend.to_owned()))],
        Err(_) => vec![Finding::new(
            "database",
            Wrong("does not answer within 5 seconds".to_owned(), mend.to_owned()),
        )],
    }
}

/// What a survey says; it was made at some moment of `within` by our own clock.
fn surveyed(service: &str, found: &Survey, within: std::ops::RangeInclusive<OffsetDateTime>) -> Vec<Finding> {
    vec![
        Finding::new("database", server(found)),
        Finding::new("schema", schema(service, found)),
        Finding::new("rights in the database", rights(found)),
        Finding::new("clock of the database", clock(found.clock, &within)),
    ]
}

fn server(found: &Survey) -> Verdict {
    let (major, minor) = (found.server_version / 10_000, found.server_version % 10_000);
    let how = format!("PostgreSQL {major}.{minor} as {}", found.role);
    if found.server_version < OLDEST_POSTGRES {
        Wrong(how, "the suite works with PostgreSQL from 15".to_owned())
    } else if found.is_read_only {
        Wrong(
            format!("{how}, which only allows reading"),
            "name the primary in the URL, not a standby".to_owned(),
        )
    } else {
        Fine(how)
    }
}

fn schema(service: &str, found: &Survey) -> Verdict {
    if !found.edited.is_empty() {
        Wrong(
            format!("migrations {:?} are not those that were applied", found.edited),
            "this is another program's database, or a migration was edited after its release; restore the one or the other"
                .to_owned(),
        )
    } else if !found.missing.is_empty() {
        Wrong(
            format!("{} migrations are missing", found.missing.len()),
            format!("run `muster-{service} migrate` with the role that owns the tables"),
        )
    } else if !found.unknown.is_empty() {
        Odd(
            format!("a newer release has migrated it ({:?})", found.unknown),
            "this release works beside it; finish the upgrade or the way back".to_owned(),
        )
    } else {
        Fine("is this release's".to_owned())
    }
}

fn rights(found: &Survey) -> Verdict {
    if found.closed_tables.is_empty() {
        Fine(format!("{} reads and writes every table", found.role))
    } else {
        Wrong(
            format!(
                "{} may not read and write {}",
                found.role,
                found.closed_tables.join(", ")
            ),
            format!("GRANT pg_read_all_data, pg_write_all_data TO {}", found.role),
        )
    }
}

fn clock(theirs: OffsetDateTime, within: &std::ops::RangeInclusive<OffsetDateTime>) -> Verdict {
    let off = (*within.start() - theirs).max(theirs - *within.end());
    let off = Duration::try_from(off).unwrap_or_default();
    let mend = "keep the clocks of all machines in step (chrony, or what the cloud offers)".to_owned();
    let how = format!("differs from this machine's by {:.1} s", off.as_secs_f64());
    if off > CLOCK_FORGIVEN {
        Wrong(format!("{how}: tokens are refused"), mend)
    } else if off > CLOCK_EXPECTED {
        Odd(how, mend)
    } else {
        Fine("is this machine's".to_owned())
    }
}

async fn broker(service: &'static str, common: &CommonSettings) -> Finding {
    let mend = "look at --amqp-url (MUSTER_AMQP_URL), the user's rights in the virtual host, and --amqp-topology: `operator` wants \
                exchange, queues and bindings of broker.json there beforehand, `service` the right to configure them";
    let asked = async { Broker::new(common.broker.options(service))?.declare().await };
    let verdict = match timeout(LIMIT * 2, asked).await {
        Ok(Ok(())) => Fine("exchange, queues and bindings are there".to_owned()),
        Ok(Err(error)) => Wrong(chain(&error), mend.to_owned()),
        Err(_) => Wrong("does not answer within 10 seconds".to_owned(), mend.to_owned()),
    };
    Finding::new("broker", verdict)
}

/// What callers are shown.
fn certificate(common: &CommonSettings) -> Finding {
    let mend = "--tls-certificate and --tls-key (MUSTER_TLS_CERTIFICATE, MUSTER_TLS_KEY) name the files of a certificate for the \
                name by which this service is called";
    let mut wrong = Vec::new();
    let verdict = match start::certificate(&mut wrong, common, &Clock::system()) {
        _ if !wrong.is_empty() => Wrong(wrong.join("; "), mend.to_owned()),
        Some(Some(tls)) => Fine(format!("is valid until {}", tls.until())),
        Some(None) | None => Fine("none, and plain text is allowed here".to_owned()),
    };
    Finding::new("certificate", verdict)
}

/// The other services: whether they may be called as they are to be, and whether they answer.
pub async fn peers(
    settings: &TransportSettings,
    peers: impl IntoIterator<Item = (&'static str, &PeerUrl)>,
) -> Vec<Finding> {
    let mend = "--services-ca (MUSTER_SERVICES_CA) names a PEM file with the authorities of the services' certificates";
    let trust = match Trust::open(settings.services_ca.as_deref()) {
        Ok(trust) => Arc::new(trust),
        Err(problem) => {
            let verdict = Wrong(problem.to_string(), mend.to_owned());
            return vec![Finding::new("authorities of services", verdict)];
        }
    };
    let mut findings = Vec::new();
    for (service, url) in peers {
        if let Some(readable) = settings.calling([(service, url)]).first() {
            let mend = "plain text is for one machine, or for a mesh that encrypts".to_owned();
            let what = format!("way to {service}");
            findings.push(Finding::new(what, Wrong(readable.to_string(), mend)));
        } else {
            findings.push(peer(service, url, &trust).await);
        }
    }
    findings
}

/// Another service, asked for its health. It may not be there yet: services start in any order.
async fn peer(service: &'static str, url: &PeerUrl, trust: &Arc<Trust>) -> Finding {
    let asked = async {
        HealthClient::new(channel(url, trust))
            .check(HealthCheckRequest::default())
            .await
    };
    let verdict = match timeout(LIMIT, asked).await {
        Ok(Ok(answer)) if answer.get_ref().status() == ServingStatus::Serving => {
            Fine(format!("answers at {}", url.uri()))
        }
        Ok(Ok(_)) => Odd(
            format!("is not ready at {}", url.uri()),
            format!("`muster-{service} check` says why"),
        ),
        Ok(Err(status)) => absent(service, url, &why(&status)),
        Err(_) => absent(service, url, "not within 5 seconds"),
    };
    Finding::new(format!("{service} service"), verdict)
}

/// A handshake that failed says so in the cause.
fn why(status: &Status) -> String {
    use std::error::Error as _;
    status.source().map_or_else(|| status.message().to_owned(), chain)
}

fn absent(service: &str, url: &PeerUrl, why: &str) -> Verdict {
    Odd(
        format!("does not answer at {}: {why}", url.uri()),
        format!(
            "it may still come; otherwise look at the URL, and whether the network lets {service} be reached"
        ),
    )
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    fn good() -> Survey {
        Survey {
            server_version: 150_004,
            role: "records".to_owned(),
            is_read_only: false,
            clock: NOW,
            missing: Vec::new(),
            unknown: Vec::new(),
            edited: Vec::new(),
            closed_tables: Vec::new(),
        }
    }

    /// What is not fine, by its first word.
    fn told(survey: &Survey) -> Vec<String> {
        let findings = surveyed("records", survey, NOW..=NOW + Duration::from_secs(1));
        let lines = findings.iter().map(ToString::to_string);
        lines.filter(|line| !line.starts_with("fine")).collect()
    }

    #[test]
    fn a_good_database_is_fine() {
        assert_eq!(told(&good()), Vec::<String>::new());
    }

    #[test]
    fn each_fault_is_told_with_what_to_do() {
        let closed = vec!["grants".to_owned(), "trainings".to_owned()];
        let off = |seconds| NOW + Duration::from_secs(seconds);
        let cases = [
            (
                Survey {
                    server_version: 140_011,
                    ..good()
                },
                "WRONG  database: PostgreSQL 14.11",
                "from 15",
            ),
            (
                Survey {
                    is_read_only: true,
                    ..good()
                },
                "WRONG  database",
                "not a standby",
            ),
            (
                Survey {
                    missing: vec![7],
                    unknown: vec![9],
                    ..good()
                },
                "WRONG  schema: 1 migrations",
                "`muster-records migrate`",
            ),
            (
                Survey {
                    edited: vec![7],
                    missing: vec![8],
                    ..good()
                },
                "WRONG  schema: migrations [7]",
                "edited",
            ),
            (
                Survey {
                    unknown: vec![9],
                    ..good()
                },
                "odd    schema: a newer release",
                "finish the upgrade",
            ),
            (
                Survey {
                    closed_tables: closed,
                    ..good()
                },
                "WRONG  rights in the database: records may not",
                "GRANT",
            ),
            (
                Survey {
                    clock: off(121),
                    ..good()
                },
                "WRONG  clock of the database: differs from this machine's by 120.0 s",
                "chrony",
            ),
            (
                Survey {
                    clock: off(5),
                    ..good()
                },
                "odd    clock",
                "chrony",
            ),
            (
                Survey {
                    clock: NOW - Duration::from_secs(3),
                    ..good()
                },
                "odd    clock",
                "chrony",
            ),
        ];
        for (survey, how, mend) in cases {
            let told = told(&survey);
            assert!(
                matches!(&told[..], [line] if line.starts_with(how) && line.contains(mend)),
                "{told:?}"
            );
        }
    }
}
