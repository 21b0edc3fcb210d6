//! Whoever waits for what a transaction stores is woken when it can be seen, and only then.

use std::sync::Arc;
use std::time::Duration;

use muster_database::{DatabaseError, wake_after_commit, wake_relay_after_commit};
use muster_testkit::eventually;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::support::{TestDatabase, insert};

async fn is_woken(wake: &Notify) -> bool {
    timeout(Duration::from_millis(50), wake.notified()).await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_woken_by_a_transaction_sees_what_it_stored() {
    let test = TestDatabase::with_tables(2).await;
    let wake = Arc::new(Notify::new());
    let (woken, database) = (Arc::clone(&wake), test.database.clone());
    let looking = tokio::spawn(async move {
        woken.notified().await;
        let count = async |db: &mut _| {
            let counting = sqlx::query_scalar("SELECT count(*) FROM work");
            Ok::<i64, DatabaseError>(counting.fetch_one(db).await?)
        };
        database.read(count).await.unwrap()
    });
    let written = test.database.write(async |tx| {
        wake_after_commit(&wake);
        // Whoever is woken too early has looked long before this is over.
        tokio::time::sleep(Duration::from_millis(50)).await;
        insert(tx).await
    });
    written.await.unwrap();
    assert_eq!(looking.await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_rolled_back_wakes_nobody() {
    let test = TestDatabase::with_tables(1).await;
    let wake = Arc::new(Notify::new());
    let refused = test.database.write(async |_| {
        wake_after_commit(&wake);
        Err::<(), _>(DatabaseError::Timeout(None))
    });
    refused.await.unwrap_err();
    assert!(!is_woken(&wake).await);
    wake_after_commit(&wake);
    assert!(is_woken(&wake).await, "outside of a transaction, at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_commits_by_itself_wakes_as_a_transaction_does() {
    let test = TestDatabase::with_tables(2).await;
    let (wake, committed) = (Arc::new(Notify::new()), test.database.events_committed());
    let stored = test.database.write_at_once(async |db| {
        wake_after_commit(&wake);
        wake_relay_after_commit();
        assert!(!is_woken(&wake).await, "not before it is there");
        insert(db).await
    });
    stored.await.unwrap();
    assert!(is_woken(&wake).await && is_woken(&committed).await);
    assert_eq!(test.count("SELECT count(*) FROM work").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_relay_is_woken_by_a_transaction_that_stored_an_event_and_by_no_other() {
    let test = TestDatabase::with_tables(2).await;
    let committed = test.database.events_committed();
    let storing = async |event: bool| {
        let stored = test.database.write(async |tx| {
            if event {
                wake_relay_after_commit();
            }
            insert(tx).await
        });
        stored.await.unwrap();
    };
    storing(false).await;
    assert!(!is_woken(&committed).await);
    storing(true).await;
    assert!(is_woken(&committed).await);
    // What was woken for has no effect on the next one.
    storing(false).await;
    assert!(!is_woken(&committed).await);

    let refused = test.database.write(async |_| {
        wake_relay_after_commit();
        Err::<(), _>(DatabaseError::Timeout(None))
    });
    refused.await.unwrap_err();
    assert!(!is_woken(&committed).await);
}

/// Whoever gives up while the server commits does not know what became of it; the server goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_nobody_waits_for_any_more_wakes_the_relay_all_the_same() {
    let test = TestDatabase::with_tables(2).await;
    test.execute(
        "CREATE FUNCTION commits_slowly() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$;
         CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON work DEFERRABLE INITIALLY DEFERRED
           FOR EACH ROW EXECUTE FUNCTION commits_slowly()",
    )
    .await;
    let (database, committed) = (test.database.clone(), test.database.events_committed());
    let writing = tokio::spawn(async move {
        let written = database.write(async |tx| {
            wake_relay_after_commit();
            insert(tx).await
        });
        written.await
    });
    eventually(async || test.sessions("query = 'COMMIT' AND state = 'active'").await == 1).await;
    assert!(!is_woken(&committed).await);
    writing.abort();
    assert!(writing.await.unwrap_err().is_cancelled());
    assert!(is_woken(&committed).await);
}
