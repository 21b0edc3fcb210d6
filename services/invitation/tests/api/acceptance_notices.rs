//! What the organization hears of people who could not accept, because none of the groups of their invitation is active.

use std::time::Duration;

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{AcceptPersonInvitationRequest, CancelInvitationRequest, Invitation};
use muster_proto::notification::v1::get_mail_response::Variables;
use muster_proto::notification::v1::mail_source_internal_service_client::MailSourceInternalServiceClient;
use muster_proto::notification::v1::{GetMailRequest, GetMailResponse, MailPurpose, MailRequestedEvent};
use muster_testkit::{Callers, TestCaller, eventually};
use tonic::Status;

use crate::fixture::{Fixture, reason};
use crate::own::account;

const HOUR: Duration = Duration::from_secs(60 * 60);
const DEACTIVATED: &str = "UPDATE groups SET state = 'INACTIVE'";

/// The mails to the organization that were asked for, oldest first.
async fn mails(fixture: &Fixture) -> Vec<MailRequestedEvent> {
    fixture.requested(MailPurpose::GroupsInactive).await
}

/// What the mail worker is answered about one of them.
async fn get(fixture: &Fixture, asked: &MailRequestedEvent) -> Result<GetMailResponse, Status> {
    let worker = fixture.impatient(TestCaller::Workload("notification"));
    let request = GetMailRequest {
        subject: asked.subject.clone(),
        purpose: MailPurpose::GroupsInactive.into(),
        generation: 1,
    };
    let mut client = MailSourceInternalServiceClient::new(worker);
    Ok(client.get_mail(request).await?.into_inner())
}

/// To which address it goes, and the groups that it names; `None` if it is not wanted.
async fn said(fixture: &Fixture, asked: &MailRequestedEvent) -> Option<(String, Vec<String>)> {
    let mail = get(fixture, asked).await.unwrap();
    match mail.variables? {
        Variables::GroupsInactive(words) => {
            assert_eq!(words.organization_display_name, "Day nursery");
            Some((mail.address, words.groups))
        }
        other => panic!("{other:?}"),
    }
}

/// Somebody who was invited while the groups were active.
async fn invited(fixture: &Fixture, who: &str) -> (Invitation, String) {
    let address = format!("{who}@example.com");
    let made = fixture.create(&address, &[&fixture.nurses, &fixture.aides]).await;
    let made = made.unwrap();
    let token = fixture.token(&made.name).await;
    (fixture.get(&made.name).await.unwrap(), token)
}

async fn is_refused(fixture: &Fixture, who: &str, token: &str) {
    let refused = async || match fixture.accept(TestCaller::person(who), token).await {
        Err(status) => muster_refusal::reason_of(&status) == Some(R::GroupInactive),
        Ok(accepted) => panic!("{accepted:?}"),
    };
    eventually(refused).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_invited_is_mailed_once_a_day_however_many_try_however_often() {
    let fixture = Fixture::new().await;
    let (ada, to_ada) = invited(&fixture, "ada").await;
    let (_, to_bob) = invited(&fixture, "bob").await;
    let (_, to_eve) = invited(&fixture, "eve").await;
    fixture.profile_sql(DEACTIVATED).await;
    for _ in 0..3 {
        is_refused(&fixture, "ada", &to_ada).await;
    }
    let mut person = account(&fixture, TestCaller::person("ada"));
    let in_account = AcceptPersonInvitationRequest {
        name: ada.name.clone(),
        request_id: String::new(),
    };
    let refused = person.accept_person_invitation(in_account).await;
    assert_eq!(reason(refused), R::GroupInactive);
    let asked = mails(&fixture).await;
    let [first] = asked.as_slice() else {
        panic!("{asked:?}")
    };
    assert_eq!((first.request, first.not_before), (1, None), "at once");
    assert!(!first.subject.contains("invitations"), "{first:?}");
    let both = vec!["Aides".to_owned(), "Nurses".to_owned()];
    let expected = Some(("owner@example.com".to_owned(), both));
    assert_eq!(said(&fixture, first).await, expected);
    assert_eq!(fixture.get(&ada.name).await.unwrap(), ada, "it is as it was");

    // Who comes later is told of by the next one, a day after the first.
    fixture.pass(HOUR);
    is_refused(&fixture, "bob", &to_bob).await;
    is_refused(&fixture, "eve", &to_eve).await;
    is_refused(&fixture, "ada", &to_ada).await;
    let asked = mails(&fixture).await;
    let [_, second] = asked.as_slice() else {
        panic!("{asked:?}")
    };
    assert_eq!(second.request, 2);
    let day = fixture.clock.now() - HOUR + 24 * HOUR;
    assert_eq!(second.not_before.unwrap().seconds, day.unix_timestamp());
    assert_eq!(second.subject, first.subject);

    fixture.pass(24 * HOUR);
    is_refused(&fixture, "ada", &to_ada).await;
    assert_eq!(mails(&fixture).await.len(), 3, "a day later she is told of again");
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_same_time_they_are_one_mail() {
    let fixture = Fixture::new().await;
    let mut tokens = Vec::new();
    for who in ["ada", "bob", "eve", "dan"] {
        tokens.push((who, invited(&fixture, who).await.1));
    }
    fixture.profile_sql(DEACTIVATED).await;
    let tries = tokens.iter().flat_map(|try_| [try_; 4]);
    futures::future::join_all(tries.map(|(who, token)| is_refused(&fixture, who, token))).await;
    let mut requests: Vec<_> = mails(&fixture).await.iter().map(|mail| mail.request).collect();
    // Those of one moment of the test's clock are listed in no order.
    requests.sort_unstable();
    // The first at once, the second in a day, if anybody came after the first had begun.
    assert!(requests == [1] || requests == [1, 2], "{requests:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mail_is_wanted_while_somebody_cannot_accept_who_was_invited() {
    let fixture = Fixture::new().await;
    let (ada, to_ada) = invited(&fixture, "ada").await;
    fixture.profile_sql(DEACTIVATED).await;
    is_refused(&fixture, "ada", &to_ada).await;
    let asked = mails(&fixture).await.remove(0);
    fixture
        .profile_sql("UPDATE organizations SET state = 'SUSPENDED'")
        .await;
    assert_eq!(reason(get(&fixture, &asked).await), R::OrganizationNotActive);
    for (becomes, is_wanted) in [
        ("UPDATE organizations SET state = 'ACTIVE'", true),
        (
            "UPDATE groups SET state = 'ACTIVE' WHERE display_name = 'Nurses'",
            false,
        ),
        (DEACTIVATED, true),
        ("UPDATE organizations SET state = 'CLOSED'", false),
        ("UPDATE organizations SET state = 'ACTIVE'", true),
    ] {
        fixture.profile_sql(becomes).await;
        assert_eq!(said(&fixture, &asked).await.is_some(), is_wanted, "{becomes}");
    }
    let cancel = CancelInvitationRequest {
        name: ada.name,
        ..Default::default()
    };
    fixture.invitations().cancel_invitation(cancel).await.unwrap();
    assert_eq!(said(&fixture, &asked).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inviter_is_told_while_they_administer_and_else_the_owner() {
    let fixture = Fixture::new().await;
    let (organization, inviter) = (fixture.organization, Callers::person("inviter").id);
    let (_, to_ada) = invited(&fixture, "ada").await;
    let (_, to_bob) = invited(&fixture, "bob").await;
    let invited_by = format!("UPDATE invitations SET inviter_person_id = '{inviter}'");
    let let_in = format!(
        "INSERT INTO profile_users (organization_id, person_id, display_name, role, origin, version, create_time)
         VALUES ('{organization}', '{inviter}', 'inviter', 'ADMIN', 'REQUEST', 1, now());
         INSERT INTO profile_user_addresses (organization_id, person_id, address_given, address_canonical, create_time)
         VALUES ('{organization}', '{inviter}', 'inviter@example.com', 'inviter@example.com', now())"
    );
    fixture.database.run(invited_by).await;
    fixture.organizations.database.run(let_in).await;
    fixture.profile_sql(DEACTIVATED).await;
    is_refused(&fixture, "ada", &to_ada).await;
    let to = async |number: usize| {
        let asked = mails(&fixture).await;
        let said = said(&fixture, &asked[number]).await;
        (asked.len(), said.map(|(address, _)| address))
    };
    assert_eq!(to(0).await, (1, Some("inviter@example.com".to_owned())));
    fixture
        .profile_sql("UPDATE profile_users SET role = 'VIEWER' WHERE role = 'ADMIN'")
        .await;
    assert_eq!(to(0).await, (1, None), "who may not invite any more");
    is_refused(&fixture, "bob", &to_bob).await;
    assert_eq!(to(1).await, (2, Some("owner@example.com".to_owned())));
}
