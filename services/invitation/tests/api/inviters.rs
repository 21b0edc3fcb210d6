//! How many mails one person has an organization send by hand.

use std::time::Duration;

use muster_identity::Role;
use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::{
    BatchCreateInvitationsRequest, BatchResendInvitationsRequest, CreateInvitationRequest, Invitation,
};
use muster_refusal::{quota_of, retry_after_of};
use muster_testkit::{TestCaller, TestChannel};
use tonic::Status;

use crate::fixture::{Fixture, reason};
use crate::resend::resend;
use crate::upload::{applied, approve, good, upload};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Where one person may have three mails sent in a day.
async fn of_three() -> Fixture {
    Fixture::with(&[("--messages-of-inviter", "3")]).await
}

fn invitations_of(fixture: &Fixture, who: &'static str) -> InvitationServiceClient<TestChannel> {
    let who = TestCaller::member(who, fixture.organization, Role::Admin);
    InvitationServiceClient::new(fixture.as_who(who))
}

async fn invite(fixture: &Fixture, address: &str) -> Result<Invitation, Status> {
    fixture.create(address, &[&fixture.nurses]).await
}

async fn invite_several(fixture: &Fixture, who: &'static str, addresses: &[&str]) -> Result<(), Status> {
    let child = |address: &&str| CreateInvitationRequest {
        invitation: Some(fixture.wanted(address, &[&fixture.nurses])),
        ..Default::default()
    };
    let request = BatchCreateInvitationsRequest {
        parent: fixture.parent(),
        requests: addresses.iter().map(child).collect(),
        request_id: String::new(),
    };
    invitations_of(fixture, who)
        .batch_create_invitations(request)
        .await
        .map(drop)
}

#[track_caller]
fn used_up<T: std::fmt::Debug>(answer: Result<T, Status>, used: i64) {
    let status = answer.unwrap_err();
    assert_eq!(
        (quota_of(&status), retry_after_of(&status)),
        (Some((used, 3)), Some(HOUR))
    );
    assert_eq!(reason(Err::<(), _>(status)), R::RateLimited);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_had_as_many_sent_as_one_person_may_waits_and_others_do_not() {
    let mut fixture = of_three().await;
    let ada = invite(&fixture, "ada@example.com").await.unwrap();
    invite(&fixture, "bob@example.com").await.unwrap();
    resend(&fixture, &ada.name).await.unwrap();
    // What is sent again counts as well, and who is invited already costs nothing.
    used_up(invite(&fixture, "cleo@example.com").await, 3);
    used_up(resend(&fixture, &ada.name).await, 3);
    assert_eq!(invite(&fixture, "ada@example.com").await.unwrap().name, ada.name);
    let request = BatchResendInvitationsRequest {
        parent: fixture.parent(),
        names: vec![ada.name.clone()],
        ..Default::default()
    };
    used_up(fixture.invitations().batch_resend_invitations(request).await, 3);

    // Others have their own, all or nothing.
    invite_several(&fixture, "admin", &["d1@example.com", "d2@example.com"])
        .await
        .unwrap();
    used_up(
        invite_several(&fixture, "admin", &["d3@example.com", "d4@example.com"]).await,
        2,
    );
    assert_eq!(
        fixture.database.count("SELECT count(*) FROM invitations").await,
        4
    );
    // Another organization's are others, and so is another day.
    let later = fixture
        .create_later("eve@example.com", &[&fixture.nurses], 30 * HOUR)
        .await;
    later.unwrap();
    let other = fixture.new_organization("owner").await;
    let first = std::mem::replace(&mut fixture.organization, other);
    let nurses = fixture.group("Nurses").await;
    fixture.create("ada@example.com", &[&nurses]).await.unwrap();
    fixture.organization = first;
    // The one in six hours is among those of this day.
    fixture.later(24 * HOUR).await;
    invite(&fixture, "fay@example.com").await.unwrap();
    invite(&fixture, "gus@example.com").await.unwrap();
    used_up(invite(&fixture, "hal@example.com").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spreadsheet_is_what_the_plan_lets_go_out() {
    let fixture = of_three().await;
    fixture.subscribe(500, 10_000).await;
    let import = upload(&fixture, &good(20)).await.unwrap();
    approve(&fixture, &import).await.unwrap();
    assert_eq!(applied(&fixture, &import).await.applied_count, 20);
    invite(&fixture, "ada@example.com").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_the_same_moment_who_may_not_does_not_stop_who_may() {
    let fixture = of_three().await;
    for number in 0..3 {
        invite(&fixture, &format!("used{number}@example.com"))
            .await
            .unwrap();
    }
    let inviting = (0..20).map(async |number| {
        let request = CreateInvitationRequest {
            parent: fixture.parent(),
            invitation: Some(fixture.wanted(&format!("l{number}@example.com"), &[&fixture.nurses])),
            request_id: String::new(),
        };
        match number % 10 {
            0 => {
                let made = invitations_of(&fixture, "admin").create_invitation(request).await;
                made.unwrap();
            }
            _ => used_up(fixture.invitations().create_invitation(request).await, 3),
        }
    });
    futures::future::join_all(inviting).await;
    assert_eq!(
        fixture.database.count("SELECT count(*) FROM invitations").await,
        5
    );
}
