//! Extra policies in the folder of the running suite. They name one organization, so that nobody else notices.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use muster_proto::gateway::v1::ExplainAccessRequest;
use muster_proto::gateway::v1::access_service_client::AccessServiceClient;
use muster_proto::organization::v1::GetOrganizationRequest;
use muster_proto::organization::v1::organization_service_client::OrganizationServiceClient;
use muster_refusal::{ErrorReason, reason_of};
use muster_testkit::eventually;

use crate::support::{Organization, Suite, alone};

/// A file in the folder, gone at the end of the test.
struct Dropped(PathBuf);

impl Dropped {
    fn new(suite: &Suite, name: &str, text: &str) -> Self {
        let file = suite.dir().join("policies").join(name);
        fs::write(&file, text).unwrap();
        Self(file)
    }
}

impl Drop for Dropped {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn policy(effect: &str, organization: &str) -> String {
    format!(
        "@id(\"frozen\") @description(\"The organization is frozen.\")
         {effect} (principal, action == Muster::Action::\"organization.read\",
         resource == Muster::Organization::\"{}\");",
        organization.trim_start_matches("organizations/")
    )
}

/// Why somebody may not read the organization; nothing if they may.
async fn refused(suite: &Suite, who: &str, organization: &str) -> Option<ErrorReason> {
    let request = GetOrganizationRequest {
        name: organization.to_owned(),
    };
    let mut client = OrganizationServiceClient::new(suite.edge());
    let answer = client.get_organization(suite.call(who, request)).await;
    answer.err().and_then(|status| reason_of(&status))
}

async fn readiness(suite: &Suite) -> String {
    let url = format!("{}/readyz", suite.admin("gateway"));
    suite.http.get(url).send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn a_forbid_counts_within_five_seconds_and_what_is_wrong_changes_nothing() {
    let _alone = alone().await;
    let suite = Suite::find();
    let organization = Organization::draft(&suite, "owner").await.name;
    assert_eq!(refused(&suite, "owner", &organization).await, None);

    let dropped = Instant::now();
    let file = Dropped::new(&suite, "frozen.cedar", &policy("forbid", &organization));
    eventually(async || refused(&suite, "owner", &organization).await == Some(ErrorReason::PermissionDenied))
        .await;
    assert!(
        dropped.elapsed() < Duration::from_secs(15),
        "{:?}",
        dropped.elapsed()
    );
    let request = ExplainAccessRequest {
        method: "muster.organization.v1.OrganizationService/GetOrganization".into(),
        resource: organization.clone(),
    };
    let mut access = AccessServiceClient::new(suite.edge());
    let told = access
        .explain_access(suite.call("owner", request))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        told.reason,
        "You may not do this here now. The organization is frozen. (frozen)"
    );

    let torn = policy("forbid", &organization).replace("resource ==", "resource");
    for bad in [torn, policy("permit", &organization)] {
        fs::write(&file.0, &bad).unwrap();
        eventually(async || readiness(&suite).await.contains("frozen.cedar:")).await;
        let still = refused(&suite, "owner", &organization).await;
        assert_eq!(still, Some(ErrorReason::PermissionDenied), "{bad}");
        fs::write(&file.0, policy("forbid", &organization)).unwrap();
        eventually(async || !readiness(&suite).await.contains("frozen.cedar:")).await;
    }

    drop(file);
    eventually(async || refused(&suite, "owner", &organization).await.is_none()).await;
}
