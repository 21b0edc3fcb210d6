//! The guards of a change. While the row is locked nothing comes between, so no call can try them.

use std::collections::BTreeSet;

use muster_server::Service;
use muster_states::Transition;
use muster_testkit::TestDatabase;
use sqlx::Connection;
use time::macros::datetime;

use super::*;
use crate::EmploymentService;
use crate::domain::{EmploymentFilter, Hiring, VerificationBasis};

const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

/// Somebody claims to work there, or is vouched for.
fn hiring(basis: VerificationBasis) -> Hiring {
    Hiring {
        organization: Uuid::from_u128(1).into(),
        person: Uuid::from_u128(2).into(),
        person_display_name: "Ada".to_owned(),
        basis,
        groups: BTreeSet::new(),
        location: None,
        invitation: None,
        accept_time: None,
        vouch_time: None,
        verifiers: std::collections::BTreeSet::new(),
        start: None,
        positions: Vec::new(),
        consent: None,
    }
}

fn claim() -> Employment {
    Employment::begin(
        Uuid::from_u128(3).into(),
        &hiring(VerificationBasis::SelfAsserted),
        4,
        NOW,
    )
}

fn verified(claim: Employment) -> Employment {
    match claim.join(&hiring(VerificationBasis::Vouched), NOW) {
        Transition::Changed(verified) => verified,
        other => panic!("{other:?}"),
    }
}

/// A thousand others work there.
const CROWD: &str = "INSERT INTO employments (organization_id, employment_id, person_id, person_display_name, state,
        version, create_time, update_time, verify_time)
    SELECT '00000000-0000-0000-0000-000000000001', lpad(to_hex(n), 32, '0')::uuid, gen_random_uuid(), 'Bob', 'VERIFIED',
        1, now(), now(), now()
    FROM generate_series(10, 1009) AS n";

async fn rows_read(tx: &mut PgConnection) -> i64 {
    let counted = "SELECT idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'employments'";
    sqlx::query_scalar(counted).fetch_one(tx).await.unwrap()
}

/// How many rows were read to change one employment, and to list ten in the middle of a thousand.
async fn costs(connection: &mut PgConnection, claim: &Employment) -> (i64, i64) {
    let verified = verified(claim.clone());
    let middle = ListPosition {
        id: Some(Uuid::from_u128(500).into()),
        ..ListPosition::default()
    };
    let mut tx = connection.begin().await.unwrap();
    let before = rows_read(&mut tx).await;
    // Of an empty table it changes nothing, and says so.
    drop(update(&mut tx, &verified, NOW).await);
    let changed = rows_read(&mut tx).await;
    let everybody = EmploymentFilter::default();
    list(&mut tx, claim.organization, &everybody, Some(middle), 10)
        .await
        .unwrap();
    let listed = rows_read(&mut tx).await;
    tx.commit().await.unwrap();
    (changed - before, listed - changed)
}

/// A process keeps the plans that it made while the table was young.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_does_not_grow_with_the_organization() {
    let database = TestDatabase::new(&EmploymentService::MIGRATOR, EmploymentService::NAME).await;
    let mut connection = database.connection().await;
    let keep = "SET plan_cache_mode = force_generic_plan; SET random_page_cost = 1.1";
    sqlx::raw_sql(keep).execute(&mut connection).await.unwrap();
    let claim = claim();
    assert_eq!(costs(&mut connection, &claim).await, (0, 0));
    let inserted = insert(&mut connection, &claim).await.unwrap();
    assert_eq!(inserted, Insertion::Stored);
    database.execute(CROWD).await;
    let (update, list) = costs(&mut connection, &claim).await;
    assert!(
        update < 10 && (10..20).contains(&list),
        "{update} and {list} rows"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employment_that_is_over_or_has_changed_is_not_stored_over() {
    for meanwhile in [
        "UPDATE employments SET state = 'ENDED'",
        "UPDATE employments SET state = 'REJECTED'",
        "UPDATE employments SET state = 'WITHDRAWN'",
        "UPDATE employments SET version = version + 1",
        "UPDATE employments SET version = version - 1",
    ] {
        let database = TestDatabase::new(&EmploymentService::MIGRATOR, EmploymentService::NAME).await;
        let mut connection = database.connection().await;
        let claim = claim();
        assert_eq!(insert(&mut connection, &claim).await.unwrap(), Insertion::Stored);
        database.execute(meanwhile).await;
        let verified = verified(claim);
        let stored = update(&mut connection, &verified, NOW).await;
        assert!(
            matches!(stored, Err(DatabaseError::Inconsistent(_))),
            "after {meanwhile}: {stored:?}"
        );
        let stored = find(&mut connection, verified.organization, verified.id)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(stored.verify_time, None, "after {meanwhile}");
    }
}
