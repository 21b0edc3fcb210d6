//! What may go out in a day, and what does: told as it is counted.

use std::time::Duration;

use muster_identity::Role;
use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::{GetRateLimitsRequest, GetRateLimitsResponse, RateLimit};
use muster_refusal::{fields_of, quota_of};
use muster_server::convert::timestamp;
use muster_testkit::TestCaller;
use prost_types::Timestamp;
use tonic::Status;

use crate::cancel::cancel;
use crate::fixture::{Fixture, reason};
use crate::join_requests;
use crate::upload::{applied, approve, good, upload};

const HOUR: Duration = Duration::from_secs(60 * 60);

async fn limits_of(
    fixture: &Fixture,
    who: TestCaller,
    address: &str,
) -> Result<GetRateLimitsResponse, Status> {
    let request = GetRateLimitsRequest {
        parent: fixture.parent(),
        address: address.to_owned(),
    };
    let mut client = InvitationServiceClient::new(fixture.as_who(who));
    Ok(client.get_rate_limits(request).await?.into_inner())
}

/// As the owner is told.
async fn limits(fixture: &Fixture, address: &str) -> GetRateLimitsResponse {
    limits_of(fixture, fixture.owner(), address).await.unwrap()
}

fn of(used: i64, limit: i64) -> Option<RateLimit> {
    of_until(used, limit, None)
}

fn of_until(used: i64, limit: i64, next_time: Option<Timestamp>) -> Option<RateLimit> {
    Some(RateLimit {
        used,
        limit,
        next_time,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_is_what_is_counted_for_the_organization_the_caller_and_the_mailbox() {
    let flags = [("--messages-of-inviter", "3"), ("--mails-to-mailbox", "2")];
    let mut fixture = Fixture::with(&flags).await;
    fixture.subscribe(500, 100).await;
    let nothing = limits(&fixture, "").await;
    assert_eq!(nothing.messages_per_day, of(0, 100));
    assert_eq!(nothing.messages_of_an_inviter_per_day, of(0, 3));
    assert_eq!(nothing.mails_to_a_mailbox_per_day, of(0, 2));
    assert_eq!(nothing.join_requests_per_day, of(0, 1000));

    let nurses = [&fixture.nurses];
    let first = fixture.create("ada@example.com", &nurses).await.unwrap();
    cancel(&fixture, &first.name).await.unwrap();
    let begin = fixture.clock.now();
    fixture.later(HOUR).await;
    let nurses = [&fixture.nurses];
    // The same mailbox, as many providers have it; what is due in half a day counts by now.
    let later = fixture
        .create_later("a.da+work@example.com", &nurses, 12 * HOUR)
        .await;
    later.unwrap();
    let full = limits(&fixture, "A.D.A@example.com").await;
    assert_eq!(full.messages_per_day, of(2, 100));
    assert_eq!(full.messages_of_an_inviter_per_day, of(2, 3));
    let next_time = timestamp(begin + 24 * HOUR);
    assert_eq!(full.mails_to_a_mailbox_per_day, of_until(2, 2, Some(next_time)));
    // As the refusal has it.
    let refused = fixture.create("ad.a@example.com", &nurses).await.unwrap_err();
    assert_eq!(quota_of(&refused), Some((2, 2)));
    assert_eq!(
        limits(&fixture, "bob@example.com")
            .await
            .mails_to_a_mailbox_per_day,
        of(0, 2)
    );

    // Others have their own, and a spreadsheet is nobody's.
    let import = upload(&fixture, &good(20)).await.unwrap();
    approve(&fixture, &import).await.unwrap();
    applied(&fixture, &import).await;
    fixture.create("bob@example.com", &nurses).await.unwrap();
    let used_up = limits(&fixture, "").await;
    assert_eq!(used_up.messages_per_day, of(23, 100));
    assert_eq!(used_up.messages_of_an_inviter_per_day, of(3, 3));
    let refused = fixture.create("cleo@example.com", &nurses).await.unwrap_err();
    assert_eq!(quota_of(&refused), Some((3, 3)));
    let viewer = TestCaller::member("viewer", fixture.organization, Role::Viewer);
    let others = limits_of(&fixture, viewer, "ada@example.com").await.unwrap();
    assert_eq!(others.messages_of_an_inviter_per_day, of(0, 3));
    assert_eq!(others.messages_per_day, used_up.messages_per_day);
    assert_eq!(others.mails_to_a_mailbox_per_day, full.mails_to_a_mailbox_per_day);

    // Another organization's are others, and so is another day.
    let other = fixture.new_organization("owner").await;
    let own = std::mem::replace(&mut fixture.organization, other);
    let theirs = limits(&fixture, "ada@example.com").await;
    assert_eq!(theirs.messages_of_an_inviter_per_day, of(0, 3));
    assert_eq!(theirs.mails_to_a_mailbox_per_day, of(0, 2));
    fixture.organization = own;
    fixture.later(48 * HOUR).await;
    let over = limits(&fixture, "ada@example.com").await;
    assert_eq!(over, nothing);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_who_may_use_all_of_the_plan_has_no_limit_of_their_own() {
    let fixture = Fixture::with(&[("--messages-of-inviter", "0")]).await;
    let nurses = [&fixture.nurses];
    fixture.create("ada@example.com", &nurses).await.unwrap();
    let told = limits(&fixture, "").await;
    assert_eq!(told.messages_of_an_inviter_per_day, None);
    assert_eq!(told.messages_per_day.unwrap().used, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_to_join_are_told_whatever_became_of_them() {
    let mut fixture = Fixture::with(&[("--join-requests-to-organization", "2")]).await;
    fixture.subscribe(500, 10_000).await;
    fixture.open_join_page("sunrise", "").await;
    let requests = async |fixture: &Fixture| limits(fixture, "").await.join_requests_per_day;
    join_requests::ask(&fixture, "ada@example.com").await.unwrap();
    assert_eq!(requests(&fixture).await, of(1, 2));
    join_requests::ask(&fixture, "bob@example.com").await.unwrap();
    assert_eq!(requests(&fixture).await, of(2, 2));
    let refused = join_requests::ask(&fixture, "cleo@example.com").await;
    assert_eq!(reason(refused), R::RateLimited);
    assert_eq!(requests(&fixture).await, of(2, 2));
    fixture.later(25 * HOUR).await;
    assert_eq!(requests(&fixture).await, of(0, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_what_is_no_address_and_no_organization_nothing_is_told() {
    let mut fixture = Fixture::new().await;
    let refused = limits_of(&fixture, fixture.owner(), "nobody").await.unwrap_err();
    assert_eq!(fields_of(&refused), ["address"]);
    assert_eq!(reason(Err::<(), _>(refused)), R::InvalidRequest);
    fixture.organization = fixture.clock.new_id();
    let staff = TestCaller::staff(fixture.organization);
    assert_eq!(reason(limits_of(&fixture, staff, "").await), R::NotFound);
}
