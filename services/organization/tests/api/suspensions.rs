//! The owner hears by mail that the organization is suspended, and that it goes on.

use muster_ids::OrganizationId;
use muster_proto::notification::v1::get_mail_response::Variables;
use muster_proto::notification::v1::{MailPurpose, MailRequestedEvent};
use muster_testkit::TestCaller;

use crate::access_mails::{let_in_until, mail, requested};
use crate::access_requests::{asked, deny};
use crate::employed::employed;
use crate::fixture::{Fixture, name};
use crate::join_pages;
use crate::ownership::{let_in, offer, reassign};
use crate::profile_users::added;

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

/// What tells of the suspension itself, and of which it is declared that a suspension ends it: requests that wait (there is none here).
const OF_THE_ACT: [&str; 4] = [
    "history_entries",
    "history_heads",
    "staff_acts",
    "suspension_notices",
];

/// Every row of the organization in every table, but for what tells of the suspension, and the state of the profile.
async fn everything(fixture: &Fixture, id: OrganizationId) -> Vec<String> {
    let mut connection = fixture.service.database.connection().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT table_name::text FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
         WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND column_name = 'organization_id'
           AND table_name::text <> ALL ($1) AND table_name <> 'outbox' ORDER BY 1",
    )
    .bind(OF_THE_ACT.map(str::to_owned).to_vec())
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let mut all = Vec::new();
    for table in tables {
        let rows = format!(
            "SELECT '{table}: ' || coalesce(jsonb_agg(held ORDER BY held::text), '[]')::text
             FROM (SELECT to_jsonb(t) - '{{version,decision_reason}}'::text[] AS held FROM {table} AS t
                   WHERE organization_id = '{id}') AS rows"
        );
        let rows = sqlx::query_scalar(sqlx::AssertSqlSafe(rows));
        all.push(rows.fetch_one(&mut connection).await.unwrap());
    }
    all
}

/// R17: whoever slept sleeps, whoever was offered something is offered it, and nobody became anything.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_suspended_and_goes_on_has_everything_as_it_was() {
    let fixture = Fixture::new().await;
    let id = join_pages::ready(&fixture).await;
    let page = join_pages::page(true, "sunrise", &["example.org"]);
    let paths = ["enabled", "slug", "allowed_domains"];
    join_pages::update(&fixture, id, page, &paths).await.unwrap();
    added(
        &fixture,
        id,
        "asleep",
        muster_proto::organization::v1::Role::Admin,
    )
    .await;
    employed(&fixture, id, "asleep", "PENDING_VERIFICATION").await;
    let day = std::time::Duration::from_secs(24 * 60 * 60);
    let_in_until(&fixture, id, "ending", 40 * day).await;
    let_in(&fixture, id, "successor").await;
    offer(&fixture, id, "owner", "successor").await.unwrap();
    let refused = asked(&fixture, "refused", id).await;
    deny(&fixture, id, &refused).await.unwrap();
    let before = everything(&fixture, id).await;
    for table in [
        "profile_users",
        "ownership_offers",
        "join_pages",
        "subscriptions",
        "reviews",
    ] {
        let has_rows = |rows: &&String| rows.starts_with(&format!("{table}: [{{"));
        assert!(
            before.iter().any(|rows| has_rows(&rows)),
            "{table} has nothing to lose"
        );
    }
    fixture.suspend(id, "an inspection").await.unwrap();
    fixture.reinstate(id).await.unwrap();
    assert_eq!(everything(&fixture, id).await, before);
}
