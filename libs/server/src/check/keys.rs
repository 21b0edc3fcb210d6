//! Keys of callers, and the tokens with which this service calls others.

use muster_access::calls;
use muster_clock::Clock;
use muster_identity::{KeyFile, WorkloadTokens, WorkloadTrust, WorkloadVerifier};

use super::finding::Verdict::{Fine, Wrong};
use super::finding::{Finding, chain};
use crate::method_rules;
use crate::settings::{DevelopmentKey, ListenSettings, TrustSettings, WorkloadSettings};

/// The secret keys of this service. One that cannot be read is told with the settings.
pub(super) fn own_keys(listen: &ListenSettings, development_keys: Vec<&'static str>) -> Finding {
    let refused = listen.refused(development_keys);
    let settings: Vec<_> = refused.iter().map(|key| key.setting).collect();
    let verdict = if settings.is_empty() {
        Fine("may be used where it listens".to_owned())
    } else {
        let how = format!(
            "{} may be used on loopback only, and --listen (MUSTER_LISTEN) is {}: development keys",
            settings.join(", "),
            listen.listen
        );
        Wrong(how, DevelopmentKey::MEND.to_owned())
    };
    Finding::new("own keys", verdict)
}

pub(super) fn keys(what: &str, trust: &TrustSettings) -> Finding {
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
pub fn workload_tokens(service: &'static str, settings: &WorkloadSettings, clock: &Clock) -> Vec<Finding> {
    let file = settings.workload_jwks.display();
    if let Err(error) = KeyFile::open(&settings.workload_jwks) {
        let how = format!("{file}: {}", chain(&error));
        let mend = "--workload-jwks (MUSTER_WORKLOAD_JWKS) names a file with the cluster's public keys: kubectl get --raw \
                    /openid/v1/jwks";
        return vec![Finding::new("keys of workloads", Wrong(how, mend.to_owned()))];
    }
    let mut findings = vec![Finding::new("keys of workloads", Fine(format!("are in {file}")))];
    let edges = method_rules::load()
        .map(calls::graph)
        .unwrap_or_default()
        .into_keys();
    let called = edges
        .filter(|edge| edge.caller == service)
        .map(|edge| edge.callee);
    findings.extend(called.map(|callee| workload_token(service, callee, settings, clock)));
    findings
}

fn workload_token(
    service: &'static str,
    callee: String,
    settings: &WorkloadSettings,
    clock: &Clock,
) -> Finding {
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
    let verdict = match WorkloadVerifier::new(trust, callee, clock.clone()).verify(&token) {
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
