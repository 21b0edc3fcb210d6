//! The import worker, killed at any moment.
//!
//! A killed runtime takes the broker library's own thread down with a panic: its lines in the output mean nothing.

use std::collections::HashSet;
use std::time::Duration;

use muster_invitation::InvitationApp;
use muster_proto::invitation::v1::{Import, ImportRowState, ImportState};
use muster_testkit::effort::ROWS;

use crate::fixture::Fixture;
use crate::upload::{applied, approve, approve_all, becomes, get, good, rows, upload};

/// A process of its own, as far as one can have it here: everything that runs in it ends at once, in the middle of
/// whatever it does, and its connections with it.
pub(crate) struct Doomed {
    runtime: Option<tokio::runtime::Runtime>,
    listens: tokio::sync::oneshot::Receiver<()>,
}

impl Doomed {
    pub(crate) fn start(fixture: &Fixture) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let ((common, own), clock) = (fixture.settings(), fixture.clock.clone());
        let (started, listens) = tokio::sync::oneshot::channel();
        runtime.spawn(async move {
            let running = muster_server::start::<InvitationApp>(&common, own, clock, None)
                .await
                .unwrap();
            let _ = started.send(());
            std::future::pending::<()>().await;
            drop(running);
        });
        Self {
            runtime: Some(runtime),
            listens,
        }
    }

    /// Waits until it listens.
    pub(crate) async fn listens(&mut self) {
        (&mut self.listens).await.unwrap();
    }

    /// Ends it so long after it began to listen.
    async fn kill_after(mut self, pause: Duration) {
        self.listens().await;
        tokio::time::sleep(pause).await;
    }
}

impl Drop for Doomed {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_at_any_moment_loses_and_doubles_nothing() {
    let count: i32 = ROWS.or(1_500);
    let mut fixture = Fixture::new().await;
    fixture.subscribe(100_000, 10_000_000).await;
    let file = good(usize::try_from(count).unwrap());
    let import = upload(&fixture, &file).await.unwrap();
    approve(&fixture, &import).await.unwrap();
    fixture.stop().await;
    let mut kills = 0_u32;
    let progress = "SELECT count(*) FROM import_rows WHERE state = 'APPLIED'";
    while fixture.database.count(progress).await < i64::from(count) {
        let doomed = Doomed::start(&fixture);
        // From before its first statement to some way into the batches, also on a machine that is slow.
        let longest = 400 + 20 * u128::from(kills);
        let random = u64::try_from(fixture.clock.new_uuid().as_u128() % longest).unwrap();
        doomed.kill_after(Duration::from_millis(random)).await;
        kills += 1;
        // The lease of the dead runs out.
        fixture.clock.advance(Duration::from_secs(31));
        assert!(kills < 400, "it does not get on");
    }
    fixture.start().await;
    let done = applied(&fixture, &import).await;
    assert_eq!(done.state(), ImportState::Applied);
    assert_eq!(
        (done.applied_count, done.refused_count),
        (count, 0),
        "after {kills} kills"
    );
    let stored = async |what| fixture.database.count(what).await;
    for what in [
        "SELECT count(*) FROM invitations",
        "SELECT count(DISTINCT aggregate_id) FROM outbox WHERE event_type = 'mail.requested'",
        "SELECT count(*) FROM outbox",
        "SELECT sum(messages)::bigint FROM message_counts",
    ] {
        assert_eq!(
            stored(what).await,
            i64::from(count),
            "{what}, after {kills} kills"
        );
    }
    let rows = rows(&fixture, &import).await;
    assert!(rows.iter().all(|row| row.state() == ImportRowState::Applied));
    let invitations: HashSet<&str> = rows.iter().map(|row| row.invitation.as_str()).collect();
    assert_eq!(i32::try_from(invitations.len()), Ok(count));
    println!("{kills} kills");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_workers_share_the_work_and_no_row() {
    let mut fixture = Fixture::new().await;
    fixture.subscribe(100_000, 1_000_000).await;
    let mut imports = Vec::new();
    for number in 0..4 {
        // Overlapping addresses, in different orders.
        let mut lines: Vec<String> = (0..200)
            .map(|row| format!("learner{}@example.org,Nurses", row + number * 50))
            .collect();
        if number % 2 == 1 {
            lines.reverse();
        }
        let file = format!("email,groups\n{}\n", lines.join("\n"));
        imports.push(upload(&fixture, file.as_bytes()).await.unwrap());
    }
    fixture.stop().await;
    approve_all(&fixture).await;
    let others = [
        Doomed::start(&fixture),
        Doomed::start(&fixture),
        Doomed::start(&fixture),
    ];
    fixture.start().await;
    for import in &imports {
        assert_eq!(applied(&fixture, import).await.applied_count, 200);
    }
    drop(others);
    assert_eq!(
        fixture.database.count("SELECT count(*) FROM invitations").await,
        350
    );
    assert_eq!(fixture.database.count("SELECT count(*) FROM outbox").await, 350);
}

/// Beyond what the service checks and stores at a time: 2,000 rows.
#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_rows_work_when_the_plan_allows_them() {
    let rows: i32 = ROWS.or(5_500);
    let fixture = Fixture::new().await;
    fixture.subscribe(100_000, 10_000_000).await;
    let begun = std::time::Instant::now();
    let file = good(usize::try_from(rows).unwrap());
    let import = upload(&fixture, &file).await.unwrap();
    println!("previewed after {:?}", begun.elapsed());
    assert_eq!((import.row_count, import.valid_count), (rows, rows));
    approve(&fixture, &import).await.unwrap();
    let begun = std::time::Instant::now();
    gets_to_the_end(&fixture, &import).await;
    println!("applied after {:?}", begun.elapsed());
    let count = async |what| fixture.database.count(what).await;
    assert_eq!(count("SELECT count(*) FROM invitations").await, i64::from(rows));
    assert_eq!(count("SELECT count(*) FROM outbox").await, i64::from(rows));
}

/// Waits for however long it takes, as long as it gets on.
async fn gets_to_the_end(fixture: &Fixture, import: &Import) {
    let mut seen = get(fixture, import).await;
    while seen.state() != ImportState::Applied {
        let before = seen.applied_count;
        seen = becomes(fixture, import, |now| {
            now.applied_count > before || now.state() == ImportState::Applied
        })
        .await;
    }
}
