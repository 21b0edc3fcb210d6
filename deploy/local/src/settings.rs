//! The settings of each service: the environment of its process.

use muster_engines::write_private;

use crate::addresses::{Addresses, socket};
use crate::replicas;
use crate::suite::{AUDIENCE, OWNERS, STAFF_CLAIM, STAFF_ROLE, WORKLOAD_ISSUER};
use crate::up::Options;
use crate::workspace::Workspace;

/// Where the engines are, for one service.
#[derive(Clone, Debug)]
pub(crate) struct EngineUrls {
    /// The service's database; the gateway has none.
    pub(crate) database: Option<String>,
    /// The broker.
    pub(crate) amqp: String,
}

/// The environment of a service. It is also written to `.dev/env/SERVICE`, to run that service by hand.
pub(crate) fn environment(
    workspace: &Workspace,
    addresses: &Addresses,
    service: &str,
    engines: &EngineUrls,
    options: Options,
) -> anyhow::Result<Vec<(String, String)>> {
    let own = addresses.service(service)?;
    let file = |path: &str| workspace.at(path).display().to_string();
    let mut set = vec![
        ("MUSTER_LISTEN", socket(&own.grpc).to_owned()),
        ("MUSTER_ADMIN_LISTEN", socket(&own.admin).to_owned()),
        ("MUSTER_OTLP_ENDPOINT", addresses.otlp.clone()),
        ("MUSTER_TRACE_RATIO", options.trace_ratio.to_string()),
        ("MUSTER_DRAIN_DELAY", "0".to_owned()),
        ("MUSTER_LOG_FORMAT", "human".to_owned()),
        ("MUSTER_PUBLIC_URL", addresses.gateway.clone()),
        ("MUSTER_WORKLOAD_ISSUER", WORKLOAD_ISSUER.to_owned()),
        ("MUSTER_WORKLOAD_JWKS", file("keys/workload.jwks.json")),
        ("MUSTER_WORKLOAD_TOKENS", file(&format!("tokens/{service}"))),
    ];
    if let Some(database) = &engines.database {
        set.push(("MUSTER_DATABASE_URL", database.clone()));
        set.push(("MUSTER_AMQP_URL", engines.amqp.clone()));
        set.push(("MUSTER_CALLER_JWKS", file("keys/caller.jwks.json")));
        set.push(("MUSTER_PAGE_KEY", file("keys/page.key")));
        set.push(("MUSTER_SUPPORT", "registry@muster.test".to_owned()));
    }
    match service {
        "gateway" => {
            set.push(("MUSTER_ISSUERS", file("keys/issuers.toml")));
            set.push(("MUSTER_CALLER_KEY", file("keys/caller.pem")));
            set.push(("MUSTER_SESSION_KEY", file("keys/session.key")));
            set.push(("MUSTER_CORS_ORIGINS", addresses.app.clone()));
            // Whoever tries a load on their own machine is one caller.
            set.push(("MUSTER_CALLS_PER_SECOND", "0".to_owned()));
            // Empty until a developer puts something there.
            std::fs::create_dir_all(workspace.at("policies"))?;
            set.push(("MUSTER_EXTRA_POLICIES", file("policies")));
        }
        // Tests and benches make profiles by the hundred, all of one person, and make numbers of Michigan up.
        "organization" => {
            set.push(("MUSTER_OPEN_PROFILES", "1000".to_owned()));
            set.push(("MUSTER_LICENSE_NUMBERS", "us-ny=######".to_owned()));
        }
        // No page of the suite does it: the API that does is described there.
        "employment" => {
            set.push(("MUSTER_VERIFICATION_URL", format!("{}/docs", addresses.gateway)));
            // Tests and benches claim by the hundred, all as one person.
            set.push(("MUSTER_CLAIMS_OF_PERSON", "100000".to_owned()));
        }
        "invitation" => {
            set.push(("MUSTER_LINK_KEYS", file("keys/link-keys.toml")));
            // Benches and tests invite as one person.
            set.push(("MUSTER_MESSAGES_OF_INVITER", "10000000".to_owned()));
        }
        "notification" => {
            set.push(("MUSTER_SMTP_URL", format!("smtp://{}", addresses.smtp)));
            set.push(("MUSTER_MAIL_FROM", "Muster <no-reply@muster.test>".to_owned()));
            // A mail that was in flight when somebody tried `kill -9` is to go on while they look.
            set.push(("MUSTER_MAIL_LEASE", "9".to_owned()));
            set.push(("MUSTER_MAIL_REPLY_WAIT", "6".to_owned()));
            set.push(("MUSTER_MAIL_RESEND_AFTER", "5".to_owned()));
            set.push(("MUSTER_BOUNCE_ADDRESS", "bounces@muster.test".to_owned()));
            set.push(("MUSTER_BOUNCE_KEY", file("keys/bounce.key")));
            set.push(("MUSTER_BOUNCE_LISTEN", addresses.bounces.clone()));
        }
        _ => {}
    }
    let mut set: Vec<(String, String)> = set
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    for peer in OWNERS.into_iter().filter(|peer| *peer != service) {
        let at = &addresses.service(peer)?.grpc;
        let urls = match options.called_directly() {
            Some(replicas) => replicas::urls(at, replicas),
            None => at.clone(),
        };
        set.push((format!("MUSTER_{}_URL", peer.to_uppercase()), urls));
    }
    let text: String = set
        .iter()
        .map(|(name, value)| format!("{name}='{value}'\n"))
        .collect();
    write_private(&workspace.at("env").join(service), text.as_bytes())?;
    Ok(set)
}

/// The issuer the gateway trusts. A developer's issuer may vouch for addresses and for registry staff.
pub(crate) fn write_issuers(workspace: &Workspace, addresses: &Addresses) -> anyhow::Result<()> {
    let text = format!(
        "[[issuer]]\nurl = \"{}\"\naudience = \"{AUDIENCE}\"\nclient_id = \"{AUDIENCE}\"\nrequire_at_jwt = true\ntrust_email = true\n\
         staff_claim = {STAFF_CLAIM:?}\nstaff_value = \"{STAFF_ROLE}\"\n",
        addresses.issuer
    );
    write_private(&workspace.at("keys/issuers.toml"), text.as_bytes())?;
    Ok(())
}
