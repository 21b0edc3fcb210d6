//! Who administers an organization, as the edge sees it.

use std::time::{Duration, Instant};

use muster_client::acts::{access_request, employment, organization as profile, profile_user};
use muster_proto::employment::v1::EmploymentClaim;
use muster_proto::invitation::v1::ListInvitationsRequest;
use muster_proto::organization::v1::group_service_client::GroupServiceClient;
use muster_proto::organization::v1::{
    ListGroupsRequest, ListProfileUsersRequest, ProfileUser, ProfileUserOrigin, Role,
};
use muster_refusal::{ErrorReason, reason_of};
use muster_testkit::eventually;
use tonic::Code;

use crate::support::{Database, Employee, Organization, Standstill, Suite, alone, link_for, with_others};

/// What the edge promises.
const SOON: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(20);

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
    loop {
        let asked = gone.elapsed();
        let refused = refused(suite, who, organization).await;
        if refused == Some(ErrorReason::PermissionDenied) {
            return;
        }
        assert!(asked < SOON, "{asked:?} later: {refused:?}");
        tokio::time::sleep(PAUSE).await;
    }
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

/// Whom the edge lets in is asked of the organization service, and of nobody else; and without that one nobody gets in by what is
/// remembered for longer.
#[tokio::test]
async fn who_is_removed_is_out_within_five_seconds_whatever_else_is_away() {
    let _alone = alone().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let employee = organization.employee(&suite).await;
    let (who, owner) = (&employee.address, suite.client("owner"));
    let user = organization.adds(&suite, &employee, Role::Viewer).await;
    {
        let _away = Standstill::of(&suite, &["rabbitmq", "employment", "records", "invitation"]);
        assert_eq!(refused(&suite, who, &organization).await, None);
        profile_user::remove(&owner, &user.name).await.unwrap();
        is_out_soon(&suite, who, &organization).await;
    }

    let user = organization.adds(&suite, &employee, Role::Viewer).await;
    // Of another service, which is not away.
    let looks = async || {
        let request = ListInvitationsRequest {
            parent: organization.name.clone(),
            ..Default::default()
        };
        let mut invitations = organization.invitations();
        let looked = invitations.list_invitations(suite.call(who, request)).await;
        looked.err().map(|status| status.code())
    };
    assert_eq!(looks().await, None);
    profile_user::remove(&owner, &user.name).await.unwrap();
    let gone = Instant::now();
    let _away = Standstill::of(&suite, &["organization"]);
    tokio::time::sleep_until((gone + SOON).into()).await;
    let found = looks().await;
    let away = [Code::PermissionDenied, Code::Unavailable, Code::DeadlineExceeded];
    assert!(found.is_some_and(|code| away.contains(&code)), "{found:?}");
}

/// Whether the organization service has heard something newer of a person's employment; and how new that is.
async fn heard_since(suite: &Suite, person: &str, sequence: i64) -> i64 {
    let database = Database::of(suite, "organization").await;
    let known = format!(
        "SELECT coalesce(max(sequence), 0) FROM employment_projection WHERE person_id = '{}' AND state = 'VERIFIED'",
        person.trim_start_matches("persons/")
    );
    eventually(async || database.number(&known).await > sequence).await;
    database.number(&known).await
}

#[tokio::test]
async fn a_viewer_who_accepts_an_invitation_stays_what_they_are() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let owner = suite.client("owner");
    let profile = profile::get(&owner, &organization.name).await.unwrap();
    // One who has asked, and one who works there by their own word.
    let asker = format!("asker-{}@school.test", suite.unique());
    let number = &profile.organization_number;
    let asked = access_request::ask(&suite.client(&asker), number, Role::Viewer, "").await;
    let asked = access_request::approve(&owner, &asked.unwrap().name)
        .await
        .unwrap();
    let claimer = format!("claimer-{}@school.test", suite.unique());
    let claim = EmploymentClaim {
        organization: organization.name.clone(),
        ..Default::default()
    };
    let claimed = employment::claim(&suite.client(&claimer), vec![claim]).await;
    let claimed = claimed.unwrap().remove(0);
    employment::verify(&owner, &claimed.name).await.unwrap();
    let heard = heard_since(&suite, &claimed.person, 0).await;
    let employee = Employee {
        address: claimer.clone(),
        person: claimed.person.clone(),
    };
    organization.adds(&suite, &employee, Role::Viewer).await;

    let users = async || {
        let request = ListProfileUsersRequest {
            parent: organization.name.clone(),
            ..Default::default()
        };
        let listed = profile_user::list(&owner, request).await.unwrap();
        let mut viewers = listed.profile_users;
        viewers.retain(|user| user.role() == Role::Viewer);
        viewers.sort_by_key(ProfileUser::origin);
        viewers
    };
    let before = users().await;
    let origins: Vec<_> = before.iter().map(ProfileUser::origin).collect();
    let by_both = [ProfileUserOrigin::Employment, ProfileUserOrigin::Request];
    assert_eq!(origins, by_both);
    for who in [&asker, &claimer] {
        organization.invite(&suite, who).await;
        let link = link_for(&suite, who).await;
        organization.join(&suite, &link, who).await;
    }
    heard_since(&suite, &asked.person, 0).await;
    heard_since(&suite, &claimed.person, heard).await;
    assert_eq!(before, users().await);
}
