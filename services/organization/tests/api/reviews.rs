//! Reviews of profiles.

use std::time::Duration;

use futures::future::join_all;
use muster_identity::Role;
use muster_ids::OrganizationId;
use muster_proto::employment::v1::EmploymentState;
use muster_proto::notification::v1::get_mail_response::Variables;
use muster_proto::notification::v1::{GetMailResponse, MailPurpose, MailRequestedEvent};
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::ReviewSubject as Subject;
use muster_proto::organization::v1::review_service_client::ReviewServiceClient;
use muster_refusal::ErrorReason as R;
use muster_testkit::{Callers, TestCaller, TestChannel, eventually};
use tonic::Status;

use crate::access_mails::{mail, requested};
use crate::access_requests::asked;
use crate::employed::{employed, hears};
use crate::fixture::{Fixture, licensed, name, owner};
use crate::refused::{fact, fields, refused};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn reviews(fixture: &Fixture, who: TestCaller) -> ReviewServiceClient<TestChannel> {
    ReviewServiceClient::new(fixture.service.calls_of(who))
}

async fn read(fixture: &Fixture, who: TestCaller, id: OrganizationId) -> Result<pb::Review, Status> {
    let request = pb::GetReviewRequest {
        name: format!("{}/review", name(id)),
    };
    let read = reviews(fixture, who).get_review(request).await?;
    Ok(read.into_inner().review.unwrap())
}

async fn confirm(
    fixture: &Fixture,
    who: TestCaller,
    id: OrganizationId,
    request_id: &str,
) -> Result<pb::Review, Status> {
    confirm_seeing(fixture, who, id, 0, request_id).await
}

/// Confirms, having seen so many claims that wait.
async fn confirm_seeing(
    fixture: &Fixture,
    who: TestCaller,
    id: OrganizationId,
    acknowledged_claims: i32,
    request_id: &str,
) -> Result<pb::Review, Status> {
    let request = pb::ConfirmReviewRequest {
        name: format!("{}/review", name(id)),
        request_id: request_id.to_owned(),
        acknowledged_claims,
    };
    let confirmed = reviews(fixture, who).confirm_review(request).await?;
    Ok(confirmed.into_inner().review.unwrap())
}

/// The reminders that were asked for.
async fn reminders(fixture: &Fixture) -> Vec<MailRequestedEvent> {
    let all = requested(fixture).await.into_iter();
    all.filter(|mail| mail.purpose() == MailPurpose::ReviewDue)
        .collect()
}

/// Until the job has asked for so many in all.
async fn reminded(fixture: &Fixture, count: usize) -> Vec<MailRequestedEvent> {
    eventually(async || reminders(fixture).await.len() == count).await;
    reminders(fixture).await
}

/// Until the job has looked at everything that is due by now.
async fn looked(fixture: &Fixture) {
    let now = fixture.service.clock.now();
    eventually(async || {
        let left: i64 = sqlx::query_scalar("SELECT count(*) FROM reviews WHERE remind_time <= $1")
            .bind(now)
            .fetch_one(&mut fixture.service.database.connection().await)
            .await
            .unwrap();
        left == 0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_is_due_a_period_after_the_approval_and_after_each_confirmation() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let viewer = || TestCaller::member("vera", id, Role::Viewer);
    let first = read(&fixture, viewer(), id).await.unwrap();
    assert_eq!(first.state(), pb::ReviewState::Current);
    assert_eq!((first.confirm_time, first.confirmer.as_str()), (None, ""));
    let approved = fixture.read(id).await.approve_time.unwrap().seconds;
    let days = |time: Option<prost_types::Timestamp>| (time.unwrap().seconds - approved) / (24 * 60 * 60);
    assert_eq!((days(first.due_time), days(first.overdue_time)), (30, 60));

    for (wait, state) in [(30, pb::ReviewState::Due), (30, pb::ReviewState::Overdue)] {
        fixture.service.clock.advance(wait * DAY);
        assert_eq!(read(&fixture, viewer(), id).await.unwrap().state(), state);
    }
    let admin = TestCaller::member("ada", id, Role::Admin);
    let confirmed = confirm(&fixture, admin, id, "").await.unwrap();
    assert_eq!(confirmed.state(), pb::ReviewState::Current);
    assert_eq!(
        confirmed.confirmer,
        format!("persons/{}", Callers::person("ada").id)
    );
    assert_eq!((days(confirmed.confirm_time), days(confirmed.due_time)), (60, 90));
    assert_eq!(read(&fixture, viewer(), id).await.unwrap(), confirmed);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_may_have_a_period_of_its_own() {
    let fixture = Fixture::new().await;
    let id = fixture.draft("owner", licensed("us-ny", "1234")).await;
    fixture.submit(id).await;
    let approval = crate::fixture::approve(id);
    fixture
        .profiles(TestCaller::staff(id))
        .approve_organization(approval)
        .await
        .unwrap();
    fixture.service.clock.advance(9 * DAY);
    assert_eq!(
        read(&fixture, owner(id), id).await.unwrap().state(),
        pb::ReviewState::Current
    );
    fixture.service.clock.advance(DAY);
    assert_eq!(
        read(&fixture, owner(id), id).await.unwrap().state(),
        pb::ReviewState::Due
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_to_check_is_told_in_one_answer_as_it_is() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let counts = async || {
        let items = read(&fixture, owner(id), id).await.unwrap().items;
        assert!(
            items
                .iter()
                .all(|item| !item.hint.is_empty() && !item.method.is_empty())
        );
        let each = items.into_iter();
        each.map(|item| (item.subject(), item.count, item.attention_count))
            .collect::<Vec<_>>()
    };
    let bare = counts().await;
    let subjects: Vec<_> = bare.iter().map(|(subject, ..)| *subject).collect();
    assert_eq!(
        subjects,
        [
            Subject::Profile,
            Subject::ProfileUsers,
            Subject::AccessRequests,
            Subject::Employees,
            Subject::EmploymentClaims,
            Subject::Locations,
            Subject::Groups
        ]
    );
    assert!(bare.contains(&(Subject::ProfileUsers, 1, 0)), "{bare:?}");
    assert!(bare.contains(&(Subject::AccessRequests, 0, 0)), "{bare:?}");

    asked(&fixture, "kim", id).await;
    fixture.group(id, "Cooks", Vec::new()).await;
    employed(&fixture, id, "eve", "VERIFIED").await;
    employed(&fixture, id, "max", "PENDING_VERIFICATION").await;
    let now = counts().await;
    for expected in [
        (Subject::AccessRequests, 1, 1),
        (Subject::Employees, 1, 0),
        (Subject::EmploymentClaims, 1, 1),
        (Subject::Groups, 1, 1),
        (Subject::Profile, 1, 0),
    ] {
        assert!(now.contains(&expected), "{now:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_is_reminded_when_it_is_due_and_when_it_is_overdue_and_not_after_it_was_confirmed() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    fixture.service.clock.advance(29 * DAY);
    looked(&fixture).await;
    assert_eq!(reminders(&fixture).await, []);
    fixture.service.clock.advance(DAY);
    let due = reminded(&fixture, 1).await.remove(0);
    let told = mail(&fixture, &due).await;
    assert_eq!((told.wanted, told.address.as_str()), (true, "owner@example.com"));
    let Some(Variables::ReviewDue(says)) = told.variables else {
        panic!("{told:?}");
    };
    assert_eq!(
        (says.organization_display_name.as_str(), says.is_overdue),
        ("Sunshine Day Care", false)
    );

    fixture.service.clock.advance(30 * DAY);
    let overdue = reminded(&fixture, 2).await.remove(1);
    assert_eq!((&overdue.subject, overdue.request), (&due.subject, 2));
    let told = mail(&fixture, &overdue).await;
    assert!(
        matches!(told.variables, Some(Variables::ReviewDue(says)) if says.is_overdue),
        "it is overdue by now"
    );
    fixture.service.clock.advance(300 * DAY);
    looked(&fixture).await;
    confirm(&fixture, owner(id), id, "").await.unwrap();
    assert_eq!(mail(&fixture, &overdue).await, GetMailResponse::default());
    assert_eq!(reminders(&fixture).await.len(), 2, "twice is enough");
    fixture.service.clock.advance(30 * DAY);
    assert!(
        mail(&fixture, &reminded(&fixture, 3).await[2]).await.wanted,
        "and begins anew"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_approved_is_reviewed_and_only_what_is_active_confirmed() {
    let fixture = Fixture::new().await;
    let draft = fixture.draft("owner", fixture.profile()).await;
    refused(read(&fixture, owner(draft), draft).await, R::OrganizationState);
    refused(
        confirm(&fixture, owner(draft), draft, "").await,
        R::OrganizationState,
    );
    let id = fixture.active().await;
    fixture.suspend(id, "an inspection").await.unwrap();
    read(&fixture, owner(id), id).await.unwrap();
    refused(confirm(&fixture, owner(id), id, "").await, R::OrganizationState);
    fixture.service.clock.advance(31 * DAY);
    let held = reminded(&fixture, 1).await.remove(0);
    fixture.reinstate(id).await.unwrap();
    assert!(mail(&fixture, &held).await.wanted, "what waited goes on");
    confirm(&fixture, owner(id), id, "").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_that_is_due_after_the_closing_is_mailed_to_nobody() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let closing = fixture.close(owner(id), id, "we have moved").await;
    closing.unwrap();
    fixture.service.clock.advance(31 * DAY);
    looked(&fixture).await;
    for reminder in reminders(&fixture).await {
        assert!(!mail(&fixture, &reminder).await.wanted);
    }
}

/// A release that knew of no reviews approved it.
#[tokio::test(flavor = "multi_thread")]
async fn a_profile_without_a_row_is_reviewed_all_the_same() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    fixture.service.database.execute("DELETE FROM reviews").await;
    fixture.service.clock.advance(31 * DAY);
    assert_eq!(
        read(&fixture, owner(id), id).await.unwrap().state(),
        pb::ReviewState::Due
    );
    confirm(&fixture, owner(id), id, "").await.unwrap();
    assert_eq!(
        fixture
            .service
            .database
            .count("SELECT count(*) FROM reviews")
            .await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_who_confirm_at_once_all_have_and_a_repeated_call_says_the_same() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    fixture.service.clock.advance(31 * DAY);
    let all = join_all((0..16).map(|_| confirm(&fixture, owner(id), id, ""))).await;
    assert!(
        all.into_iter()
            .all(|one| one.unwrap().state() == pb::ReviewState::Current)
    );
    let request_id = uuid::Uuid::from_u128(7).to_string();
    let first = confirm(&fixture, owner(id), id, &request_id).await.unwrap();
    fixture.service.clock.advance(Duration::from_secs(60));
    assert_eq!(
        confirm(&fixture, owner(id), id, &request_id).await.unwrap(),
        first
    );
}

/// What the review tells of claims: how many wait, and how many seconds the first of them has.
async fn waiting(fixture: &Fixture, id: OrganizationId) -> (i32, Option<i64>) {
    let items = read(fixture, owner(id), id).await.unwrap().items.into_iter();
    let mut claims = items.filter(|item| item.subject() == Subject::EmploymentClaims);
    let claims = claims.next().unwrap();
    assert_eq!(claims.count, claims.attention_count);
    let now = fixture.service.clock.now().unix_timestamp();
    let age = claims.oldest_time.map(|since| now - since.seconds);
    (claims.count, age)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_to_be_verified_is_told_with_the_age_of_the_oldest_claim_whatever_is_heard_of_it_later() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    assert_eq!(waiting(&fixture, id).await, (0, None));
    let pending = EmploymentState::PendingVerification;
    hears(&fixture, id, "max", 1, pending).await;
    fixture.service.clock.advance(2 * DAY);
    hears(&fixture, id, "eve", 1, pending).await;
    let days = |count: i64| Some(count * 24 * 60 * 60);
    assert_eq!(waiting(&fixture, id).await, (2, days(2)));
    // What is heard of a claim that goes on waiting makes it no younger; one that was verified and waits again waits anew.
    hears(&fixture, id, "max", 2, pending).await;
    assert_eq!(waiting(&fixture, id).await, (2, days(2)));
    hears(&fixture, id, "max", 3, EmploymentState::Verified).await;
    assert_eq!(waiting(&fixture, id).await, (1, days(0)));
    fixture.service.clock.advance(DAY);
    hears(&fixture, id, "max", 4, pending).await;
    assert_eq!(waiting(&fixture, id).await, (2, days(1)));
    hears(&fixture, id, "eve", 2, EmploymentState::Rejected).await;
    assert_eq!(waiting(&fixture, id).await, (1, days(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_is_confirmed_over_claims_that_wait_only_by_who_says_how_many_they_have_seen() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    for who in ["max", "eve"] {
        employed(&fixture, id, who, "PENDING_VERIFICATION").await;
    }
    let since = "UPDATE employment_projection SET state_time = '2026-02-01T08:30:15.5Z' WHERE state = 'PENDING_VERIFICATION'";
    fixture.service.database.execute(since).await;
    for seen in [0, 1] {
        let answer = confirm_seeing(&fixture, owner(id), id, seen, "").await;
        let status = refused(answer, R::ReviewClaimsPending);
        assert_eq!(fact(&status, "pending_claims").as_deref(), Some("2"));
        assert_eq!(
            fact(&status, "oldest_time").as_deref(),
            Some("2026-02-01T08:30:15Z")
        );
    }
    assert_eq!(
        read(&fixture, owner(id), id).await.unwrap().confirm_time,
        None,
        "nothing was confirmed"
    );
    let request_id = uuid::Uuid::from_u128(7).to_string();
    let confirmed = confirm_seeing(&fixture, owner(id), id, 2, &request_id)
        .await
        .unwrap();
    assert_eq!(confirmed.state(), pb::ReviewState::Current);
    assert!(confirmed.confirm_time.is_some());
    // Somebody claims meanwhile: what was done is answered, and not done over what was not seen.
    employed(&fixture, id, "ann", "PENDING_VERIFICATION").await;
    let again = confirm_seeing(&fixture, owner(id), id, 2, &request_id)
        .await
        .unwrap();
    assert_eq!(again, confirmed);
    refused(
        confirm_seeing(&fixture, owner(id), id, 2, "").await,
        R::ReviewClaimsPending,
    );
    // Fewer wait than were seen: nobody is overlooked.
    employed(&fixture, id, "max", "VERIFIED").await;
    employed(&fixture, id, "eve", "REJECTED").await;
    confirm_seeing(&fixture, owner(id), id, 2, "").await.unwrap();
    employed(&fixture, id, "ann", "WITHDRAWN").await;
    confirm(&fixture, owner(id), id, "").await.unwrap();

    let request = pb::ConfirmReviewRequest {
        name: format!("{}/review", name(id)),
        acknowledged_claims: -1,
        ..Default::default()
    };
    let answer = reviews(&fixture, owner(id)).confirm_review(request).await;
    assert_eq!(fields(answer, R::InvalidRequest), ["acknowledged_claims"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_to_be_let_in_waits_since_then() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let asked_at = fixture.service.clock.now().unix_timestamp();
    asked(&fixture, "kim", id).await;
    fixture.service.clock.advance(DAY);
    asked(&fixture, "lee", id).await;
    let items = read(&fixture, owner(id), id).await.unwrap().items;
    let waits = items.iter().filter(|item| item.oldest_time.is_some());
    let waits: Vec<_> = waits
        .map(|item| (item.subject(), item.oldest_time.unwrap().seconds))
        .collect();
    assert_eq!(waits, [(Subject::AccessRequests, asked_at)]);
}
