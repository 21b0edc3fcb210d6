//! Access is taken away, or given up.

use muster_identity::Role;
use muster_proto::organization::v1 as pb;
use muster_refusal::ErrorReason as R;
use muster_testkit::TestCaller;

use super::updating::{lower, update};
use super::{add, added, listed, remove, user_name, users};
use crate::fixture::{Fixture, name, owner};
use crate::ownership::{accept, let_in, offer};
use crate::refused::{fact, refused};
use crate::roles::role;

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_removes_others_and_everybody_else_only_themself() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    for (who, role) in [
        ("ada", pb::Role::Admin),
        ("bob", pb::Role::Viewer),
        ("eve", pb::Role::Viewer),
    ] {
        added(&fixture, id, who, role).await;
    }
    let admin = || TestCaller::member("ada", id, Role::Admin);
    refused(remove(&fixture, id, admin(), "bob").await, R::PermissionDenied);
    // Whether the other is one or not.
    refused(remove(&fixture, id, admin(), "nobody").await, R::PermissionDenied);
    let gone = remove(&fixture, id, owner(id), "bob").await.unwrap().into_inner();
    assert_eq!(gone.profile_user.unwrap().name, user_name(id, "bob"));
    let viewer = TestCaller::member("eve", id, Role::Viewer);
    remove(&fixture, id, viewer, "eve").await.unwrap();
    remove(&fixture, id, admin(), "ada").await.unwrap();
    for who in ["ada", "bob", "eve"] {
        assert_eq!(role(&fixture, id, who).await, pb::Role::Unspecified);
    }
    assert_eq!(listed(&fixture, id).await.len(), 1);
    refused(remove(&fixture, id, owner(id), "bob").await, R::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_is_removed_by_nobody_not_even_themself() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    refused(
        remove(&fixture, id, owner(id), "owner").await,
        R::OwnerMustTransfer,
    );
    let admin = TestCaller::member("ada", id, Role::Admin);
    refused(remove(&fixture, id, admin, "owner").await, R::PermissionDenied);
    assert_eq!(role(&fixture, id, "owner").await, pb::Role::Owner);
}

/// R8: each refusal says which ownership is in the way and what is done about it, and that does it.
#[tokio::test(flavor = "multi_thread")]
async fn who_owns_organizations_is_told_which_and_how_to_give_them_away_and_then_is_free() {
    let fixture = Fixture::new().await;
    let [given, closed] = [fixture.active().await, fixture.active().await];
    for id in [given, closed] {
        for way in [
            remove(&fixture, id, owner(id), "owner").await.map(drop),
            update(&fixture, id, lower(id, "owner"), &["role"])
                .await
                .map(drop),
        ] {
            let status = refused(way, R::OwnerMustTransfer);
            assert_eq!(fact(&status, "organization"), Some(name(id)));
            assert_eq!(fact(&status, "next_step").as_deref(), Some("offer_ownership"));
        }
    }
    let_in(&fixture, given, "ada").await;
    let offered = offer(&fixture, given, "owner", "ada").await.unwrap();
    accept(&fixture, TestCaller::person("ada"), &offered)
        .await
        .unwrap();
    let as_admin = TestCaller::member("owner", given, Role::Admin);
    remove(&fixture, given, as_admin, "owner").await.unwrap();
    assert_eq!(role(&fixture, given, "owner").await, pb::Role::Unspecified);
    fixture
        .close(owner(closed), closed, "it moved away")
        .await
        .unwrap();
    assert!(
        listed(&fixture, given)
            .await
            .iter()
            .all(|user| user.person != super::person("owner"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_that_is_sent_again_gets_its_answer_and_removes_nobody_anew() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    added(&fixture, id, "ada", pb::Role::Admin).await;
    let request = pb::RemoveProfileUserRequest {
        name: user_name(id, "ada"),
        request_id: fixture.service.clock.new_uuid().to_string(),
    };
    let mut users = users(&fixture, owner(id));
    let first = users.remove_profile_user(request.clone()).await.unwrap();
    add(&fixture, id, "ada", pb::Role::Viewer).await.unwrap();
    let again = users.remove_profile_user(request).await.unwrap();
    assert_eq!(first.into_inner(), again.into_inner());
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Viewer);
}
