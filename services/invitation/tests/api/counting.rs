//! How many invitations are in each state, as an organization is told it, whatever is folded in of it.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_proto::invitation::v1::{InvitationCount, ListInvitationsRequest};
use muster_server::convert::timestamp;
use muster_testkit::{TestCaller, eventually};

use crate::cancel::cancel;
use crate::decline::{decline, undo};
use crate::fixture::Fixture;
use crate::resend::resend;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How often the job looks.
const EVERY: Duration = Duration::from_secs(10);

type Counts = BTreeMap<String, i64>;

/// What the organization is told.
pub(crate) async fn told(fixture: &Fixture) -> Counts {
    let request = ListInvitationsRequest {
        parent: fixture.parent(),
        page_size: 1,
        ..Default::default()
    };
    let listed = fixture.invitations().list_invitations(request).await.unwrap();
    let counts = listed.into_inner().counts;
    let named = |count: &InvitationCount| (count.state().as_str_name().to_owned(), count.count);
    counts.iter().map(named).collect()
}

/// All of them, each looked at.
pub(crate) async fn one_by_one(fixture: &Fixture) -> Counts {
    let counted: Vec<(String, i64)> = sqlx::query_as(
        "SELECT 'INVITATION_STATE_' || CASE WHEN state IN ('PROSPECT', 'PENDING') AND expire_time <= $2 THEN 'EXPIRED' ELSE state END
                AS shown, count(*)
         FROM invitations WHERE organization_id = $1 GROUP BY shown",
    )
    .bind(fixture.organization)
    .bind(fixture.clock.now())
    .fetch_all(&mut fixture.database.connection().await)
    .await
    .unwrap();
    counted.into_iter().collect()
}

#[track_caller]
fn same(told: &Counts, each: &Counts) {
    assert_eq!(told, each, "what is told, and what there is");
}

/// Both, while nobody changes anything.
pub(crate) async fn is_exact(fixture: &Fixture) {
    same(&told(fixture).await, &one_by_one(fixture).await);
}

/// The job has folded in whatever was changed.
async fn folded(fixture: &Fixture) {
    fixture.pass(EVERY);
    let left = "SELECT count(*) FROM invitation_count_changes";
    eventually(async || fixture.database.count(left).await == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_is_what_there_is_after_every_act_and_as_time_passes() {
    let mut fixture = Fixture::new().await;
    let mut made = Vec::new();
    for who in ["ada", "bob", "cid", "dan", "eve"] {
        let address = format!("{who}@example.com");
        let one = fixture.create(&address, &[&fixture.nurses]).await.unwrap();
        made.push(one.name);
        is_exact(&fixture).await;
    }
    let of_bob = fixture.token(&made[1]).await;
    let of_ada = fixture.token(&made[0]).await;
    fixture.accept(TestCaller::person("ada"), &of_ada).await.unwrap();
    is_exact(&fixture).await;
    decline(&fixture, &of_bob).await.unwrap();
    is_exact(&fixture).await;
    folded(&fixture).await;
    is_exact(&fixture).await;
    undo(&fixture, &of_bob).await.unwrap();
    is_exact(&fixture).await;
    cancel(&fixture, &made[2]).await.unwrap();
    is_exact(&fixture).await;
    let mut later = fixture.wanted("flo@example.com", &[&fixture.nurses]);
    later.send_time = Some(timestamp(fixture.clock.now() + 20 * DAY));
    fixture.create_this(later).await.unwrap();
    is_exact(&fixture).await;

    // A month later three have run out, which nothing says but the clock.
    fixture.later(31 * DAY).await;
    is_exact(&fixture).await;
    let told_of = |counts: [(&str, i64); 4]| {
        let named = |(state, count): (&str, i64)| (format!("INVITATION_STATE_{state}"), count);
        counts.map(named).into_iter().collect::<Counts>()
    };
    let expected = told_of([("ACTIVE", 1), ("CANCELLED", 1), ("EXPIRED", 3), ("PROSPECT", 1)]);
    same(&told(&fixture).await, &expected);
    folded(&fixture).await;
    same(&told(&fixture).await, &expected);
    resend(&fixture, &made[3]).await.unwrap();
    is_exact(&fixture).await;
    // What has run out makes room for a new one.
    fixture
        .create("eve@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    is_exact(&fixture).await;
    folded(&fixture).await;
    let expected = told_of([("ACTIVE", 1), ("CANCELLED", 1), ("EXPIRED", 2), ("PROSPECT", 3)]);
    same(&told(&fixture).await, &expected);

    fixture
        .database
        .execute("DELETE FROM invitation_groups; DELETE FROM invitations")
        .await;
    same(&told(&fixture).await, &Counts::new());
    folded(&fixture).await;
    same(&told(&fixture).await, &Counts::new());
}

/// Each organization is told of its own.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_how_many_another_organization_has() {
    let mut fixture = Fixture::new().await;
    fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let ours = told(&fixture).await;
    let own = fixture.organization;
    fixture.organization = fixture.new_organization("somebody").await;
    same(&told(&fixture).await, &Counts::new());
    folded(&fixture).await;
    same(&told(&fixture).await, &Counts::new());
    fixture.organization = own;
    same(&told(&fixture).await, &ours);
}
