//! What is mailed about access, as the mail worker asks for it.

use std::time::Duration;

use muster_ids::OrganizationId;
use muster_organization::OrganizationService;
use muster_proto::notification::v1::get_mail_response::Variables;
use muster_proto::notification::v1::mail_source_internal_service_client::MailSourceInternalServiceClient;
use muster_proto::notification::v1::{GetMailRequest, GetMailResponse, MailPurpose, MailRequestedEvent};
use muster_proto::organization::v1 as pb;
use muster_refusal::ErrorReason as R;
use muster_testkit::{TestCaller, eventually};
use prost_types::{FieldMask, Timestamp};
use tonic::{Response, Status};

use crate::access_requests::{approve, asked, deny, withdraw};
use crate::employed::employed;
use crate::fixture::{Fixture, owner};
use crate::ownership::tells_address;
use crate::profile_users::{added, remove, user_name, users};
use crate::refused::{fields, refused};

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The mails that were asked for, in their order.
pub(crate) async fn requested(fixture: &Fixture) -> Vec<MailRequestedEvent> {
    let events = fixture.service.outbox().events::<MailRequestedEvent>().await;
    events.into_iter().map(|(_, mail)| mail).collect()
}

pub(crate) async fn ask_for(
    fixture: &Fixture,
    who: TestCaller,
    request: &MailRequestedEvent,
) -> Result<GetMailResponse, Status> {
    let asking = GetMailRequest {
        subject: request.subject.clone(),
        purpose: request.purpose,
        generation: request.generation,
    };
    let mut source = MailSourceInternalServiceClient::new(fixture.service.calls_of(who));
    Ok(source.get_mail(asking).await?.into_inner())
}

/// What the mail worker is told of a mail that was asked for.
pub(crate) async fn mail(fixture: &Fixture, request: &MailRequestedEvent) -> GetMailResponse {
    let worker = TestCaller::Workload("notification");
    ask_for(fixture, worker, request).await.unwrap()
}

/// Somebody who was let in by their own request, whose address is known, until then.
pub(crate) async fn let_in_until(fixture: &Fixture, id: OrganizationId, who: &str, after: Duration) {
    let request = asked(fixture, who, id).await;
    approve(fixture, id, &request).await.unwrap();
    ends(fixture, id, who, after).await;
}

/// The owner has somebody's access end so long after now.
pub(crate) async fn ends(fixture: &Fixture, id: OrganizationId, who: &str, after: Duration) {
    let end = fixture.service.clock.now() + after;
    let changes = pb::ProfileUser {
        name: user_name(id, who),
        expire_time: Some(Timestamp {
            seconds: end.unix_timestamp(),
            nanos: 0,
        }),
        ..Default::default()
    };
    let request = pb::UpdateProfileUserRequest {
        profile_user: Some(changes),
        update_mask: Some(FieldMask {
            paths: vec!["expire_time".to_owned()],
        }),
        request_id: String::new(),
    };
    users(fixture, owner(id))
        .update_profile_user(request)
        .await
        .unwrap();
}

/// The reminders that were asked for.
async fn reminders(fixture: &Fixture) -> Vec<MailRequestedEvent> {
    let all = requested(fixture).await.into_iter();
    all.filter(|mail| mail.purpose() == MailPurpose::AccessEnds)
        .collect()
}

/// Until the job has asked for so many reminders in all.
async fn reminded(fixture: &Fixture, count: usize) -> Vec<MailRequestedEvent> {
    eventually(async || reminders(fixture).await.len() == count).await;
    reminders(fixture).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_is_mailed_while_somebody_waits_and_not_about_each() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let first = asked(&fixture, "ada", id).await;
    let [notice] = requested(&fixture).await.try_into().unwrap();
    let told = mail(&fixture, &notice).await;
    assert_eq!((told.wanted, told.address.as_str()), (true, "owner@example.com"));
    let Some(Variables::AccessRequested(says)) = told.variables else {
        panic!("{told:?}");
    };
    assert_eq!(says.organization_display_name, "Sunshine Day Care");
    deny(&fixture, id, &first).await.unwrap();
    assert_eq!(mail(&fixture, &notice).await, GetMailResponse::default());

    fixture.service.clock.advance(HOUR);
    let second = asked(&fixture, "bob", id).await;
    asked(&fixture, "eve", id).await;
    let [_, later] = requested(&fixture).await.try_into().unwrap();
    assert_eq!((&later.subject, later.request), (&notice.subject, 2));
    let wait = later.not_before.unwrap().seconds - fixture.service.clock.now().unix_timestamp();
    assert_eq!(wait, 7 * 60 * 60);
    withdraw(&fixture, "bob", &second).await.unwrap();
    assert!(mail(&fixture, &later).await.wanted, "eve still waits");
    fixture.suspend(id, "an inspection").await.unwrap();
    assert!(!mail(&fixture, &later).await.wanted, "a suspension ends requests");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_before_it_ends_the_person_and_the_owner_are_told_once() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let_in_until(&fixture, id, "ada", 60 * DAY).await;
    fixture.service.clock.advance(29 * DAY);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(reminders(&fixture).await, []);
    fixture.service.clock.advance(2 * DAY);
    let told = reminded(&fixture, 2).await;
    let mut addresses = Vec::new();
    for request in &told {
        let mail = mail(&fixture, request).await;
        let Some(Variables::AccessEnds(says)) = mail.variables else {
            panic!("{mail:?}");
        };
        assert!(mail.wanted && mail.expire_time.is_some());
        assert_eq!(mail.time_zone, "America/Detroit");
        addresses.push((says.own, mail.address));
    }
    addresses.sort();
    let expected = [(false, "owner@example.com"), (true, "ada@example.com")];
    assert_eq!(
        addresses,
        expected.map(|(own, address)| (own, address.to_owned()))
    );
    fixture.service.clock.advance(DAY);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(reminders(&fixture).await.len(), 2);
    let at = |secret: &str| {
        format!("SELECT count(*) FROM outbox WHERE encode(payload, 'escape') LIKE '%{secret}%'")
    };
    let leaks: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(at("@example")))
        .fetch_one(&mut fixture.service.database.connection().await)
        .await
        .unwrap();
    assert_eq!(leaks, 0);
}

/// R23: what was due while nobody looked is told of once when somebody does, if it is still so.
#[tokio::test(flavor = "multi_thread")]
async fn who_was_down_for_three_days_reminds_of_each_end_once() {
    let mut fixture = Fixture::new().await;
    let id = fixture.active().await;
    for (who, days) in [("ada", 33), ("bob", 34), ("eve", 33)] {
        let_in_until(&fixture, id, who, days * DAY).await;
    }
    fixture.service.leave().await;
    fixture.service.clock.advance(6 * DAY);
    fixture.service.come_back().await;
    assert_eq!(reminded(&fixture, 6).await.len(), 6);
    remove(&fixture, id, owner(id), "eve").await.unwrap();
    let mut wanted = 0;
    for reminder in reminders(&fixture).await {
        wanted += usize::from(mail(&fixture, &reminder).await.wanted);
    }
    assert_eq!(wanted, 4, "who has no access any more is told of by nobody");
    fixture.service.clock.advance(DAY);
    let due = "SELECT count(*) FROM profile_users WHERE remind_time IS NOT NULL";
    eventually(async || fixture.service.database.count(due).await == 0).await;
    assert_eq!(reminders(&fixture).await.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_was_moved_is_told_of_at_its_new_time_only() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let_in_until(&fixture, id, "ada", 60 * DAY).await;
    fixture.service.clock.advance(31 * DAY);
    let told = reminded(&fixture, 2).await;
    ends(&fixture, id, "ada", 90 * DAY).await;
    for request in &told {
        assert_eq!(mail(&fixture, request).await, GetMailResponse::default());
    }
    fixture.service.clock.advance(61 * DAY);
    let anew = reminded(&fixture, 4).await;
    assert!(mail(&fixture, &anew[3]).await.wanted);
    remove(&fixture, id, owner(id), "ada").await.unwrap();
    assert!(
        !mail(&fixture, &anew[3]).await.wanted,
        "there is nothing left to end"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_reminded_of_what_ends_within_a_month_anyway_or_of_what_is_over() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let_in_until(&fixture, id, "ada", 20 * DAY).await;
    let_in_until(&fixture, id, "bob", 60 * DAY).await;
    let_in_until(&fixture, id, "eve", 61 * DAY).await;
    // Nobody looked for longer than a month: bob's is over, and eve hears of the last day.
    fixture
        .execute(format!(
            "UPDATE profile_users SET remind_time = NULL WHERE organization_id = '{id}'"
        ))
        .await;
    fixture.service.clock.advance(60 * DAY + HOUR);
    fixture
        .execute(format!(
            "UPDATE profile_users SET remind_time = expire_time - interval '30 days' WHERE organization_id = '{id}'"
        ))
        .await;
    let told = reminded(&fixture, 2).await;
    for request in &told {
        assert!(mail(&fixture, request).await.wanted);
    }
    let due = "SELECT count(*) FROM profile_users WHERE remind_time IS NOT NULL";
    eventually(async || fixture.service.database.count(due).await == 0).await;
    assert_eq!(reminders(&fixture).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_organizations_reminder_waits_and_only_the_mail_worker_may_ask() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let_in_until(&fixture, id, "ada", 60 * DAY).await;
    fixture.service.clock.advance(31 * DAY);
    let told = reminded(&fixture, 2).await;
    fixture.suspend(id, "an inspection").await.unwrap();
    let worker = || TestCaller::Workload("notification");
    refused(
        ask_for(&fixture, worker(), &told[0]).await,
        R::OrganizationNotActive,
    );
    fixture.reinstate(id).await.unwrap();
    assert!(mail(&fixture, &told[0]).await.wanted);
    refused(ask_for(&fixture, owner(id), &told[0]).await, R::TokenMissing);
    let other = MailRequestedEvent {
        purpose: MailPurpose::Invite.into(),
        ..told[0].clone()
    };
    let asking = ask_for(&fixture, worker(), &other).await.map(Response::new);
    assert_eq!(fields(asking, R::InvalidRequest), ["purpose"]);
}

/// Whose employment has ended, or waits to be verified, has nothing that ends in a month; the owner may extend it all the same.
#[tokio::test(flavor = "multi_thread")]
async fn who_sleeps_is_not_told_that_their_access_ends() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    added(&fixture, id, "ada", pb::Role::Admin).await;
    tells_address(&fixture, id, "ada").await;
    ends(&fixture, id, "ada", 60 * DAY).await;
    fixture.service.clock.advance(31 * DAY);
    let told = reminded(&fixture, 2).await;
    assert_eq!(
        wanted(&fixture, &told).await,
        ["ada@example.com", "owner@example.com"]
    );
    employed(&fixture, id, "ada", "PENDING_VERIFICATION").await;
    assert_eq!(wanted(&fixture, &told).await, ["owner@example.com"]);
    employed(&fixture, id, "ada", "VERIFIED").await;
    assert_eq!(wanted(&fixture, &told).await.len(), 2);
}

/// The addresses of those of the mails that are still wanted.
async fn wanted(fixture: &Fixture, requests: &[MailRequestedEvent]) -> Vec<String> {
    let mut addresses = Vec::new();
    for request in requests {
        let mail = mail(fixture, request).await;
        addresses.extend(mail.wanted.then_some(mail.address));
    }
    addresses.sort();
    addresses
}

/// Whatever becomes of the note that it was told of.
#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_is_found_due_again_is_told_of_once() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let_in_until(&fixture, id, "ada", 60 * DAY).await;
    fixture.service.clock.advance(31 * DAY);
    reminded(&fixture, 2).await;
    fixture
        .service
        .database
        .execute("UPDATE profile_users SET remind_time = expire_time - interval '30 days'")
        .await;
    let due = "SELECT count(*) FROM profile_users WHERE remind_time IS NOT NULL";
    eventually(async || fixture.service.database.count(due).await == 0).await;
    assert_eq!(reminders(&fixture).await.len(), 2);
}

/// Of two processes that look at the same time, each takes what the other has not.
#[tokio::test(flavor = "multi_thread")]
async fn two_who_look_at_the_same_time_remind_of_each_end_once() {
    let fixture = Fixture::new().await;
    let settings = fixture.suite.settings::<OrganizationService>(&[]);
    let (replica, clock) = (fixture.service.replica(), fixture.service.clock.clone());
    let other = muster_server::start::<OrganizationService>(&replica, settings, clock, None).await;
    let other = other.unwrap();
    let id = fixture.active().await;
    for who in 0..9 {
        let_in_until(&fixture, id, &format!("person-{who}"), 60 * DAY).await;
    }
    let due = "SELECT count(*) FROM profile_users WHERE remind_time IS NOT NULL";
    assert_eq!(fixture.service.database.count(due).await, 9);
    fixture.service.clock.advance(31 * DAY);
    eventually(async || fixture.service.database.count(due).await == 0).await;
    let told = reminders(&fixture).await;
    let each: std::collections::BTreeSet<_> = told.iter().map(|mail| mail.subject.clone()).collect();
    assert_eq!((told.len(), each.len()), (18, 18));
    drop(other);
}
