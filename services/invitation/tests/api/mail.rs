//! What the mail worker asks and tells, and mails that are to go out later.

use std::time::Duration;

use muster_ids::EventId;
use muster_messaging::Event;
use muster_messaging::outbox::{self, NewEvent};
use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{
    DeliveryState, Invitation, InvitationState, LookupInvitationRequest, RescheduleInvitationRequest,
};
use muster_proto::notification::v1::delivery::State;
use muster_proto::notification::v1::mail_source_internal_service_client::MailSourceInternalServiceClient;
use muster_proto::notification::v1::{
    BatchGetMailsRequest, DeliveryChangedEvent, GetMailRequest, MailPurpose,
};
use muster_refusal::fields_of;
use muster_server::convert::timestamp;
use muster_testkit::{TestCaller, eventually};

use crate::fixture::{Fixture, invite, reason};
use crate::resend::resend;

#[tokio::test(flavor = "multi_thread")]
async fn the_mail_worker_gets_address_link_and_words_the_same_every_time() {
    let fixture = Fixture::new().await;
    let made = fixture
        .create("Ada@Example.com", &[&fixture.nurses, &fixture.aides])
        .await
        .unwrap();
    let mail = fixture.mail(&made.name, 1).await.unwrap();
    assert!(mail.wanted);
    assert_eq!(mail.address, "Ada@Example.com");
    let words = invite(&mail);
    assert_eq!(words.organization_display_name, "Day nursery");
    assert_eq!(words.groups, ["Aides", "Nurses"]);
    assert_eq!(mail.locale, "en");
    assert_eq!(mail.expire_time, made.expire_time);
    assert!(words.link.starts_with("https://muster.test/i/"));
    assert_eq!(fixture.mail(&made.name, 1).await.unwrap(), mail);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_no_longer_wanted_once_the_invitation_is_dead() {
    let fixture = Fixture::new().await;
    let made = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    assert!(
        !fixture.mail(&made.name, 2).await.unwrap().wanted,
        "another generation"
    );
    let nobodys = format!(
        "{}/invitations/0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88",
        fixture.parent()
    );
    assert!(
        !fixture.mail(&nobodys, 1).await.unwrap().wanted,
        "no such invitation"
    );
    for statement in [
        "UPDATE invitations SET state = 'CANCELLED'",
        "UPDATE invitations SET state = 'DECLINED', state_before_decline = 'PENDING', decline_time = send_time",
        "UPDATE invitations SET state = 'PENDING', expire_time = create_time, state_before_decline = NULL, decline_time = NULL",
    ] {
        fixture.database.execute(statement).await;
        let mail = fixture.mail(&made.name, 1).await.unwrap();
        assert!(
            !mail.wanted && mail.variables.is_none() && mail.address.is_empty(),
            "{statement}"
        );
    }
    fixture
        .database
        .execute("UPDATE invitations SET expire_time = create_time + interval '1 day'")
        .await;
    assert!(
        fixture.mail(&made.name, 1).await.unwrap().wanted,
        "a click may come before the report"
    );
    fixture
        .profile_sql("UPDATE organizations SET state = 'CLOSED'")
        .await;
    assert!(
        !fixture.mail(&made.name, 1).await.unwrap().wanted,
        "a closed organization"
    );
}

fn question(subject: String) -> GetMailRequest {
    GetMailRequest {
        subject,
        purpose: MailPurpose::Invite.into(),
        generation: 1,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_that_are_asked_about_together_are_answered_as_each_alone() {
    let fixture = Fixture::new().await;
    let mut names = Vec::new();
    for address in ["Ada@Example.com", "bob@example.com", "cem@example.com"] {
        let made = fixture.create(address, &[&fixture.nurses]).await.unwrap();
        names.push(made.name);
    }
    crate::cancel::cancel(&fixture, &names[1]).await.unwrap();
    names.push(format!(
        "{}/invitations/0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88",
        fixture.parent()
    ));
    let worker = fixture.impatient(TestCaller::Workload("notification"));
    let mut worker = MailSourceInternalServiceClient::new(worker);
    let mut requests: Vec<_> = names.iter().cloned().map(question).collect();
    // Another generation than the link has.
    requests.push(GetMailRequest {
        generation: 2,
        ..requests[0].clone()
    });
    let request = BatchGetMailsRequest { requests };
    let answers = worker
        .batch_get_mails(request.clone())
        .await
        .unwrap()
        .into_inner()
        .answers;
    let mails: Vec<_> = answers.into_iter().map(|answer| answer.mail.unwrap()).collect();
    for (asked, mail) in request.requests.iter().zip(&mails) {
        assert_eq!(
            *mail,
            fixture.mail(&asked.subject, asked.generation).await.unwrap()
        );
    }
    let wanted: Vec<bool> = mails.iter().map(|mail| mail.wanted).collect();
    assert_eq!(wanted, [true, false, true, false, false]);
    let state = async |name: &str| fixture.get(name).await.unwrap().delivery_state();
    assert_eq!(state(&names[0]).await, DeliveryState::Sending);
    assert_eq!(state(&names[2]).await, DeliveryState::Sending);

    fixture
        .profile_sql("UPDATE organizations SET state = 'SUSPENDED'")
        .await;
    let answers = worker
        .batch_get_mails(request)
        .await
        .unwrap()
        .into_inner()
        .answers;
    let known: Vec<bool> = answers.iter().map(|answer| answer.mail.is_some()).collect();
    assert_eq!(
        known,
        [false, true, false, true, true],
        "why is told of each alone"
    );

    let foreign = GetMailRequest {
        subject: "x".to_owned(),
        purpose: MailPurpose::AccessEnds.into(),
        generation: 1,
    };
    let requests = vec![question(names[0].clone()), foreign];
    let refused = worker.batch_get_mails(BatchGetMailsRequest { requests }).await;
    let told = fields_of(&refused.unwrap_err());
    assert_eq!(told, ["requests[1].purpose", "requests[1].subject"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mail_of_a_suspended_organization_waits() {
    let fixture = Fixture::new().await;
    let made = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    fixture
        .profile_sql("UPDATE organizations SET state = 'SUSPENDED'")
        .await;
    let worker = fixture.impatient(TestCaller::Workload("notification"));
    let mut worker = MailSourceInternalServiceClient::new(worker);
    let later = worker.get_mail(question(made.name.clone())).await;
    assert_eq!(
        reason(later),
        R::OrganizationNotActive,
        "neither dropped nor sent"
    );
    fixture
        .profile_sql("UPDATE organizations SET state = 'ACTIVE'")
        .await;
    assert!(fixture.mail(&made.name, 1).await.unwrap().wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mail_of_an_organization_that_was_suspended_for_more_than_a_day_is_held_back_until_somebody_sends_it()
 {
    let fixture = Fixture::new().await;
    let made = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let state = async |mail: DeliveryState| {
        let found = fixture.get(&made.name).await.unwrap();
        assert_eq!(found.delivery_state(), mail, "{found:?}");
        found
    };
    fixture
        .profile_sql("UPDATE organizations SET state = 'SUSPENDED'")
        .await;
    let worker = fixture.impatient(TestCaller::Workload("notification"));
    let mut worker = MailSourceInternalServiceClient::new(worker);
    let later = worker.get_mail(question(made.name.clone())).await;
    assert_eq!(reason(later), R::OrganizationNotActive);
    // As if all of it had been a day earlier.
    fixture
        .database
        .execute("UPDATE invitations SET send_time = send_time - interval '24 hours 1 second'")
        .await;
    fixture
        .profile_sql("UPDATE organizations SET state = 'ACTIVE'")
        .await;
    assert!(!fixture.mail(&made.name, 1).await.unwrap().wanted);
    let held = state(DeliveryState::Held).await;
    assert!(
        held.delivery_detail.contains("more than 24 hours late"),
        "{held:?}"
    );
    assert_eq!(held.state(), InvitationState::Prospect);

    resend(&fixture, &made.name).await.unwrap();
    state(DeliveryState::Queued).await;
    assert!(fixture.mail(&made.name, 1).await.unwrap().wanted);

    // What a mail server has put off is not late by us.
    fixture
        .database
        .execute(
            "UPDATE invitations SET delivery_state = 'DEFERRED', send_time = send_time - interval '25 hours'",
        )
        .await;
    assert!(fixture.mail(&made.name, 1).await.unwrap().wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_invites_to_no_group_any_more_is_held_back_until_somebody_sends_it() {
    let mut fixture = Fixture::new().await;
    let made = scheduled(&fixture, "ada@example.com", 40).await;
    let mut both = fixture.wanted("bob@example.com", &[&fixture.nurses, &fixture.aides]);
    both.send_time = made.send_time;
    let both = fixture.create_this(both).await.unwrap();
    // Between scheduling and sending.
    fixture
        .profile_sql("UPDATE groups SET state = 'INACTIVE' WHERE display_name = 'Nurses'")
        .await;
    fixture.later(Duration::from_secs(41)).await;
    looked_for(&fixture, 2).await;
    let mail = fixture.mail(&both.name, 1).await.unwrap();
    assert_eq!(invite(&mail).groups, ["Aides"], "what is left is invited to");
    let held = async || {
        assert!(!fixture.mail(&made.name, 1).await.unwrap().wanted);
        let held = fixture.get(&made.name).await.unwrap();
        assert_eq!(
            (held.state(), held.delivery_state(), held.delivery_detail.as_str()),
            (
                InvitationState::Prospect,
                DeliveryState::Held,
                "not sent: none of its groups takes learners any more"
            )
        );
    };
    held().await;
    // The worker may not have heard the answer, and asks again; and nothing goes out because the group is back.
    held().await;
    fixture.profile_sql("UPDATE groups SET state = 'ACTIVE'").await;
    held().await;
    let mailed = "SELECT count(*) FROM invitations WHERE cardinality(mail_times) > 0";
    assert_eq!(fixture.database.count(mailed).await, 1, "its mailbox got none");
    resend(&fixture, &made.name).await.unwrap();
    assert_eq!(
        invite(&fixture.mail(&made.name, 1).await.unwrap()).groups,
        ["Nurses"]
    );
    // Also one that the mail server has put off.
    fixture
        .database
        .execute("UPDATE invitations SET delivery_state = 'DEFERRED'")
        .await;
    fixture.profile_sql("UPDATE groups SET state = 'INACTIVE'").await;
    held().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_became_of_a_mail_that_was_held_back_is_heard_after_it_has_another_time() {
    let fixture = Fixture::with_broker().await;
    let made = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    fixture.profile_sql("UPDATE groups SET state = 'INACTIVE'").await;
    assert!(!fixture.mail(&made.name, 1).await.unwrap().wanted);
    let later = Some(timestamp(fixture.clock.now() + Duration::from_secs(3600)));
    let request = RescheduleInvitationRequest {
        name: made.name.clone(),
        send_time: later,
        request_id: String::new(),
    };
    fixture
        .invitations()
        .reschedule_invitation(request)
        .await
        .unwrap();
    // The worker dropped the first mail, and is heard now.
    let dropped = changed(&made.name, 1, State::Dropped, "");
    report(&fixture, fixture.clock.new_uuid(), 2, dropped).await;
    taken(&fixture, 1).await;
    let waits = fixture.get(&made.name).await.unwrap();
    assert_eq!(
        (waits.delivery_state(), waits.send_time),
        (DeliveryState::Scheduled, later),
        "the next one is sent all the same"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_mail_worker_may_ask() {
    let fixture = Fixture::new().await;
    let made = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let request = question(made.name);
    for (who, why) in [
        (TestCaller::Workload("employment"), R::PermissionDenied),
        (fixture.owner(), R::TokenMissing),
        (TestCaller::Nobody, R::TokenMissing),
    ] {
        let mut client = MailSourceInternalServiceClient::new(fixture.as_who(who));
        assert_eq!(reason(client.get_mail(request.clone()).await), why);
    }
    let mut worker =
        MailSourceInternalServiceClient::new(fixture.as_who(TestCaller::Workload("notification")));
    let bad = GetMailRequest {
        subject: "x".to_owned(),
        purpose: 0,
        generation: 0,
    };
    assert_eq!(reason(worker.get_mail(bad).await), R::InvalidRequest);
}

/// Publishes a report as the notification service does: version `sequence` of one delivery.
pub(crate) async fn report<E: Event>(fixture: &Fixture, delivery: uuid::Uuid, sequence: i64, event: E) {
    let new = NewEvent {
        id: EventId::from_uuid(fixture.clock.new_uuid()),
        organization: fixture.organization,
        aggregate: delivery,
        sequence,
        time: fixture.clock.now(),
        actor: "service:notification".to_owned(),
        traceparent: None,
    };
    let mut connection = fixture.database.connection().await;
    outbox::append(&mut connection, new, &event).await.unwrap();
}

pub(crate) fn sent(invitation: &Invitation, generation: i32) -> DeliveryChangedEvent {
    changed(&invitation.name, generation, State::Sent, "250 2.0.0")
}

pub(crate) fn changed(
    subject: &str,
    generation: i32,
    state: State,
    server_reply: &str,
) -> DeliveryChangedEvent {
    DeliveryChangedEvent {
        subject: subject.to_owned(),
        generation,
        request: 1,
        state: state.into(),
        server_reply: server_reply.to_owned(),
        ..Default::default()
    }
}

/// Waits until the inbox has taken so many events.
async fn taken(fixture: &Fixture, events: i64) {
    eventually(async || fixture.database.count("SELECT count(*) FROM inbox").await == events).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prospect_is_pending_once_the_mail_server_took_the_mail() {
    let fixture = Fixture::with_broker().await;
    let made = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let delivery = fixture.clock.new_uuid();
    let deferred = changed(&made.name, 1, State::Deferred, "451 4.3.0");
    report(&fixture, delivery, 2, deferred.clone()).await;
    taken(&fixture, 1).await;
    let seen = fixture.get(&made.name).await.unwrap();
    assert_eq!(
        (seen.state(), seen.delivery_state()),
        (InvitationState::Prospect, DeliveryState::Deferred)
    );
    assert_eq!(seen.delivery_detail, "451 4.3.0");

    report(&fixture, delivery, 3, sent(&made, 1)).await;
    taken(&fixture, 2).await;
    let pending = fixture.get(&made.name).await.unwrap();
    assert_eq!(
        (pending.state(), pending.delivery_state()),
        (InvitationState::Pending, DeliveryState::Sent)
    );
    assert_eq!(pending.delivery_detail, "250 2.0.0");
    assert_ne!(pending.etag, made.etag);

    // Late, repeated, of another generation, of another organization's invitation: nothing changes.
    let mut connection = fixture.database.connection().await;
    sqlx::query("DELETE FROM outbox WHERE aggregate_id = $1")
        .bind(delivery)
        .execute(&mut connection)
        .await
        .unwrap();
    report(&fixture, delivery, 2, deferred).await;
    report(&fixture, delivery, 3, sent(&made, 1)).await;
    report(&fixture, fixture.clock.new_uuid(), 9, sent(&made, 7)).await;
    taken(&fixture, 5).await;
    assert_eq!(fixture.get(&made.name).await.unwrap(), pending);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fate_of_a_mail_is_shown_and_only_sent_makes_it_pending() {
    let fixture = Fixture::with_broker().await;
    let mut names = Vec::new();
    for number in 0..4 {
        names.push(
            fixture
                .create(&format!("l{number}@example.org"), &[&fixture.nurses])
                .await
                .unwrap()
                .name,
        );
    }
    for (name, state, reply) in [
        (names[0].as_str(), State::Failed, "550 5.1.1"),
        (names[1].as_str(), State::Uncertain, ""),
        (names[2].as_str(), State::Dropped, ""),
        ("joinRequests/1", State::Sent, ""),
    ] {
        report(
            &fixture,
            fixture.clock.new_uuid(),
            1,
            changed(name, 1, state, reply),
        )
        .await;
    }
    taken(&fixture, 4).await;
    let expected = [
        DeliveryState::Failed,
        DeliveryState::Uncertain,
        DeliveryState::Dropped,
        DeliveryState::Queued,
    ];
    for (name, expected) in names.iter().zip(expected) {
        let seen = fixture.get(name).await.unwrap();
        assert_eq!(
            (seen.state(), seen.delivery_state()),
            (InvitationState::Prospect, expected)
        );
    }
}

/// Publishes what became of the mail with this number, and gives the invitation as it is then.
async fn told(
    fixture: &Fixture,
    delivery: (uuid::Uuid, i64),
    number: i32,
    event: &DeliveryChangedEvent,
) -> Invitation {
    let before = fixture.database.count("SELECT count(*) FROM inbox").await;
    let event = DeliveryChangedEvent {
        request: number,
        ..event.clone()
    };
    report(fixture, delivery.0, delivery.1, event.clone()).await;
    taken(fixture, before + 1).await;
    fixture.get(&event.subject).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_came_back_leaves_the_state_and_says_why() {
    let fixture = Fixture::with_broker().await;
    let made = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let (taken, words) = (sent(&made, 1), "550 5.1.1 [...] no such user");
    let bounced = changed(&made.name, 1, State::Bounced, words);
    let first = fixture.clock.new_uuid();
    told(&fixture, (first, 3), 1, &taken).await;
    let seen = told(&fixture, (first, 4), 1, &bounced).await;
    assert_eq!(
        (seen.state(), seen.delivery_state(), seen.delivery_detail.as_str()),
        (InvitationState::Pending, DeliveryState::Bounced, words)
    );

    // Of one that was sent again, what becomes of the first says nothing, before the second went out and after.
    let again = resend(&fixture, &made.name).await.unwrap();
    assert_eq!(
        (again.delivery_state(), again.delivery_detail.as_str()),
        (DeliveryState::Queued, "")
    );
    let seen = told(&fixture, (first, 5), 1, &bounced).await;
    assert_eq!(seen.delivery_state(), DeliveryState::Queued);
    let second = fixture.clock.new_uuid();
    told(&fixture, (second, 3), 2, &taken).await;
    let seen = told(&fixture, (first, 6), 1, &bounced).await;
    assert_eq!(seen.delivery_state(), DeliveryState::Sent);
    let seen = told(&fixture, (second, 4), 2, &bounced).await;
    assert_eq!(
        (seen.state(), seen.delivery_state()),
        (InvitationState::Pending, DeliveryState::Bounced)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_after_the_click_leaves_the_learner_active() {
    let fixture = Fixture::with_broker().await;
    let made = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    fixture
        .accept(TestCaller::person("ada"), &fixture.token(&made.name).await)
        .await
        .unwrap();
    report(&fixture, fixture.clock.new_uuid(), 3, sent(&made, 1)).await;
    taken(&fixture, 1).await;
    let seen = fixture.get(&made.name).await.unwrap();
    assert_eq!(
        (seen.state(), seen.delivery_state()),
        (InvitationState::Active, DeliveryState::Sent)
    );
}

const MAILS: &str = "SELECT count(*) FROM outbox WHERE event_type = 'mail.requested'";
const ADAS_MAILS: &str = "SELECT count(*) FROM outbox JOIN invitations ON invitation_id = aggregate_id
     WHERE event_type = 'mail.requested' AND address_canonical = 'ada@example.com'";

async fn scheduled(fixture: &Fixture, address: &str, seconds: u64) -> Invitation {
    let mut wanted = fixture.wanted(address, &[&fixture.nurses]);
    wanted.send_time = Some(timestamp(fixture.clock.now() + Duration::from_secs(seconds)));
    fixture.create_this(wanted).await.unwrap()
}

/// Waits until what was due at this time was looked for, and gone out: `mails` in all, a witness's the last of them.
async fn looked_for(fixture: &Fixture, mails: i64) {
    eventually(async || fixture.database.count(MAILS).await == mails).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_mail_goes_out_at_its_time_and_not_before_also_after_a_restart() {
    let mut fixture = Fixture::new().await;
    let made = scheduled(&fixture, "ada@example.com", 40).await;
    scheduled(&fixture, "first-witness@example.com", 38).await;
    assert_eq!(made.delivery_state(), DeliveryState::Scheduled);
    assert_eq!(
        made.expire_time,
        Some(timestamp(
            fixture.clock.now() + Duration::from_secs(40 + 30 * 86_400)
        ))
    );
    fixture.clock.advance(Duration::from_secs(39));
    looked_for(&fixture, 1).await;
    assert_eq!(fixture.database.count(ADAS_MAILS).await, 0);
    assert!(!fixture.mail(&made.name, 1).await.unwrap().wanted);
    fixture.stop().await;
    fixture.clock.advance(Duration::from_secs(2));
    fixture.start().await;
    looked_for(&fixture, 2).await;
    assert_eq!(fixture.database.count(ADAS_MAILS).await, 1);
    assert_eq!(
        fixture.get(&made.name).await.unwrap().delivery_state(),
        DeliveryState::Queued
    );
    assert!(fixture.mail(&made.name, 1).await.unwrap().wanted);
    scheduled(&fixture, "second-witness@example.com", 5).await;
    fixture.clock.advance(Duration::from_secs(6));
    looked_for(&fixture, 3).await;
    assert_eq!(fixture.database.count(ADAS_MAILS).await, 1, "once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_invitation_is_hidden_until_its_time() {
    let fixture = Fixture::new().await;
    let made = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let token = fixture.token(&made.name).await;
    let later =
        "UPDATE invitations SET delivery_state = 'SCHEDULED', send_time = create_time + interval '1 hour'";
    fixture.database.execute(later).await;
    assert_eq!(
        reason(fixture.accept(TestCaller::person("ada"), &token).await),
        R::InvitationNotSent
    );
    let request = LookupInvitationRequest { token };
    assert_eq!(
        reason(
            fixture
                .redemption(TestCaller::Anonymous)
                .lookup_invitation(request)
                .await
        ),
        R::InvitationNotSent
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_mail_of_a_cancelled_invitation_never_goes_out() {
    let fixture = Fixture::new().await;
    scheduled(&fixture, "ada@example.com", 40).await;
    fixture
        .database
        .execute("UPDATE invitations SET state = 'CANCELLED', generation = 2")
        .await;
    scheduled(&fixture, "witness@example.com", 40).await;
    fixture.clock.advance(Duration::from_secs(50));
    looked_for(&fixture, 1).await;
    assert_eq!(fixture.database.count(ADAS_MAILS).await, 0);
}
