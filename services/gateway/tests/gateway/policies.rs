//! Extra policies while the gateway runs.

use std::time::{Duration, Instant};

use muster_clock::Clock;
use muster_gateway::start;
use muster_proto::organization::v1::Role;
use tonic::Code;

use crate::support::{Fixture, OURS, TempDir, elsewhere, eventually};
use crate::wire::{Call, field, framed};

const UPLOAD: &str = "invitation.v1.ImportService/UploadImport";
const LIST: &str = "invitation.v1.InvitationService/ListInvitations";

const NO_UPLOADS: &str = "@id(\"no-uploads\") @description(\"No uploads tonight.\")
forbid (principal, action == Muster::Action::\"import.create\", resource);\n";
const NO_LISTS: &str = "@id(\"no-lists\") @description(\"No lists tonight.\")
forbid (principal, action == Muster::Action::\"invitation.read\", resource);\n";
const BROKEN: &str = "@id(\"broken\") @description(\"Fails.\")
forbid (principal, action == Muster::Action::\"invitation.read\", resource)
when { 9223372036854775807 + 1 == 0 };\n";

async fn fixture(extra: &TempDir) -> Fixture {
    let directory = extra.0.clone();
    Fixture::told(|settings| settings.extra_policies = Some(directory)).await
}

async fn list(fixture: &Fixture, token: &str) -> Code {
    let call = Call::to(LIST).token(token);
    call.send(&fixture.edge, &field(1, OURS)).await.code()
}

#[tokio::test]
async fn a_forbid_that_is_dropped_in_refuses_calls_and_ends_streams_within_five_seconds() {
    let extra = TempDir::new();
    let fixture = fixture(&extra).await;
    let token = fixture.member("ada", OURS, Role::Admin);
    assert_eq!(list(&fixture, &token).await, Code::Ok);
    let first = framed(&field(1, OURS));
    let (upload, more) = Call::to(UPLOAD).token(&token).hold(&fixture.edge, first);
    eventually(async || fixture.backend.lookups() > 1).await;
    assert!(!upload.is_finished(), "they still may");

    let dropped = Instant::now();
    extra.write("tonight.cedar", &format!("{NO_UPLOADS}{NO_LISTS}"));
    eventually(async || list(&fixture, &token).await == Code::PermissionDenied).await;
    let ended = tokio::time::timeout(Duration::from_secs(10), upload).await;
    assert_eq!(ended.unwrap().unwrap().code(), Code::PermissionDenied);
    assert!(
        dropped.elapsed() < Duration::from_secs(15),
        "{:?}",
        dropped.elapsed()
    );
    drop(more);

    std::fs::remove_file(extra.0.join("tonight.cedar")).unwrap();
    eventually(async || list(&fixture, &token).await == Code::Ok).await;
}

#[tokio::test]
async fn a_bad_change_is_told_and_changes_nothing() {
    let extra = TempDir::new();
    extra.write("tonight.cedar", NO_LISTS);
    let fixture = fixture(&extra).await;
    let token = fixture.member("ada", OURS, Role::Admin);
    assert_eq!(list(&fixture, &token).await, Code::PermissionDenied);
    extra.write("tonight.cedar", "forbid (principal, action, ");
    eventually(async || fixture.operators("/readyz").await.1.contains("extra policies: ")).await;
    let (_, told) = fixture.operators("/readyz").await;
    assert!(told.contains("tonight.cedar:1: "), "{told}");
    assert_eq!(list(&fixture, &token).await, Code::PermissionDenied);
    extra.write("tonight.cedar", NO_UPLOADS);
    eventually(async || list(&fixture, &token).await == Code::Ok).await;
    eventually(async || !fixture.operators("/readyz").await.1.contains("extra policies")).await;
}

#[tokio::test]
async fn a_policy_that_fails_refuses_and_is_counted() {
    let extra = TempDir::new();
    extra.write("broken.cedar", BROKEN);
    let fixture = fixture(&extra).await;
    let token = fixture.member("ada", OURS, Role::Owner);
    assert_eq!(list(&fixture, &token).await, Code::PermissionDenied);
    let (_, metrics) = fixture.operators("/metrics").await;
    assert!(
        metrics.contains("edge_policies_failed_total{policy=\"broken\"}"),
        "{metrics}"
    );
    assert!(metrics.contains("edge_policies_problem 0"), "{metrics}");
}

#[tokio::test]
async fn with_bad_extra_policies_the_gateway_does_not_start_and_says_why() {
    let extra = TempDir::new();
    extra.write("a.cedar", "\nforbid (principal, action, ");
    extra.write("b.cedar", &NO_LISTS.replace("forbid", "permit"));
    let mut settings = elsewhere("http://127.0.0.1:1");
    settings.extra_policies = Some(extra.0.clone());
    let told = start(&settings, Clock::system(), None)
        .await
        .unwrap_err()
        .to_string();
    assert!(told.contains("a.cedar:2: "), "{told}");
    assert!(told.contains("b.cedar:1: `no-lists` permits"), "{told}");
}
