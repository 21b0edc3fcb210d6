//! Rows of imports are kept for a time, and imports that nobody decides on are few.

use std::time::Duration;

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{Import, ImportState};
use muster_testkit::eventually;

use crate::upload::{applied, approve, disapprove, get, good, messages, rows, send, upload};
use crate::world::{World, reason};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn rows_are_gone(world: &World, import: &Import) -> bool {
    rows(world, import).await.is_empty()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_deleted_thirty_days_after_the_decision_and_counts_stay() {
    let mut world = World::new().await;
    world.subscribe(10_000, 1_000_000).await;
    let [used, dropped] = [upload(&world, &good(5)).await, upload(&world, &good(4)).await];
    let (used, dropped) = (used.unwrap(), dropped.unwrap());
    approve(&world, &used).await.unwrap();
    let used = applied(&world, &used).await;
    let dropped = disapprove(&world, &dropped).await.unwrap();
    let kept_until = |import: &Import| import.rows_expire_time.unwrap().seconds;
    assert_eq!(
        kept_until(&used) - used.decide_time.unwrap().seconds,
        30 * 24 * 60 * 60
    );

    world.later(DAY * 29).await;
    // Its time comes a day later; what is due goes first.
    let other = upload(&world, &good(3)).await.unwrap();
    disapprove(&world, &other).await.unwrap();
    world
        .database
        .execute("UPDATE imports SET purge_time = create_time WHERE row_count = 3")
        .await;
    eventually(async || rows_are_gone(&world, &other).await).await;
    assert_eq!(
        (
            rows(&world, &used).await.len(),
            rows(&world, &dropped).await.len()
        ),
        (5, 4)
    );

    world.later(DAY).await;
    for import in [&used, &dropped] {
        eventually(async || rows_are_gone(&world, import).await).await;
        let after = Import {
            rows_expire_time: None,
            ..(*import).clone()
        };
        eventually(async || get(&world, import).await == after).await;
    }
    assert_eq!(
        (used.state(), used.row_count, used.applied_count),
        (ImportState::Applied, 5, 5)
    );
    assert_eq!(world.database.count("SELECT count(*) FROM invitations").await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_an_import_that_nobody_decides_on_go_when_it_expires() {
    let mut world = World::new().await;
    world.subscribe(500, 10_000).await;
    // More than are deleted at once.
    let many = "INSERT INTO import_rows (organization_id, import_id, line, address_given, groups_given, location_given,
                    state, problems, group_ids)
                SELECT organization_id, import_id, line, '', '{}', '', 'INVALID', '[]', '{}'
                FROM imports, generate_series(1000, 8000) AS line";
    let import = upload(&world, &good(3)).await.unwrap();
    world.database.execute(many).await;
    world.later(DAY * 7).await;
    assert_eq!(get(&world, &import).await.state(), ImportState::Expired);
    world.later(Duration::from_secs(60 * 60)).await;
    let left = "SELECT count(*) FROM import_rows";
    eventually(async || world.database.count(left).await == 0).await;
    let expired = get(&world, &import).await;
    assert_eq!((expired.state(), expired.row_count), (ImportState::Expired, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_still_becoming_invitations_are_kept() {
    let world = World::new().await;
    world.subscribe(500, 10_000).await;
    let import = upload(&world, &good(3)).await.unwrap();
    let other = upload(&world, &good(2)).await.unwrap();
    // Its organization is halted, and the worker pauses it.
    world
        .profile_sql("UPDATE organizations SET state = 'SUSPENDED'")
        .await;
    let paused =
        "UPDATE imports SET state = 'APPLYING', approver_person_id = uploader_person_id WHERE row_count = 3";
    world.database.execute(paused).await;
    let due = "UPDATE imports SET purge_time = create_time";
    world.database.execute(due).await;
    eventually(async || rows_are_gone(&world, &other).await).await;
    assert_eq!(rows(&world, &import).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_so_many_imports_wait_for_a_decision() {
    let mut world = World::with(&[("--undecided-imports", "2")]).await;
    world.subscribe(500, 10_000).await;
    let mut first = messages(&world, &good(1));
    first[0].request_id = "0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88".to_owned();
    let one = send(&world, first.clone()).await.unwrap();
    let two = upload(&world, &good(2)).await.unwrap();
    let status = upload(&world, &good(3)).await.unwrap_err();
    assert_eq!(muster_refusal::quota_of(&status), Some((2, 2)));
    assert_eq!(reason(Err::<(), _>(status)), R::TooManyImports);
    assert_eq!(send(&world, first).await.unwrap(), one, "a repeat is no new one");

    disapprove(&world, &two).await.unwrap();
    upload(&world, &good(3)).await.unwrap();
    assert_eq!(reason(upload(&world, &good(4)).await), R::TooManyImports);
    world.later(DAY * 7).await;
    upload(&world, &good(4)).await.unwrap();
}
