//! The closing of an organization, with everything that follows from it in the other services.

use std::time::{Duration, Instant};

use muster_client::acts::{
    employment, invitation, organization as profile, profile_user, record, redemption,
};
use muster_proto::employment::v1::EmploymentState;
use muster_proto::invitation::v1::InvitationState;
use muster_proto::organization::v1::{ListProfileUsersRequest, OrganizationState, Role};
use muster_refusal::ErrorReason as R;
use muster_testkit::eventually;

use crate::support::{Database, Organization, Suite, alone, link_for, token_of};

/// A broker may take its time to start, on machines that do other things as well.
const RESTART: Duration = Duration::from_secs(240);
/// The edge promises five seconds of who has lost their role; here a broker starts on the same processors.
const SOON: Duration = Duration::from_secs(15);

/// Why a profile user may not look at the organization; nothing if they may.
async fn refused(suite: &Suite, who: &str, organization: &Organization) -> Option<R> {
    let request = ListProfileUsersRequest {
        parent: organization.name.clone(),
        ..Default::default()
    };
    let listed = profile_user::list(&suite.client(who), request).await;
    listed
        .err()
        .map(|error| error.reason().expect("a refusal has a reason"))
}

/// Until the employment service has no open employment of the organization, although the broker is away at first.
async fn ends(suite: &Suite, organization: &Organization) {
    let employments = Database::of(suite, "employment").await;
    let done = format!(
        "SELECT count(*) FROM closings WHERE organization_id = '{}' AND finish_time IS NOT NULL",
        organization.id()
    );
    let started = Instant::now();
    while employments.number(&done).await == 0 {
        assert!(started.elapsed() < RESTART, "the closing is heard of by nobody");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test]
async fn a_closed_organization_lets_go_of_everybody_although_the_broker_was_away() {
    let _alone = alone().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let employee = organization.employee(&suite).await;
    organization.adds(&suite, &employee, Role::Viewer).await;
    let (who, owner) = (suite.client(&employee.address), suite.client("owner"));
    let grant = record::grant(&who, &organization.name).await.unwrap();
    let address = format!("invited-{}@example.test", suite.unique());
    let invited = organization.invite(&suite, &address).await;
    let token = token_of(&link_for(&suite, &address).await);
    assert_eq!(refused(&suite, &employee.address, &organization).await, None);

    assert!(suite.signal("rabbitmq", "TERM"));
    let closed = profile::close(&owner, &organization.name, "we have moved away").await;
    assert_eq!(closed.unwrap().state(), OrganizationState::Closed);
    let gone = Instant::now();
    let is_out =
        async || refused(&suite, &employee.address, &organization).await == Some(R::PermissionDenied);
    eventually(is_out).await;
    assert!(gone.elapsed() < SOON, "{:?}", gone.elapsed());
    let late = redemption::accept(&suite.client(&address), &token).await;
    assert!(late.is_err(), "also before anybody has heard of the closing");

    ends(&suite, &organization).await;
    let [ended] = employment::list_own(&who).await.unwrap().try_into().unwrap();
    assert_eq!(ended.state(), EmploymentState::Ended);
    let cancelled = async || {
        let read = invitation::get(&owner, &invited.name).await;
        read.is_ok_and(|read| read.state() == InvitationState::Cancelled)
    };
    eventually(cancelled).await;
    let late = redemption::accept(&suite.client(&address), &token).await;
    assert_eq!(late.unwrap_err().reason(), Some(R::InvitationCancelled));
    let records = Database::of(&suite, "records").await;
    let lapsed = format!(
        "SELECT count(*) FROM grants WHERE grant_id = '{}' AND state = 'LAPSED'",
        grant.name.rsplit('/').next().unwrap()
    );
    eventually(async || records.number(&lapsed).await == 1).await;
    let anew = invitation::create(
        &owner,
        &organization.name,
        organization.inviting("a@b.test").invitation.unwrap(),
    );
    assert_eq!(anew.await.unwrap_err().reason(), Some(R::OrganizationNotActive));
    // What was stays readable to its owner, and to nobody else.
    let read = profile::get(&owner, &organization.name).await.unwrap();
    assert_eq!(
        (read.state(), read.decision_reason.as_str()),
        (OrganizationState::Closed, "we have moved away")
    );
    assert_eq!(
        refused(&suite, &employee.address, &organization).await,
        Some(R::PermissionDenied)
    );
}
