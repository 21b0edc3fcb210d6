//! Mails that wait for a time: of spreadsheets, and those that get another one.

use std::time::Duration;

use futures::future::join_all;
use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{
    ApproveImportRequest, DeliveryState, Import, Invitation, InvitationState, ListInvitationsRequest,
    RescheduleInvitationRequest,
};
use muster_refusal::violations_of;
use muster_server::convert::timestamp;
use muster_testkit::{TestCaller, eventually};
use tonic::Status;

use crate::cancel::cancel;
use crate::fixture::{Fixture, reason};
use crate::resend::resend;
use crate::upload::{applied, approval, approve_all, get as get_import, good, upload};
use crate::worker::Doomed;

const HOUR: Duration = Duration::from_secs(60 * 60);
/// Four of them are over before the tokens are that services show to each other.
const MINUTES: Duration = Duration::from_secs(100);

async fn approve_for(fixture: &Fixture, import: &Import, later: Duration) -> Result<Import, Status> {
    let request = ApproveImportRequest {
        send_time: Some(timestamp(fixture.clock.now() + later)),
        ..approval(import)
    };
    let answer = fixture.imports().approve_import(request).await?;
    Ok(answer.into_inner().import.unwrap())
}

async fn reschedule(fixture: &Fixture, name: &str, later: Duration) -> Result<Invitation, Status> {
    let request = RescheduleInvitationRequest {
        name: name.to_owned(),
        send_time: Some(timestamp(fixture.clock.now() + later)),
        request_id: String::new(),
    };
    let answer = fixture.invitations().reschedule_invitation(request).await?;
    Ok(answer.into_inner().invitation.unwrap())
}

async fn scheduled(fixture: &Fixture, address: &str, later: Duration) -> Invitation {
    let made = fixture.create_later(address, &[&fixture.nurses], later).await;
    made.unwrap()
}

async fn all(fixture: &Fixture) -> Vec<Invitation> {
    let request = ListInvitationsRequest {
        parent: fixture.parent(),
        ..Default::default()
    };
    let listed = fixture.invitations().list_invitations(request).await.unwrap();
    listed.into_inner().invitations
}

/// Mails that were asked for.
async fn mails(fixture: &Fixture) -> i64 {
    fixture.database.count("SELECT count(*) FROM outbox").await
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_a_spreadsheet_are_told_at_the_time_that_was_chosen() {
    let mut fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let import = upload(&fixture, &good(20)).await.unwrap();
    let approved = approve_for(&fixture, &import, HOUR).await.unwrap();
    let chosen = Some(timestamp(fixture.clock.now() + HOUR));
    assert_eq!(approved.send_time, chosen);
    let again = approve_for(&fixture, &import, 2 * HOUR).await.unwrap();
    assert_eq!(again.send_time, chosen, "approved twice: the first one's result");
    applied(&fixture, &import).await;
    for one in all(&fixture).await {
        assert_eq!(
            (one.delivery_state(), one.send_time),
            (DeliveryState::Scheduled, chosen)
        );
    }
    assert_eq!(mails(&fixture).await, 0);
    fixture.later(HOUR).await;
    eventually(async || mails(&fixture).await == 20).await;
    assert_eq!(get_import(&fixture, &import).await.send_time, chosen);
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_plan_they_are_told_on_the_days_after_it() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 8).await;
    let import = upload(&fixture, &good(20)).await.unwrap();
    approve_for(&fixture, &import, HOUR).await.unwrap();
    applied(&fixture, &import).await;
    let mut days: Vec<i64> = all(&fixture)
        .await
        .iter()
        .map(|one| (one.send_time.unwrap().seconds - fixture.clock.now().unix_timestamp()) / 3600)
        .collect();
    days.sort_unstable();
    days.dedup();
    assert_eq!(days, [1, 25, 49]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_applied_a_day_too_late_waits_for_somebody() {
    let mut fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let import = upload(&fixture, &good(3)).await.unwrap();
    // Approved for in an hour, and nobody applied it for a day.
    fixture.stop().await;
    approve_all(&fixture).await;
    fixture
        .database
        .execute("UPDATE imports SET send_time = create_time + interval '1 hour'")
        .await;
    fixture.clock.advance(26 * HOUR);
    fixture.start().await;
    applied(&fixture, &import).await;
    for one in all(&fixture).await {
        assert!(!fixture.mail(&one.name, 1).await.unwrap().wanted);
        let held = fixture.get(&one.name).await.unwrap();
        assert_eq!(held.delivery_state(), DeliveryState::Held);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_is_told_by_all_that_is_wrong_with_it() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let import = upload(&fixture, &good(1)).await.unwrap();
    let request = ApproveImportRequest {
        send_time: Some(timestamp(fixture.clock.now() - HOUR)),
        ..approval(&import)
    };
    let past = fixture.imports().approve_import(request).await.unwrap_err();
    let (field, problem) = violations_of(&past).remove(0);
    assert_eq!(field, "send_time");
    assert!(
        problem.contains("2026-03-02T09:00:00Z"),
        "the server's time: {problem}"
    );
    assert_eq!(
        reason(approve_for(&fixture, &import, 91 * 24 * HOUR).await),
        R::InvalidRequest
    );
    let made = scheduled(&fixture, "ada@example.com", HOUR).await;
    assert_eq!(
        reason(reschedule(&fixture, &made.name, 91 * 24 * HOUR).await),
        R::InvalidRequest
    );
    let nothing = RescheduleInvitationRequest {
        name: made.name,
        ..Default::default()
    };
    let nothing = fixture
        .invitations()
        .reschedule_invitation(nothing)
        .await
        .unwrap_err();
    assert_eq!(violations_of(&nothing)[0].0, "send_time");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_time_counts_until_the_mail_is_asked_for() {
    let mut fixture = Fixture::new().await;
    let made = scheduled(&fixture, "ada@example.com", HOUR).await;
    let again = scheduled(&fixture, "ada@example.com", 5 * HOUR).await;
    assert_eq!(again, made, "who invites again moves nothing");
    let moved = reschedule(&fixture, &made.name, 3 * HOUR).await.unwrap();
    assert_eq!(moved.delivery_state(), DeliveryState::Scheduled);
    assert_eq!(
        moved.send_time.unwrap().seconds - made.send_time.unwrap().seconds,
        2 * 3600
    );
    assert_eq!(
        moved.expire_time.unwrap().seconds - made.expire_time.unwrap().seconds,
        2 * 3600
    );
    assert_eq!(
        reschedule(&fixture, &made.name, 3 * HOUR).await.unwrap(),
        moved,
        "it is done"
    );
    fixture.later(2 * HOUR).await;
    // Another one that is due shows that the scheduler has looked.
    let other = scheduled(&fixture, "bob@example.com", Duration::ZERO).await;
    eventually(async || fixture.get(&other.name).await.unwrap().delivery_state() == DeliveryState::Queued)
        .await;
    assert_eq!(fixture.get(&made.name).await.unwrap(), moved);
    // Earlier, too.
    reschedule(&fixture, &made.name, Duration::ZERO).await.unwrap();
    eventually(async || fixture.get(&made.name).await.unwrap().delivery_state() == DeliveryState::Queued)
        .await;
    let late = reschedule(&fixture, &made.name, HOUR).await;
    assert_eq!(reason(late), R::InvitationNotScheduled);
    assert_eq!(mails(&fixture).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_gets_no_other_time_and_what_was_held_back_does() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 2).await;
    let made = scheduled(&fixture, "ada@example.com", HOUR).await;
    fixture
        .database
        .execute("UPDATE invitations SET delivery_state = 'HELD', delivery_detail = 'late', send_time = send_time - interval '3 days', mail_times = '{}'")
        .await;
    fixture
        .database
        .execute("UPDATE message_counts SET hour = hour - interval '3 days'")
        .await;
    let moved = reschedule(&fixture, &made.name, 2 * HOUR).await.unwrap();
    assert_eq!(
        (moved.delivery_state(), moved.delivery_detail.as_str()),
        (DeliveryState::Scheduled, "")
    );
    scheduled(&fixture, "bob@example.com", HOUR).await;
    let full = reschedule(&fixture, &made.name, 3 * HOUR).await.unwrap();
    assert_eq!(
        full.state(),
        InvitationState::Prospect,
        "moved within the day it is counted once"
    );
    let eve = fixture.create("eve@example.com", &[&fixture.nurses]).await;
    assert_eq!(reason(eve), R::PlanLimitExceeded);
    cancel(&fixture, &made.name).await.unwrap();
    assert_eq!(
        reason(reschedule(&fixture, &made.name, HOUR).await),
        R::InvitationCancelled
    );
    fixture.subscribe(500, 100).await;
    let cleo = fixture
        .create("cleo@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let token = fixture.token(&cleo.name).await;
    let on_its_way = reschedule(&fixture, &cleo.name, HOUR).await;
    assert_eq!(reason(on_its_way), R::InvitationNotScheduled);
    let ada = TestCaller::person("cleo");
    fixture.accept(ada, &token).await.unwrap();
    assert_eq!(
        reason(reschedule(&fixture, &cleo.name, HOUR).await),
        R::InvitationClosed
    );
    // A mailbox that is full at the new time.
    for number in 0..3 {
        scheduled(&fixture, &format!("dan+{number}@example.com"), 50 * HOUR).await;
    }
    let dan = scheduled(&fixture, "dan@example.com", HOUR).await;
    assert_eq!(
        reason(reschedule(&fixture, &dan.name, 51 * HOUR).await),
        R::RateLimited
    );
    resend(&fixture, &dan.name).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_processes_whose_schedulers_look_in_the_same_second_no_mail_is_asked_for_twice() {
    let fixture = Fixture::new().await;
    let mut others = [Doomed::start(&fixture), Doomed::start(&fixture)];
    for other in &mut others {
        other.listens().await;
    }
    for number in 0..300 {
        scheduled(&fixture, &format!("l{number}@example.com"), MINUTES).await;
    }
    assert_eq!(mails(&fixture).await, 0);
    fixture.pass(MINUTES);
    eventually(async || mails(&fixture).await >= 300).await;
    // One more that is due shows that all of them have looked again.
    scheduled(&fixture, "witness@example.com", Duration::ZERO).await;
    eventually(async || mails(&fixture).await > 300).await;
    let about = "SELECT count(DISTINCT aggregate_id) FROM outbox";
    assert_eq!(
        (mails(&fixture).await, fixture.database.count(about).await),
        (301, 301)
    );
    drop(others);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_moving_a_mail_and_sending_it_at_once_one_wins_and_says_so() {
    let fixture = Fixture::new().await;
    for round in 0..4 {
        let mut due = Vec::new();
        for number in 0..25 {
            let address = format!("l{round}-{number}@example.com");
            due.push(scheduled(&fixture, &address, MINUTES).await.name);
        }
        let before = mails(&fixture).await;
        // Their time comes, and they are moved while the scheduler asks for their mails.
        fixture.pass(MINUTES);
        let moving = due.iter().map(|name| reschedule(&fixture, name, HOUR));
        let mut moved = 0;
        for answer in join_all(moving).await {
            match answer {
                Ok(one) => {
                    assert_eq!(one.delivery_state(), DeliveryState::Scheduled);
                    moved += 1;
                }
                refused => assert_eq!(reason(refused), R::InvitationNotScheduled),
            }
        }
        let other = scheduled(&fixture, &format!("other{round}@example.com"), Duration::ZERO).await;
        let delivery = async || fixture.get(&other.name).await.unwrap().delivery_state();
        eventually(async || delivery().await == DeliveryState::Queued).await;
        assert_eq!(mails(&fixture).await - before, 25 - moved + 1);
        for name in &due {
            cancel(&fixture, name).await.unwrap();
        }
    }
}
