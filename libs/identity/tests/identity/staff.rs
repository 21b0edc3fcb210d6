//! Where an issuer tells registry staff.

use muster_identity::oidc::{IssuerOptions, PersonVerifier, StaffClaim};
use serde_json::{Value, json};

use crate::issuer::Issuer;
use crate::support::clock;

/// Whether these claims make staff, told at this path.
async fn is_staff(issuer: &Issuer, path: &[&str], more: &Value) -> bool {
    let staff = StaffClaim {
        path: path.iter().map(|name| (*name).to_owned()).collect(),
        value: "registry-staff".to_owned(),
    };
    let options = IssuerOptions {
        staff: Some(staff),
        ..issuer.options()
    };
    let verifier = PersonVerifier::new(vec![options], clock()).unwrap();
    let mut claims = issuer.claims();
    let members = more.as_object().unwrap().clone();
    claims.as_object_mut().unwrap().extend(members);
    verifier.verify(&issuer.signed(&claims)).await.unwrap().staff
}

#[tokio::test]
async fn staff_is_told_only_by_the_claim_that_is_configured() {
    let issuer = Issuer::start().await;
    for (claims, staff) in [
        (json!({ "groups": ["a", "registry-staff"] }), true),
        (json!({ "groups": "registry-staff" }), true),
        (json!({ "groups": ["a"] }), false),
        (json!({ "groups": "registry-staff-not" }), false),
        (json!({ "groups": true }), false),
        (json!({ "groups": { "registry-staff": true } }), false),
        (json!({ "groups": [["registry-staff"]] }), false),
        (json!({ "staff": true }), false),
        (json!({ "roles": ["registry-staff"] }), false),
    ] {
        assert_eq!(is_staff(&issuer, &["groups"], &claims).await, staff, "{claims}");
    }
    let unconfigured = IssuerOptions {
        staff: None,
        ..issuer.options()
    };
    let verifier = PersonVerifier::new(vec![unconfigured], clock()).unwrap();
    let mut claims = issuer.claims();
    claims["groups"] = json!("registry-staff");
    assert!(!verifier.verify(&issuer.signed(&claims)).await.unwrap().staff);
}

#[tokio::test]
async fn a_path_leads_into_claims_and_names_on_it_are_taken_as_they_are() {
    let issuer = Issuer::start().await;
    let roles = json!(["registry-staff"]);
    for (path, claims, staff) in [
        (
            vec!["realm_access", "roles"],
            json!({ "realm_access": { "roles": roles } }),
            true,
        ),
        (
            vec!["resource_access", "my.client", "roles"],
            json!({ "resource_access": { "my.client": { "roles": roles } } }),
            true,
        ),
        (
            vec!["https://x.example/roles"],
            json!({ "https://x.example/roles": roles }),
            true,
        ),
        (
            vec!["a.b/c", "0", ""],
            json!({ "a.b/c": { "0": { "": roles } } }),
            true,
        ),
        (
            vec!["realm_access.roles"],
            json!({ "realm_access": { "roles": roles } }),
            false,
        ),
        (
            vec!["realm_access", "roles"],
            json!({ "realm_access.roles": roles, "roles": roles }),
            false,
        ),
        (
            vec!["realm_access", "roles"],
            json!({ "realm_access": [{ "roles": roles }] }),
            false,
        ),
        (vec!["realm_access", "0"], json!({ "realm_access": roles }), false),
        (
            vec!["realm_access", "roles"],
            json!({ "realm_access": "registry-staff" }),
            false,
        ),
        (
            vec!["realm_access"],
            json!({ "realm_access": { "roles": roles } }),
            false,
        ),
    ] {
        assert_eq!(
            is_staff(&issuer, &path, &claims).await,
            staff,
            "{path:?} {claims}"
        );
    }
}
