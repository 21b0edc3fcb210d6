//! How often anybody asks.

use std::time::Duration;

use muster_proto::organization::v1 as pb;
use muster_refusal::{ErrorReason as R, quota_of};
use muster_testkit::Callers;

use super::{ask, asked, deny, withdraw};
use crate::fixture::Fixture;
use crate::refused::{fact, refused};

const MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_and_takes_it_back_again_and_again_is_stopped() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    for _ in 0..10 {
        let request = asked(&fixture, "ada", id).await;
        withdraw(&fixture, "ada", &request).await.unwrap();
    }
    let ada = || Callers::person("ada");
    let status = refused(
        ask(&fixture, ada(), id, pb::Role::Viewer).await,
        R::TooManyAccessRequests,
    );
    assert_eq!(quota_of(&status), Some((10, 10)));
    // Nor anywhere else; somebody else is not concerned.
    let other = fixture.active().await;
    refused(
        ask(&fixture, ada(), other, pb::Role::Viewer).await,
        R::TooManyAccessRequests,
    );
    asked(&fixture, "eve", id).await;
    fixture.service.clock.advance(MONTH);
    asked(&fixture, "ada", other).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_denied_asks_the_same_organization_again_after_thirty_days() {
    let fixture = Fixture::new().await;
    let (id, other) = (fixture.active().await, fixture.active().await);
    let request = asked(&fixture, "ada", id).await;
    deny(&fixture, id, &request).await.unwrap();
    let ada = || Callers::person("ada");
    let status = refused(
        ask(&fixture, ada(), id, pb::Role::Viewer).await,
        R::AccessRequestDenied,
    );
    assert_eq!(
        fact(&status, "retry_time").as_deref(),
        Some("2026-03-31T12:00:00Z")
    );
    asked(&fixture, "ada", other).await;
    fixture.service.clock.advance(MONTH);
    asked(&fixture, "ada", id).await;
}
