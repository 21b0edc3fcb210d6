//! Who administers an organization, as the edge sees it.

use std::time::{Duration, Instant};

use muster_client::acts::profile_user;
use muster_proto::organization::v1::group_service_client::GroupServiceClient;
use muster_proto::organization::v1::{ListGroupsRequest, Role};
use muster_refusal::{ErrorReason, reason_of};
use muster_testkit::eventually;

use crate::support::{Organization, Suite, with_others};

/// What the edge promises.
const SOON: Duration = Duration::from_secs(5);

/// Why somebody may not look at the organization; nothing if they may.
async fn refused(suite: &Suite, who: &str, organization: &Organization) -> Option<ErrorReason> {
    let request = ListGroupsRequest {
        parent: organization.name.clone(),
        ..Default::default()
    };
    let mut groups = GroupServiceClient::new(suite.edge());
    let answer = groups.list_groups(suite.call(who, request)).await;
    answer
        .err()
        .map(|status| reason_of(&status).expect("a refusal has a reason"))
}

/// Until the edge refuses somebody, who may not be let in by any of its replicas' memory for longer.
async fn is_out_soon(suite: &Suite, who: &str, organization: &Organization) {
    let gone = Instant::now();
    eventually(async || refused(suite, who, organization).await == Some(ErrorReason::PermissionDenied)).await;
    assert!(gone.elapsed() < SOON, "{:?}", gone.elapsed());
}

#[tokio::test]
async fn who_is_added_is_let_in_at_once_and_who_is_removed_is_out_within_five_seconds() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let employee = organization.employee(&suite).await;
    let who = &employee.address;
    assert_eq!(
        refused(&suite, who, &organization).await,
        Some(ErrorReason::PermissionDenied)
    );
    let user = organization.adds(&suite, &employee, Role::Viewer).await;
    assert_eq!(refused(&suite, who, &organization).await, None);
    profile_user::remove(&suite.client("owner"), &user.name)
        .await
        .unwrap();
    is_out_soon(&suite, who, &organization).await;

    // Once more, by oneself.
    organization.adds(&suite, &employee, Role::Admin).await;
    assert_eq!(refused(&suite, who, &organization).await, None);
    profile_user::remove(&suite.client(who), &user.name)
        .await
        .unwrap();
    is_out_soon(&suite, who, &organization).await;
}
