//! `check`: whether a process could serve where this one runs, and how to mend what keeps it from that. It looks at everything,
//! then says all of it. Like `serve`, it makes sure of the topology in the broker; beyond that it changes nothing. A process that
//! serves goes on looking at its database.

mod clocks;
mod database;
mod finding;
mod keys;
mod peers;

use std::time::Duration;

use muster_clock::Clock;
use muster_messaging::Broker;
use tokio::time::timeout;

pub use self::clocks::peer_clock;
pub(crate) use self::database::watch;
use self::finding::Verdict::{Fine, Wrong};
pub(crate) use self::finding::chain;
pub use self::finding::{Finding, report};
pub use self::keys::workload_tokens;
pub use self::peers::peers;
use crate::process::start;
use crate::settings::CommonSettings;
use crate::{Service, method_rules};

/// What is there answers at once; what is not there must not be waited for for long.
const LIMIT: Duration = Duration::from_secs(5);

/// Checks everything and prints what was found, one thing a line.
///
/// # Errors
/// Something is wrong.
pub(crate) async fn run<S: Service>(common: &CommonSettings, own: &S::Settings) -> anyhow::Result<()> {
    report(&findings::<S>(common, own, &Clock::system()).await?)
}

/// Checks everything. `clock` is this machine's.
///
/// # Errors
/// The rules of the contract cannot be read.
pub async fn findings<S: Service>(
    common: &CommonSettings,
    own: &S::Settings,
    clock: &Clock,
) -> anyhow::Result<Vec<Finding>> {
    method_rules::load()?;
    let mut findings = vec![Finding::fine("settings", "can be used")];
    findings.push(certificate(common, clock));
    findings.push(keys::own_keys(&common.listen, S::development_keys(own)));
    findings.push(keys::keys("keys of callers", &common.trust));
    findings.extend(workload_tokens(S::NAME, &common.workload, clock));
    match database::database::<S>(common, clock).await {
        Ok(found) => findings.extend(found),
        Err(silent) => findings.push(silent),
    }
    findings.push(broker(S::NAME, common).await);
    let served = common.served().ok().flatten();
    findings.extend(peers(&common.transport, served, S::peers(own), clock).await);
    Ok(findings)
}

async fn broker(service: &'static str, common: &CommonSettings) -> Finding {
    let mend = "look at --amqp-url (MUSTER_AMQP_URL), the user's rights in the virtual host, and --amqp-topology: `operator` wants \
                exchange, queues and bindings of broker.json there beforehand, `service` the right to configure them";
    let give = "give the user its rights of broker.json (`rabbitmqctl import_definitions`); with `--amqp-topology service` it needs those \
                to configure, write and read all that is there (`rabbitmqctl set_permissions`)";
    let asked = async {
        Broker::new(common.broker.options(service))?
            .missing_rights()
            .await
    };
    let verdict = match timeout(LIMIT * 2, asked).await {
        Ok(Ok(missing)) if missing.is_empty() => {
            Fine("exchange, queues and bindings are there, and may be used".to_owned())
        }
        Ok(Ok(missing)) => Wrong(missing.join("; "), give.to_owned()),
        Ok(Err(error)) => Wrong(chain(&error), mend.to_owned()),
        Err(_) => Wrong("does not answer within 10 seconds".to_owned(), mend.to_owned()),
    };
    Finding::new("broker", verdict)
}

/// What callers are shown.
fn certificate(common: &CommonSettings, clock: &Clock) -> Finding {
    let mend = "--tls-certificate and --tls-key (MUSTER_TLS_CERTIFICATE, MUSTER_TLS_KEY) name the files of a certificate for the \
                name by which this service is called, and --tls-client-ca (MUSTER_TLS_CLIENT_CA) the authorities of its callers, if they \
                have to show certificates";
    let mut wrong = Vec::new();
    let verdict = match start::certificate(&mut wrong, common, clock) {
        _ if !wrong.is_empty() => Wrong(wrong.join("; "), mend.to_owned()),
        Some(Some(tls)) if tls.asks() => Fine(format!(
            "is valid until {}, and callers have to show theirs",
            tls.until()
        )),
        Some(Some(tls)) => Fine(format!("is valid until {}", tls.until())),
        Some(None) | None => Fine("none, and plain text is allowed here".to_owned()),
    };
    Finding::new("certificate", verdict)
}
