//! Everybody at the same moment: one wins, and the others are told so.

use std::time::Duration;

use futures::future::join_all;
use muster_identity::Role;
use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::import_service_client::ImportServiceClient;
use muster_proto::invitation::v1::{
    AcceptInvitationRequest, CancelInvitationRequest, DeclineInvitationRequest, DeliveryState,
    DisapproveImportRequest, Import, ImportState, Invitation, InvitationState, ResendInvitationRequest,
};
use muster_testkit::effort::{CANCELLATIONS, RACES};
use muster_testkit::{Callers, TestCaller, eventually};
use tonic::Status;

use crate::fixture::{Fixture, invite, reason};
use crate::upload::{applied, approval, get, good_at, upload};

/// What somebody tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Try {
    Accept(&'static str),
    Decline,
    Cancel,
    Resend,
    RunOut,
}

/// Sixteen at once.
const TRIES: [Try; 16] = [
    Try::Accept("one"),
    Try::Cancel,
    Try::Decline,
    Try::Accept("two"),
    Try::Resend,
    Try::Accept("one"),
    Try::Decline,
    Try::RunOut,
    Try::Cancel,
    Try::Accept("two"),
    Try::Decline,
    Try::Accept("one"),
    Try::Resend,
    Try::Cancel,
    Try::Accept("two"),
    Try::Decline,
];

/// Invitations that are taken back together.
const AT_ONCE: u32 = 100;

/// Those of whom one wins.
const WINNERS: [Try; 4] = [Try::Accept("one"), Try::Accept("two"), Try::Decline, Try::Cancel];

async fn cancel(fixture: &Fixture, name: &str) -> Result<Invitation, Status> {
    let request = CancelInvitationRequest {
        name: name.to_owned(),
        request_id: String::new(),
    };
    let answer = fixture.invitations().cancel_invitation(request).await?;
    Ok(answer.into_inner().invitation.unwrap())
}

async fn attempt(fixture: &Fixture, made: &Invitation, token: &str, act: Try) -> Result<(), Status> {
    let (token, request_id) = (token.to_owned(), String::new());
    match act {
        Try::Accept(who) => {
            let mut person = Callers::person(who);
            person.emails = vec![made.address.parse().unwrap()];
            let mut client = fixture.redemption(TestCaller::Person(person, None));
            let request = AcceptInvitationRequest { token, request_id };
            client.accept_invitation(request).await.map(drop)
        }
        Try::Decline => {
            let request = DeclineInvitationRequest {
                token,
                do_not_invite_again: false,
                request_id,
            };
            let mut client = fixture.redemption(TestCaller::Anonymous);
            client.decline_invitation(request).await.map(drop)
        }
        Try::Cancel => cancel(fixture, &made.name).await.map(drop),
        Try::Resend => {
            let request = ResendInvitationRequest {
                name: made.name.clone(),
                rotate_link: false,
                request_id,
            };
            fixture.invitations().resend_invitation(request).await.map(drop)
        }
        Try::RunOut => {
            run_out(fixture, made).await;
            Ok(())
        }
    }
}

async fn run_out(fixture: &Fixture, made: &Invitation) {
    let id = made.name.rsplit('/').next().unwrap();
    let change = format!("UPDATE invitations SET expire_time = create_time WHERE invitation_id = '{id}'");
    fixture.database.run(change).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixteen_who_answer_cancel_and_send_at_once_one_wins() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 1_000_000).await;
    let mut wins = [0; 4];
    for round in 0..RACES.or::<usize>(200) {
        let address = format!("ada{round}@example.com");
        let made = fixture.create(&address, &[&fixture.nurses]).await.unwrap();
        let token = fixture.token(&made.name).await;
        // Each round begins with another one.
        let mut tries = TRIES;
        tries.rotate_left(round % TRIES.len());
        let answers = join_all(tries.map(|act| attempt(&fixture, &made, &token, act))).await;

        let went_well: Vec<Try> = tries
            .into_iter()
            .zip(&answers)
            .filter_map(|(act, answer)| answer.is_ok().then_some(act))
            .collect();
        let won: Vec<usize> = (0..4)
            .filter(|which| went_well.contains(&WINNERS[*which]))
            .collect();
        let expected = match won.as_slice() {
            [] => InvitationState::Expired,
            [0 | 1] => InvitationState::Active,
            [2] => InvitationState::Declined,
            [_] => InvitationState::Cancelled,
            several => panic!("round {round}: {several:?} of {went_well:?}"),
        };
        let end = fixture.get(&made.name).await.unwrap().state();
        assert_eq!(end, expected, "round {round}: {went_well:?}");
        for which in won {
            wins[which] += 1;
        }
    }
    println!("{WINNERS:?} won {wins:?} times");
    let events = "SELECT count(*) FROM outbox WHERE event_type = 'invitation.accepted'";
    assert_eq!(
        fixture.database.count(events).await,
        wins[0] + wins[1],
        "one event, and so one employment, for each acceptance"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_mail_is_claimed_once_a_cancellation_was_answered() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 1_000_000).await;
    let mut crossed = 0;
    for round in 0..CANCELLATIONS.or::<usize>(200) {
        let address = format!("ada{round}@example.com");
        let made = fixture.create(&address, &[&fixture.nurses]).await.unwrap();
        let (cancelled, mail) = tokio::join!(cancel(&fixture, &made.name), fixture.mail(&made.name, 1));
        let told = cancelled.unwrap().delivery_state() == DeliveryState::Sending;
        let mail = mail.unwrap();
        assert_eq!(
            told, mail.wanted,
            "whoever takes it back is told whether it may come"
        );
        assert!(!fixture.mail(&made.name, 1).await.unwrap().wanted);
        if mail.wanted {
            // It crossed the cancellation, and carries a dead link.
            crossed += 1;
            let link = invite(&mail).link.strip_prefix("https://muster.test/i/");
            let accepted = fixture.accept(TestCaller::person("ada"), link.unwrap()).await;
            assert_eq!(reason(accepted), R::InvitationCancelled);
        }
    }
    println!("{crossed} mails crossed the cancellation");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_mail_is_asked_for_before_its_cancellation_or_never() {
    let mut fixture = Fixture::new().await;
    fixture.subscribe(500, 1_000_000).await;
    let rounds = CANCELLATIONS.or::<u32>(AT_ONCE).div_ceil(AT_ONCE);
    let mut asked = 0;
    for round in 0..rounds {
        asked += taken_back_when_due(&mut fixture, round).await;
        let mails = "SELECT count(*) FROM outbox WHERE event_type = 'mail.requested'";
        assert_eq!(fixture.database.count(mails).await, asked, "round {round}");
    }
    println!("{asked} of {} mails had been asked for", rounds * AT_ONCE);
}

/// Takes some invitations back in the moment at which their mails are due; of how many these had been asked for, as whoever takes them
/// back is told.
async fn taken_back_when_due(fixture: &mut Fixture, round: u32) -> i64 {
    let hour = Duration::from_secs(3600);
    let mut made = Vec::new();
    for number in 0..AT_ONCE {
        let address = format!("ada{round}-{number}@example.com");
        let later = fixture.create_later(&address, &[&fixture.nurses], hour).await;
        made.push(later.unwrap());
    }
    fixture.later(hour).await;
    let fixture: &Fixture = fixture;
    let cancelled = join_all(made.iter().map(|made| cancel(fixture, &made.name))).await;
    let states = cancelled.into_iter().map(|one| one.unwrap().delivery_state());
    let asked = states.filter(|state| *state == DeliveryState::Queued).count();
    let scheduled = "SELECT count(*) FROM invitations WHERE delivery_state = 'SCHEDULED'";
    eventually(async || fixture.database.count(scheduled).await == 0).await;
    i64::try_from(asked).unwrap()
}

/// How somebody decides on an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    Approve,
    Disapprove,
}

async fn decide(
    fixture: &Fixture,
    who: TestCaller,
    import: &Import,
    decision: Decision,
) -> Result<(), Status> {
    let mut client = ImportServiceClient::new(fixture.as_who(who));
    match decision {
        Decision::Approve => client.approve_import(approval(import)).await.map(drop),
        Decision::Disapprove => {
            let request = DisapproveImportRequest {
                name: import.name.clone(),
                request_id: String::new(),
            };
            client.disapprove_import(request).await.map(drop)
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_approve_and_two_who_drop_an_import_at_once_one_side_wins() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 1_000_000).await;
    let admin = || TestCaller::member("admin", fixture.organization, Role::Admin);
    let (mut approved, mut dropped) = (0, 0);
    for round in 0..RACES.or::<u32>(40) {
        let file = good_at(&format!("round{round}.example.org"), 2);
        let import = upload(&fixture, &file).await.unwrap();
        let mut decisions = [
            (fixture.owner(), Decision::Approve),
            (admin(), Decision::Disapprove),
            (admin(), Decision::Approve),
            (fixture.owner(), Decision::Disapprove),
        ];
        // Each round begins with another one.
        decisions.rotate_left(round as usize % 4);
        let sides = decisions.clone().map(|(_, decision)| decision);
        // Who approves has the organization asked first: who drops it comes sooner or later than that.
        let head_start = Duration::from_millis(2) * (round % 20);
        let answers = decisions.map(async |(who, decision)| {
            if decision == Decision::Disapprove {
                tokio::time::sleep(head_start).await;
            }
            decide(&fixture, who, &import, decision).await
        });
        let answers = join_all(answers).await;
        let mut won = Vec::new();
        for (side, answer) in sides.into_iter().zip(answers) {
            match answer {
                Ok(()) => won.push(side),
                refused => assert_eq!(reason(refused), R::ImportState, "round {round}, {side:?}"),
            }
        }
        match won.as_slice() {
            [Decision::Approve, Decision::Approve] => {
                assert_eq!(applied(&fixture, &import).await.applied_count, 2);
                approved += 1;
            }
            [Decision::Disapprove, Decision::Disapprove] => {
                assert_eq!(get(&fixture, &import).await.state(), ImportState::Disapproved);
                dropped += 1;
            }
            both => panic!("round {round}: {both:?} won"),
        }
    }
    println!("{approved} imports were approved, {dropped} dropped");
    for what in [
        "SELECT count(*) FROM invitations",
        "SELECT count(*) FROM outbox WHERE event_type = 'mail.requested'",
    ] {
        assert_eq!(fixture.database.count(what).await, 2 * approved, "{what}");
    }
}
