//! Messages that are on their way at the same time are written down together, and each by its own lease.

use std::sync::Arc;

use muster_ids::InvitationName;
use muster_jobs::Lease;
use muster_messaging::outbox::Publication;
use muster_notification::domain::{self, Jitter, Outcome, Reply, RetryConditions};
use muster_notification::mails::Purpose;
use muster_notification::store::delivery::{self, Claim, Settled};
use muster_notification::worker::Worker;
use muster_proto::notification::v1::DeliveryChangedEvent;
use tokio::sync::Notify;
use tonic::Status;
use uuid::Uuid;

use crate::fixture::{Fixture, LEASE, RESEND_AFTER};

const MAILS: i64 = 64;

#[tokio::test(flavor = "multi_thread")]
async fn mails_of_one_moment_are_few_transactions_and_each_is_sent_once() {
    let fixture = Fixture::new().await;
    for _ in 0..MAILS {
        fixture.ask().await;
    }
    let worker = Worker::new(fixture.context(), Arc::new(Notify::new()), 32);
    worker.step().await.unwrap();
    assert_eq!(i64::try_from(fixture.smtp.taken().len()).unwrap(), MAILS);
    let sent = "SELECT count(*) FROM deliveries WHERE state = 'SENT' AND version = 3 AND attempts = 1";
    let told = "SELECT count(*) FROM outbox o JOIN deliveries d ON d.delivery_id = o.aggregate_id AND d.version = o.aggregate_seq";
    for sql in [sent, told] {
        assert_eq!(fixture.database.count(sql).await, MAILS, "{sql}");
    }
    // Each transaction leaves its number in the rows that it writes.
    let transactions = "SELECT count(DISTINCT xmin::text) FROM outbox";
    let transactions = fixture.database.count(transactions).await;
    assert!(transactions <= MAILS / 2, "{transactions} transactions");
    let (asked, questions) = (fixture.source.asked().len(), fixture.source.questions());
    assert_eq!(i64::try_from(asked).unwrap(), MAILS, "about each once");
    assert!(questions <= asked / 4, "{questions} questions");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_those_asked_about_together_each_has_its_own_answer() {
    for is_older in [false, true] {
        let fixture = Fixture::new().await;
        if is_older {
            fixture.source.grows_older();
        }
        let mut subjects = Vec::new();
        for _ in 0..16 {
            subjects.push(fixture.ask().await);
        }
        let [taken_back, nothing, not_now, ..] = subjects[..] else {
            panic!("sixteen")
        };
        fixture.source.cancel(&taken_back.to_string());
        let refuse =
            |subject: InvitationName, status| fixture.source.answer(&subject.to_string(), Err(status));
        refuse(nothing, Status::not_found("nothing"));
        refuse(not_now, Status::failed_precondition("suspended"));
        let worker = Worker::new(fixture.context(), Arc::new(Notify::new()), 16);
        worker.step().await.unwrap();
        assert_eq!(fixture.row(taken_back).await.state, "DROPPED");
        assert_eq!(fixture.row(nothing).await.state, "DROPPED");
        let waits = fixture.row(not_now).await;
        assert_eq!((waits.state.as_str(), waits.attempts), ("QUEUED", 0));
        assert_eq!(fixture.smtp.taken().len(), 13);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_those_written_down_together_each_is_asked_for_its_own_lease() {
    let fixture = Fixture::new().await;
    for _ in 0..3 {
        fixture.ask().await;
    }
    let mut connection = fixture.database.connection().await;
    let now = fixture.clock.now();
    let lease = Lease {
        token: fixture.clock.new_uuid(),
        until: now + LEASE,
    };
    let claim = Claim {
        lease,
        now,
        limit: 3,
        purposes: &Purpose::ALL,
    };
    let claimed = delivery::claim(&mut connection, claim).await.unwrap();
    // Somebody else has the second by now. The third is said to be another organization's.
    sqlx::query("UPDATE deliveries SET lease_token = $1 WHERE delivery_id = $2")
        .bind(Uuid::nil())
        .bind(claimed[1].lease.delivery)
        .execute(&mut connection)
        .await
        .unwrap();
    let mut leases: Vec<_> = claimed.iter().map(|claimed| claimed.lease).collect();
    leases[2].organization = fixture.clock.new_id();

    let messages: Vec<_> = leases
        .iter()
        .zip(1..)
        .map(|(lease, n)| (*lease, [n; 32]))
        .collect();
    let reached = delivery::reach_dot(&mut connection, &messages, now + LEASE)
        .await
        .unwrap();
    assert_eq!(reached.into_iter().collect::<Vec<_>>(), [leases[0].delivery]);
    let digests: Vec<(Option<Vec<u8>>, String)> = sqlx::query_as(
        "SELECT content_sha256, phase FROM deliveries ORDER BY array_position($1, delivery_id)",
    )
    .bind(leases.iter().map(|lease| lease.delivery).collect::<Vec<_>>())
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let before = (None, "BEFORE_DOT".to_owned());
    assert_eq!(
        digests,
        [(Some(vec![1; 32]), "DOT".to_owned()), before.clone(), before]
    );

    let conditions = RetryConditions {
        now,
        expire_time: None,
        jitter: Jitter::of(Uuid::nil()),
        resend_after: RESEND_AFTER,
    };
    let decide = |outcome| domain::decide(outcome, claimed[0].history, conditions);
    let decisions = [
        decide(Outcome::Taken(Reply::new(250, "2.0.0"))),
        decide(Outcome::Broken),
        decide(Outcome::Unwanted),
    ];
    let outcomes: Vec<_> = leases.iter().copied().zip(&decisions).collect();
    let nothing = Publication::new::<DeliveryChangedEvent>([]);
    let settled = delivery::settle(&mut connection, &outcomes, nothing)
        .await
        .unwrap();
    assert_eq!(
        settled,
        [Settled::Done(3), Settled::LeaseLost, Settled::LeaseLost]
    );
    let sent = "SELECT count(*) FROM deliveries WHERE state = 'SENT' AND server_reply = '250 2.0.0' AND lease_token IS NULL";
    assert_eq!(fixture.database.count(sent).await, 1);
    assert_eq!(
        fixture
            .database
            .count("SELECT count(*) FROM deliveries WHERE state = 'SENDING'")
            .await,
        2
    );
}
