//! The same request twice has one effect and one answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use muster_clock::Clock;
use muster_database::idempotency::{self, IdempotencyError, Key, fingerprint};
use muster_database::{Database, DatabaseError};
use sqlx::PgConnection;
use thiserror::Error;
use tokio::sync::Barrier;
use uuid::Uuid;

use crate::support::TestDatabase;

#[derive(Debug, Error)]
enum Failure {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    #[error("refused")]
    Refused,
}

fn key(id: Uuid, request: &str) -> Key {
    let request_sha256 = fingerprint(&request.to_owned());
    Key {
        caller: "person:1".to_owned(),
        method: "test.v1.Test/Work",
        request_id: Some(id),
        request_sha256,
    }
}

/// Inserts a row and answers its id.
async fn work(database: &Database, key: Key) -> Result<String, Failure> {
    database.once(&key, Clock::system().now(), insert).await
}

async fn insert(tx: &mut PgConnection) -> Result<String, Failure> {
    let id = Clock::system().new_uuid();
    sqlx::query("INSERT INTO work (id) VALUES ($1)")
        .bind(id)
        .execute(tx)
        .await
        .map_err(DatabaseError::from)?;
    Ok(id.to_string())
}

/// Asks again with the same id for as long as the database is merely busy, as a client does.
async fn until_heard(database: &Database, key: Key) -> String {
    loop {
        match work(database, key.clone()).await {
            Ok(answer) => return answer,
            Err(Failure::Database(error) | Failure::Idempotency(IdempotencyError::Database(error)))
                if error.is_transient() => {}
            Err(other) => panic!("{other:?}"),
        }
    }
}

const ROWS: &str = "SELECT count(*) FROM work";

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer() {
    let test = TestDatabase::with_tables(2).await;
    let id = Clock::system().new_uuid();
    let first = work(&test.database, key(id, "a")).await.unwrap();
    let again = work(&test.database, key(id, "a")).await.unwrap();
    assert_eq!(first, again);
    assert_eq!(test.count(ROWS).await, 1);
}

#[tokio::test]
async fn an_id_used_for_another_request_is_refused() {
    let test = TestDatabase::with_tables(2).await;
    let id = Clock::system().new_uuid();
    work(&test.database, key(id, "a")).await.unwrap();
    let other = work(&test.database, key(id, "b")).await;
    assert!(matches!(
        other,
        Err(Failure::Idempotency(IdempotencyError::Reused))
    ));
    let other_caller = Key {
        caller: "person:2".to_owned(),
        ..key(id, "b")
    };
    work(&test.database, other_caller).await.unwrap();
    assert_eq!(test.count(ROWS).await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_duplicates_wait_for_the_first_and_answer_alike() {
    let test = TestDatabase::with_tables(8).await;
    for _ in 0..20 {
        let id = Clock::system().new_uuid();
        let start = Arc::new(Barrier::new(8));
        let calls = (0..8).map(|_| {
            let (database, start) = (test.database.clone(), Arc::clone(&start));
            tokio::spawn(async move {
                start.wait().await;
                until_heard(&database, key(id, "a")).await
            })
        });
        let answers: Vec<_> = futures::future::join_all(calls)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        assert!(answers.iter().all(|answer| *answer == answers[0]));
    }
    assert_eq!(test.count(ROWS).await, 20);
}

#[tokio::test]
async fn a_refused_request_may_be_tried_again() {
    let test = TestDatabase::with_tables(2).await;
    let id = Clock::system().new_uuid();
    let refused: Result<String, Failure> = test
        .database
        .once(&key(id, "a"), Clock::system().now(), async |_| {
            Err::<String, _>(Failure::Refused)
        })
        .await;
    assert!(matches!(refused, Err(Failure::Refused)));
    work(&test.database, key(id, "a")).await.unwrap();
    assert_eq!(test.count(ROWS).await, 1);
}

/// Asks another before it works; tells how often it asked.
async fn asking(test: &TestDatabase, key: &Key, asked: &AtomicU32) -> Result<String, Failure> {
    let now = Clock::system().now();
    let prepare = async || {
        asked.fetch_add(1, Ordering::Relaxed);
        assert_eq!(test.sessions("state LIKE 'idle in transaction%'").await, 0);
        Ok("told".to_owned())
    };
    let apply = async |tx: &mut PgConnection, told: String| Ok(format!("{told}: {}", insert(tx).await?));
    test.database.once_prepared(key, now, prepare, apply).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_else_is_asked_about_a_request_that_was_answered() {
    let test = TestDatabase::with_tables(2).await;
    let (key, asked) = (key(Clock::system().new_uuid(), "a"), AtomicU32::new(0));
    let first = asking(&test, &key, &asked).await.unwrap();
    assert_eq!(asking(&test, &key, &asked).await.unwrap(), first);
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    assert_eq!(test.count(ROWS).await, 1);
    let reused = Key {
        request_sha256: fingerprint(&"b".to_owned()),
        ..key
    };
    let reused = asking(&test, &reused, &asked).await;
    assert!(matches!(
        reused,
        Err(Failure::Idempotency(IdempotencyError::Reused))
    ));
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_others_kept_from_being_done_may_be_tried_again() {
    let test = TestDatabase::with_tables(2).await;
    let key = key(Clock::system().new_uuid(), "a");
    let refused: Result<String, Failure> = test
        .database
        .once_prepared(
            &key,
            Clock::system().now(),
            async || Err(Failure::Refused),
            async |_, answer: String| Ok(answer),
        )
        .await;
    assert!(matches!(refused, Err(Failure::Refused)));
    let answered = test.database.answered::<String>(&key).await.unwrap();
    assert_eq!(answered, None);
    asking(&test, &key, &AtomicU32::new(0)).await.unwrap();
}

/// The caller loses the connection somewhere on the way and asks again until it hears an answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_outcome_is_resolved_by_the_request_id() {
    let test = TestDatabase::with_tables(4).await;
    for cut in 0..100_u64 {
        let id = Clock::system().new_uuid();
        let patience = Duration::from_micros(cut * 60);
        let _unheard = tokio::time::timeout(patience, work(&test.database, key(id, "a"))).await;
        let heard = until_heard(&test.database, key(id, "a")).await;
        assert_eq!(until_heard(&test.database, key(id, "a")).await, heard);
    }
    assert_eq!(test.count(ROWS).await, 100);
}

#[tokio::test]
async fn answers_are_forgotten_after_a_day() {
    let test = TestDatabase::with_tables(2).await;
    let clock = Clock::system();
    work(&test.database, key(clock.new_uuid(), "a")).await.unwrap();
    assert_eq!(
        idempotency::sweep_once(&test.database, clock.now())
            .await
            .unwrap(),
        0
    );
    let tomorrow = clock.now() + idempotency::RETENTION;
    assert_eq!(
        idempotency::sweep_once(&test.database, tomorrow).await.unwrap(),
        1
    );
}
