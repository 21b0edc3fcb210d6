//! How look-ups are planned while the table is young: a process keeps the plans it made then.

use sqlx::{AssertSqlSafe, PgConnection};

use crate::fixture::Fixture;

/// By what an invitation is found, and the index that serves it: its key, as by everybody; its key and what it must be, as by who
/// changes it; its address.
const LOOK_UPS: [(&str, &str); 4] = [
    (
        "(uuid, uuid) AS SELECT version FROM invitations WHERE organization_id = $1 AND invitation_id = $2",
        "invitations_pkey",
    ),
    (
        "(uuid, uuid) AS SELECT 1 FROM ONLY invitations WHERE organization_id = $1 AND invitation_id = $2 FOR KEY SHARE",
        "invitations_pkey",
    ),
    (
        "(uuid, uuid, text[]) AS UPDATE invitations SET version = version + 1
         WHERE organization_id = $1 AND invitation_id = $2 AND state = ANY ($3)",
        "invitations_pkey",
    ),
    (
        "(uuid, text) AS SELECT invitation_id FROM invitations WHERE organization_id = $1 AND address_canonical = $2
         AND state IN ('PROSPECT', 'PENDING', 'ACTIVE') FOR UPDATE",
        "invitations_one_live",
    ),
];

/// The plan that a process keeps, whatever the table becomes.
async fn kept_plan(connection: &mut PgConnection, look_up: &str) -> String {
    let values = vec!["NULL"; look_up.split(')').next().unwrap().split(',').count()].join(", ");
    for statement in [
        "SET plan_cache_mode = force_generic_plan".to_owned(),
        "DEALLOCATE ALL".to_owned(),
        format!("PREPARE look_up {look_up}"),
    ] {
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&mut *connection)
            .await
            .unwrap();
    }
    let explain = format!("EXPLAIN (COSTS OFF) EXECUTE look_up ({values})");
    let rows = sqlx::raw_sql(AssertSqlSafe(explain))
        .fetch_all(connection)
        .await
        .unwrap();
    let lines = rows.iter().map(|row| sqlx::Row::get::<String, _>(row, 0));
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_looked_for_by_its_whole_key_from_the_first_day() {
    let fixture = Fixture::new().await;
    let mut connection = fixture.database.connection().await;
    for (look_up, index) in LOOK_UPS {
        let plan = kept_plan(&mut connection, look_up).await;
        assert!(plan.contains(&format!("using {index} on")), "{look_up}\n{plan}");
    }
}
