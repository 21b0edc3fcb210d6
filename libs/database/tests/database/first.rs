//! What goes to the server together with BEGIN.

use std::time::Duration;

use muster_database::origin::{self, Origin};
use muster_database::{DatabaseError, deadline};
use muster_testkit::eventually;
use sqlx::{Connection, PgConnection};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::support::{TestDatabase, insert};

const LOCK: &str = "SELECT pg_advisory_xact_lock(7)";
/// Waits for longer than others may: a busy machine stands still for as long as that.
const LOCK_SHARED: &str = "SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = '30s'; \
                           SELECT pg_advisory_xact_lock_shared(7)";
const WORK: &str = "SELECT count(*) FROM work";

async fn held(connection: &mut PgConnection) -> Result<i64, DatabaseError> {
    let held = sqlx::query_scalar(
        "SELECT count(*) FROM pg_locks
         WHERE locktype = 'advisory' AND objid = 7 AND pid = pg_backend_pid() AND granted",
    );
    Ok(held.fetch_one(connection).await?)
}

async fn count(connection: &mut PgConnection) -> Result<i64, DatabaseError> {
    Ok(sqlx::query_scalar(WORK).fetch_one(connection).await?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_is_taken_with_begin_is_the_transactions() {
    let test = TestDatabase::with_pool(1).await;
    assert_eq!(test.database.write_after(LOCK, held).await.unwrap(), 1);
    assert_eq!(test.database.read(held).await.unwrap(), 0);
    // Also beside what led to it.
    let caused = origin::scope(Origin::job("closings"), test.database.write_after(LOCK, held));
    assert_eq!(caused.await.unwrap(), 1);
}

/// Each statement has a snapshot of its own, also those of one message.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waited_for_a_lock_with_begin_sees_what_its_holder_stored() {
    let test = TestDatabase::with_tables(2).await;
    let (locked, is_locked) = oneshot::channel();
    let holding = test.database.write_after(LOCK, async |tx| {
        insert(tx).await?;
        locked.send(()).unwrap();
        eventually(async || test.sessions("wait_event_type = 'Lock'").await == 1).await;
        Ok::<_, DatabaseError>(())
    });
    let waiting = async {
        is_locked.await.unwrap();
        test.database.write_after(LOCK_SHARED, count).await
    };
    let (stored, seen) = tokio::join!(holding, waiting);
    stored.unwrap();
    assert_eq!(seen.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_what_comes_first_fails_nothing_is_done_and_the_pool_is_as_before() {
    let test = TestDatabase::with_tables(1).await;
    let never = async |_: &mut PgConnection| -> Result<(), DatabaseError> {
        panic!("it works in a transaction that has failed")
    };
    let failed = test.database.write_after("SELECT 1 / 0", never).await;
    assert!(matches!(failed, Err(DatabaseError::Other(_))), "{failed:?}");
    test.database.write(insert).await.unwrap();
    assert_eq!(test.count(WORK).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_for_a_lock_with_begin_waits_until_the_deadline() {
    let test = TestDatabase::with_tables(1).await;
    // Opened before its time counts.
    test.database.read(count).await.unwrap();
    let mut holder = test.connection().await;
    let mut held = holder.begin().await.unwrap();
    sqlx::query(LOCK).execute(&mut *held).await.unwrap();
    let until = Instant::now() + Duration::from_millis(100);
    let late = deadline::scope(Some(until), test.database.write_after(LOCK_SHARED, count)).await;
    // By the deadline alone: what a limit of the server ends has the server's error in it.
    assert!(matches!(late, Err(DatabaseError::Timeout(None))), "{late:?}");
    eventually(async || test.sessions("wait_event_type = 'Lock'").await == 0).await;
    held.rollback().await.unwrap();
    assert_eq!(test.database.write_after(LOCK_SHARED, count).await.unwrap(), 0);
}
