//! How an import stands, as a stream.

use std::time::Duration;

use futures::future::join_all;
use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::import_service_client::ImportServiceClient;
use muster_proto::invitation::v1::{Import, ImportState as S, WatchImportRequest, WatchImportResponse};
use muster_testkit::TestCaller;
use tokio::time::timeout;
use tonic::{Status, Streaming};

use crate::fixture::{Fixture, reason};
use crate::upload::{approve, disapprove, get, good, upload};

const SOON: Duration = Duration::from_secs(20);

async fn watch_by_name(fixture: &Fixture, name: &str) -> Result<Streaming<WatchImportResponse>, Status> {
    let request = WatchImportRequest {
        name: name.to_owned(),
    };
    let mut client = ImportServiceClient::new(fixture.as_who(fixture.owner()));
    Ok(client.watch_import(request).await?.into_inner())
}

async fn watch(fixture: &Fixture, import: &Import) -> Streaming<WatchImportResponse> {
    watch_by_name(fixture, &import.name).await.unwrap()
}

/// The next message; `None`: it is over.
async fn next(stream: &mut Streaming<WatchImportResponse>) -> Option<Import> {
    let message = timeout(SOON, stream.message()).await;
    let message = message.expect("nothing was said").unwrap();
    message.map(|told| told.import.unwrap())
}

/// How far it is.
fn progress(import: &Import) -> (S, i32) {
    (import.state(), import.applied_count + import.refused_count)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_is_told_from_its_preview_until_its_last_row() {
    const ROWS: i32 = 3_000;
    let fixture = Fixture::new().await;
    fixture.subscribe(100_000, 1_000_000).await;
    let import = upload(&fixture, &good(3_000)).await.unwrap();
    let mut stream = watch(&fixture, &import).await;
    assert_eq!(next(&mut stream).await.unwrap(), import);
    approve(&fixture, &import).await.unwrap();
    let mut told = Vec::new();
    while let Some(import) = next(&mut stream).await {
        told.push(import);
    }
    let steps: Vec<(S, i32)> = told.iter().map(progress).collect();
    let far = |(state, rows): &(S, i32)| {
        let place = [S::Ready, S::Approved, S::Applying, S::Applied]
            .iter()
            .position(|one| one == state);
        (place.unwrap(), *rows)
    };
    assert!(steps.is_sorted_by_key(far), "no step back: {steps:?}");
    assert!(
        steps
            .iter()
            .any(|(state, rows)| *state == S::Applying && (1..ROWS).contains(rows)),
        "{steps:?}"
    );
    assert_eq!(steps.last(), Some(&(S::Applied, ROWS)));
    assert_eq!(told.last(), Some(&get(&fixture, &import).await));
    // Who comes when it is over is told so.
    let mut late = watch(&fixture, &import).await;
    assert_eq!(next(&mut late).await.as_ref(), told.last());
    assert_eq!(next(&mut late).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_who_are_cut_off_or_stall_know_in_the_end_what_has_become_of_it() {
    let fixture = Fixture::new().await;
    fixture.subscribe(100_000, 1_000_000).await;
    let import = upload(&fixture, &good(2_000)).await.unwrap();
    let watching = (0..50).map(|number| {
        let (fixture, import) = (&fixture, &import);
        async move {
            let mut stream = watch(fixture, import).await;
            let mut known = next(&mut stream).await.unwrap();
            let mut cuts = 0;
            while let Some(told) = next(&mut stream).await {
                assert!(
                    told.applied_count >= known.applied_count,
                    "{told:?} after {known:?}"
                );
                known = told;
                if number % 3 == 1 && cuts == 0 {
                    tokio::time::sleep(Duration::from_secs(3)).await;
                }
                if number % 3 == 2 && cuts < 5 {
                    stream = watch(fixture, import).await;
                }
                cuts += 1;
            }
            known
        }
    });
    let approving = approve(&fixture, &import);
    let (known, approved) = tokio::join!(join_all(watching), approving);
    approved.unwrap();
    let stands = get(&fixture, &import).await;
    assert_eq!(progress(&stands), (S::Applied, 2_000));
    assert!(known.iter().all(|known| *known == stands));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_with_whatever_nothing_more_becomes_of() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let import = upload(&fixture, &good(1)).await.unwrap();
    let mut stream = watch(&fixture, &import).await;
    assert_eq!(next(&mut stream).await.unwrap().state(), S::Ready);
    disapprove(&fixture, &import).await.unwrap();
    assert_eq!(next(&mut stream).await.unwrap().state(), S::Disapproved);
    assert_eq!(next(&mut stream).await, None);

    let import = upload(&fixture, &good(2)).await.unwrap();
    let mut stream = watch(&fixture, &import).await;
    next(&mut stream).await.unwrap();
    // Its time runs out, which no row says; and until it is told the last is said again.
    fixture
        .database
        .execute("UPDATE imports SET expire_time = create_time + interval '1 hour'")
        .await;
    let begin = std::time::Instant::now();
    assert_eq!(next(&mut stream).await.unwrap().state(), S::Ready);
    let waited = begin.elapsed();
    assert!((9..=15).contains(&waited.as_secs()), "after {waited:?}");
    drop(stream);
    fixture
        .database
        .execute("UPDATE imports SET expire_time = create_time, version = version + 1")
        .await;
    let mut stream = watch(&fixture, &import).await;
    assert_eq!(next(&mut stream).await.unwrap().state(), S::Expired);
    assert_eq!(next(&mut stream).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_watches_what_is_not_there_or_another_organizations() {
    let mut fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let import = upload(&fixture, &good(1)).await.unwrap();
    let absent = format!(
        "{}/imports/0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88",
        fixture.parent()
    );
    assert_eq!(reason(watch_by_name(&fixture, &absent).await), R::NotFound);
    let other = fixture.new_organization("somebody").await;
    let organization = std::mem::replace(&mut fixture.organization, other);
    let (_, id) = import.name.rsplit_once('/').unwrap();
    let theirs = format!("{}/imports/{id}", fixture.parent());
    assert_eq!(reason(watch_by_name(&fixture, &theirs).await), R::NotFound);
    let foreign = watch_by_name(&fixture, &import.name).await;
    assert_eq!(reason(foreign), R::PermissionDenied);
    fixture.organization = organization;
    let mut client = ImportServiceClient::new(fixture.as_who(TestCaller::Nobody));
    let request = WatchImportRequest { name: import.name };
    assert_eq!(reason(client.watch_import(request).await), R::TokenMissing);
}
