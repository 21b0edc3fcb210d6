//! What an upload takes of memory, however many rows the file has. In a process of its own: other tests take memory too.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::hint::black_box;

use muster_clock::Clock;
use muster_database::Database;
use muster_ids::GroupId;
use muster_language::Language;
use muster_server::Service;
use muster_testkit::TestDatabase;
use time::macros::datetime;
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use super::*;
use crate::InvitationApp;
use crate::domain::inviting::{Group, Limits, OrganizationStatus};
use crate::memory::{alone, measured};

const NOW: OffsetDateTime = datetime!(2026-03-02 09:00 UTC);
const FEW: usize = 1_000;
const MANY: usize = 100_000;
/// How much more many rows may take than few.
const ALLOWED: usize = 32 * 1024 * 1024;

#[test]
fn a_hundred_thousand_rows_take_the_memory_of_a_thousand() {
    let said = alone("ops::import::upload::tests::few_and_many_alone", &[]);
    let told = said.lines().find_map(|line| line.strip_prefix("taken: "));
    println!("{}", told.unwrap_or(&said));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by the test above"]
async fn few_and_many_alone() {
    let place = TestDatabase::new(&InvitationApp::MIGRATOR, "invitation").await;
    let (database, clock) = (place.database(), Clock::fixed(NOW));
    // What is made once is there: connections, threads, statements.
    taken(&database, &clock, FEW);
    let few = taken(&database, &clock, FEW);
    let many = taken(&database, &clock, MANY);
    println!(
        "\ntaken: {} KiB by {FEW} rows, {} KiB by {MANY}",
        few / 1024,
        many / 1024
    );
    assert!(
        many < few + ALLOWED,
        "{few} bytes by {FEW} rows, {many} by {MANY}"
    );
    let stored = place
        .count("SELECT count(*) FROM import_rows WHERE state = 'VALID'")
        .await;
    assert_eq!(stored, i64::try_from(2 * FEW + MANY).unwrap());
    // Whoever takes more is seen.
    let (_, seen) = measured(|| black_box(vec![1_u8; ALLOWED]));
    assert!(seen > ALLOWED / 10 * 9, "{seen} bytes");
}

/// How many bytes it takes to look a file of so many rows through and to store its preview.
fn taken(database: &Database, clock: &Clock, rows: usize) -> usize {
    let (inviting, command) = (inviting(), command(clock));
    let mut file = "email,groups\n".to_owned();
    for row in 0..rows {
        writeln!(file, "somebody-{row}@example.org,Nurses").unwrap();
    }
    let uploading = async {
        let limit = inviting.limits.import_rows;
        let Opened {
            sha256,
            format,
            mut blocks,
        } = reading::open(file, None, limit).await?;
        let import = unread(&command, format, clock.new_id(), NOW);
        let storing = database.write(async |tx| {
            imports::insert(tx, &import, &sha256).await?;
            previewed(tx, &import, &inviting, &mut blocks).await
        });
        storing.await
    };
    let (preview, taken) = measured(|| block_in_place(|| Handle::current().block_on(uploading)));
    assert_eq!(preview.unwrap().counts.valid, i32::try_from(rows).unwrap());
    taken
}

fn command(clock: &Clock) -> Upload {
    Upload {
        organization: OrganizationId::from_uuid(clock.new_uuid()),
        uploader: PersonId::from_uuid(clock.new_uuid()),
        file_name: "people.csv".to_owned(),
        sha256: None,
    }
}

fn inviting() -> InvitingContext {
    let nurses = Group {
        display_name: "Nurses".to_owned(),
        etag: "1".to_owned(),
        is_active: true,
        has_trainings: true,
    };
    InvitingContext {
        status: OrganizationStatus::Active,
        display_name: "Day nursery".to_owned(),
        language: Language::English,
        time_zone: String::new(),
        plan: Plan::Premium,
        limits: Limits {
            by_hand: 0,
            import_rows: 1_000_000,
            messages_per_day: 0,
        },
        groups: HashMap::from([(GroupId::from_uuid(uuid::Uuid::nil()), nurses)]),
        locations: HashMap::new(),
    }
}
