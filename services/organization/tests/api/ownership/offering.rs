//! An ownership is offered, and answered.

use std::time::Duration;

use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::director_internal_service_client::DirectorInternalServiceClient;
use muster_refusal::ErrorReason as R;
use muster_testkit::{Callers, TestCaller};

use super::{accept, as_owner, decline, latest, let_in, offer, withdraw};
use crate::access_requests::asked;
use crate::employed::employed;
use crate::fixture::{Fixture, name};
use crate::profile_users::{added, listed_as, person, remove};
use crate::refused::{fact, refused};
use crate::roles::role;

const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

#[tokio::test(flavor = "multi_thread")]
async fn who_accepts_is_the_owner_and_who_was_it_an_admin_by_no_employment() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    employed(&fixture, id, "owner", "VERIFIED").await;
    added(&fixture, id, "ada", pb::Role::Admin).await;
    let offered = offer(&fixture, id, "owner", "ada").await.unwrap();
    assert_eq!(
        (
            offered.state(),
            offered.person.as_str(),
            offered.offered_by.as_str()
        ),
        (
            pb::OwnershipOfferState::Offered,
            person("ada").as_str(),
            person("owner").as_str()
        )
    );
    assert_eq!(offer(&fixture, id, "owner", "ada").await.unwrap(), offered);
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Admin);
    let before = fixture.read(id).await;
    let accepted = accept(&fixture, TestCaller::person("ada"), &offered)
        .await
        .unwrap();
    assert_eq!(accepted.state(), pb::OwnershipOfferState::Accepted);
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Owner);
    assert_eq!(role(&fixture, id, "owner").await, pb::Role::Admin);
    let after = fixture.read(id).await;
    assert_eq!(after.owner, person("ada"));
    assert_ne!(after.etag, before.etag);
    let director =
        DirectorInternalServiceClient::new(fixture.service.calls_of(TestCaller::Workload("employment")))
            .get_director(pb::GetDirectorRequest {
                organization: name(id),
            })
            .await
            .unwrap()
            .into_inner();
    assert_eq!(
        (director.person, director.display_name),
        (person("ada"), "ada".to_owned())
    );
    // Neither depends on an employment any more.
    for who in ["owner", "ada"] {
        employed(&fixture, id, who, "ENDED").await;
    }
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Owner);
    assert_eq!(role(&fixture, id, "owner").await, pb::Role::Admin);
    let former = listed_as(&fixture, id, "owner").await.unwrap();
    assert_eq!(
        (former.origin(), former.display_name.as_str()),
        (pb::ProfileUserOrigin::Request, "owner")
    );
    // A second acceptance moves nothing a second time.
    assert_eq!(
        accept(&fixture, TestCaller::person("ada"), &offered)
            .await
            .unwrap(),
        accepted
    );
    remove(&fixture, id, as_owner(id, "ada"), "owner").await.unwrap();
    assert_eq!(role(&fixture, id, "owner").await, pb::Role::Unspecified);
    refused(
        remove(&fixture, id, as_owner(id, "owner"), "ada").await,
        R::PermissionDenied,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_is_answered_once_by_whom_it_was_made_to() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    for who in ["ada", "bob"] {
        let_in(&fixture, id, who).await;
    }
    let first = offer(&fixture, id, "owner", "ada").await.unwrap();
    refused(offer(&fixture, id, "owner", "bob").await, R::OwnershipOfferOpen);
    refused(
        accept(&fixture, TestCaller::person("bob"), &first).await,
        R::NotFound,
    );
    refused(decline(&fixture, "bob", &first).await, R::NotFound);
    let declined = decline(&fixture, "ada", &first).await.unwrap();
    assert_eq!(declined.state(), pb::OwnershipOfferState::Declined);
    assert_eq!(decline(&fixture, "ada", &first).await.unwrap(), declined);
    let status = refused(
        accept(&fixture, TestCaller::person("ada"), &first).await,
        R::OwnershipOfferState,
    );
    assert_eq!(fact(&status, "state").as_deref(), Some("DECLINED"));
    refused(
        withdraw(&fixture, id, "owner", &first).await,
        R::OwnershipOfferState,
    );
    let second = offer(&fixture, id, "owner", "bob").await.unwrap();
    let withdrawn = withdraw(&fixture, id, "owner", &second).await.unwrap();
    assert_eq!(withdrawn.state(), pb::OwnershipOfferState::Withdrawn);
    assert_eq!(withdraw(&fixture, id, "owner", &second).await.unwrap(), withdrawn);
    refused(
        accept(&fixture, TestCaller::person("bob"), &second).await,
        R::OwnershipOfferState,
    );
    assert_eq!(role(&fixture, id, "owner").await, pb::Role::Owner);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_that_nobody_answers_is_over_after_seven_days() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    for who in ["ada", "bob"] {
        let_in(&fixture, id, who).await;
    }
    let offered = offer(&fixture, id, "owner", "ada").await.unwrap();
    fixture.service.clock.advance(WEEK);
    assert_eq!(
        latest(&fixture, id).await.state(),
        pb::OwnershipOfferState::Expired
    );
    let status = refused(
        accept(&fixture, TestCaller::person("ada"), &offered).await,
        R::OwnershipOfferState,
    );
    assert_eq!(fact(&status, "state").as_deref(), Some("EXPIRED"));
    let next = offer(&fixture, id, "owner", "bob").await.unwrap();
    accept(&fixture, TestCaller::person("bob"), &next).await.unwrap();
    refused(
        accept(&fixture, TestCaller::person("ada"), &offered).await,
        R::OwnershipOfferState,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_can_act_at_once_becomes_the_owner() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    added(&fixture, id, "viewer", pb::Role::Viewer).await;
    added(&fixture, id, "asleep", pb::Role::Admin).await;
    employed(&fixture, id, "asleep", "PENDING_VERIFICATION").await;
    for (who, missing) in [
        ("nobody", "PROFILE_USER"),
        ("viewer", "ADMIN"),
        ("asleep", "ACTIVE"),
        ("owner", "ADMIN"),
    ] {
        let status = refused(offer(&fixture, id, "owner", who).await, R::SuccessorCannotAct);
        assert_eq!(fact(&status, "missing").as_deref(), Some(missing), "{who}");
    }
    let_in(&fixture, id, "ada").await;
    let offered = offer(&fixture, id, "owner", "ada").await.unwrap();
    let mut unverified = Callers::person("ada");
    unverified.emails.clear();
    let answer = accept(&fixture, TestCaller::Person(unverified, None), &offered).await;
    refused(answer, R::AddressUnknown);
    assert_eq!(latest(&fixture, id).await, offered);
    refused(offer(&fixture, id, "ada", "ada").await, R::PermissionDenied);
    refused(withdraw(&fixture, id, "ada", &offered).await, R::PermissionDenied);
    assert_eq!(role(&fixture, id, "owner").await, pb::Role::Owner);
}

/// Whose access came from an employment has told no address before: accepting tells it.
#[tokio::test(flavor = "multi_thread")]
async fn who_accepts_can_be_written_to_and_waits_for_nothing_that_they_had_asked_for() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    added(&fixture, id, "ada", pb::Role::Admin).await;
    let request = asked(&fixture, "ada", id).await;
    let offered = offer(&fixture, id, "owner", "ada").await.unwrap();
    accept(&fixture, TestCaller::person("ada"), &offered)
        .await
        .unwrap();
    let known = "SELECT count(*) FROM organizations o JOIN profile_user_addresses a
        ON a.organization_id = o.organization_id AND a.person_id = o.owner_person_id
        WHERE a.address_given = 'ada@example.com'";
    assert_eq!(fixture.service.database.count(known).await, 1);
    let settled = format!(
        "SELECT count(*) FROM access_requests WHERE state = 'APPROVED' AND decider_person_id = '{}'",
        Callers::person("owner").id
    );
    let mut connection = fixture.service.database.connection().await;
    let settled = sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(settled));
    assert_eq!(
        settled.fetch_one(&mut connection).await.unwrap(),
        1,
        "{request:?}"
    );
}
