//! The owner hears by mail that the organization is suspended, and that it goes on.

use muster_ids::OrganizationId;
use muster_proto::notification::v1::get_mail_response::Variables;
use muster_proto::notification::v1::{MailPurpose, MailRequestedEvent};
use muster_testkit::TestCaller;

use crate::access_mails::{mail, requested};
use crate::fixture::{Fixture, name};
use crate::ownership::{let_in, reassign};

/// The mails about suspensions that were asked for, in their order.
async fn asked_for(fixture: &Fixture) -> Vec<MailRequestedEvent> {
    let mut all = requested(fixture).await;
    all.retain(|request| request.purpose() == MailPurpose::Suspension);
    all
}

/// What the mail worker is told of each: to whom, and whether the suspension is over.
async fn told(fixture: &Fixture) -> Vec<Option<(String, bool)>> {
    let mut told = Vec::new();
    for request in asked_for(fixture).await {
        let answered = mail(fixture, &request).await;
        told.push(answered.variables.map(|said| match said {
            Variables::Suspension(said) => (answered.address.clone(), said.is_over),
            other => panic!("{other:?}"),
        }));
    }
    told
}

fn to(who: &str, is_over: bool) -> Option<(String, bool)> {
    Some((format!("{who}@example.com"), is_over))
}

async fn suspended(fixture: &Fixture) -> OrganizationId {
    let id = fixture.active().await;
    fixture.suspend(id, "an inspection").await.unwrap();
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn who_owns_what_is_suspended_hears_of_it_while_it_is_and_of_the_end_when_it_ends() {
    let fixture = Fixture::new().await;
    let id = suspended(&fixture).await;
    assert_eq!(told(&fixture).await, [to("owner", false)], "it does not wait");
    // Once more is no other act.
    fixture.suspend(id, "an inspection").await.unwrap();
    assert_eq!(told(&fixture).await.len(), 1);
    fixture.reinstate(id).await.unwrap();
    assert_eq!(told(&fixture).await, [None, to("owner", true)]);
    fixture.reinstate(id).await.unwrap();
    assert_eq!(told(&fixture).await.len(), 2);
    // Whatever was not sent of before says nothing that is not so, and nothing twice.
    fixture.suspend(id, "again").await.unwrap();
    assert_eq!(told(&fixture).await, [None, None, to("owner", false)]);
    let of_it = |request: &MailRequestedEvent| request.subject.starts_with(&name(id));
    assert!(asked_for(&fixture).await.iter().all(of_it));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_owns_it_when_the_mail_is_sent_is_told_and_of_what_was_closed_nobody() {
    let fixture = Fixture::new().await;
    let id = suspended(&fixture).await;
    let_in(&fixture, id, "ada").await;
    reassign(&fixture, id, "ada").await.unwrap();
    assert_eq!(told(&fixture).await, [to("ada", false)]);
    let closing = fixture.close(TestCaller::staff(id), id, "it moved away").await;
    closing.unwrap();
    assert_eq!(told(&fixture).await, [None]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_else_is_decided_asks_for_no_such_mail() {
    let fixture = Fixture::new().await;
    let id = fixture.submitted().await;
    let why = muster_proto::organization::v1::OrganizationReturnReason::NameMismatch;
    fixture.give_back(id, &[why], "another name").await.unwrap();
    fixture.submit_and_approve(id).await;
    let closing = fixture.close(TestCaller::staff(id), id, "it moved away").await;
    closing.unwrap();
    assert!(asked_for(&fixture).await.is_empty());
}
