//! What statements cost on a table that has grown since their plans were chosen.

use std::time::Duration;

use muster_jobs::Lease;
use muster_messaging::outbox::Publication;
use muster_notification::domain::{self, Claimed, Jitter, Outcome, Reply, RetryConditions};
use muster_notification::mails::Purpose;
use muster_notification::store::delivery::{self, Claim};
use muster_proto::notification::v1::DeliveryChangedEvent;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::fixture::Fixture;

/// Pages of the table and of its indexes that have been looked at, by anybody, ever.
async fn pages(connection: &mut PgConnection) -> i64 {
    sqlx::raw_sql("SELECT pg_stat_force_next_flush()")
        .execute(&mut *connection)
        .await
        .unwrap();
    sqlx::query_scalar(
        "SELECT (heap_blks_hit + heap_blks_read + idx_blks_hit + idx_blks_read)::bigint
         FROM pg_statio_user_tables WHERE relname = 'deliveries'",
    )
    .fetch_one(connection)
    .await
    .unwrap()
}

async fn claim(connection: &mut PgConnection, fixture: &Fixture) -> Vec<Claimed> {
    let now = fixture.clock.now();
    let claim = Claim {
        lease: Lease {
            token: fixture.clock.new_uuid(),
            until: now + Duration::from_secs(900),
        },
        now,
        limit: 8,
        purposes: &Purpose::ALL,
    };
    delivery::claim(connection, claim).await.unwrap()
}

/// Sends one of the claimed, as far as the database hears of it.
async fn send(connection: &mut PgConnection, fixture: &Fixture, claimed: &Claimed) {
    let now = fixture.clock.now();
    let until = now + Duration::from_secs(900);
    delivery::reach_dot(&mut *connection, &[(claimed.lease, [0; 32])], until)
        .await
        .unwrap();
    let conditions = RetryConditions {
        now,
        expire_time: None,
        jitter: Jitter::of(Uuid::nil()),
        resend_after: Duration::from_secs(900),
    };
    let decision = domain::decide(Outcome::Taken(Reply::new(250, "")), claimed.history, conditions);
    let nothing = Publication::new::<DeliveryChangedEvent>([]);
    delivery::settle(connection, &[(claimed.lease, &decision)], nothing)
        .await
        .unwrap();
}

/// Looks for the one that a report is about.
async fn came_back(connection: &mut PgConnection, claimed: &Claimed) {
    let found = delivery::lock_handed_over(connection, claimed.lease.delivery).await;
    assert_eq!(found.unwrap().unwrap().id, claimed.lease.delivery);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_costs_the_same_however_many_wait() {
    let fixture = Fixture::new().await;
    let mut connection = fixture.database.connection().await;
    sqlx::raw_sql(
        "ALTER TABLE deliveries SET (autovacuum_enabled = false);
         SET random_page_cost = 1.1; SET plan_cache_mode = force_generic_plan",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    // Every statement gets its plan while there is hardly a row.
    fixture.ask().await;
    for claimed in claim(&mut connection, &fixture).await {
        send(&mut connection, &fixture, &claimed).await;
        came_back(&mut connection, &claimed).await;
    }
    sqlx::query(
        "INSERT INTO deliveries (organization_id, delivery_id, subject, purpose, generation, request,
                                 template_version, message_id, state, next_attempt_time, create_time)
         SELECT $1, gen_random_uuid(), 'organizations/' || $1 || '/invitations/' || gen_random_uuid(), 'INVITE', 1, 1,
                1, '<' || n || '@muster.example>', 'QUEUED', $2, $2
         FROM generate_series(1, 5000) AS n",
    )
    .bind(fixture.organization)
    .bind(fixture.clock.now())
    .execute(&mut connection)
    .await
    .unwrap();

    let before = pages(&mut connection).await;
    let claimed = claim(&mut connection, &fixture).await;
    assert_eq!(claimed.len(), 8);
    let claiming = pages(&mut connection).await - before;
    send(&mut connection, &fixture, &claimed[0]).await;
    let sending = pages(&mut connection).await - before - claiming;
    came_back(&mut connection, &claimed[0]).await;
    let looking = pages(&mut connection).await - before - claiming - sending;
    println!("8 claimed: {claiming} pages, one sent: {sending} pages, one looked for: {looking} pages");
    assert!(claiming < 8 * 30, "{claiming} pages to claim 8");
    assert!(sending < 50, "{sending} pages to send one");
    assert!(
        looking < 20,
        "{looking} pages to find the one that a report is about"
    );
}
