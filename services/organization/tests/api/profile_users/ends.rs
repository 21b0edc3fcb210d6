//! Access that ends by the clock.

use std::time::Duration;

use muster_proto::organization::v1 as pb;
use muster_refusal::ErrorReason as R;
use muster_server::convert::timestamp;

use super::updating::update;
use super::{add, added, adding, listed_as, user_name, users};
use crate::employed::employed;
use crate::fixture::{Fixture, owner};
use crate::refused::fields;
use crate::roles::role;

const HOUR: Duration = Duration::from_secs(60 * 60);

#[tokio::test(flavor = "multi_thread")]
async fn access_that_has_expired_is_none_until_the_owner_extends_it() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    added(&fixture, id, "ada", pb::Role::Admin).await;
    let until = |end| pb::ProfileUser {
        name: user_name(id, "ada"),
        expire_time: Some(timestamp(end)),
        ..Default::default()
    };
    let end = fixture.service.clock.now() + HOUR;
    let limited = update(&fixture, id, until(end), &["expire_time"]).await.unwrap();
    assert_eq!(limited.expire_time, Some(timestamp(end)));
    assert_eq!(limited.role(), pb::Role::Admin);
    fixture.service.clock.advance(HOUR);
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Unspecified);
    let expired = listed_as(&fixture, id, "ada").await.unwrap();
    assert_eq!(expired.state(), pb::ProfileUserState::Expired);
    let longer = update(&fixture, id, until(end + HOUR), &["expire_time"]).await;
    assert_eq!(longer.unwrap().state(), pb::ProfileUserState::Active);
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Admin);
    let open = pb::ProfileUser {
        name: user_name(id, "ada"),
        ..Default::default()
    };
    let open = update(&fixture, id, open, &["expire_time"]).await.unwrap();
    assert_eq!(open.expire_time, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_access_has_expired_is_added_anew_with_nothing_of_what_they_had() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    employed(&fixture, id, "ada", "VERIFIED").await;
    let mut request = adding(id, "ada", pb::Role::Admin);
    let end = timestamp(fixture.service.clock.now() + HOUR);
    request.profile_user.as_mut().unwrap().expire_time = Some(end);
    let mut users = users(&fixture, owner(id));
    users.create_profile_user(request).await.unwrap();
    fixture.service.clock.advance(HOUR);
    let again = add(&fixture, id, "ada", pb::Role::Viewer).await.unwrap();
    assert_eq!((again.role(), again.expire_time), (pb::Role::Viewer, None));
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Viewer);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_in_the_past_is_refused_and_changes_nothing() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let before = added(&fixture, id, "ada", pb::Role::Admin).await;
    let now = Some(timestamp(fixture.service.clock.now()));
    let changes = pb::ProfileUser {
        name: user_name(id, "ada"),
        expire_time: now,
        ..Default::default()
    };
    let answer = update(&fixture, id, changes, &["expire_time"]).await;
    assert_eq!(
        fields(answer.map(tonic::Response::new), R::InvalidRequest),
        ["profile_user.expire_time"]
    );
    let mut request = adding(id, "bob", pb::Role::Viewer);
    request.profile_user.as_mut().unwrap().expire_time = now;
    let answer = users(&fixture, owner(id)).create_profile_user(request).await;
    assert_eq!(fields(answer, R::InvalidRequest), ["profile_user.expire_time"]);
    assert_eq!(listed_as(&fixture, id, "ada").await, Some(before));
}
