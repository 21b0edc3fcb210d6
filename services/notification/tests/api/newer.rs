//! Deliveries that a newer release made, while this one still runs.

use muster_ids::InvitationName;

use crate::fixture::{Fixture, words};

/// What a later migration would do, as far as it matters here.
async fn newer_words(fixture: &Fixture) {
    fixture
        .database
        .execute("ALTER TABLE deliveries DROP CONSTRAINT deliveries_phase")
        .await;
}

async fn set(fixture: &Fixture, subject: InvitationName, change: &str) {
    let mut connection = fixture.database.connection().await;
    let statement = format!("UPDATE deliveries SET {change} WHERE subject = $1");
    sqlx::query(sqlx::AssertSqlSafe(statement))
        .bind(subject.to_string())
        .execute(&mut connection)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_of_another_purpose_is_left_to_the_release_that_knows_it() {
    let fixture = Fixture::new().await;
    newer_words(&fixture).await;
    let (newer, known) = (fixture.ask().await, fixture.ask().await);
    set(&fixture, newer, "purpose = 'REMIND'").await;
    assert_eq!(words(&fixture.step().await), ["taken"]);
    assert_eq!(fixture.row(known).await.state, "SENT");
    assert_eq!(fixture.row(newer).await.state, "QUEUED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_cannot_be_read_takes_no_other_with_it() {
    let fixture = Fixture::new().await;
    let (broken, sound) = (fixture.ask().await, fixture.ask().await);
    set(&fixture, broken, "attempts = 1, subject = subject || '/more'").await;
    assert_eq!(words(&fixture.step().await), ["taken"]);
    assert_eq!(fixture.row(sound).await.state, "SENT");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_gone_in_an_unknown_phase_holds_up_no_recovery() {
    let fixture = Fixture::new().await;
    newer_words(&fixture).await;
    let (newer, known) = (fixture.ask().await, fixture.ask().await);
    let gone =
        "state = 'SENDING', lease_token = gen_random_uuid(), lease_until = 'epoch', next_attempt_time = NULL";
    set(&fixture, newer, &format!("{gone}, phase = 'HALFWAY'")).await;
    set(&fixture, known, &format!("{gone}, phase = 'BEFORE_DOT'")).await;
    assert_eq!(words(&fixture.step().await), ["taken"]);
    assert_eq!(fixture.row(known).await.state, "SENT");
    assert_eq!(fixture.row(newer).await.state, "SENDING");
}
