//! Real processes, killed with SIGKILL while they apply imports and publish events: what they held is somebody else's within
//! moments, and nothing is ever held by two.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use muster_testkit::{Program, eventually, eventually_some};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::fixture::Fixture;
use crate::upload::{good_at, upload};

/// Fewer than a worker does before it looks whether another import waits: nobody hands one over by himself.
const ROWS: usize = 900;
const KILLS: usize = 4;
/// Far more than are killed, so that there is always one to be killed at: on a busy machine some are done between two looks.
const IMPORTS: usize = 12;
/// Fewer than live to the end: an import that loses its worker finds one that has nothing to do.
const OPEN: i64 = 2;
/// The leases themselves last 30 s. Generous, for machines that do other things as well.
const SOON: Duration = Duration::from_secs(15);
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

impl Processes<'_> {
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

    /// Kills one that is working on an import, and tells how long what it held stayed with the dead.
    async fn kill_one_at_work(&mut self) -> Duration {
        let mut connection = self.fixture.database.connection().await;
        let prefix = eventually_some(async || {
            let held = holders(&mut connection).await;
            let at_work = held.into_iter().find(|prefix| self.living.contains_key(prefix));
            if at_work.is_none() {
                approve_one_more(self.fixture).await;
            }
            at_work
        })
        .await;
        let mut doomed = self.living.remove(&prefix).unwrap();
        doomed.kill();
        let killed = Instant::now();
        self.dead.insert(prefix.clone());
        eventually(async || held_by(&mut connection, &prefix).await == 0).await;
        killed.elapsed()
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
    let mut fixture = Fixture::in_real_time().await;
    fixture.subscribe(100_000, 1_000_000).await;
    for number in 0..IMPORTS {
        let file = good_at(&format!("example{number}.org"), ROWS);
        upload(&fixture, &file).await.unwrap();
    }
    fixture.stop().await;
    let mut connection = fixture.database.connection().await;
    sqlx::raw_sql(NOTE_TAKEN).execute(&mut connection).await.unwrap();
    let mut processes = Processes {
        fixture: &fixture,
        living: BTreeMap::new(),
        dead: BTreeSet::new(),
    };
    for _ in 0..KILLS + 3 {
        processes.start().await;
    }
    let mut longest = Duration::ZERO;
    for _ in 0..KILLS {
        approve_one_more(&fixture).await;
        let took = processes.kill_one_at_work().await;
        println!("with the dead for {took:?}");
        longest = longest.max(took);
    }
    all_is_there_once(&fixture).await;
    let robbed = robbed(&mut connection).await;
    assert!(
        robbed.is_subset(&processes.dead),
        "taken from the living: {robbed:?}, not {:?}",
        processes.dead
    );
    assert!(longest < SOON, "{longest:?}");
}

async fn all_is_there_once(fixture: &Fixture) {
    let all = i64::try_from(IMPORTS * ROWS).unwrap();
    let count = async |what| fixture.database.count(what).await;
    let waiting = "SELECT count(*) FROM imports WHERE state = 'READY'";
    while count(waiting).await > 0 {
        approve_one_more(fixture).await;
    }
    eventually(async || count("SELECT count(*) FROM imports WHERE finish_time IS NULL").await == 0).await;
    eventually(async || count("SELECT count(*) FROM outbox WHERE published_at IS NULL").await == 0).await;
    assert_eq!(count("SELECT count(*) FROM invitations").await, all);
    assert_eq!(count("SELECT count(*) FROM outbox").await, all);
    assert_eq!(
        count("SELECT sum(applied_count) FROM imports WHERE refused_count = 0").await,
        all
    );
}
