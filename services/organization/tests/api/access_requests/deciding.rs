//! The owner decides, once.

use muster_identity::Role;
use muster_proto::employment::v1::EmploymentState as S;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::profile_user_internal_service_client::ProfileUserInternalServiceClient;
use muster_refusal::ErrorReason as R;
use muster_testkit::{Callers, TestCaller};

use super::{approve, ask, asked, deny, listed, requests, withdraw};
use crate::employed::hears;
use crate::fixture::{Fixture, name, owner};
use crate::profile_users::{add, added, listed_as, person, remove, user_name, users};
use crate::refused::{fact, fields, refused};
use crate::roles::role;

#[tokio::test(flavor = "multi_thread")]
async fn who_is_let_in_has_the_role_an_address_for_mail_and_no_employment() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let request = asked(&fixture, "ada", id).await;
    let approved = approve(&fixture, id, &request).await.unwrap();
    assert_eq!(approved.state(), pb::AccessRequestState::Approved);
    assert!(approved.decide_time.is_some());
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Admin);
    let user = listed_as(&fixture, id, "ada").await.unwrap();
    assert_eq!(
        (user.origin(), user.state(), user.display_name.as_str()),
        (
            pb::ProfileUserOrigin::Request,
            pb::ProfileUserState::Active,
            "ada"
        )
    );
    let mut internal =
        ProfileUserInternalServiceClient::new(fixture.service.calls_of(TestCaller::Workload("employment")));
    let contact = pb::GetProfileUserContactRequest {
        organization: name(id),
        person: person("ada"),
    };
    let contact = internal.get_profile_user_contact(contact).await.unwrap();
    assert_eq!(contact.into_inner().address, "ada@example.com");
    let employments = "SELECT count(*) FROM employment_projection";
    assert_eq!(fixture.service.database.count(employments).await, 0);
    // An employment that they take up, and one that ends, change nothing of it.
    for (sequence, state) in [(1, S::PendingVerification), (2, S::Verified), (3, S::Ended)] {
        hears(&fixture, id, "ada", sequence, state).await;
        assert_eq!(role(&fixture, id, "ada").await, pb::Role::Admin, "{state:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_decision_again_changes_nothing_and_the_other_is_refused() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let (ada, eve) = (asked(&fixture, "ada", id).await, asked(&fixture, "eve", id).await);
    let approved = approve(&fixture, id, &ada).await.unwrap();
    remove(&fixture, id, owner(id), "ada").await.unwrap();
    assert_eq!(approve(&fixture, id, &ada).await.unwrap(), approved);
    // What is spent grants nothing a second time.
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Unspecified);
    let status = refused(deny(&fixture, id, &ada).await, R::AccessRequestState);
    assert_eq!(fact(&status, "state").as_deref(), Some("APPROVED"));
    refused(withdraw(&fixture, "ada", &ada).await, R::AccessRequestState);
    let denied = deny(&fixture, id, &eve).await.unwrap();
    assert_eq!(denied.state(), pb::AccessRequestState::Denied);
    assert_eq!(deny(&fixture, id, &eve).await.unwrap(), denied);
    let status = refused(approve(&fixture, id, &eve).await, R::AccessRequestState);
    assert_eq!(fact(&status, "state").as_deref(), Some("DENIED"));
    assert_eq!(role(&fixture, id, "eve").await, pb::Role::Unspecified);
    assert_eq!(
        listed(&fixture, id, pb::AccessRequestState::Denied).await,
        [denied]
    );
    assert!(
        listed(&fixture, id, pb::AccessRequestState::Pending)
            .await
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_may_give_another_role_than_was_asked_for_but_not_their_own() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let request = asked(&fixture, "ada", id).await;
    let approving = |role: pb::Role| pb::ApproveAccessRequestRequest {
        name: request.name.clone(),
        role: role.into(),
        request_id: String::new(),
    };
    let mut requests = requests(&fixture, owner(id));
    let answer = requests.approve_access_request(approving(pb::Role::Owner)).await;
    assert_eq!(fields(answer, R::InvalidRequest), ["role"]);
    requests
        .approve_access_request(approving(pb::Role::Viewer))
        .await
        .unwrap();
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Viewer);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_added_by_hand_waits_no_more_and_is_known_by_name() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let request = asked(&fixture, "ada", id).await;
    let user = added(&fixture, id, "ada", pb::Role::Viewer).await;
    assert_eq!(
        (user.display_name.as_str(), user.origin()),
        ("ada", pb::ProfileUserOrigin::Employment)
    );
    let settled = listed(&fixture, id, pb::AccessRequestState::Approved).await;
    assert_eq!(settled.len(), 1);
    assert_eq!(settled[0].name, request.name);
    // The request asked for more than they were given, and gives it no more.
    approve(&fixture, id, &request).await.unwrap();
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Viewer);
    refused(withdraw(&fixture, "ada", &request).await, R::AccessRequestState);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_request_keeps_nobody_from_being_added() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let request = asked(&fixture, "ada", id).await;
    deny(&fixture, id, &request).await.unwrap();
    added(&fixture, id, "ada", pb::Role::Admin).await;
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Admin);
    // Nor does denying it once more touch what they are.
    deny(&fixture, id, &request).await.unwrap();
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Admin);
    assert_eq!(
        add(&fixture, id, "ada", pb::Role::Viewer).await.unwrap().role(),
        pb::Role::Admin
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_owner_of_an_active_organization_lets_people_in() {
    let fixture = Fixture::new().await;
    let (id, other) = (fixture.active().await, fixture.active().await);
    let request = asked(&fixture, "ada", id).await;
    let late = TestCaller::member("bob", id, Role::Owner);
    let approving = || pb::ApproveAccessRequestRequest {
        name: request.name.clone(),
        ..Default::default()
    };
    let answer = requests(&fixture, late).approve_access_request(approving()).await;
    refused(answer, R::PermissionDenied);
    // Under the name of another organization of the same owner there is no such request.
    let misnamed = pb::AccessRequest {
        name: request.name.replace(&id.to_string(), &other.to_string()),
        ..request.clone()
    };
    refused(approve(&fixture, other, &misnamed).await, R::NotFound);
    refused(deny(&fixture, other, &misnamed).await, R::NotFound);
    let suspend = format!("UPDATE organizations SET state = 'SUSPENDED' WHERE organization_id = '{id}'");
    fixture.execute(suspend).await;
    refused(approve(&fixture, id, &request).await, R::OrganizationNotActive);
    // Nothing of it was kept.
    assert_eq!(
        listed(&fixture, id, pb::AccessRequestState::Pending).await,
        std::slice::from_ref(&request)
    );
    deny(&fixture, id, &request).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_left_asks_again_by_the_ordinary_path_and_begins_bare() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let request = asked(&fixture, "ada", id).await;
    approve(&fixture, id, &request).await.unwrap();
    remove(&fixture, id, owner(id), "ada").await.unwrap();
    let again = ask(&fixture, Callers::person("ada"), id, pb::Role::Viewer)
        .await
        .unwrap();
    assert_ne!(again.name, request.name);
    approve(&fixture, id, &again).await.unwrap();
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Viewer);
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_access_had_expired_and_is_extended_waits_no_more() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    added(&fixture, id, "ada", pb::Role::Viewer).await;
    let expire =
        format!("UPDATE profile_users SET expire_time = '2026-01-01' WHERE organization_id = '{id}'");
    fixture.execute(expire).await;
    let request = asked(&fixture, "ada", id).await;
    let open = pb::UpdateProfileUserRequest {
        profile_user: Some(pb::ProfileUser {
            name: user_name(id, "ada"),
            ..Default::default()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["expire_time".to_owned()],
        }),
        request_id: String::new(),
    };
    users(&fixture, owner(id))
        .update_profile_user(open)
        .await
        .unwrap();
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Viewer);
    assert!(
        listed(&fixture, id, pb::AccessRequestState::Pending)
            .await
            .is_empty()
    );
    // It asked for more, and gives it no more.
    approve(&fixture, id, &request).await.unwrap();
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Viewer);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_says_whose_it_is() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let waiting = asked(&fixture, "ada", id).await;
    assert_eq!(waiting.decider, "");
    assert_eq!(
        approve(&fixture, id, &waiting).await.unwrap().decider,
        person("owner")
    );
    let denied = asked(&fixture, "eve", id).await;
    assert_eq!(
        deny(&fixture, id, &denied).await.unwrap().decider,
        person("owner")
    );
    let taken_back = asked(&fixture, "bob", id).await;
    let withdrawn = withdraw(&fixture, "bob", &taken_back).await.unwrap();
    assert!(withdrawn.decide_time.is_some() && withdrawn.decider.is_empty());
    // Granted by another path: by whoever took that.
    asked(&fixture, "dan", id).await;
    added(&fixture, id, "dan", pb::Role::Viewer).await;
    asked(&fixture, "new", id).await;
    let moving = pb::MoveOwnershipRequest {
        name: name(id),
        person: person("new"),
        reason: "the owner has died".to_owned(),
        request_id: String::new(),
    };
    let mut staff = crate::ownership::ownership(&fixture, TestCaller::staff(id));
    staff.move_ownership(moving).await.unwrap();
    let deciders: std::collections::BTreeMap<_, _> =
        listed(&fixture, id, pb::AccessRequestState::Unspecified)
            .await
            .into_iter()
            .map(|request| (request.person, request.decider))
            .collect();
    let expected = [
        ("ada", person("owner")),
        ("eve", person("owner")),
        ("bob", String::new()),
        ("dan", person("owner")),
        ("new", person("staff")),
    ];
    assert_eq!(
        deciders,
        expected.map(|(who, decider)| (person(who), decider)).into()
    );
}

/// An administrator by an employment has told no address. What they ask for tells it, and lowers nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_profile_user_without_a_known_address_tells_it_by_asking_and_keeps_what_they_have() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    for (who, has, wants, gets) in [
        ("ada", pb::Role::Admin, pb::Role::Viewer, pb::Role::Admin),
        ("vera", pb::Role::Viewer, pb::Role::Admin, pb::Role::Admin),
    ] {
        added(&fixture, id, who, has).await;
        let request = ask(&fixture, Callers::person(who), id, wants).await.unwrap();
        assert_eq!(role(&fixture, id, who).await, has, "nothing is given by asking");
        approve(&fixture, id, &request).await.unwrap();
        let user = listed_as(&fixture, id, who).await.unwrap();
        assert_eq!(
            (user.role(), user.origin()),
            (gets, pb::ProfileUserOrigin::Employment)
        );
        refused(
            ask(&fixture, Callers::person(who), id, wants).await,
            R::ProfileUserExists,
        );
    }
    let known = "SELECT count(*) FROM profile_user_addresses WHERE address_given IN ('ada@example.com', 'vera@example.com')";
    assert_eq!(fixture.service.database.count(known).await, 2);
    // It is still the employment's: with that it ends.
    hears(&fixture, id, "ada", 2, S::Ended).await;
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Unspecified);
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_access_sleeps_has_it_from_the_request_once_that_is_approved() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    hears(&fixture, id, "ada", 1, S::Verified).await;
    add(&fixture, id, "ada", pb::Role::Admin).await.unwrap();
    hears(&fixture, id, "ada", 2, S::PendingVerification).await;
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Unspecified);
    let request = ask(&fixture, Callers::person("ada"), id, pb::Role::Viewer)
        .await
        .unwrap();
    let approved = approve(&fixture, id, &request).await.unwrap();
    assert_eq!(approved.state(), pb::AccessRequestState::Approved);
    // The higher of the two roles, as ever.
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Admin);
    let user = listed_as(&fixture, id, "ada").await.unwrap();
    assert_eq!(
        (user.origin(), user.state(), user.display_name.as_str()),
        (
            pb::ProfileUserOrigin::Request,
            pb::ProfileUserState::Active,
            "ada"
        )
    );
    for (sequence, state) in [(3, S::Verified), (4, S::Ended)] {
        hears(&fixture, id, "ada", sequence, state).await;
        assert_eq!(role(&fixture, id, "ada").await, pb::Role::Admin, "{state:?}");
    }
}
