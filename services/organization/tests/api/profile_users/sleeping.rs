//! Access that comes from an employment sleeps without it, and ends with it.

use muster_ids::EmploymentId;
use muster_proto::employment::v1::EmploymentState as S;
use muster_proto::organization::v1 as pb;

use super::{add, listed_as};
use crate::employed::{hears, hears_of};
use crate::fixture::Fixture;
use crate::roles::role;

#[tokio::test(flavor = "multi_thread")]
async fn access_sleeps_while_the_employment_waits_to_be_verified_again() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    hears(&fixture, id, "ada", 1, S::Verified).await;
    let ada = add(&fixture, id, "ada", pb::Role::Admin).await.unwrap();
    hears(&fixture, id, "ada", 2, S::PendingVerification).await;
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Unspecified);
    let asleep = listed_as(&fixture, id, "ada").await.unwrap();
    assert_eq!(
        asleep,
        pb::ProfileUser {
            state: pb::ProfileUserState::Asleep.into(),
            ..ada.clone()
        }
    );
    hears(&fixture, id, "ada", 3, S::Verified).await;
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Admin);
    assert_eq!(listed_as(&fixture, id, "ada").await, Some(ada));
}

#[tokio::test(flavor = "multi_thread")]
async fn access_ends_with_the_employment_and_does_not_come_back_with_another() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let mut sequence = 0;
    for over in [S::Ended, S::Rejected, S::Withdrawn] {
        hears(&fixture, id, "ada", sequence + 1, S::Verified).await;
        assert_eq!(role(&fixture, id, "ada").await, pb::Role::Unspecified);
        add(&fixture, id, "ada", pb::Role::Admin).await.unwrap();
        hears(&fixture, id, "ada", sequence + 2, S::PendingVerification).await;
        hears(&fixture, id, "ada", sequence + 3, over).await;
        assert_eq!(listed_as(&fixture, id, "ada").await, None, "{over:?}");
        sequence += 3;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn late_news_of_an_end_ends_nothing_that_was_given_since() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    hears(&fixture, id, "ada", 5, S::Verified).await;
    add(&fixture, id, "ada", pb::Role::Viewer).await.unwrap();
    hears(&fixture, id, "ada", 3, S::Ended).await;
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Viewer);
}

#[tokio::test(flavor = "multi_thread")]
async fn access_does_not_come_back_with_another_employment_that_is_heard_of_before_the_end_of_the_former_one()
{
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let [former, next] = [(); 2].map(|()| ("ada", EmploymentId::from_uuid(fixture.service.clock.new_uuid())));
    hears_of(&fixture, id, former, 1, S::Verified).await;
    add(&fixture, id, "ada", pb::Role::Admin).await.unwrap();
    hears_of(&fixture, id, next, 3, S::Verified).await;
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Unspecified);
    assert_eq!(listed_as(&fixture, id, "ada").await, None);
    // What is given with the next one stays, whatever is heard late of the former one.
    add(&fixture, id, "ada", pb::Role::Viewer).await.unwrap();
    hears_of(&fixture, id, former, 2, S::Ended).await;
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Viewer);
}
