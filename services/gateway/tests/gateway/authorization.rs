//! Who may call, and what everybody else hears.

use std::time::{Duration, Instant};

use muster_identity::{Access, Caller, PersonCaller, Role as Known};
use muster_ids::OrganizationId;
use muster_proto::organization::v1::Role;
use muster_refusal::ErrorReason;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::issuer::Issuer;
use crate::support::{ABSENT, Fixture, OURS, THEIRS};
use crate::wire::{Call, field, framed};

const CREATE: &str = "invitation.v1.InvitationService/CreateInvitation";
const LIST: &str = "invitation.v1.InvitationService/ListInvitations";

/// What is asked of a caller who has shown no token, and of one whose token was refused.
const MISSING: &str = r#"Bearer realm="muster""#;
const INVALID: &str = r#"Bearer realm="muster", error="invalid_token", error_description="the token is not valid here; sign in again""#;

#[tokio::test]
async fn a_call_that_is_allowed_arrives_unchanged_with_a_caller_token_of_its_own() {
    let fixture = Fixture::new().await;
    let token = fixture.member("ada", OURS, Role::Admin);
    let message = [field(1, OURS), field(15, "whatever else")].concat();
    let answer = Call::to(CREATE).token(&token).send(&fixture.edge, &message).await;
    assert_eq!(answer.code(), Code::Ok);
    assert_eq!(answer.body, framed(crate::backend::ANSWER));
    assert_eq!(answer.metadata["x-of-the-service"], "kept");

    let seen = fixture.backend.only();
    assert!(seen.whole);
    assert_eq!(seen.body, framed(&message));
    let caller = seen.headers["muster-caller"].to_str().unwrap();
    let told = fixture.verifier("invitation").verify(caller, &seen.path).unwrap();
    let Caller::Person(PersonCaller {
        id,
        name,
        emails,
        staff,
        access,
    }) = told
    else {
        panic!("{told:?}")
    };
    assert_eq!(
        (id, name.as_deref(), staff),
        (fixture.person("ada"), Some("ada"), false)
    );
    assert_eq!(emails[0].as_given(), "ada@example.org");
    let organization: OrganizationId = OURS.trim_start_matches("organizations/").parse().unwrap();
    let permission = "invitation.create".to_owned();
    assert_eq!(
        access,
        Some(Access {
            permission,
            organization: Some(organization),
            role: Some(Known::Admin)
        })
    );
}

#[tokio::test]
async fn identity_in_headers_never_arrives() {
    let fixture = Fixture::new().await;
    let token = fixture.member("ada", OURS, Role::Admin);
    let spoofed = [
        "muster-caller",
        "Muster-Caller",
        "x-user-id",
        "x-forwarded-for",
        "x-forwarded-user",
        "x-request-id",
        "baggage",
        "cookie",
        "x-muster-person",
        "forwarded",
        "x-envoy-peer-metadata",
        "grpc-accept-encoding",
        "l5d-client-id",
    ];
    let call = spoofed.iter().fold(Call::to(CREATE).token(&token), |call, name| {
        call.header(name, "spoofed")
    });
    assert_eq!(call.send(&fixture.edge, &field(1, OURS)).await.code(), Code::Ok);
    let headers = fixture.backend.only().headers;
    assert!(
        headers.values().all(|value| value.as_bytes() != b"spoofed"),
        "{headers:?}"
    );
    let mut names: Vec<_> = headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(
        names,
        [
            "content-type",
            "grpc-timeout",
            "muster-caller",
            "te",
            "traceparent"
        ]
    );
    assert!(!headers.contains_key("authorization"));
}

/// Ten thousand spellings of names by which some proxy, mesh or framework says who calls.
#[tokio::test]
async fn of_ten_thousand_spoofed_headers_none_arrives() {
    let fixture = Fixture::new().await;
    let token = fixture.member("ada", OURS, Role::Admin);
    let spellings = spellings();
    assert!(spellings.len() >= 10_000, "{}", spellings.len());
    // As many as fit into the headers of one call.
    for some in spellings.chunks(100) {
        let call = Call::to(CREATE).token(&token);
        let call = some.iter().fold(call, |call, name| call.header(name, "spoofed"));
        assert_eq!(call.send(&fixture.edge, &field(1, OURS)).await.code(), Code::Ok);
    }
    let seen = fixture.backend.seen();
    assert_eq!(seen.len(), spellings.len().div_ceil(100));
    for call in &seen {
        let spoofed: Vec<_> = call
            .headers
            .iter()
            .filter(|(_, value)| value.as_bytes() == b"spoofed")
            .collect();
        assert!(spoofed.is_empty(), "{spoofed:?}");
        assert_eq!(call.headers.get_all("muster-caller").iter().count(), 1);
    }
}

fn spellings() -> Vec<String> {
    let before = [
        "",
        "x-",
        "x_",
        "muster-",
        "x-muster-",
        "grpc-",
        "remote-",
        "x-remote-",
        "x-auth-",
        "x-auth-request-",
        "x-authenticated-",
        "x-forwarded-",
        "x-envoy-",
        "x-amzn-oidc-",
        "x-goog-iap-jwt-",
        "l5d-",
        "cf-access-",
        "x-ms-client-",
        "x-consumer-",
        "x-jwt-",
    ];
    let names = [
        "caller",
        "user",
        "userid",
        "user-id",
        "user_id",
        "username",
        "subject",
        "sub",
        "email",
        "groups",
        "group",
        "role",
        "roles",
        "permission",
        "scope",
        "identity",
        "principal",
        "account",
        "organization",
        "org",
        "tenant",
        "claims",
        "token",
        "workload",
        "service",
    ];
    let after = [
        "",
        "-",
        "_",
        "-id",
        "-bin",
        "-name",
        ".",
        "-0",
        "-data",
        "~",
        "-v1",
        "-claim",
        "-jwt",
        "-b64",
        "!",
        "-real",
        "-actual",
        "-override",
        "-original",
        "-effective",
    ];
    let mut all = Vec::new();
    for before in before {
        for name in names {
            all.extend(after.map(|after| format!("{before}{name}{after}")));
        }
    }
    all
}

#[tokio::test]
async fn another_organization_and_one_that_does_not_exist_sound_the_same() {
    let fixture = Fixture::new().await;
    let token = fixture.member("ada", OURS, Role::Owner);
    fixture.set_role("bob", THEIRS, Role::Owner);
    let mut heard = Vec::new();
    for scope in [THEIRS, ABSENT, "organizations/nonsense", "trainings/1", ""] {
        heard.push(
            Call::to(LIST)
                .token(&token)
                .send(&fixture.edge, &field(1, scope))
                .await,
        );
    }
    heard.push(Call::to(LIST).token(&token).send(&fixture.edge, b"").await);
    for answer in &heard {
        assert_eq!(answer.code(), Code::PermissionDenied);
        assert_eq!(answer.bytes(), heard[0].bytes());
    }
    assert!(fixture.backend.seen().is_empty());
}

#[tokio::test]
async fn a_role_may_what_the_policies_say() {
    let fixture = Fixture::new().await;
    let viewer = fixture.member("vic", OURS, Role::Viewer);
    let call = async |method: &str, token: &str| {
        Call::to(method)
            .token(token)
            .send(&fixture.edge, &field(1, OURS))
            .await
            .code()
    };
    assert_eq!(call(LIST, &viewer).await, Code::Ok);
    assert_eq!(call(CREATE, &viewer).await, Code::PermissionDenied);
    let staff = fixture.issuer.staff_token("sam");
    assert_eq!(
        call("organization.v1.OrganizationService/ApproveOrganization", &staff).await,
        Code::Ok
    );
    assert_eq!(call(CREATE, &staff).await, Code::PermissionDenied);
    assert_eq!(
        call("records.v1.TrainingService/CreateTraining", &staff).await,
        Code::Ok
    );
    assert_eq!(
        call("records.v1.TrainingService/CreateTraining", &viewer).await,
        Code::PermissionDenied
    );
}

#[tokio::test]
async fn a_new_role_counts_at_once_and_a_lost_one_is_gone_within_five_seconds() {
    let fixture = Fixture::new().await;
    let token = fixture.issuer.token("ada");
    let list = async || {
        Call::to(LIST)
            .token(&token)
            .send(&fixture.edge, &field(1, OURS))
            .await
            .code()
    };
    assert_eq!(list().await, Code::PermissionDenied);
    fixture.set_role("ada", OURS, Role::Viewer);
    assert_eq!(list().await, Code::Ok);
    let asked = fixture.backend.lookups();
    assert_eq!(list().await, Code::Ok);
    assert_eq!(
        fixture.backend.lookups(),
        asked,
        "a role is remembered for a moment"
    );
    fixture.set_role("ada", OURS, Role::Unspecified);
    let lost = Instant::now();
    loop {
        // What is asked in time may be answered later.
        let asked = lost.elapsed();
        if list().await != Code::Ok {
            break;
        }
        let promised = Duration::from_secs(5);
        assert!(asked < promised, "a lost role still counts after {asked:?}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn without_a_good_token_nobody_gets_in() {
    let fixture = Fixture::new().await;
    let message = field(1, OURS);
    let missing = Call::to(LIST).send(&fixture.edge, &message).await;
    assert_eq!(
        (missing.code(), missing.reason()),
        (Code::Unauthenticated, Some(ErrorReason::TokenMissing))
    );
    let good = fixture.member("ada", OURS, Role::Owner);
    let twice = Call::to(LIST)
        .token(&good)
        .token(&good)
        .send(&fixture.edge, &message)
        .await;
    let altered = Call::to(LIST)
        .token(&format!("{good}x"))
        .send(&fixture.edge, &message)
        .await;
    let workload = Call::to(LIST)
        .token(&fixture.workload("learning-system"))
        .send(&fixture.edge, &message)
        .await;
    for answer in [twice, altered, workload] {
        assert_eq!(
            (answer.code(), answer.reason()),
            (Code::Unauthenticated, Some(ErrorReason::TokenInvalid))
        );
        assert_eq!(answer.metadata["www-authenticate"], INVALID);
    }
    // No bearer token is none, whatever else is shown.
    let basic = Call::to(LIST).header("authorization", "Basic YTpi");
    let basic = basic.send(&fixture.edge, &message).await;
    assert_eq!(basic.bytes(), missing.bytes());
    assert_eq!(basic.metadata["www-authenticate"], MISSING);
    assert!(fixture.backend.seen().is_empty());
}

#[tokio::test]
async fn all_dialects_tell_a_refused_token_from_none() {
    let fixture = Fixture::new().await;
    let http = reqwest::Client::new();
    for (token, told) in [(None, MISSING), (Some("a.b.c"), INVALID)] {
        let in_json = http.get(format!("http://{}/v1/{OURS}", fixture.address));
        let in_grpc_web = http
            .post(format!("http://{}/muster.{LIST}", fixture.address))
            .header("content-type", "application/grpc-web+proto")
            .body(framed(&field(1, OURS)));
        for (request, status) in [(in_json, 401), (in_grpc_web, 200)] {
            let request = token
                .into_iter()
                .fold(request, |request, token| request.bearer_auth(token));
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), status);
            assert_eq!(answer.headers()["www-authenticate"], told);
        }
    }
    let token = fixture.issuer.token("stranger");
    let stranger = Call::to(LIST)
        .token(&token)
        .send(&fixture.edge, &field(1, OURS))
        .await;
    assert_eq!(stranger.code(), Code::PermissionDenied);
    assert!(!stranger.metadata.contains_key("www-authenticate"));
}

#[tokio::test]
async fn without_keys_callers_hear_when_they_are_fetched_again() {
    let issuer = Issuer::start().await;
    issuer.is_another();
    let fixture = Fixture::with_issuer(issuer).await;
    let token = fixture.member("ada", OURS, Role::Owner);
    let answer = Call::to(LIST)
        .token(&token)
        .send(&fixture.edge, &field(1, OURS))
        .await;
    assert_eq!(answer.code(), Code::Unavailable);
    let told = answer
        .status
        .get_details_retry_info()
        .unwrap()
        .retry_delay
        .unwrap();
    // Keys are fetched once in 30 seconds, and were just now.
    let (second, longest) = (Duration::from_secs(1), Duration::from_secs(30));
    assert!(told > second && told <= longest, "{told:?}");
}

#[tokio::test]
async fn a_workload_calls_what_names_it_and_nothing_else() {
    const REPORT: &str = "records.v1.ProgressService/ReportProgress";
    let fixture = Fixture::new().await;
    let call = async |token: &str| Call::to(REPORT).token(token).send(&fixture.edge, b"").await;
    assert_eq!(call(&fixture.workload("learning-system")).await.code(), Code::Ok);
    let seen = fixture.backend.only();
    let told = fixture
        .verifier("records")
        .verify(seen.headers["muster-caller"].to_str().unwrap(), &seen.path);
    assert_eq!(
        told,
        Ok(Caller::Workload {
            name: "learning-system".to_owned()
        })
    );
    assert_eq!(
        call(&fixture.workload("invitation")).await.code(),
        Code::PermissionDenied
    );
    assert_eq!(
        call(&fixture.issuer.token("learning-system")).await.code(),
        Code::Unauthenticated
    );
}

#[tokio::test]
async fn the_holder_of_a_link_needs_no_sign_in_but_not_a_stale_one_either() {
    const LOOKUP: &str = "invitation.v1.InvitationRedemptionService/LookupInvitation";
    const ACCEPT: &str = "invitation.v1.InvitationRedemptionService/AcceptInvitation";
    let fixture = Fixture::new().await;
    assert_eq!(Call::to(LOOKUP).send(&fixture.edge, b"").await.code(), Code::Ok);
    let seen = fixture.backend.only();
    let told = fixture
        .verifier("invitation")
        .verify(seen.headers["muster-caller"].to_str().unwrap(), &seen.path);
    assert_eq!(told, Ok(Caller::Anonymous));
    let signed_in = Call::to(LOOKUP)
        .token(&fixture.issuer.token("ada"))
        .send(&fixture.edge, b"")
        .await;
    assert_eq!(signed_in.code(), Code::Ok);
    assert_eq!(
        Call::to(LOOKUP)
            .token("stale")
            .send(&fixture.edge, b"")
            .await
            .code(),
        Code::Unauthenticated
    );
    assert_eq!(
        Call::to(ACCEPT).send(&fixture.edge, b"").await.reason(),
        Some(ErrorReason::TokenMissing)
    );
}
