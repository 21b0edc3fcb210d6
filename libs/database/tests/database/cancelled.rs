//! Calls that go away in the middle leave nothing behind.

use std::time::Duration;

use muster_database::DatabaseError;
use muster_testkit::effort::CANCELS;
use muster_testkit::eventually;
use tokio::time::{Instant, timeout};

use crate::support::{TestDatabase, insert};

const LANES: u64 = 8;

/// Each is cut at another moment of its life.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_write_leaves_no_open_transaction_and_loses_nothing() {
    let test = TestDatabase::with_tables(8).await;
    let (rounds, mut answered) = (CANCELS.or::<u64>(2_000) / LANES, 0);
    for round in 0..rounds {
        let calls = (0..LANES).map(|lane| {
            let database = test.database.clone();
            let patience = Duration::from_micros((round * LANES + lane) * 2_654_435_761 % 40_000 / 2);
            async move { timeout(patience, database.write(insert)).await }
        });
        for outcome in futures::future::join_all(calls).await {
            match outcome {
                Ok(done) => {
                    done.unwrap();
                    answered += 1;
                }
                Err(_cut) => {}
            }
        }
        if round % 50 == 0 {
            nothing_stays_open(&test).await;
        }
    }
    assert!(
        answered > 0 && answered < rounds * LANES,
        "cuts must fall on both sides: {answered}"
    );
    nothing_stays_open(&test).await;
    let stored = test.count("SELECT count(*) FROM work").await;
    assert!(
        stored.unsigned_abs() >= answered,
        "{stored} of {answered} are stored"
    );
}

/// What is left of the calls may still be committing: of nobody who works now, nothing may stay until the server ends it
/// (10 s).
async fn nothing_stays_open(test: &TestDatabase) {
    let since = Instant::now();
    while test.sessions("state LIKE 'idle in transaction%'").await > 0 {
        assert!(
            since.elapsed() < Duration::from_secs(5),
            "a transaction stays open"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_is_dropped_is_rolled_back_and_its_connection_is_closed() {
    let test = TestDatabase::with_tables(2).await;
    let (entered, inside) = tokio::sync::oneshot::channel();
    let database = test.database.clone();
    let call = tokio::spawn(async move {
        let write = database.write(async |tx| {
            insert(tx).await?;
            let _ = entered.send(());
            std::future::pending::<Result<(), DatabaseError>>().await
        });
        write.await
    });
    inside.await.unwrap();
    assert_eq!(test.sessions("state = 'idle in transaction'").await, 1);
    call.abort();
    eventually(async || test.sessions("true").await == 0).await;
    assert_eq!(test.count("SELECT count(*) FROM work").await, 0);
    test.database.write(insert).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_that_is_dropped_ends_on_the_server() {
    let test = TestDatabase::with_tables(2).await;
    let database = test.database.clone();
    let call = tokio::spawn(async move {
        let read = database.read(async |db| {
            sqlx::query("SELECT pg_sleep(60)").execute(db).await?;
            Ok::<_, DatabaseError>(())
        });
        read.await
    });
    // Not yet while the connection is set up: one that is being opened is kept for the next unit.
    let asleep = "state = 'active' AND query LIKE '%pg_sleep(60)%'";
    eventually(async || test.sessions(asleep).await == 1).await;
    call.abort();
    eventually(async || test.sessions("true").await == 0).await;
}

#[tokio::test]
async fn a_failed_write_is_rolled_back() {
    let test = TestDatabase::with_tables(1).await;
    let outcome: Result<(), DatabaseError> = test
        .database
        .write(async |tx| {
            insert(tx).await?;
            Err(DatabaseError::Inconsistent("made up".to_owned()))
        })
        .await;
    assert!(matches!(outcome, Err(DatabaseError::Inconsistent(_))));
    assert_eq!(test.count("SELECT count(*) FROM work").await, 0);
}

#[tokio::test]
async fn a_dead_connection_is_replaced_without_a_failed_call() {
    let test = TestDatabase::with_tables(1).await;
    test.database.write(insert).await.unwrap();
    test.database.ping().await.unwrap();
    let killed = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                  WHERE datname = current_database() AND pid <> pg_backend_pid()";
    assert_eq!(test.count(killed).await, 2, "of the pool, and the one that asks");
    test.database.write(insert).await.unwrap();
    test.database.ping().await.unwrap();
}

#[tokio::test]
async fn a_read_only_server_is_refused() {
    let test = TestDatabase::with_tables(1).await;
    let separator = if test.url.contains('?') { '&' } else { '?' };
    let read_only = format!("{}{separator}options[default_transaction_read_only]=on", test.url);
    let database =
        muster_database::Database::connect(muster_database::DatabaseOptions::new(read_only)).unwrap();
    assert!(matches!(
        database.ping().await,
        Err(DatabaseError::Unavailable(_))
    ));
    let written = database.write(insert).await;
    assert!(
        matches!(written, Err(DatabaseError::Unavailable(_))),
        "{written:?}"
    );
}
