//! Which import is worked on when, and what becomes of one that cannot go on.

use std::time::Duration;

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{Import, ImportState};
use muster_testkit::{eventually, eventually_some};

use crate::fixture::{Fixture, reason};
use crate::upload::{applied, approve, approve_all, disapprove, get, good, good_at, previewed_again, upload};

#[tokio::test(flavor = "multi_thread")]
async fn a_large_import_keeps_no_small_one_waiting() {
    let mut fixture = Fixture::new().await;
    fixture.subscribe(10_000, 1_000_000).await;
    let large = upload(&fixture, &good(3_000)).await.unwrap();
    let small = upload(&fixture, b"email,groups\nada@example.com,Nurses\n")
        .await
        .unwrap();
    fixture.stop().await;
    approve_all(&fixture).await;
    // One worker; the large one is the older.
    fixture.start().await;
    applied(&fixture, &large).await;
    let made = "SELECT count(*) FROM invitations WHERE invitation_id <
                    (SELECT invitation_id FROM invitations WHERE address_canonical = 'ada@example.com')";
    let before = fixture.database.count(made).await;
    assert!(
        (1..=1_000).contains(&before),
        "{before} rows of the large one went before the small one"
    );
    assert_eq!(get(&fixture, &small).await.state(), ImportState::Applied);
}

/// Writes down until when an import was put down.
const NOTE_TURNS: &str = "CREATE TABLE put_down (until timestamptz NOT NULL);
    CREATE FUNCTION note_put_down() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO put_down VALUES (NEW.lease_until);
        RETURN NULL;
    END $$;
    CREATE TRIGGER imports_put_down AFTER UPDATE OF lease_token ON imports FOR EACH ROW
        WHEN (NEW.lease_token = '00000000-0000-0000-0000-000000000000') EXECUTE FUNCTION note_put_down()";

#[tokio::test(flavor = "multi_thread")]
async fn what_fits_into_a_turn_is_not_put_down() {
    let fixture = Fixture::new().await;
    fixture.subscribe(10_000, 1_000_000).await;
    let mut connection = fixture.database.connection().await;
    sqlx::raw_sql(NOTE_TURNS).execute(&mut connection).await.unwrap();
    for (rows, turns) in [(900, 0), (2_100, 2)] {
        let began = fixture.clock.now();
        let import = upload(&fixture, &good_at(&format!("{rows}.example.org"), rows))
            .await
            .unwrap();
        approve(&fixture, &import).await.unwrap();
        applied(&fixture, &import).await;
        // One that met a busy database was put down for some seconds.
        let put_down: i64 = sqlx::query_scalar("SELECT count(*) FROM put_down WHERE until = $1")
            .bind(began)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert!(put_down <= turns, "put down {put_down} times, with {rows} rows");
        sqlx::raw_sql("TRUNCATE put_down")
            .execute(&mut connection)
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_cannot_go_on_is_given_up_and_says_so() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let import = upload(&fixture, &good(120)).await.unwrap();
    // The last rows hold what no release writes. Those before are done one by one.
    let broken = "UPDATE import_rows SET problems = '{\"not\": \"a list\"}' WHERE line > 110";
    fixture.database.execute(broken).await;
    approve(&fixture, &import).await.unwrap();
    let tried = "SELECT count(*) FROM imports WHERE attempts > 0 AND applied_count = 109";
    let mut looks = 0;
    eventually(async || {
        looks += 1;
        if looks % 100 == 0 {
            // One that met a busy database tries again.
            fixture.clock.advance(Duration::from_secs(6));
        }
        fixture.database.count(tried).await == 1
    })
    .await;
    assert_eq!(get(&fixture, &import).await.state(), ImportState::Applying);
    // As after many more tries, which take minutes.
    fixture.database.execute("UPDATE imports SET attempts = 7").await;
    let failed = eventually_some(async || {
        fixture.clock.advance(Duration::from_secs(1));
        let import = get(&fixture, &import).await;
        (import.state() == ImportState::Failed).then_some(import)
    })
    .await;
    assert_eq!(
        (failed.applied_count, failed.refused_count),
        (109, 0),
        "what was done stays done"
    );
    assert!(failed.finish_time.is_some());
    let told = "SELECT count(*) FROM imports WHERE failure <> '' AND attempts = 8 AND lease_token IS NULL";
    assert_eq!(fixture.database.count(told).await, 1);
    assert_eq!(
        approve(&fixture, &import).await.unwrap().state(),
        ImportState::Failed
    );
    assert_eq!(reason(disapprove(&fixture, &import).await), R::ImportState);
    // Others go on.
    let other = upload(&fixture, b"email,groups\nada@example.com,Nurses\n")
        .await
        .unwrap();
    approve(&fixture, &other).await.unwrap();
    assert_eq!(applied(&fixture, &other).await.state(), ImportState::Applied);
}

/// Time passes; the tokens that the services show each other are renewed, as the platform does it.
fn pass(fixture: &Fixture, time: Duration) {
    fixture.clock.advance(time);
    drop(fixture.settings());
}

/// An upload of one row, once the new tokens are there.
async fn some_upload(fixture: &Fixture) -> Import {
    let file = b"email,groups\nada@example.com,Nurses\n";
    eventually_some(async || upload(fixture, file).await.ok()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_whose_preview_is_being_made_can_be_dropped_and_expires() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    // Somebody else holds it for a while: no worker here finishes it in the middle.
    let looked_at_again = "UPDATE imports SET state = 'UPLOADED', lease_token = import_id,
                               lease_until = create_time + interval '1 hour' WHERE state = 'READY'";
    let import = upload(&fixture, &good(3)).await.unwrap();
    fixture.database.execute(looked_at_again).await;
    assert_eq!(get(&fixture, &import).await.state(), ImportState::Uploaded);
    let dropped = disapprove(&fixture, &import).await.unwrap();
    assert_eq!(dropped.state(), ImportState::Disapproved);
    let free = "SELECT count(*) FROM imports WHERE lease_token IS NULL";
    assert_eq!(fixture.database.count(free).await, 1, "whoever held it lost it");

    let import = upload(&fixture, &good(3)).await.unwrap();
    fixture.database.execute(looked_at_again).await;
    pass(&fixture, Duration::from_secs(8 * 24 * 3600));
    assert_eq!(get(&fixture, &import).await.state(), ImportState::Expired);
    assert_eq!(reason(disapprove(&fixture, &import).await), R::ImportState);
    let witness = some_upload(&fixture).await;
    approve(&fixture, &witness).await.unwrap();
    applied(&fixture, &witness).await;
    assert_eq!(
        get(&fixture, &import).await.state(),
        ImportState::Expired,
        "no worker made its preview"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_of_thousands_of_rows_is_made_again_part_by_part() {
    let fixture = Fixture::new().await;
    fixture.subscribe(10_000, 1_000_000).await;
    let import = upload(&fixture, &good(4_500)).await.unwrap();
    fixture.group("Cooks").await;
    assert_eq!(reason(approve(&fixture, &import).await), R::ImportPreviewStale);
    let again = previewed_again(&fixture, &import).await;
    assert_ne!(again.etag, import.etag);
    assert_eq!((again.row_count, again.valid_count), (4_500, 4_500));
    assert_eq!(
        fixture.database.count("SELECT count(*) FROM import_rows").await,
        4_500
    );
}
