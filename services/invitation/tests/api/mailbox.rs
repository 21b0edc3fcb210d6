//! A mailbox is not filled, however it is spelled and however many invitations there are.

use std::time::Duration;

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{
    BatchCreateInvitationsRequest, BatchResendInvitationsRequest, DeliveryState, ImportProblemReason,
    ImportRow, ImportRowState, Invitation,
};
use muster_refusal::{fields_of, quota_of, retry_after_of, violations_of};
use muster_testkit::eventually;
use tonic::Status;

use crate::cancel::cancel;
use crate::decline::decline_for_ever;
use crate::fixture::{Fixture, reason};
use crate::resend::resend;
use crate::upload::{applied, approve, rows, upload};

const HOUR: Duration = Duration::from_secs(60 * 60);
/// The setting of how many mails a mailbox gets.
const OF_MAILBOX: &str = "--mails-to-mailbox";

async fn invite(fixture: &Fixture, address: &str) -> Result<Invitation, Status> {
    fixture.create(address, &[&fixture.nurses]).await
}

async fn invite_at(fixture: &Fixture, address: &str, later: Duration) -> Result<Invitation, Status> {
    fixture.create_later(address, &[&fixture.nurses], later).await
}

/// Mails that were asked for.
async fn mails(fixture: &Fixture) -> i64 {
    let requested = "SELECT count(*) FROM outbox WHERE event_type = 'mail.requested'";
    fixture.database.count(requested).await
}

#[tokio::test(flavor = "multi_thread")]
async fn taking_back_and_inviting_again_fills_no_mailbox() {
    let mut fixture = Fixture::new().await;
    // One mailbox, as many providers have it.
    for address in [
        "ada.l@example.com",
        "adal+work@example.com",
        "A.D.A.L@example.com",
    ] {
        let made = invite(&fixture, address).await.unwrap();
        cancel(&fixture, &made.name).await.unwrap();
        fixture.later(HOUR).await;
    }
    for address in ["adal@example.com", "ada.l+more@EXAMPLE.com"] {
        let refused = invite(&fixture, address).await.unwrap_err();
        assert_eq!(
            (quota_of(&refused), retry_after_of(&refused)),
            (Some((3, 3)), Some(21 * HOUR))
        );
        assert_eq!(violations_of(&refused)[0].0, "invitation.address");
        assert_eq!(reason(Err::<(), _>(refused)), R::RateLimited);
    }
    assert_eq!(mails(&fixture).await, 3);
    assert_eq!(
        fixture.database.count("SELECT count(*) FROM invitations").await,
        3
    );
    // Another mailbox, and another organization.
    invite(&fixture, "adal@example.org").await.unwrap();
    // Whoever comes back when it says so, or says so now.
    invite_at(&fixture, "adal@example.com", 21 * HOUR).await.unwrap();
    fixture.later(21 * HOUR).await;
    let second = invite(&fixture, "adal+2@example.com").await.unwrap_err();
    assert_eq!(retry_after_of(&second), Some(HOUR));
}

#[tokio::test(flavor = "multi_thread")]
async fn sending_again_and_new_links_count_with_those_of_other_invitations() {
    let fixture = Fixture::new().await;
    let first = invite(&fixture, "ada@example.com").await.unwrap();
    cancel(&fixture, &first.name).await.unwrap();
    let made = invite(&fixture, "ada@example.com").await.unwrap();
    let other = invite(&fixture, "ada+2@example.com").await.unwrap();
    assert_eq!(reason(resend(&fixture, &made.name).await), R::RateLimited);
    let request = BatchResendInvitationsRequest {
        parent: fixture.parent(),
        names: vec![made.name.clone(), other.name.clone()],
        rotate_links: true,
        ..Default::default()
    };
    let done = fixture
        .invitations()
        .batch_resend_invitations(request)
        .await
        .unwrap();
    for outcome in done.into_inner().outcomes {
        assert_eq!(outcome.refusal_reason(), R::RateLimited);
    }
    assert_eq!(mails(&fixture).await, 3);
    assert_eq!(fixture.get(&made.name).await.unwrap(), made, "it is untouched");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_the_same_moment_fill_no_mailbox() {
    let fixture = Fixture::new().await;
    let calls = (0..40).map(|number| {
        let wanted = fixture.wanted(&format!("ada+{number}@example.com"), &[&fixture.nurses]);
        let (mut client, request) = (fixture.invitations(), fixture.create_request(wanted));
        tokio::spawn(async move { client.create_invitation(request).await })
    });
    let mut invited = 0;
    for call in calls.collect::<Vec<_>>() {
        match call.await.unwrap() {
            Ok(_) => invited += 1,
            refused => assert_eq!(reason(refused), R::RateLimited),
        }
    }
    assert_eq!((invited, mails(&fixture).await), (3, 3));
    let batch = [
        "bob@example.com",
        "ada+x@example.com",
        "b.ob@example.com",
        "bob+1@example.com",
        "bob+2@example.com",
    ];
    let batch = BatchCreateInvitationsRequest {
        parent: fixture.parent(),
        requests: batch
            .iter()
            .map(|address| fixture.create_request(fixture.wanted(address, &[&fixture.nurses])))
            .collect(),
        request_id: String::new(),
    };
    let refused = fixture
        .invitations()
        .batch_create_invitations(batch)
        .await
        .unwrap_err();
    let fields = fields_of(&refused);
    let of_ada_and_the_last_of_bob = [1, 4].map(|place| format!("requests[{place}].invitation.address"));
    assert_eq!(fields, of_ada_and_the_last_of_bob);
    assert_eq!(mails(&fixture).await, 3, "nobody of them");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_goes_out_does_not_count() {
    let fixture = Fixture::new().await;
    for _ in 0..5 {
        let scheduled = invite_at(&fixture, "ada@example.com", HOUR).await.unwrap();
        cancel(&fixture, &scheduled.name).await.unwrap();
    }
    // Sent now instead: one mail, not two.
    let scheduled = invite_at(&fixture, "ada@example.com", HOUR).await.unwrap();
    resend(&fixture, &scheduled.name).await.unwrap();
    resend(&fixture, &scheduled.name).await.unwrap();
    resend(&fixture, &scheduled.name).await.unwrap();
    assert_eq!(reason(resend(&fixture, &scheduled.name).await), R::RateLimited);

    let bob = invite(&fixture, "bob@example.com").await.unwrap();
    decline_for_ever(&fixture, &fixture.token(&bob.name).await)
        .await
        .unwrap();
    for _ in 0..5 {
        let unwanted = invite(&fixture, "bob@example.com").await.unwrap();
        assert_eq!(unwanted.delivery_state(), DeliveryState::Suppressed);
        cancel(&fixture, &unwanted.name).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_spreadsheet_wait_for_another_day() {
    let fixture = Fixture::new().await;
    fixture.subscribe(1_000, 10_000).await;
    let live = invite(&fixture, "clinic+0@example.com").await.unwrap();
    let mut file = "email,groups\n".to_owned();
    for number in 0..300 {
        file.push_str(&format!("clinic+{number}@example.com,Nurses\n"));
    }
    file.push_str("bob@example.com,Nurses\n");
    let import = upload(&fixture, file.as_bytes()).await.unwrap();
    approve(&fixture, &import).await.unwrap();
    applied(&fixture, &import).await;
    let rows = rows(&fixture, &import).await;
    let refused: Vec<&ImportRow> = rows
        .iter()
        .filter(|row| row.state() == ImportRowState::Refused)
        .collect();
    // Two of today, three of each of the 89 days after it.
    assert_eq!(refused.len(), 300 - 1 - 2 - 89 * 3);
    let problem = refused[0].problems.last().unwrap();
    assert!(problem.description.contains("3 mails in 24 hours"), "{refused:?}");
    assert_eq!(
        (problem.reason(), &problem.value),
        (ImportProblemReason::MailboxFull, &refused[0].address)
    );
    assert_eq!(rows[0].invitation, live.name, "of whom is invited nothing waits");
    let full =
        "SELECT count(*) FROM (SELECT send_time FROM invitations WHERE address_canonical LIKE 'clinic%'
                GROUP BY send_time HAVING count(*) > 3) AS days";
    assert_eq!(fixture.database.count(full).await, 0);
    eventually(async || mails(&fixture).await == 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_gets_as_many_mails_as_the_setting_says() {
    let refused_at = async |limit: usize| {
        let fixture = Fixture::with(&[(OF_MAILBOX, limit.to_string().as_str())]).await;
        for number in 0..limit {
            invite(&fixture, &format!("ada+{number}@example.com"))
                .await
                .unwrap();
        }
        let refused = invite(&fixture, "a.d.a@example.com").await.unwrap_err();
        let used = i64::try_from(limit).unwrap();
        assert_eq!(quota_of(&refused), Some((used, used)));
        assert_eq!(mails(&fixture).await, used);
        refused.message().to_owned()
    };
    let said = refused_at(1).await;
    assert!(said.contains("at most once in 24 hours"), "{said}");
    let said = refused_at(5).await;
    assert!(said.contains("at most 5 times in 24 hours"), "{said}");

    let fixture = Fixture::with(&[(OF_MAILBOX, "1")]).await;
    fixture.subscribe(1_000, 10_000).await;
    let mut file = "email,groups\n".to_owned();
    for number in 0..100 {
        file.push_str(&format!("clinic+{number}@example.com,Nurses\n"));
    }
    let import = upload(&fixture, file.as_bytes()).await.unwrap();
    approve(&fixture, &import).await.unwrap();
    // One on each of 90 days.
    assert_eq!(applied(&fixture, &import).await.refused_count, 10);
    let rows = rows(&fixture, &import).await;
    let refused = rows.iter().find(|row| row.state() == ImportRowState::Refused);
    let said = &refused.unwrap().problems.last().unwrap().description;
    assert!(said.contains("at most 1 mail in 24 hours"), "{said}");
}
