//! The owner adds people.

use muster_identity::Role;
use muster_proto::organization::v1 as pb;
use muster_refusal::ErrorReason as R;
use muster_testkit::TestCaller;

use super::{add, added, adding, listed, listed_as, person, user_name, users};
use crate::employed::employed;
use crate::fixture::{Fixture, name, owner};
use crate::refused::{fact, fields, refused};
use crate::roles::role;

#[tokio::test(flavor = "multi_thread")]
async fn only_who_is_verified_becomes_a_profile_user_and_has_the_role_at_once() {
    let fixture = Fixture::new().await;
    fixture.neighbours().await;
    let id = fixture.active().await;
    for state in ["", "PENDING_VERIFICATION", "REJECTED", "WITHDRAWN", "ENDED"] {
        if !state.is_empty() {
            employed(&fixture, id, "ada", state).await;
        }
        refused(
            add(&fixture, id, "ada", pb::Role::Admin).await,
            R::EmployeeNotVerified,
        );
        assert_eq!(role(&fixture, id, "ada").await, pb::Role::Unspecified);
    }
    let ada = added(&fixture, id, "ada", pb::Role::Admin).await;
    assert_eq!(
        (
            ada.name.as_str(),
            ada.person.as_str(),
            ada.role(),
            ada.origin(),
            ada.state()
        ),
        (
            user_name(id, "ada").as_str(),
            person("ada").as_str(),
            pb::Role::Admin,
            pb::ProfileUserOrigin::Employment,
            pb::ProfileUserState::Active
        )
    );
    assert!(ada.create_time.is_some() && ada.expire_time.is_none() && !ada.etag.is_empty());
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Admin);
    assert_eq!(listed_as(&fixture, id, "ada").await, Some(ada));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employment_elsewhere_counts_for_nothing_here() {
    let fixture = Fixture::new().await;
    fixture.neighbours().await;
    let (id, other) = (fixture.active().await, fixture.active().await);
    added(&fixture, other, "ada", pb::Role::Admin).await;
    refused(
        add(&fixture, id, "ada", pb::Role::Viewer).await,
        R::EmployeeNotVerified,
    );
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Unspecified);
    assert_eq!(
        (
            listed(&fixture, id).await.len(),
            listed(&fixture, other).await.len()
        ),
        (1, 2)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn being_added_lowers_no_role_and_takes_no_ownership() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let viewer = added(&fixture, id, "ada", pb::Role::Viewer).await;
    let admin = add(&fixture, id, "ada", pb::Role::Admin).await.unwrap();
    assert_eq!(admin.role(), pb::Role::Admin);
    assert_ne!(admin.etag, viewer.etag);
    assert_eq!(add(&fixture, id, "ada", pb::Role::Viewer).await.unwrap(), admin);
    let still = add(&fixture, id, "owner", pb::Role::Viewer).await.unwrap();
    assert_eq!(still.role(), pb::Role::Owner);
    assert_eq!(role(&fixture, id, "owner").await, pb::Role::Owner);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_gets_the_first_answer() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    employed(&fixture, id, "ada", "VERIFIED").await;
    let mut request = adding(id, "ada", pb::Role::Viewer);
    request.request_id = fixture.service.clock.new_uuid().to_string();
    let mut users = users(&fixture, owner(id));
    let first = users.create_profile_user(request.clone()).await.unwrap();
    super::remove(&fixture, id, owner(id), "ada").await.unwrap();
    let again = users.create_profile_user(request.clone()).await.unwrap();
    assert_eq!(first.into_inner(), again.into_inner());
    // The answer was given again, the access was not.
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Unspecified);
    request.profile_user.as_mut().unwrap().role = pb::Role::Admin.into();
    refused(users.create_profile_user(request).await, R::RequestIdReused);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told_at_once_and_the_role_of_the_owner_is_none_to_give() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    for role in [pb::Role::Unspecified, pb::Role::Owner] {
        let mut request = adding(id, "ada", role);
        request.profile_user.as_mut().unwrap().person = "persons/me".to_owned();
        let answer = users(&fixture, owner(id)).create_profile_user(request).await;
        assert_eq!(
            fields(answer, R::InvalidRequest),
            ["profile_user.person", "profile_user.role"]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_the_owner_a_moment_ago_decides_nothing_any_more() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    employed(&fixture, id, "ada", "VERIFIED").await;
    // The edge still takes them for the owner.
    let late = TestCaller::member("bob", id, Role::Owner);
    let answer = users(&fixture, late)
        .create_profile_user(adding(id, "ada", pb::Role::Admin))
        .await;
    refused(answer, R::PermissionDenied);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_organization_takes_nobody() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    employed(&fixture, id, "ada", "VERIFIED").await;
    let close = format!("UPDATE organizations SET state = 'CLOSED' WHERE organization_id = '{id}'");
    fixture.execute(close).await;
    let status = refused(
        add(&fixture, id, "ada", pb::Role::Viewer).await,
        R::OrganizationState,
    );
    assert_eq!(fact(&status, "state").as_deref(), Some("CLOSED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn profile_users_are_listed_page_by_page() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    for who in ["ada", "bob", "eve"] {
        added(&fixture, id, who, pb::Role::Viewer).await;
    }
    let mut all = Vec::new();
    let mut request = pb::ListProfileUsersRequest {
        parent: name(id),
        page_size: 3,
        page_token: String::new(),
    };
    let viewer = || TestCaller::member("ada", id, Role::Viewer);
    loop {
        let page = users(&fixture, viewer())
            .list_profile_users(request.clone())
            .await;
        let page = page.unwrap().into_inner();
        all.extend(page.profile_users);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    let mut found: Vec<_> = all.iter().map(|user| user.person.clone()).collect();
    let mut expected: Vec<_> = ["owner", "ada", "bob", "eve"].map(person).to_vec();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    let owners = all.iter().filter(|user| user.role() == pb::Role::Owner);
    let names: Vec<_> = owners.map(|user| user.display_name.as_str()).collect();
    assert_eq!(names, ["owner"]);
}
