//! A decision disarms whatever an earlier one armed: everything is armed, the contrary is decided, and all deadlines pass.

use std::time::Duration;

use muster_ids::OrganizationId;
use muster_proto::organization::v1 as pb;
use muster_testkit::{TestCaller, eventually};
use sqlx::AssertSqlSafe;

use crate::access_mails::{ends, let_in_until};
use crate::access_requests::{approve, asked, deny, withdraw};
use crate::fixture::{Fixture, owner};
use crate::ownership::{let_in, offer, withdraw as withdraw_offer};
use crate::profile_users::remove;
use crate::races::count;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Behind every deadline, step by step: of offers, reminders of access, requests and reviews that are due, ends of access and reviews
/// that are overdue, and behind all; and how many mails have been asked for by then where nothing was decided.
const STEPS: [(u32, i64); 5] = [(8, 0), (12, 2), (12, 3), (32, 4), (400, 4)];

/// Everything of an organization that may change or be told of by itself. The review of one that goes on is due again and again.
async fn standing(fixture: &Fixture, id: OrganizationId, with_reviews: bool) -> Vec<String> {
    let mut standing = Vec::new();
    let of_review = if with_reviews {
        ""
    } else {
        "AND aggregate_id NOT IN (SELECT notice_id FROM reviews)"
    };
    for rows in [
        "organizations",
        "access_requests",
        "profile_users",
        "ownership_offers",
    ] {
        let all = format!(
            "SELECT coalesce(jsonb_agg(held ORDER BY held::text), '[]')::text
             FROM (SELECT to_jsonb(t) AS held FROM {rows} AS t WHERE organization_id = '{id}') AS rows"
        );
        let all: String = sqlx::query_scalar(AssertSqlSafe(all))
            .fetch_one(&mut fixture.service.database.connection().await)
            .await
            .unwrap();
        standing.push(all);
    }
    for rows in [
        format!("outbox WHERE organization_id = '{id}' {of_review}"),
        format!("history_entries WHERE organization_id = '{id}'"),
    ] {
        standing.push(count(fixture, &format!("FROM {rows}")).await.to_string());
    }
    standing
}

/// A request, an access that ends, of which is told a month before, an offer; the review begins with the approval.
async fn armed(
    fixture: &Fixture,
    people: [&str; 3],
) -> (OrganizationId, pb::AccessRequest, pb::OwnershipOffer) {
    let id = fixture.active().await;
    let [asking, ending, successor] = people;
    let_in_until(fixture, id, ending, 40 * DAY).await;
    let_in(fixture, id, successor).await;
    let offered = offer(fixture, id, "owner", successor).await.unwrap();
    (id, asked(fixture, asking, id).await, offered)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_decided_otherwise_never_fires() {
    let fixture = Fixture::new().await;
    let (id, request, offered) = armed(&fixture, ["ada", "bea", "cai"]).await;
    let_in_until(&fixture, id, "dan", 41 * DAY).await;
    let taken_back = asked(&fixture, "emil", id).await;
    deny(&fixture, id, &request).await.unwrap();
    withdraw(&fixture, "emil", &taken_back).await.unwrap();
    withdraw_offer(&fixture, id, "owner", &offered).await.unwrap();
    // Later than anybody looks, and never.
    ends(&fixture, id, "bea", 4000 * DAY).await;
    remove(&fixture, id, owner(id), "dan").await.unwrap();

    let (closed, ..) = armed(&fixture, ["fay", "gus", "hal"]).await;
    let closing = fixture
        .close(TestCaller::staff(closed), closed, "it moved away")
        .await;
    closing.unwrap();
    let (halted, waiting, _) = armed(&fixture, ["ivy", "jon", "kim"]).await;
    remove(&fixture, halted, owner(halted), "jon").await.unwrap();
    fixture.suspend(halted, "an inspection").await.unwrap();

    // Of which nobody has decided anything.
    let (left, ..) = armed(&fixture, ["leo", "mia", "nia"]).await;
    let told = async || count(&fixture, &format!("FROM outbox WHERE organization_id = '{left}'")).await;
    let before = told().await;
    let organizations = [(id, false), (closed, true), (halted, false)];
    let mut stood = Vec::new();
    for (one, with_reviews) in organizations {
        stood.push(standing(&fixture, one, with_reviews).await);
    }
    for (days, mails) in STEPS {
        fixture.service.clock.advance(days * DAY);
        fixture.service.outbox().publish_all_again().await;
        fixture.service.outbox().drained().await;
        eventually(async || told().await == before + mails).await;
    }
    for ((one, with_reviews), stood) in organizations.into_iter().zip(stood) {
        assert_eq!(standing(&fixture, one, with_reviews).await, stood);
    }
    // What has ended is not brought to life by a late decision.
    let late = approve(&fixture, id, &request).await;
    assert!(late.is_err(), "{late:?}");
    fixture.reinstate(halted).await.unwrap();
    let late = approve(&fixture, halted, &waiting).await;
    assert!(late.is_err(), "{late:?}");
}
