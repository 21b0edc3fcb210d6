//! The owner changes what somebody may do.

use muster_ids::OrganizationId;
use muster_proto::organization::v1 as pb;
use muster_refusal::ErrorReason as R;
use prost_types::FieldMask;
use tonic::Status;

use super::{added, listed_as, user_name, users};
use crate::fixture::{Fixture, owner};
use crate::refused::{fields, refused};
use crate::roles::role;

pub(crate) async fn update(
    fixture: &Fixture,
    id: OrganizationId,
    changes: pb::ProfileUser,
    paths: &[&str],
) -> Result<pb::ProfileUser, Status> {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    let request = pb::UpdateProfileUserRequest {
        profile_user: Some(changes),
        update_mask: Some(FieldMask { paths }),
        request_id: String::new(),
    };
    let changed = users(fixture, owner(id)).update_profile_user(request).await?;
    Ok(changed.into_inner().profile_user.unwrap())
}

pub(super) fn lower(id: OrganizationId, who: &str) -> pb::ProfileUser {
    pb::ProfileUser {
        name: user_name(id, who),
        role: pb::Role::Viewer.into(),
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_changed_and_counts_at_once() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let admin = added(&fixture, id, "ada", pb::Role::Admin).await;
    let changed = update(&fixture, id, lower(id, "ada"), &["role"]).await.unwrap();
    assert_eq!(
        changed,
        pb::ProfileUser {
            role: pb::Role::Viewer.into(),
            etag: changed.etag.clone(),
            ..admin.clone()
        }
    );
    assert_ne!(changed.etag, admin.etag);
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Viewer);
    assert_eq!(
        update(&fixture, id, lower(id, "ada"), &["role"]).await.unwrap(),
        changed
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_read_an_older_version_is_told_also_when_somebody_came_back_since() {
    let fixture = Fixture::at(muster_clock::Clock::system()).await;
    let id = fixture.active().await;
    let seen = added(&fixture, id, "ada", pb::Role::Admin).await;
    super::remove(&fixture, id, owner(id), "ada").await.unwrap();
    let back = added(&fixture, id, "ada", pb::Role::Admin).await;
    let with = |etag: String| pb::ProfileUser {
        etag,
        ..lower(id, "ada")
    };
    refused(
        update(&fixture, id, with(seen.etag), &["role"]).await,
        R::EtagMismatch,
    );
    update(&fixture, id, with(back.etag), &["role"]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_is_changed_by_a_transfer_alone_and_who_is_none_not_at_all() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    refused(
        update(&fixture, id, lower(id, "owner"), &["role"]).await,
        R::OwnerMustTransfer,
    );
    refused(
        update(&fixture, id, lower(id, "ada"), &["role"]).await,
        R::NotFound,
    );
    assert_eq!(role(&fixture, id, "owner").await, pb::Role::Owner);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mask_names_what_can_be_changed() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let before = added(&fixture, id, "ada", pb::Role::Admin).await;
    for (paths, wrong) in [
        (&["display_name", "role"][..], "update_mask.paths[0]"),
        (&[], "update_mask"),
        (&["*"], "update_mask.paths[0]"),
    ] {
        let answer = update(&fixture, id, lower(id, "ada"), paths).await;
        assert_eq!(
            fields(answer.map(tonic::Response::new), R::InvalidRequest),
            [wrong]
        );
    }
    let owned = pb::ProfileUser {
        role: pb::Role::Owner.into(),
        ..lower(id, "ada")
    };
    let answer = update(&fixture, id, owned, &["role"]).await;
    assert_eq!(
        fields(answer.map(tonic::Response::new), R::InvalidRequest),
        ["profile_user.role"]
    );
    assert_eq!(listed_as(&fixture, id, "ada").await, Some(before));
}
