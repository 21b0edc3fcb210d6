//! Requests that nobody decides.

use std::time::Duration;

use muster_proto::organization::v1 as pb;
use muster_refusal::ErrorReason as R;

use super::{approve, asked, listed, withdraw};
use crate::fixture::Fixture;
use crate::profile_users::added;
use crate::refused::{fact, refused};
use crate::roles::role;

const MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_decides_in_thirty_days_is_over_without_anybody_writing_it_down() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let request = asked(&fixture, "ada", id).await;
    fixture.service.clock.advance(MONTH);
    let expired = listed(&fixture, id, pb::AccessRequestState::Expired).await;
    assert_eq!(expired.len(), 1);
    assert_eq!(expired[0].state(), pb::AccessRequestState::Expired);
    assert!(
        listed(&fixture, id, pb::AccessRequestState::Pending)
            .await
            .is_empty()
    );
    for answer in [
        approve(&fixture, id, &request).await,
        withdraw(&fixture, "ada", &request).await,
    ] {
        let status = refused(answer, R::AccessRequestState);
        assert_eq!(fact(&status, "state").as_deref(), Some("EXPIRED"));
    }
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Unspecified);
    // Another one takes its place; the old one stays what it is, also when the person is let in.
    let again = asked(&fixture, "ada", id).await;
    assert_ne!(again.name, request.name);
    approve(&fixture, id, &again).await.unwrap();
    assert_eq!(
        listed(&fixture, id, pb::AccessRequestState::Expired).await,
        expired
    );
    refused(approve(&fixture, id, &request).await, R::AccessRequestState);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_request_is_not_granted_by_adding_the_person() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    asked(&fixture, "ada", id).await;
    fixture.service.clock.advance(MONTH);
    let user = added(&fixture, id, "ada", pb::Role::Viewer).await;
    assert_eq!(user.display_name, "");
    assert_eq!(
        listed(&fixture, id, pb::AccessRequestState::Expired).await.len(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_ends_what_waits_and_reinstating_revives_nothing() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let request = asked(&fixture, "ada", id).await;
    fixture.suspend(id, "an inspection").await.unwrap();
    fixture.reinstate(id).await.unwrap();
    let expired = listed(&fixture, id, pb::AccessRequestState::Expired).await;
    assert_eq!(expired.len(), 1);
    let status = refused(approve(&fixture, id, &request).await, R::AccessRequestState);
    assert_eq!(fact(&status, "state").as_deref(), Some("EXPIRED"));
    let again = asked(&fixture, "ada", id).await;
    assert_ne!(again.name, request.name);
}
