//! Words that stand in statements and in the schema are those of the enums.

use std::collections::BTreeSet;

use muster_address::EmailAddress;
use muster_testkit::TestDatabase;

use super::super::state_lists::{live, mailbox, occupying, to_do, undecided};
use super::database;
use crate::domain::import::{ImportState, RowState};
use crate::domain::invitation::{DeliveryState, Source, StateName, Unanswered};
use crate::domain::join_request::JoinRequestState;
use crate::domain::mailbox::Mailbox;

#[tokio::test(flavor = "multi_thread")]
async fn the_database_counts_by_the_mailbox_that_the_domain_counts_by() {
    let database = database().await;
    let mut connection = database.connection().await;
    for address in [
        "Ada@x.test",
        "a.d.a+b+c@x.test",
        "+a@x.test",
        "a..b@x.test",
        "\u{e4}.b@b\u{fc}cher.test",
        "a+@x.test",
    ] {
        let Ok(address) = address.parse::<EmailAddress>() else {
            continue;
        };
        let counted: String = sqlx::query_scalar(concat!(
            "SELECT ",
            mailbox!("i"),
            " FROM (SELECT $1::text AS address_canonical) AS i"
        ))
        .bind(address.canonical())
        .fetch_one(&mut connection)
        .await
        .unwrap();
        assert_eq!(counted, Mailbox::of(&address).as_str());
    }
}

/// The words between quotation marks.
fn quoted(sql: &str) -> BTreeSet<&str> {
    sql.split('\'').skip(1).step_by(2).collect()
}

async fn definition(database: &TestDatabase, query: &'static str, name: &str) -> String {
    sqlx::query_scalar(query)
        .bind(name)
        .fetch_one(&mut database.connection().await)
        .await
        .unwrap()
}

/// The condition of a partial index.
async fn index(database: &TestDatabase, name: &str) -> String {
    let query = "SELECT pg_get_expr(indpred, indrelid) FROM pg_index WHERE indexrelid = $1::regclass";
    definition(database, query, name).await
}

/// The check of a column.
async fn check(database: &TestDatabase, name: &str) -> String {
    let query = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = $1";
    definition(database, query, name).await
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_and_partial_indexes_spell_the_lists_of_the_enums() {
    let database = database().await;
    let alive = BTreeSet::from(StateName::LIVE.map(StateName::as_str));
    assert_eq!(quoted(live!()), alive);
    assert_eq!(quoted(&index(&database, "invitations_expiring").await), alive);
    let occupied = BTreeSet::from(StateName::OCCUPYING.map(StateName::as_str));
    assert_eq!(quoted(occupying!()), occupied);
    assert_eq!(quoted(&index(&database, "invitations_one_live").await), occupied);
    let to_do = BTreeSet::from(ImportState::TO_DO.map(ImportState::as_str));
    assert_eq!(quoted(to_do!()), to_do);
    assert_eq!(quoted(&index(&database, "imports_to_do").await), to_do);
    let undecided = BTreeSet::from(ImportState::UNDECIDED.map(ImportState::as_str));
    assert_eq!(quoted(undecided!()), undecided);
    assert_eq!(quoted(&index(&database, "imports_undecided").await), undecided);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_takes_the_words_of_the_enums_and_no_others() {
    let database = database().await;
    let stored = ImportState::ALL
        .iter()
        .filter(|state| **state != ImportState::Expired);
    let delivered = DeliveryState::ALL
        .iter()
        .filter(|state| **state != DeliveryState::Sending);
    let columns = [
        ("invitations_state_check", StateName::WORDS.to_vec()),
        (
            "invitations_state_before_decline_check",
            Unanswered::WORDS.to_vec(),
        ),
        ("invitations_source_check", Source::WORDS.to_vec()),
        (
            "invitations_delivery_state_check",
            delivered.map(|state| state.as_str()).collect(),
        ),
        (
            "imports_state_check",
            stored.map(|state| state.as_str()).collect(),
        ),
        ("import_rows_state_check", RowState::WORDS.to_vec()),
        ("join_requests_state_check", JoinRequestState::WORDS.to_vec()),
    ];
    for (constraint, words) in columns {
        let definition = check(&database, constraint).await;
        assert_eq!(quoted(&definition), words.into_iter().collect(), "{constraint}");
    }
}
