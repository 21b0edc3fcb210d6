//! Offers whose ground goes.

use std::time::Duration;

use muster_ids::OrganizationId;
use muster_proto::employment::v1::EmploymentState as S;
use muster_proto::organization::v1 as pb;
use muster_refusal::ErrorReason as R;
use muster_server::convert::timestamp;
use muster_testkit::TestCaller;
use prost_types::FieldMask;

use super::{accept, as_owner, latest, let_in, offer};
use crate::employed::{employed, hears};
use crate::fixture::{Fixture, owner};
use crate::profile_users::{add, remove, user_name, users};
use crate::refused::{fact, refused};
use crate::roles::role;

/// The offer has ended, and cannot be accepted, whatever its maker does.
async fn has_lapsed(fixture: &Fixture, id: OrganizationId, offered: &pb::OwnershipOffer) {
    let lapsed = latest(fixture, id).await;
    assert_eq!(
        (lapsed.name.as_str(), lapsed.state()),
        (offered.name.as_str(), pb::OwnershipOfferState::Lapsed)
    );
    assert!(lapsed.end_time.is_some());
    let status = refused(
        accept(fixture, TestCaller::person("ada"), offered).await,
        R::OwnershipOfferState,
    );
    assert_eq!(fact(&status, "state").as_deref(), Some("LAPSED"));
    assert_eq!(role(fixture, id, "owner").await, pb::Role::Owner);
}

async fn update(fixture: &Fixture, id: OrganizationId, changes: pb::ProfileUser, path: &str) {
    let request = pb::UpdateProfileUserRequest {
        profile_user: Some(pb::ProfileUser {
            name: user_name(id, "ada"),
            ..changes
        }),
        update_mask: Some(FieldMask {
            paths: vec![path.to_owned()],
        }),
        request_id: String::new(),
    };
    users(fixture, owner(id))
        .update_profile_user(request)
        .await
        .unwrap();
}

fn with_role(role: pb::Role) -> pb::ProfileUser {
    pb::ProfileUser {
        role: role.into(),
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_to_who_is_removed_ends_and_does_not_come_back_with_them() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let_in(&fixture, id, "ada").await;
    let offered = offer(&fixture, id, "owner", "ada").await.unwrap();
    remove(&fixture, id, owner(id), "ada").await.unwrap();
    has_lapsed(&fixture, id, &offered).await;
    let_in(&fixture, id, "ada").await;
    has_lapsed(&fixture, id, &offered).await;
    let again = offer(&fixture, id, "owner", "ada").await.unwrap();
    assert_ne!(again.name, offered.name);
    accept(&fixture, TestCaller::person("ada"), &again).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_to_who_is_no_admin_any_more_ends() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let_in(&fixture, id, "ada").await;
    let offered = offer(&fixture, id, "owner", "ada").await.unwrap();
    update(&fixture, id, with_role(pb::Role::Viewer), "role").await;
    has_lapsed(&fixture, id, &offered).await;
    update(&fixture, id, with_role(pb::Role::Admin), "role").await;
    has_lapsed(&fixture, id, &offered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_ends_with_the_access_it_stands_on_however_that_is_extended() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let_in(&fixture, id, "ada").await;
    let until = |hours: u32| pb::ProfileUser {
        expire_time: Some(timestamp(
            fixture.service.clock.now() + Duration::from_secs(60 * 60) * hours,
        )),
        ..Default::default()
    };
    update(&fixture, id, until(2), "expire_time").await;
    let offered = offer(&fixture, id, "owner", "ada").await.unwrap();
    assert_eq!(offered.expire_time, until(2).expire_time);
    // Longer access is no reason to end it, nor to lengthen it; shorter access is one.
    update(&fixture, id, until(3), "expire_time").await;
    assert_eq!(latest(&fixture, id).await, offered);
    update(&fixture, id, until(1), "expire_time").await;
    has_lapsed(&fixture, id, &offered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_to_who_falls_asleep_ends_and_does_not_wake_with_them() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let mut sequence = 0;
    for state in [S::PendingVerification, S::Ended, S::Rejected] {
        hears(&fixture, id, "ada", sequence + 1, S::Verified).await;
        add(&fixture, id, "ada", pb::Role::Admin).await.unwrap();
        let offered = offer(&fixture, id, "owner", "ada").await.unwrap();
        hears(&fixture, id, "ada", sequence + 2, state).await;
        has_lapsed(&fixture, id, &offered).await;
        hears(&fixture, id, "ada", sequence + 3, S::Verified).await;
        has_lapsed(&fixture, id, &offered).await;
        sequence += 3;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employment_that_the_access_does_not_come_from_ends_no_offer() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let_in(&fixture, id, "ada").await;
    let offered = offer(&fixture, id, "owner", "ada").await.unwrap();
    hears(&fixture, id, "ada", 1, S::PendingVerification).await;
    hears(&fixture, id, "ada", 2, S::Ended).await;
    hears(&fixture, id, "bob", 1, S::Ended).await;
    assert_eq!(latest(&fixture, id).await, offered);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ownership_that_moved_otherwise_leaves_no_offer_behind() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    for who in ["ada", "bob"] {
        let_in(&fixture, id, who).await;
    }
    employed(&fixture, id, "ada", "VERIFIED").await;
    let offered = offer(&fixture, id, "owner", "ada").await.unwrap();
    super::reassigning::reassign(&fixture, id, "bob").await.unwrap();
    assert_eq!(
        latest(&fixture, id).await.state(),
        pb::OwnershipOfferState::Lapsed
    );
    let answer = accept(&fixture, TestCaller::person("ada"), &offered).await;
    refused(answer, R::OwnershipOfferState);
    assert_eq!(role(&fixture, id, "bob").await, pb::Role::Owner);
    remove(&fixture, id, as_owner(id, "bob"), "owner").await.unwrap();
}
