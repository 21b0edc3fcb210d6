//! Nobody decides, as registry staff, on an organization of their own.

use muster_ids::OrganizationId;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::subscription_service_client::SubscriptionServiceClient;
use muster_refusal::ErrorReason as R;
use muster_testkit::TestCaller;
use tonic::Status;

use crate::decisions::staff_acts;
use crate::employed::employed;
use crate::fixture::{Fixture, approve, name, submit};
use crate::ownership::{as_owner, let_in, ownership};
use crate::profile_users::{added, person};
use crate::refused::refused;
use crate::subscriptions::premium;

/// What registry staff may decide on an organization, each tried by the same member of them.
async fn decisions(fixture: &Fixture, id: OrganizationId) -> Vec<(&'static str, Result<(), Status>)> {
    let mut staff = fixture.profiles(TestCaller::staff(id));
    let approved = staff.approve_organization(approve(id)).await.map(|_| ());
    let returned = fixture
        .give_back(id, &[pb::OrganizationReturnReason::Other], "look again")
        .await;
    let mut plans = SubscriptionServiceClient::new(fixture.service.calls_of(TestCaller::staff(id)));
    let moving = pb::MoveOwnershipRequest {
        name: name(id),
        person: person("ada"),
        reason: "the owner has died".to_owned(),
        request_id: String::new(),
    };
    let mut owners = ownership(fixture, TestCaller::staff(id));
    let moved = owners.move_ownership(moving).await;
    vec![
        ("approve", approved),
        ("return", returned.map(|_| ())),
        ("reject", fixture.reject(id).await.map(|_| ())),
        ("suspend", fixture.suspend(id, "an inspection").await.map(|_| ())),
        ("reinstate", fixture.reinstate(id).await.map(|_| ())),
        (
            "subscribe",
            plans.activate_subscription(premium(id)).await.map(|_| ()),
        ),
        ("move", moved.map(|_| ())),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_decide_nothing_about_a_profile_that_they_own() {
    let fixture = Fixture::new().await;
    let id = fixture.draft("staff", fixture.profile()).await;
    let mut own = fixture.profiles(as_owner(id, "staff"));
    own.submit_organization(submit(id)).await.unwrap();
    let before = fixture.read(id).await;
    for (what, decided) in decisions(&fixture, id).await {
        let status = refused(decided, R::OwnProfile);
        assert_eq!(status.code(), tonic::Code::FailedPrecondition, "{what}");
    }
    assert_eq!(fixture.read(id).await, before);
    assert_eq!(staff_acts(&fixture).await, 0);
}

/// Also one whose access counts for nothing at the moment: they will have it again.
#[tokio::test(flavor = "multi_thread")]
async fn staff_decide_nothing_about_an_organization_that_let_them_in() {
    let fixture = Fixture::new().await;
    let (admin, asleep) = (fixture.active().await, fixture.active().await);
    let_in(&fixture, admin, "staff").await;
    added(&fixture, asleep, "staff", pb::Role::Viewer).await;
    employed(&fixture, asleep, "staff", "PENDING_VERIFICATION").await;
    for id in [admin, asleep] {
        for (what, decided) in decisions(&fixture, id).await {
            assert!(decided.is_err(), "{what}");
            refused(decided, R::OwnProfile);
        }
        assert_eq!(fixture.read(id).await.state(), pb::OrganizationState::Active);
    }
    assert_eq!(staff_acts(&fixture).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_make_nobody_the_owner_who_is_themself() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    employed(&fixture, id, "staff", "VERIFIED").await;
    let moving = pb::MoveOwnershipRequest {
        name: name(id),
        person: person("staff"),
        reason: "the owner has died".to_owned(),
        request_id: String::new(),
    };
    let moved = ownership(&fixture, TestCaller::staff(id))
        .move_ownership(moving)
        .await;
    refused(moved, R::OwnProfile);
    assert_eq!(fixture.read(id).await.owner, person("owner"));
}
