//! The closing of an organization, with everything that follows from it in the other services.

use std::time::{Duration, Instant};

use muster_client::acts::{
    employment, invitation, organization as profile, profile_user, record, redemption,
};
use muster_proto::employment::v1::{EmploymentState, ListEmploymentsRequest};
use muster_proto::invitation::v1::{InvitationState, ListInvitationsRequest};
use muster_proto::organization::v1::{ListProfileUsersRequest, OrganizationState, Role};
use muster_refusal::ErrorReason as R;
use muster_testkit::eventually;

use crate::support::{
    Database, Employee, Organization, Redelivery, Suite, after_restart, alone, link_for, token_of,
};

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
    after_restart("the closing is heard of", async || {
        employments.number(&done).await == 1
    })
    .await;
}

#[tokio::test]
async fn a_closed_organization_lets_go_of_everybody_although_the_broker_was_away() {
    let _alone = alone().await;
    let suite = Suite::find();
    let events = Redelivery::since_now(&suite).await;
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
    let archived = async || organization.count(&suite, InvitationState::Archived).await == 1;
    eventually(archived).await;
    for service in ["organization", "records"] {
        let projection = Database::of(&suite, service).await;
        let open = format!(
            "SELECT count(*) FROM employment_projection
              WHERE organization_id = '{}' AND state IN ('VERIFIED', 'PENDING_VERIFICATION')",
            organization.id()
        );
        eventually(async || projection.number(&open).await == 0).await;
    }

    // Everything once more, what was before the closing after it.
    let was = what_is_left(&suite, &organization, &employee).await;
    events.happens(&suite, &organization).await;
    assert_eq!(was, what_is_left(&suite, &organization, &employee).await);
}

/// What the owner still sees of the organization, and the employee of what they had there.
async fn what_is_left(suite: &Suite, organization: &Organization, employee: &Employee) -> Vec<String> {
    let (owner, who) = (suite.client("owner"), suite.client(&employee.address));
    let parent = organization.name.clone();
    let users = ListProfileUsersRequest {
        parent: parent.clone(),
        ..Default::default()
    };
    let invitations = ListInvitationsRequest {
        parent: parent.clone(),
        ..Default::default()
    };
    let employments = ListEmploymentsRequest {
        parent,
        ..Default::default()
    };
    vec![
        format!("{:#?}", profile::get(&owner, &organization.name).await.unwrap()),
        format!("{:#?}", profile_user::list(&owner, users).await.unwrap()),
        format!("{:#?}", invitation::list(&owner, invitations).await.unwrap()),
        format!("{:#?}", employment::list(&owner, employments).await.unwrap()),
        format!("{:#?}", record::list_own_grants(&who).await.unwrap()),
        format!("{:#?}", record::list_own_assignments(&who).await.unwrap()),
        format!("{:?}", refused(suite, &employee.address, organization).await),
    ]
}
