//! What a process had claimed is free when it is gone, and not before.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use muster_database::{Database, DatabaseError, DatabaseOptions, lease_is_free};
use muster_testkit::eventually;
use sqlx::{AssertSqlSafe, PgConnection};
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

use crate::support::TestDatabase;

/// How soon what a dead process held is to be somebody else's.
const SOON: Duration = Duration::from_secs(10);
/// Longer than it takes to give somebody up.
const LONG_ENOUGH: Duration = Duration::from_secs(3);
/// A lease that never ends by itself in these tests.
const CLAIM: &str = concat!(
    "UPDATE row SET lease_token = $1, lease_until = now() + interval '1 hour'
     WHERE id = (SELECT id FROM row WHERE ",
    lease_is_free!("now()"),
    " ORDER BY random() LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id"
);

async fn with_rows(rows: i32) -> TestDatabase {
    let test = TestDatabase::with_pool(4).await;
    test.execute("CREATE TABLE row (id integer PRIMARY KEY, lease_token uuid, lease_until timestamptz)")
        .await;
    let mut connection = test.connection().await;
    sqlx::query("INSERT INTO row (id) SELECT generate_series(1, $1)")
        .bind(rows)
        .execute(&mut connection)
        .await
        .unwrap();
    test
}

/// A process of its own, as far as one can have it here: its connections end with its runtime, wherever they are.
struct Process {
    runtime: Option<Runtime>,
    database: Database,
}

impl Process {
    async fn start(test: &TestDatabase) -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let options = DatabaseOptions::new(&test.url).pool(2);
        let database = runtime
            .spawn(async move { Database::connect(options).unwrap() })
            .await
            .unwrap();
        let this = Self {
            runtime: Some(runtime),
            database,
        };
        this.run(|database| async move { database.be_present() }).await;
        eventually(async || this.is_present()).await;
        this
    }

    /// Whether its leases say whose they are.
    fn is_present(&self) -> bool {
        self.database.lease_token().get_version_num() == 8
    }

    fn prefix(&self) -> String {
        prefix(self.database.lease_token())
    }

    /// Runs something in the process: the pool's connections belong to the runtime that opens them.
    async fn run<F>(&self, work: impl FnOnce(Database) -> F + Send + 'static) -> F::Output
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let database = self.database.clone();
        let runtime = self.runtime.as_ref().unwrap();
        runtime.spawn(async move { work(database).await }).await.unwrap()
    }

    async fn claim(&self) -> Option<(i32, Uuid)> {
        let token = self.database.lease_token();
        let claimed = self.run(move |database| async move { claim(&database, token).await });
        claimed.await.unwrap().map(|id| (id, token))
    }

    fn kill(mut self) {
        self.runtime.take().unwrap().shutdown_background();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn claim(database: &Database, token: Uuid) -> Result<Option<i32>, DatabaseError> {
    database
        .read(async |connection| {
            let id = sqlx::query_scalar(CLAIM).bind(token);
            Ok(id.fetch_optional(connection).await?)
        })
        .await
}

fn prefix(token: Uuid) -> String {
    token.to_string().chars().take(18).collect()
}

/// Whether a holder may still write.
async fn holds(connection: &mut PgConnection, id: i32, token: Uuid) -> bool {
    let held = sqlx::query_scalar("SELECT count(*) = 1 FROM row WHERE id = $1 AND lease_token = $2");
    held.bind(id).bind(token).fetch_one(connection).await.unwrap()
}

async fn cut(test: &TestDatabase, prefix: &str) {
    let sql = format!(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_locks JOIN lease_holders
            ON (classid::bigint << 32) | objid::bigint = holder
          WHERE locktype = 'advisory' AND granted AND token_prefix = '{prefix}'"
    );
    let mut connection = test.connection().await;
    let cut: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(cut, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_process_held_is_free_at_once_and_it_has_no_say_in_it() {
    let test = with_rows(1).await;
    let (doomed, heir) = (Process::start(&test).await, Process::start(&test).await);
    let (id, token) = doomed.claim().await.unwrap();
    tokio::time::sleep(LONG_ENOUGH).await;
    assert_eq!(heir.claim().await, None, "its holder lives");

    let mut freed = heir.database.freed();
    freed.mark_unchanged();
    doomed.kill();
    let killed = Instant::now();
    freed.changed().await.unwrap();
    let (taken, new) = heir.claim().await.expect("it is told when there is something");
    println!("taken up after {:?}", killed.elapsed());
    assert!(killed.elapsed() < SOON);
    assert_eq!(taken, id);
    let mut connection = test.connection().await;
    assert!(!holds(&mut connection, id, token).await);
    assert!(holds(&mut connection, id, new).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_waits_until_it_is_known_and_only_where_it_will_be() {
    let test = with_rows(1).await;
    let options = DatabaseOptions::new(&test.url).pool(2);
    let database = Database::connect(options).unwrap();
    assert!(
        database.until_known().now_or_never().is_some(),
        "nobody asked for it"
    );

    database.be_present();
    database.until_known().await;
    assert_eq!(
        database.lease_token().get_version_num(),
        8,
        "the first claim says whose it is"
    );
    database.close().await;

    let nowhere = DatabaseOptions::new("postgres://nobody@127.0.0.1:1/nothing").pool(2);
    let away = Database::connect(nowhere).unwrap();
    away.be_present();
    tokio::time::timeout(SOON, away.until_known())
        .await
        .expect("no claim waits for ever");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_stops_in_order_leaves_nothing_behind() {
    let test = with_rows(1).await;
    let (leaving, heir) = (Process::start(&test).await, Process::start(&test).await);
    leaving.claim().await.unwrap();
    leaving
        .run(|database| async move { database.close().await })
        .await;
    assert!(heir.claim().await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_whose_session_is_cut_keeps_what_it_holds() {
    let test = with_rows(1).await;
    let (holder, other) = (Process::start(&test).await, Process::start(&test).await);
    let before = holder.prefix();
    holder.claim().await.unwrap();
    for _ in 0..3 {
        cut(&test, &before).await;
        let until = Instant::now() + LONG_ENOUGH;
        while Instant::now() < until {
            assert_eq!(other.claim().await, None, "its holder lives");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(holder.prefix(), before, "it is back under its number");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_was_given_up_goes_on_under_another_number() {
    let test = with_rows(1).await;
    let (given_up, other) = (Process::start(&test).await, Process::start(&test).await);
    let before = given_up.prefix();
    let (id, token) = given_up.claim().await.unwrap();
    // While somebody else has its lock, it cannot come back under its number.
    let thief = steal(&test, &before).await;
    eventually(async || given_up.is_present() && given_up.prefix() != before).await;
    assert_eq!(other.claim().await, None, "nobody knows yet that it is gone");
    drop(thief);
    eventually(async || other.claim().await.is_some()).await;
    assert!(!holds(&mut test.connection().await, id, token).await);
}

/// Cuts the session of a process, with somebody waiting in line for its lock.
async fn steal(test: &TestDatabase, prefix: &str) -> PgConnection {
    let (mut thief, name) = (test.connection().await, prefix.to_owned());
    let waiting = tokio::spawn(async move {
        sqlx::query("SELECT pg_advisory_lock(holder) FROM lease_holders WHERE token_prefix = $1")
            .bind(name)
            .execute(&mut thief)
            .await
            .unwrap();
        thief
    });
    let in_line = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
    eventually(async || test.count(in_line).await == 1).await;
    cut(test, prefix).await;
    waiting.await.unwrap()
}

/// Processes claim and let go for as long as they live, and are killed at any moment. Whoever is given a row looks who had
/// it: nobody, or somebody dead.
#[tokio::test(flavor = "multi_thread")]
async fn no_row_is_ever_held_by_two_that_live() {
    const KILLS: u32 = 12;
    let test = with_rows(20).await;
    let held: Held = Arc::default();
    let mut living = Vec::new();
    for number in 0..3 {
        living.push(worker(&test, number, &held).await);
    }
    for number in 3..3 + KILLS {
        tokio::time::sleep(Duration::from_millis(u64::from(number * 37 % 400))).await;
        let (name, doomed) = living.remove(0);
        // Before its connections end, so that what is claimed from here on is claimed from somebody dead.
        held.lock().unwrap().dead.push(name);
        doomed.kill();
        living.push(worker(&test, number, &held).await);
    }
    let every = async || {
        let held = held.lock().unwrap();
        held.claims.len() == 20 && held.by.values().all(|name| !held.dead.contains(name))
    };
    eventually(every).await;
    let held = held.lock().unwrap();
    println!(
        "{} claims, {KILLS} kills, {} of them taken over",
        held.count, held.inherited
    );
    assert!(held.inherited > 0, "kills hit nobody who held anything");
    assert_eq!(held.twice, Vec::<(i32, u32, u32)>::new());
}

type Held = Arc<Mutex<Ledger>>;

/// Who has what, as the processes themselves see it.
#[derive(Default)]
struct Ledger {
    by: HashMap<i32, u32>,
    claims: HashMap<i32, u32>,
    dead: Vec<u32>,
    count: u32,
    inherited: u32,
    twice: Vec<(i32, u32, u32)>,
}

impl Ledger {
    fn claimed(&mut self, id: i32, name: u32) {
        self.count += 1;
        *self.claims.entry(id).or_default() += 1;
        match self.by.insert(id, name) {
            Some(before) if self.dead.contains(&before) => self.inherited += 1,
            Some(before) => self.twice.push((id, before, name)),
            None => {}
        }
    }
}

/// Holds each row for a moment, again and again.
async fn worker(test: &TestDatabase, name: u32, held: &Held) -> (u32, Process) {
    let process = Process::start(test).await;
    let (database, held) = (process.database.clone(), Arc::clone(held));
    let runtime = process.runtime.as_ref().unwrap();
    runtime.spawn(async move {
        loop {
            let token = database.lease_token();
            let Ok(Some(id)) = claim(&database, token).await else {
                tokio::time::sleep(Duration::from_millis(5)).await;
                continue;
            };
            held.lock().unwrap().claimed(id, name);
            tokio::time::sleep(Duration::from_millis(15)).await;
            held.lock().unwrap().by.remove(&id);
            drop(let_go(&database, id, token).await);
        }
    });
    (name, process)
}

async fn let_go(database: &Database, id: i32, token: Uuid) -> Result<(), DatabaseError> {
    let statement =
        "UPDATE row SET lease_token = NULL, lease_until = NULL WHERE id = $1 AND lease_token = $2";
    database
        .read(async |connection| {
            let letting_go = sqlx::query(statement).bind(id).bind(token);
            letting_go.execute(connection).await?;
            Ok(())
        })
        .await
}
