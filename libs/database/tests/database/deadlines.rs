//! A call's deadline stops its SQL.

use std::time::Duration;

use muster_database::{DatabaseError, deadline};
use muster_testkit::eventually;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use crate::support::TestDatabase;

/// The aim is 100 ms; a test run on a busy machine only tells "at the deadline" from "when a statement has taken too long" (2 s from its
/// start).
const WINDOW: Duration = Duration::from_millis(1400);

async fn slow(connection: &mut sqlx::PgConnection, seconds: f64) -> Result<(), DatabaseError> {
    sqlx::query("SELECT pg_sleep($1)")
        .bind(seconds)
        .execute(connection)
        .await?;
    Ok(())
}

/// Opens the connection of a unit before its time counts.
async fn warm(test: &TestDatabase) {
    let unit = test.database.read(async |connection| slow(connection, 0.0).await);
    unit.await.unwrap();
}

/// Waits until nothing runs in the database any more, and tells how long after `since` that was.
async fn quiet_after(test: &TestDatabase, since: Instant) -> Duration {
    eventually(async || test.sessions("state = 'active'").await == 0).await;
    since.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_stops_at_the_deadline() {
    let test = TestDatabase::with_tables(2).await;
    warm(&test).await;
    let deadline = Instant::now() + Duration::from_millis(300);
    let outcome = deadline::scope(
        Some(deadline),
        test.database.write(async |tx| slow(tx, 5.0).await),
    )
    .await;
    assert!(matches!(outcome, Err(DatabaseError::Timeout(_))), "{outcome:?}");
    assert!(deadline.elapsed() < WINDOW);
    assert!(quiet_after(&test, deadline).await < WINDOW);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_later_statement_of_a_write_stops_at_the_same_deadline() {
    let test = TestDatabase::with_tables(2).await;
    warm(&test).await;
    let deadline = Instant::now() + Duration::from_millis(600);
    let write = test.database.write(async |tx| {
        slow(tx, 0.4).await?;
        slow(tx, 5.0).await
    });
    let outcome = deadline::scope(Some(deadline), write).await;
    assert!(matches!(outcome, Err(DatabaseError::Timeout(_))), "{outcome:?}");
    assert!(deadline.elapsed() < WINDOW);
    let after = quiet_after(&test, deadline).await;
    assert!(
        after < WINDOW,
        "the server still worked {after:?} after the deadline"
    );
    warm(&test).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_dropped_at_the_deadline_stops_on_the_server() {
    let test = TestDatabase::with_tables(2).await;
    let deadline = Instant::now() + Duration::from_millis(600);
    let read = test.database.read(async |connection| {
        slow(connection, 0.4).await?;
        slow(connection, 5.0).await
    });
    // The server shell drops a handler at its deadline; whichever of the two timers is asked first.
    let cut = timeout_at(deadline, deadline::scope(Some(deadline), read)).await;
    assert!(!matches!(cut, Ok(Ok(()))), "{cut:?}");
    let after = quiet_after(&test, deadline).await;
    assert!(
        after < WINDOW,
        "the server still worked {after:?} after the deadline"
    );
}

#[tokio::test]
async fn nothing_starts_after_the_deadline() {
    let test = TestDatabase::with_tables(1).await;
    let unit = test.database.read(async |connection| slow(connection, 0.0).await);
    let outcome = deadline::scope(Some(Instant::now()), unit).await;
    assert!(matches!(outcome, Err(DatabaseError::Timeout(None))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_pool_answers_unavailable_within_a_second() {
    let test = TestDatabase::with_tables(1).await;
    let answered = Notify::new();
    let holding = test.database.read(async |connection| {
        slow(connection, 0.0).await?;
        answered.notified().await;
        Ok::<_, DatabaseError>(())
    });
    let asking = async {
        eventually(async || test.database.usage().used == 1).await;
        let started = Instant::now();
        let nothing = test.database.read(async |connection| slow(connection, 0.0).await);
        let outcome = nothing.await;
        answered.notify_one();
        (outcome, started.elapsed())
    };
    let (held, (outcome, took)) = tokio::join!(holding, asking);
    assert!(
        matches!(outcome, Err(DatabaseError::Unavailable(_))),
        "{outcome:?}"
    );
    // The one before is not done until then. A busy machine only tells a second from the four that a connection may take to be opened.
    assert!(took < Duration::from_millis(3_500), "{took:?}");
    held.unwrap();
}

/// A caller in a hurry must not hear of an outage.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_that_passes_in_the_queue_is_a_deadline() {
    let test = TestDatabase::with_tables(1).await;
    let busy = test.database.clone();
    let holder = tokio::spawn(async move { busy.read(async |connection| slow(connection, 1.0).await).await });
    eventually(async || test.sessions("state = 'active'").await == 1).await;
    let soon = Instant::now() + Duration::from_millis(100);
    let waiting = test.database.read(async |connection| slow(connection, 0.0).await);
    let outcome = deadline::scope(Some(soon), waiting).await;
    assert!(
        matches!(outcome, Err(DatabaseError::Timeout(None))),
        "{outcome:?}"
    );
    holder.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_pool_is_no_database_that_is_away() {
    let test = TestDatabase::with_tables(2).await;
    let busy: Vec<_> = (0..8)
        .map(|_| {
            let database = test.database.clone();
            tokio::spawn(async move {
                database
                    .read(async |connection| slow(connection, 1.5).await)
                    .await
            })
        })
        .collect();
    eventually(async || test.sessions("state = 'active'").await == 2).await;
    test.database.ping().await.unwrap();
    assert!(busy.iter().any(|unit| !unit.is_finished()));
    for unit in busy {
        drop(unit.await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_comes_too_late_is_kept_for_the_next() {
    let test = TestDatabase::with_tables(2).await;
    for _ in 0..20 {
        let soon = Instant::now() + Duration::from_millis(1);
        let hasty = test.database.read(async |connection| slow(connection, 0.0).await);
        drop(deadline::scope(Some(soon), hasty).await);
    }
    let opened = test.database.usage();
    assert!(
        opened.used + opened.idle >= 1,
        "every connection was thrown away: {opened:?}"
    );
}
