//! Real processes, killed with SIGKILL while they apply imports and publish events: what they held is somebody else's within
//! moments, and nothing is ever held by two.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use muster_testkit::effort::{KILLS, ROWS};
use muster_testkit::{Program, eventually, eventually_some};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::fixture::Fixture;
use crate::upload::{good_at, upload};

/// Fewer than a worker does before it looks whether another import waits: nobody hands one over by himself.
const FEW_ROWS: usize = 900;
/// Far more than are killed, so that there is always one to be killed at: on a busy machine some are done between two looks.
const IMPORTS_A_KILL: usize = 3;
/// Processes that run at the same time.
const PROCESSES: usize = 4;
/// Fewer than live to the end: an import that loses its worker finds one that has nothing to do.
const OPEN: i64 = 2;
/// The leases themselves last 30 s. Generous, for machines that do other things as well.
const SOON: Duration = Duration::from_secs(15);
const FINISHED: &str = "SELECT count(*) FROM imports WHERE finish_time IS NOT NULL";
const APPLIED: &str = "SELECT sum(applied_count) FROM imports WHERE refused_count = 0";
const PUBLISHED: &str = "SELECT count(*) FROM outbox WHERE published_at IS NOT NULL";
/// Writes down from whom an import was taken.
const NOTE_TAKEN: &str = "CREATE TABLE taken (token_prefix text NOT NULL);
    CREATE FUNCTION note_taken() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO taken VALUES (left(OLD.lease_token::text, 18));
        RETURN NULL;
    END $$;
    CREATE TRIGGER imports_taken AFTER UPDATE OF lease_token ON imports FOR EACH ROW
        WHEN (OLD.lease_token <> '00000000-0000-0000-0000-000000000000' AND NEW.lease_token <> '00000000-0000-0000-0000-000000000000'
              AND left(OLD.lease_token::text, 18) <> left(NEW.lease_token::text, 18))
        EXECUTE FUNCTION note_taken()";

/// Processes, by how the tokens of their leases begin.
struct Processes<'a> {
    fixture: &'a Fixture,
    living: BTreeMap<String, Program>,
    dead: BTreeSet<String>,
}

impl<'a> Processes<'a> {
    /// None yet; from whom they take imports is written down from now on.
    async fn of(fixture: &'a Fixture) -> Self {
        fixture.database.execute(NOTE_TAKEN).await;
        Self {
            fixture,
            living: BTreeMap::new(),
            dead: BTreeSet::new(),
        }
    }

    /// Starts one, and waits until it is known who it is.
    async fn start(&mut self) {
        let before = self.known().await;
        let program = self.fixture.program();
        let prefix = eventually_some(async || self.known().await.difference(&before).next().cloned()).await;
        self.living.insert(prefix, program);
    }

    async fn known(&self) -> BTreeSet<String> {
        let mut connection = self.fixture.database.connection().await;
        let known: Vec<String> = sqlx::query_scalar("SELECT token_prefix FROM lease_holders")
            .fetch_all(&mut connection)
            .await
            .unwrap();
        known.into_iter().collect()
    }

    /// One that is working on an import.
    async fn at_work(&self, connection: &mut PgConnection) -> Option<String> {
        let held = holders(connection).await;
        held.into_iter().find(|prefix| self.living.contains_key(prefix))
    }

    fn kill(&mut self, prefix: &str) {
        self.living.remove(prefix).unwrap().kill();
        self.dead.insert(prefix.to_owned());
    }

    /// Kills one that is working on an import, and tells how long what it held stayed with the dead.
    async fn kill_one_at_work(&mut self) -> Duration {
        let mut connection = self.fixture.database.connection().await;
        let prefix = eventually_some(async || {
            let at_work = self.at_work(&mut connection).await;
            if at_work.is_none() {
                approve_one_more(self.fixture).await;
            }
            at_work
        })
        .await;
        self.kill(&prefix);
        let killed = Instant::now();
        eventually(async || held_by(&mut connection, &prefix).await == 0).await;
        killed.elapsed()
    }

    /// Kills the one that is working on the only import once so many of its rows are applied; tells whether the import was not done before
    /// that.
    async fn kill_after(&mut self, rows: i64) -> bool {
        let mut connection = self.fixture.database.connection().await;
        let found = eventually_some(async || {
            if self.fixture.database.count(FINISHED).await > 0 {
                return Some(None);
            }
            let at_work = self.at_work(&mut connection).await?;
            let is_far_enough = self.fixture.database.count(APPLIED).await >= rows;
            is_far_enough.then_some(Some(at_work))
        })
        .await;
        let Some(prefix) = found else { return false };
        self.kill(&prefix);
        self.fixture.database.count(FINISHED).await == 0
    }

    /// Nobody has taken an import from one that lives.
    async fn took_from_the_dead_alone(&self) {
        let robbed = robbed(&mut self.fixture.database.connection().await).await;
        assert!(
            robbed.is_subset(&self.dead),
            "taken from the living: {robbed:?}, not {:?}",
            self.dead
        );
    }
}

/// Has one more import applied, once few enough are.
async fn approve_one_more(fixture: &Fixture) {
    let open = "SELECT count(*) FROM imports WHERE state IN ('APPROVED', 'APPLYING')";
    eventually(async || fixture.database.count(open).await < OPEN).await;
    let approved = "UPDATE imports SET state = 'APPROVED', approver_person_id = uploader_person_id, decide_time = create_time
        WHERE import_id = (SELECT import_id FROM imports WHERE decide_time IS NULL ORDER BY create_time LIMIT 1)";
    fixture.database.execute(approved).await;
}

/// Who holds an import; nobody holds what waits for a later try.
async fn holders(connection: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar("SELECT left(lease_token::text, 18) FROM imports WHERE lease_token <> $1")
        .bind(Uuid::nil())
        .fetch_all(connection)
        .await
        .unwrap()
}

/// From whom imports were taken.
async fn robbed(connection: &mut PgConnection) -> BTreeSet<String> {
    let robbed: Vec<String> = sqlx::query_scalar("SELECT token_prefix FROM taken")
        .fetch_all(connection)
        .await
        .unwrap();
    robbed.into_iter().collect()
}

/// How many imports and events it holds.
async fn held_by(connection: &mut PgConnection, prefix: &str) -> i64 {
    sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM imports WHERE left(lease_token::text, 18) = $1)
              + (SELECT count(*) FROM outbox WHERE left(lease_token::text, 18) = $1)",
    )
    .bind(prefix)
    .fetch_one(connection)
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_process_held_is_taken_up_within_moments_and_by_one_alone() {
    let kills: usize = KILLS.or(4);
    let imports = kills * IMPORTS_A_KILL;
    let undecided = imports.to_string();
    let mut fixture = Fixture::in_real_time_with(&[("--undecided-imports", &undecided)]).await;
    fixture.subscribe(100_000, 1_000_000).await;
    for number in 0..imports {
        fixture.renew_tokens();
        let file = good_at(&format!("example{number}.org"), FEW_ROWS);
        upload(&fixture, &file).await.unwrap();
    }
    fixture.stop().await;
    let mut processes = Processes::of(&fixture).await;
    for _ in 1..PROCESSES {
        processes.start().await;
    }
    let mut longest = Duration::ZERO;
    for _ in 0..kills {
        processes.start().await;
        approve_one_more(&fixture).await;
        let took = processes.kill_one_at_work().await;
        println!("with the dead for {took:?}");
        longest = longest.max(took);
    }
    all_is_there_once(&fixture, imports * FEW_ROWS).await;
    processes.took_from_the_dead_alone().await;
    assert!(longest < SOON, "{longest:?}");
}

/// However large an import is, and however many processes die within it, one after the other: each row is applied once.
#[tokio::test(flavor = "multi_thread")]
async fn one_import_within_which_one_process_after_the_other_is_killed_has_each_row_applied_once() {
    let (rows, kills): (usize, usize) = (ROWS.or(3_000), KILLS.or(3));
    let mut fixture = Fixture::in_real_time().await;
    fixture.subscribe(100_000, 1_000_000).await;
    upload(&fixture, &good_at("example.org", rows)).await.unwrap();
    fixture.stop().await;
    approve_one_more(&fixture).await;
    let mut processes = Processes::of(&fixture).await;
    let mut killed = 0;
    for kill in 0..kills {
        processes.start().await;
        let so_far = i64::try_from(rows * kill / (kills + 1)).unwrap();
        if !processes.kill_after(so_far).await {
            break;
        }
        killed += 1;
    }
    println!("{killed} of {kills} were killed within the import");
    assert!(killed > 0, "it was done before anybody was killed");
    processes.start().await;
    all_is_there_once(&fixture, rows).await;
    processes.took_from_the_dead_alone().await;
}

/// Everything becomes so many invitations, with a mail and an event each.
async fn all_is_there_once(fixture: &Fixture, rows: usize) {
    let all = i64::try_from(rows).unwrap();
    let count = async |what| fixture.database.count(what).await;
    let waiting = "SELECT count(*) FROM imports WHERE state = 'READY'";
    while count(waiting).await > 0 {
        approve_one_more(fixture).await;
    }
    gets_to(fixture, APPLIED, all).await;
    eventually(async || count("SELECT count(*) FROM imports WHERE finish_time IS NULL").await == 0).await;
    gets_to(fixture, PUBLISHED, all).await;
    for what in [
        "SELECT count(*) FROM invitations",
        "SELECT count(DISTINCT address_canonical) FROM invitations",
        "SELECT count(DISTINCT aggregate_id) FROM outbox WHERE event_type = 'mail.requested'",
        "SELECT count(*) FROM outbox",
        "SELECT sum(messages)::bigint FROM message_counts",
        APPLIED,
    ] {
        assert_eq!(count(what).await, all, "{what}");
    }
}

/// Waits until a statement counts so many, for however long that takes, as long as it gets on.
async fn gets_to(fixture: &Fixture, what: &'static str, all: i64) {
    let mut seen = fixture.database.count(what).await;
    while seen < all {
        let before = seen;
        seen = eventually_some(async || {
            let now = fixture.database.count(what).await;
            (now > before).then_some(now)
        })
        .await;
    }
}
