//! Applying while groups go, while the organization is halted, and beyond what a day has room for.

use std::time::Duration;

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{DeliveryState, ImportProblemReason, ImportRowState, ImportState};
use muster_testkit::eventually;

use crate::fixture::{Fixture, reason};
use crate::upload::{applied, approve, approve_all, good, rows, upload};

#[tokio::test(flavor = "multi_thread")]
async fn groups_that_go_while_applying_cost_only_their_rows() {
    let mut fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let file = b"email,groups\na@example.org,Nurses\nb@example.org,Aides\nc@example.org,Nurses;Aides\n";
    let import = upload(&fixture, file).await.unwrap();
    // Approved while no worker runs.
    fixture.stop().await;
    approve_all(&fixture).await;
    fixture
        .profile_sql("UPDATE groups SET state = 'INACTIVE' WHERE display_name = 'Aides'")
        .await;
    fixture.start().await;
    let done = applied(&fixture, &import).await;
    assert_eq!(done.state(), ImportState::AppliedWithErrors);
    assert_eq!((done.applied_count, done.refused_count), (2, 1));
    let refused = &rows(&fixture, &import).await[1];
    assert_eq!(refused.state(), ImportRowState::Refused);
    let problem = refused.problems.last().unwrap();
    assert!(!problem.description.is_empty());
    assert_eq!(
        (problem.reason(), problem.value.as_str()),
        (ImportProblemReason::GroupsInactive, "Aides")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_that_goes_before_the_approval_is_previewed_again_and_costs_its_rows() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    fixture.location("Second street").await;
    let file = b"email,groups,location\na@example.org,Nurses,Second street\n";
    let import = upload(&fixture, file).await.unwrap();
    let goes = "UPDATE locations SET state = 'INACTIVE' WHERE display_name = 'Second street'";
    fixture.profile_sql(goes).await;
    assert_eq!(reason(approve(&fixture, &import).await), R::ImportPreviewStale);
    let import = upload(&fixture, file).await.unwrap();
    assert_eq!((import.valid_count, import.error_count), (0, 1));
    let problem = rows(&fixture, &import).await[0].problems.last().unwrap().clone();
    assert_eq!(problem.column, "location");
    assert!(problem.description.contains("is not active"), "{problem:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_that_goes_while_applying_places_nobody() {
    let mut fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    fixture.location("Second street").await;
    let file = b"email,groups,location\na@example.org,Nurses,Second street\n";
    let import = upload(&fixture, file).await.unwrap();
    // Approved while no worker runs.
    fixture.stop().await;
    approve_all(&fixture).await;
    fixture
        .profile_sql("UPDATE locations SET state = 'INACTIVE' WHERE display_name = 'Second street'")
        .await;
    fixture.start().await;
    let done = applied(&fixture, &import).await;
    assert_eq!((done.applied_count, done.refused_count), (1, 0));
    let row = &rows(&fixture, &import).await[0];
    let made = fixture.get(&row.invitation).await.unwrap();
    assert_eq!(made.location, "", "invited, and placed nowhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_import_of_a_suspended_organization_is_paused() {
    let mut fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let import = upload(&fixture, &good(5)).await.unwrap();
    fixture.stop().await;
    approve_all(&fixture).await;
    fixture
        .profile_sql("UPDATE organizations SET state = 'SUSPENDED'")
        .await;
    fixture.start().await;
    // Looked at, and put off.
    let put_off = "SELECT count(*) FROM imports
                   WHERE state = 'APPLYING' AND lease_until = create_time + interval '5 seconds'";
    eventually(async || fixture.database.count(put_off).await == 1).await;
    assert_eq!(
        fixture.database.count("SELECT count(*) FROM invitations").await,
        0
    );
    fixture
        .profile_sql("UPDATE organizations SET state = 'ACTIVE'")
        .await;
    fixture.clock.advance(Duration::from_secs(6));
    assert_eq!(applied(&fixture, &import).await.applied_count, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_beyond_the_plans_day_go_out_on_the_following_days() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 20).await;
    let import = upload(&fixture, &good(50)).await.unwrap();
    approve(&fixture, &import).await.unwrap();
    assert_eq!(applied(&fixture, &import).await.applied_count, 50);
    for (day, count) in [(0, 20), (1, 20), (2, 10)] {
        let mut connection = fixture.database.connection().await;
        let days =
            "SELECT count(*) FROM invitations WHERE send_time - create_time = make_interval(days => $1)";
        let due: i64 = sqlx::query_scalar(days)
            .bind(day)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(due, count, "day {day}");
    }
    assert_eq!(fixture.database.count("SELECT count(*) FROM outbox").await, 20);
    let last = fixture
        .get(&rows(&fixture, &import).await[49].invitation)
        .await
        .unwrap();
    assert_eq!(last.delivery_state(), DeliveryState::Scheduled);
    assert_eq!(
        reason(fixture.create("x@example.org", &[&fixture.nurses]).await),
        R::PlanLimitExceeded
    );
}
