//! Rows of imports are kept for a time, and imports that nobody decides on are few.

use std::time::Duration;

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{Import, ImportState};
use muster_testkit::eventually;

use crate::fixture::{Fixture, reason};
use crate::upload::{applied, approve, disapprove, get, good, messages, rows, send, upload};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn rows_are_gone(fixture: &Fixture, import: &Import) -> bool {
    rows(fixture, import).await.is_empty()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_deleted_thirty_days_after_the_decision_and_counts_stay() {
    let mut fixture = Fixture::new().await;
    fixture.subscribe(10_000, 1_000_000).await;
    let [used, dropped] = [upload(&fixture, &good(5)).await, upload(&fixture, &good(4)).await];
    let (used, dropped) = (used.unwrap(), dropped.unwrap());
    approve(&fixture, &used).await.unwrap();
    let used = applied(&fixture, &used).await;
    let dropped = disapprove(&fixture, &dropped).await.unwrap();
    let kept_until = |import: &Import| import.rows_expire_time.unwrap().seconds;
    assert_eq!(
        kept_until(&used) - used.decide_time.unwrap().seconds,
        30 * 24 * 60 * 60
    );

    fixture.later(DAY * 29).await;
    // Its time comes a day later; what is due goes first.
    let other = upload(&fixture, &good(3)).await.unwrap();
    disapprove(&fixture, &other).await.unwrap();
    fixture
        .database
        .execute("UPDATE imports SET purge_time = create_time WHERE row_count = 3")
        .await;
    eventually(async || rows_are_gone(&fixture, &other).await).await;
    assert_eq!(
        (
            rows(&fixture, &used).await.len(),
            rows(&fixture, &dropped).await.len()
        ),
        (5, 4)
    );

    fixture.later(DAY).await;
    for import in [&used, &dropped] {
        eventually(async || rows_are_gone(&fixture, import).await).await;
        let after = Import {
            rows_expire_time: None,
            ..(*import).clone()
        };
        eventually(async || get(&fixture, import).await == after).await;
    }
    assert_eq!(
        (used.state(), used.row_count, used.applied_count),
        (ImportState::Applied, 5, 5)
    );
    assert_eq!(
        fixture.database.count("SELECT count(*) FROM invitations").await,
        5
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_an_import_that_nobody_decides_on_go_when_it_expires() {
    let mut fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    // More than are deleted at once.
    let many = "INSERT INTO import_rows (organization_id, import_id, line, address_given, groups_given, location_given,
                    state, problems, group_ids)
                SELECT organization_id, import_id, line, '', '{}', '', 'INVALID', '[]', '{}'
                FROM imports, generate_series(1000, 8000) AS line";
    let import = upload(&fixture, &good(3)).await.unwrap();
    fixture.database.execute(many).await;
    fixture.later(DAY * 7).await;
    assert_eq!(get(&fixture, &import).await.state(), ImportState::Expired);
    fixture.later(Duration::from_secs(60 * 60)).await;
    let left = "SELECT count(*) FROM import_rows";
    eventually(async || fixture.database.count(left).await == 0).await;
    let expired = get(&fixture, &import).await;
    assert_eq!((expired.state(), expired.row_count), (ImportState::Expired, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_still_becoming_invitations_are_kept() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let import = upload(&fixture, &good(3)).await.unwrap();
    let other = upload(&fixture, &good(2)).await.unwrap();
    // Its organization is halted, and the worker pauses it.
    fixture
        .profile_sql("UPDATE organizations SET state = 'SUSPENDED'")
        .await;
    let paused =
        "UPDATE imports SET state = 'APPLYING', approver_person_id = uploader_person_id WHERE row_count = 3";
    fixture.database.execute(paused).await;
    let due = "UPDATE imports SET purge_time = create_time";
    fixture.database.execute(due).await;
    eventually(async || rows_are_gone(&fixture, &other).await).await;
    assert_eq!(rows(&fixture, &import).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_so_many_imports_wait_for_a_decision() {
    let mut fixture = Fixture::with(&[("--undecided-imports", "2")]).await;
    fixture.subscribe(500, 10_000).await;
    let mut first = messages(&fixture, &good(1));
    first[0].request_id = "0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88".to_owned();
    let one = send(&fixture, first.clone()).await.unwrap();
    let two = upload(&fixture, &good(2)).await.unwrap();
    let status = upload(&fixture, &good(3)).await.unwrap_err();
    assert_eq!(muster_refusal::quota_of(&status), Some((2, 2)));
    assert_eq!(reason(Err::<(), _>(status)), R::TooManyImports);
    assert_eq!(
        send(&fixture, first).await.unwrap(),
        one,
        "a repeat is no new one"
    );

    disapprove(&fixture, &two).await.unwrap();
    upload(&fixture, &good(3)).await.unwrap();
    assert_eq!(reason(upload(&fixture, &good(4)).await), R::TooManyImports);
    fixture.later(DAY * 7).await;
    upload(&fixture, &good(4)).await.unwrap();
}
