//! What is counted by triggers and by the job is what counting all comes to, at every moment, whatever is written and folded in at the
//! same time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::join_all;
use muster_clock::Clock;
use muster_ids::OrganizationId;
use muster_jobs::Periodic as _;
use muster_testkit::TestDatabase;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use sqlx::{AssertSqlSafe, PgConnection};
use time::OffsetDateTime;

use super::super::invitation::counts;
use super::super::state_lists::{effective_state, live};
use super::{NOW, database};
use crate::domain::invitation::StateName;
use crate::ops::invitation::fold_counts::{FoldCounts, fold_some};

/// All, each looked at: as it was counted before there were counts.
const ONE_BY_ONE: &str = concat!(
    "SELECT ",
    effective_state!("$2"),
    " AS shown, count(*) FROM invitations i WHERE i.organization_id = $1 GROUP BY shown ORDER BY shown"
);
const CHANGES: &str = "SELECT count(*) FROM invitation_count_changes";
/// Counts all anew, from the same statements as the upgrade.
const COUNTED_ANEW: &str = include_str!("../../../migrations/0040_invitations_counted.sql");

/// Some invitations in these states that nobody else has in hand.
macro_rules! some {
    ($states:literal, $count:literal) => {
        concat!(
            " WHERE organization_id = $1 AND invitation_id = ANY (ARRAY(
                 SELECT invitation_id FROM invitations WHERE organization_id = $1 AND state IN (",
            $states,
            ") ORDER BY random() LIMIT ",
            $count,
            " FOR UPDATE SKIP LOCKED)) AND $2::timestamptz IS NOT NULL"
        )
    };
}

const INSERT: &str =
    "INSERT INTO invitations (organization_id, invitation_id, version, state, address_given, address_canonical, source,
         inviter_person_id, generation, delivery_state, create_time, send_time, expire_time)
     SELECT $1, gen_random_uuid(), 1, CASE n % 2 WHEN 0 THEN 'PROSPECT' ELSE 'PENDING' END, address, address, 'MANUAL', $1, 1,
            'SENT', $2, $2, $2 + n / 3 * interval '1 minute'
     FROM generate_series(1, 5) AS n, LATERAL (SELECT gen_random_uuid() || '-' || n || '@example.org' AS address) AS one";
const CANCEL: &str = concat!(
    "UPDATE invitations SET state = 'CANCELLED', version = version + 1",
    some!("'PROSPECT', 'PENDING', 'EXPIRED'", "1")
);
const DELIVER: &str = concat!(
    "UPDATE invitations SET delivery_state = 'DEFERRED', handover_time = NULL, send_time = $2, version = version + 1",
    some!("'PROSPECT', 'PENDING', 'ACTIVE', 'CANCELLED'", "5")
);
/// Every kind of statement that writes invitations: of an organization $1, at about $2.
const ACTS: [&str; 14] = [
    INSERT,
    INSERT,
    CANCEL,
    DELIVER,
    concat!(
        "UPDATE invitations SET state = 'PENDING', version = version + 1",
        some!("'PROSPECT'", "3")
    ),
    concat!(
        "UPDATE invitations SET state = 'EXPIRED', version = version + 1",
        some!("'PROSPECT', 'PENDING'", "1")
    ),
    concat!(
        "UPDATE invitations SET state = 'PROSPECT', expire_time = $2, version = version + 1",
        some!("'EXPIRED'", "1")
    ),
    concat!(
        "UPDATE invitations SET expire_time = $2, version = version + 1",
        some!("'PROSPECT', 'PENDING'", "2")
    ),
    concat!(
        "UPDATE invitations SET state = 'DECLINED', state_before_decline = 'PENDING', decline_time = $2, version = version + 1",
        some!("'PROSPECT', 'PENDING', 'EXPIRED'", "1")
    ),
    concat!(
        "UPDATE invitations SET state = 'PENDING', state_before_decline = NULL, decline_time = NULL, version = version + 1",
        some!("'DECLINED'", "1")
    ),
    concat!(
        "UPDATE invitations SET state = 'ACTIVE', person_id = gen_random_uuid(), person_display_name = 'Ada', accept_time = $2,
             version = version + 1",
        some!("'PROSPECT', 'PENDING'", "1")
    ),
    concat!(
        "UPDATE invitations SET state = 'ARCHIVED', version = version + 1",
        some!("'ACTIVE'", "2")
    ),
    // What has come to an end runs out at another time: nobody is told.
    concat!(
        "UPDATE invitations SET expire_time = $2",
        some!("'CANCELLED', 'EXPIRED', 'DECLINED', 'ARCHIVED'", "2")
    ),
    concat!(
        "DELETE FROM invitations",
        some!("'PROSPECT', 'PENDING', 'ACTIVE', 'CANCELLED', 'EXPIRED'", "2")
    ),
];

async fn run(connection: &mut PgConnection, statement: &'static str) {
    sqlx::raw_sql(statement).execute(connection).await.unwrap();
}

async fn take(
    connection: &mut PgConnection,
    organization: OrganizationId,
    time: OffsetDateTime,
    act: &'static str,
) {
    let act = sqlx::query(act).bind(organization).bind(time);
    act.execute(connection).await.unwrap();
}

/// Both ways of counting, as of one moment.
async fn is_exact(connection: &mut PgConnection, organization: OrganizationId, now: OffsetDateTime) {
    run(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await;
    let counted = counts::find(connection, organization, now).await.unwrap();
    let each: Vec<(StateName, i64)> = sqlx::query_as(ONE_BY_ONE)
        .bind(organization)
        .bind(now)
        .fetch_all(&mut *connection)
        .await
        .unwrap();
    run(connection, "COMMIT").await;
    assert_eq!(counted, each, "at {now}");
}

/// At some time about this one.
fn about(time: OffsetDateTime, random: &mut StdRng) -> OffsetDateTime {
    time + time::Duration::seconds(random.random_range(-1_800..1_800))
}

/// A database, an organization, and the job on a clock.
struct Counted {
    database: TestDatabase,
    clock: Clock,
    organization: OrganizationId,
}

impl Counted {
    async fn new() -> Self {
        let clock = Clock::fixed(NOW);
        Self {
            database: database().await,
            organization: clock.new_id(),
            clock,
        }
    }

    async fn fold(&self) {
        let job = FoldCounts::new(self.database.database(), self.clock.clone());
        job.run().await.unwrap();
    }

    /// Writes whatever comes, alone and together, and takes some of it back.
    async fn write(&self, seed: u64, transactions: usize) {
        let mut random = StdRng::seed_from_u64(seed);
        let mut connection = self.database.connection().await;
        for _ in 0..transactions {
            run(&mut connection, "BEGIN").await;
            for _ in 0..random.random_range(1..4) {
                let act = ACTS[random.random_range(0..ACTS.len())];
                let time = about(self.clock.now(), &mut random);
                take(&mut connection, self.organization, time, act).await;
            }
            let is_taken_back = random.random_bool(0.2);
            run(&mut connection, if is_taken_back { "ROLLBACK" } else { "COMMIT" }).await;
        }
    }

    /// Counts all anew.
    async fn count_anew(&self, connection: &mut PgConnection) {
        let seconds = self.clock.now().unix_timestamp();
        let anew = COUNTED_ANEW.replace("now()", &format!("to_timestamp({seconds})"));
        let anew = AssertSqlSafe(format!("BEGIN; {anew}; COMMIT"));
        sqlx::raw_sql(anew).execute(connection).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_are_exact_whatever_is_written_and_folded_in_at_the_same_time() {
    const WRITERS: u64 = 3;
    const TRANSACTIONS: usize = 120;
    let counted = Counted::new().await;
    let is_done = AtomicBool::new(false);
    let writing = async {
        join_all((0..WRITERS).map(|seed| counted.write(seed, TRANSACTIONS))).await;
        is_done.store(true, Ordering::Relaxed);
    };
    let folding = join_all([11, 12].map(async |seed| {
        let mut random = StdRng::seed_from_u64(seed);
        let mut connection = counted.database.connection().await;
        while !is_done.load(Ordering::Relaxed) {
            match random.random_range(0..10) {
                0 => counted.count_anew(&mut connection).await,
                _ => counted.fold().await,
            }
            let passes = Duration::from_secs(random.random_range(0..30));
            counted.clock.advance(passes);
        }
    }));
    let looking = async {
        let mut random = StdRng::seed_from_u64(13);
        let mut connection = counted.database.connection().await;
        let mut looks = 0;
        while !is_done.load(Ordering::Relaxed) {
            let now = about(counted.clock.now(), &mut random);
            is_exact(&mut connection, counted.organization, now).await;
            looks += 1;
        }
        looks
    };
    let ((), _, looks) = tokio::join!(writing, folding, looking);
    println!("counted {looks} times meanwhile");
    assert!(looks > 0);

    counted.fold().await;
    assert_eq!(counted.database.count(CHANGES).await, 0);
    let mut connection = counted.database.connection().await;
    for minutes in [-90, -20, -1, 0, 1, 20, 90] {
        let now = counted.clock.now() + time::Duration::minutes(minutes);
        is_exact(&mut connection, counted.organization, now).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_out_is_counted_from_that_very_moment_on_whoevers_clock_is_ahead() {
    let counted = Counted::new().await;
    let mut connection = counted.database.connection().await;
    let organization = counted.organization;
    // Two run out now, and three in a minute.
    take(&mut connection, organization, NOW, INSERT).await;
    let (instant, minute) = (time::Duration::MICROSECOND, NOW + time::Duration::MINUTE);
    let moments = [
        NOW - instant,
        NOW,
        minute - instant,
        minute,
        minute + time::Duration::HOUR,
    ];
    for now in moments {
        is_exact(&mut connection, organization, now).await;
    }
    for folded in moments {
        let job = FoldCounts::new(counted.database.database(), Clock::fixed(folded));
        job.run().await.unwrap();
        for now in moments {
            is_exact(&mut connection, organization, now).await;
        }
    }
    let counted = counts::find(&mut connection, organization, minute).await;
    assert_eq!(counted.unwrap(), [(StateName::Expired, 5)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn much_that_runs_out_is_counted_in_steps() {
    let counted = Counted::new().await;
    let mut connection = counted.database.connection().await;
    let organization = counted.organization;
    take(&mut connection, organization, NOW, INSERT).await;
    let (hour, minute) = (time::Duration::HOUR, NOW + time::Duration::MINUTE);
    let locked = counts::lock(&mut connection, organization, NOW - hour).await;
    let mut until = locked.unwrap().unwrap();
    let folded = counts::fold(&mut connection, organization, until, 3).await;
    assert_eq!(folded.unwrap(), 3, "as many as were asked for, of four");
    for step in [NOW, minute, NOW + hour] {
        let later = counts::some_later(&mut connection, organization, until, NOW + hour, 1)
            .await
            .unwrap();
        assert_eq!(later, step);
        counts::expire(&mut connection, organization, until, later)
            .await
            .unwrap();
        until = later;
        counts::settle(&mut connection, organization, until)
            .await
            .unwrap();
        for now in [NOW - hour, NOW, minute, NOW + hour] {
            is_exact(&mut connection, organization, now).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_who_writes_or_folds() {
    let counted = Counted::new().await;
    let organization = counted.organization;
    let mut one = counted.database.connection().await;
    let mut other = counted.database.connection().await;
    take(&mut one, organization, NOW, INSERT).await;

    // Somebody writes, and has not come to an end.
    run(&mut one, "BEGIN").await;
    take(&mut one, organization, NOW, CANCEL).await;
    counted.fold().await;
    take(&mut other, organization, NOW, CANCEL).await;
    is_exact(&mut other, organization, NOW).await;
    run(&mut one, "COMMIT").await;
    is_exact(&mut other, organization, NOW).await;

    // Somebody folds, and has not come to an end.
    let waiting = counted.database.count(CHANGES).await;
    assert_eq!(waiting, 4, "of each who took one back two");
    run(&mut one, "BEGIN").await;
    assert!(!fold_some(&mut one, organization, NOW).await.unwrap());
    take(&mut other, organization, NOW, CANCEL).await;
    counted.fold().await;
    let left = counted.database.count(CHANGES).await;
    assert_eq!(
        left,
        waiting + 2,
        "what another process has in hand is left to it"
    );
    is_exact(&mut other, organization, NOW).await;
    run(&mut one, "COMMIT").await;
    is_exact(&mut other, organization, NOW).await;
    counted.fold().await;
    assert_eq!(counted.database.count(CHANGES).await, 0);
    is_exact(&mut other, organization, NOW).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_became_of_a_mail_changes_no_count() {
    let counted = Counted::new().await;
    let mut connection = counted.database.connection().await;
    take(&mut connection, counted.organization, NOW, INSERT).await;
    let made = "SELECT count(*) FROM invitation_count_changes WHERE change > 0";
    assert_eq!(
        counted.database.count(made).await,
        4,
        "one a state and time, of five"
    );
    take(&mut connection, counted.organization, NOW, DELIVER).await;
    assert_eq!(counted.database.count(CHANGES).await, 4);
    let told = "SELECT count(*) FROM invitations WHERE delivery_state = 'DEFERRED'";
    assert_eq!(counted.database.count(told).await, 5);
}
