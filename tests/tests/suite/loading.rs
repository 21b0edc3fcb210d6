//! A load of licensed programmes, while the service that takes it is killed again and again.

use std::time::Duration;

use muster_client::acts::programme;
use muster_proto::organization::v1::{
    LicenseStatus, ListRefusedProgrammeRowsRequest, ProgrammeAddress, ProgrammeLoad, ProgrammeLoadState,
    ProgrammeRow, ProgrammeType,
};
use muster_testkit::eventually;

use crate::support::{Database, Suite, alone};

const ROWS: usize = 20_000;
/// It is killed when so many rows are stored, wherever it is then.
const KILLED_AT: [i64; 4] = [1, 4_000, 9_000, 15_000];
const PAUSE: Duration = Duration::from_millis(200);
const PAGE: i32 = 37;

/// Some cannot be a programme, and some are there already.
fn rows(run: &str) -> Vec<ProgrammeRow> {
    let number = |n: usize| format!("L{run}{n:05}");
    let row = |n: usize| ProgrammeRow {
        licensing_authority: "us-mi".into(),
        license_number: number(if is_repeated(n) { n - 1 } else { n }),
        display_name: if is_nameless(n) {
            String::new()
        } else {
            format!("Sunshine {n}")
        },
        address: Some(ProgrammeAddress {
            city: "Ann Arbor".into(),
            ..Default::default()
        }),
        r#type: ProgrammeType::DirectCare.into(),
        license_status: LicenseStatus::Active.into(),
    };
    (1..=ROWS).map(row).collect()
}

fn is_nameless(n: usize) -> bool {
    n.is_multiple_of(250)
}

fn is_repeated(n: usize) -> bool {
    n.is_multiple_of(333) && !is_nameless(n) && !is_nameless(n - 1)
}

/// Taken, added, changed, unchanged, refused.
fn counts(load: &ProgrammeLoad) -> [i32; 5] {
    [
        load.taken_count,
        load.added_count,
        load.changed_count,
        load.unchanged_count,
        load.refused_count,
    ]
}

/// The rows that were refused, page by page.
async fn refused(suite: &Suite, load: &str) -> Vec<usize> {
    let staff = suite.client("staff");
    let (mut refused, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListRefusedProgrammeRowsRequest {
            parent: load.to_owned(),
            page_size: PAGE,
            page_token,
        };
        let page = programme::list_refused_rows(&staff, request).await.unwrap();
        refused.extend(page.rows.iter().map(|row| usize::try_from(row.row).unwrap()));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return refused;
        }
    }
}

/// Sends all of it until it is taken, as whoever loads programmes does.
async fn send(suite: &Suite, name: &str, rows: &[ProgrammeRow]) -> ProgrammeLoad {
    let staff = suite.client("staff");
    loop {
        match programme::load(&staff, name, "a test", rows.to_vec()).await {
            Ok(load) if load.state() == ProgrammeLoadState::Done => return load,
            _ => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Kills the service at several places of the load; how often it was hit.
async fn kill(suite: &Suite, load: &str) -> usize {
    let database = Database::of(suite, "organization").await;
    let id = load.trim_start_matches("programmeLoads/");
    let taken = format!(
        "SELECT coalesce(max(taken_count), 0)::bigint FROM programme_loads WHERE programme_load_id = '{id}'"
    );
    let taken = async || database.number(&taken).await;
    let mut hit = 0;
    for rows in KILLED_AT {
        eventually(async || taken().await >= rows).await;
        hit += usize::from(suite.signal("organization", "KILL"));
    }
    hit
}

#[tokio::test]
async fn a_load_that_is_killed_again_and_again_is_the_load_that_is_not() {
    let _alone = alone().await;
    let suite = Suite::find();
    let undisturbed = send(&suite, &programme::load_name(), &rows(&suite.unique())).await;

    let (name, run) = (programme::load_name(), suite.unique());
    let rows = rows(&run);
    let (killed, load) = tokio::join!(kill(&suite, &name), send(&suite, &name, &rows));
    assert_eq!(killed, KILLED_AT.len());
    assert_eq!(counts(&load), counts(&undisturbed));
    let expected: Vec<usize> = (1..=ROWS)
        .filter(|n| is_nameless(*n) || is_repeated(*n))
        .collect();
    let (count, total) = (
        i32::try_from(expected.len()).unwrap(),
        i32::try_from(ROWS).unwrap(),
    );
    assert_eq!(counts(&load), [total, total - count, 0, 0, count]);
    assert_eq!(refused(&suite, &load.name).await, expected);
    let stored = Database::of(&suite, "organization").await;
    let these = format!("SELECT count(*) FROM programmes WHERE license_number_as_given LIKE 'L{run}%'");
    assert_eq!(stored.number(&these).await, i64::from(total - count));
}
