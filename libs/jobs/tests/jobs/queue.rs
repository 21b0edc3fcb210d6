//! Rows that are claimed by a lease.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use muster_clock::Clock;
use muster_testkit::{TestDatabase, eventually};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::letters::{Letters, NOW, Way, with_letters};
use crate::process::Process;

const CARRIED: &str = "SELECT count(*) FROM letters WHERE state = 'CARRIED' AND carried = 1";
const HELD: &str = "SELECT count(*) FROM letters WHERE lease_token IS NOT NULL";

fn letters(test: &TestDatabase, clock: &Clock) -> Letters {
    Letters::on(test.database(), clock)
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_workers_do_each_item_once() {
    let (test, clock) = (with_letters(200).await, Clock::fixed(NOW));
    let shutdown = CancellationToken::new();
    let workers: Vec<_> = (0..3)
        .map(|_| tokio::spawn(letters(&test, &clock).worker().run(shutdown.clone())))
        .collect();
    eventually(async || test.count(CARRIED).await == 200).await;
    shutdown.cancel();
    for worker in workers {
        worker.await.unwrap();
    }
    assert_eq!(test.count(HELD).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_woken_before_the_commit_finds_what_was_committed() {
    let (test, clock, wake) = (with_letters(0).await, Clock::fixed(NOW), Arc::new(Notify::new()));
    let patient = Letters {
        poll: Duration::from_secs(60),
        ..letters(&test, &clock)
    };
    let worker = patient.worker().woken_by(Arc::clone(&wake));
    let running = tokio::spawn(worker.run(CancellationToken::new()));
    tokio::time::sleep(Duration::from_millis(200)).await;
    wake.notify_one();
    tokio::time::sleep(Duration::from_millis(30)).await;
    test.execute("INSERT INTO letters (id) VALUES (1)").await;
    eventually(async || test.count(CARRIED).await == 1).await;
    running.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_process_held_is_taken_up_at_once() {
    let (test, clock) = (with_letters(4).await, Clock::fixed(NOW));
    let (doomed, heir) = (Process::start(&test).await, Process::start(&test).await);
    let endless = Letters {
        way: Way::Endless,
        ..Letters::on(doomed.database(), &clock)
    };
    doomed.spawn(endless.worker().run(CancellationToken::new()));
    eventually(async || test.count(HELD).await == 4).await;
    // Polls so rarely that only the news of the death brings it to look.
    let patient = Letters {
        poll: Duration::from_secs(60),
        ..Letters::on(heir.database(), &clock)
    };
    heir.spawn(patient.worker().run(CancellationToken::new()));
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(test.count(CARRIED).await, 0, "their holder lives");

    let killed = Instant::now();
    doomed.kill();
    eventually(async || test.count(CARRIED).await == 4).await;
    println!("done after {:?}", killed.elapsed());
    assert!(killed.elapsed() < Duration::from_secs(10));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_fails_waits_longer_each_time_until_it_is_given_up() {
    let (test, clock) = (with_letters(1).await, Clock::fixed(NOW));
    let blocked = Letters {
        way: Way::Blocked,
        ..letters(&test, &clock)
    };
    let worker = blocked.worker();
    for wait in [5, 10] {
        assert_eq!(worker.step().await.unwrap().len(), 1);
        clock.advance(Duration::from_secs(wait - 1));
        assert_eq!(worker.step().await.unwrap().len(), 0, "it waits");
        clock.advance(Duration::from_secs(1));
    }
    assert_eq!(worker.step().await.unwrap().len(), 1);
    let lost = "SELECT count(*) FROM letters WHERE state = 'LOST' AND lease_token IS NULL";
    assert_eq!(test.count(lost).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_is_written_down_as_soon_as_the_database_is_back() {
    let (test, clock) = (with_letters(1).await, Clock::fixed(NOW));
    let letters = letters(&test, &clock);
    letters.troubles.store(3, Ordering::SeqCst);
    assert_eq!(letters.worker().step().await.unwrap().len(), 1);
    assert_eq!(test.count(CARRIED).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_lost_its_row_has_no_say_in_it() {
    let (test, clock) = (with_letters(1).await, Clock::fixed(NOW));
    let letters = letters(&test, &clock);
    let troubles = Arc::clone(&letters.troubles);
    troubles.store(u32::MAX, Ordering::SeqCst);
    let slow = tokio::spawn(async move { letters.worker().step().await });
    eventually(async || troubles.load(Ordering::SeqCst) < u32::MAX).await;
    test.execute("UPDATE letters SET lease_token = gen_random_uuid()")
        .await;
    troubles.store(0, Ordering::SeqCst);
    slow.await.unwrap().unwrap();
    assert_eq!((test.count(CARRIED).await, test.count(HELD).await), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_only_to_be_written_down_takes_no_place_where_that_is_apart() {
    for (settles_apart, most) in [(false, 2), (true, 4)] {
        let (test, clock) = (with_letters(6).await, Clock::fixed(NOW));
        let letters = Letters {
            at_once: 2,
            settles_apart,
            ..letters(&test, &clock)
        };
        let troubles = Arc::clone(&letters.troubles);
        troubles.store(u32::MAX, Ordering::SeqCst);
        let running = tokio::spawn(letters.worker().run(CancellationToken::new()));
        eventually(async || test.count(HELD).await == most).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(test.count(HELD).await, most, "no more than as many again");
        eventually(async || {
            troubles.store(0, Ordering::SeqCst);
            test.count(CARRIED).await == 6
        })
        .await;
        running.abort();
    }
}
