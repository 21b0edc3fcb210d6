//! Workload tokens, in the shape of Kubernetes projected service-account tokens.

use muster_identity::{KeyFile, TokenProblem, WorkloadTokens, WorkloadTrust, WorkloadVerifier};
use serde_json::{Value, json};

use crate::support::{File, Keys, clock, now, token};

const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": ["organization"], "sub": "system:serviceaccount:muster:gateway",
        "exp": now() + 600, "iat": now(), "nbf": now(),
        "kubernetes.io": { "namespace": "muster", "serviceaccount": { "name": "gateway", "uid": "1" } },
    })
}

fn verified(claims: &Value, typ: Option<&str>) -> Result<String, TokenProblem> {
    let keys = Keys::new();
    let file = File::of(&keys.jwks().to_string());
    let keys_file = KeyFile::open(&file.0).unwrap();
    let trust = WorkloadTrust {
        issuer: ISSUER.to_owned(),
        namespace: "muster".to_owned(),
        keys: keys_file,
    };
    let mut header = json!({ "alg": "RS256", "kid": "rsa" });
    if let Some(typ) = typ {
        header["typ"] = json!(typ);
    }
    let token = token(&header, claims, |message| keys.rsa_sign(message));
    WorkloadVerifier::new(trust, "organization", clock()).verify(&token)
}

fn with(member: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[member] = value;
    claims
}

#[test]
fn a_projected_token_names_its_workload() {
    assert_eq!(verified(&claims(), None).as_deref(), Ok("gateway"));
}

#[test]
fn only_service_accounts_of_our_namespace_are_workloads() {
    for subject in [
        "gateway",
        "system:serviceaccount:other:gateway",
        "system:serviceaccount:muster:",
        "system:serviceaccount:muster",
        "system:serviceaccount:muster:gateway:more",
        "system:serviceaccount::gateway",
        "system:node:gateway",
        "xsystem:serviceaccount:muster:gateway",
    ] {
        assert_eq!(
            verified(&with("sub", json!(subject)), None),
            Err(TokenProblem::Claim("sub")),
            "{subject}"
        );
    }
}

#[test]
fn a_token_for_somebody_else_is_refused() {
    assert_eq!(
        verified(&with("aud", json!(["records"])), None),
        Err(TokenProblem::Audience)
    );
    assert_eq!(
        verified(&with("aud", json!(["https://kubernetes.default.svc"])), None),
        Err(TokenProblem::Audience)
    );
    assert_eq!(
        verified(&with("iss", json!("https://other")), None),
        Err(TokenProblem::Issuer)
    );
    assert_eq!(
        verified(&with("exp", json!(now() - 31)), None),
        Err(TokenProblem::Expired)
    );
    assert_eq!(
        verified(&claims(), Some("muster-caller+jwt")),
        Err(TokenProblem::Type)
    );
    assert_eq!(verified(&claims(), Some("at+jwt")), Err(TokenProblem::Type));
}

#[test]
fn own_tokens_are_read_by_audience() {
    let directory = std::env::temp_dir().join(format!(
        "muster-tokens-{}",
        muster_clock::Clock::system().new_uuid()
    ));
    std::fs::create_dir(&directory).unwrap();
    std::fs::write(directory.join("organization"), "a.b.c\n").unwrap();
    let tokens = WorkloadTokens::new(&directory);
    assert_eq!(tokens.get("organization").unwrap(), "a.b.c");
    assert!(tokens.get("records").is_err());
    std::fs::remove_dir_all(&directory).unwrap();
}
