//! The role that serves, as `deploy/engines/postgres.yaml` makes it, reads and writes rows and changes no table.

use muster_database::{Database, DatabaseError, DatabaseOptions};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::support::TestDatabase;

const RIGHTS: &str = "pg_read_all_data, pg_write_all_data";

/// The database as a role sees it that has these rights and owns nothing. The server outlives the test, and so may the role.
async fn limited(database: &TestDatabase) -> Database {
    let role = format!("serves_{}", std::process::id());
    let made =
        format!("DROP ROLE IF EXISTS {role}; CREATE ROLE {role} LOGIN PASSWORD 'serves' IN ROLE {RIGHTS}");
    let mut connection = database.connection().await;
    sqlx::raw_sql(AssertSqlSafe(made))
        .execute(&mut connection)
        .await
        .unwrap();
    let (_, place) = database.url.rsplit_once('@').unwrap();
    let url = format!("postgres://{role}:serves@{place}");
    Database::connect(DatabaseOptions::new(&url)).unwrap()
}

async fn run(database: &Database, statement: &'static str) -> Result<(), DatabaseError> {
    database
        .write(async |tx| {
            sqlx::query(statement).execute(tx).await?;
            Ok(())
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_role_that_serves_reads_and_writes_rows_and_changes_no_table() {
    let committed = include_str!("../../../../deploy/engines/postgres.yaml");
    assert_eq!(committed.matches(&format!("inRoles: [{RIGHTS}]")).count(), 5);

    let database = TestDatabase::with_tables(2).await;
    let serves = limited(&database).await;
    let id = Uuid::from_u128(1);
    serves
        .write(async |tx| {
            sqlx::query("INSERT INTO work (id) VALUES ($1)")
                .bind(id)
                .execute(&mut *tx)
                .await?;
            let found: Uuid = sqlx::query_scalar("SELECT id FROM work FOR UPDATE")
                .fetch_one(&mut *tx)
                .await?;
            assert_eq!(found, id);
            sqlx::query("DELETE FROM work").execute(tx).await?;
            Ok::<_, DatabaseError>(())
        })
        .await
        .unwrap();
    for statement in [
        "ALTER TABLE work ADD more int",
        "DROP TABLE work",
        "TRUNCATE work",
        "CREATE TABLE mine (id int)",
    ] {
        assert!(run(&serves, statement).await.is_err(), "{statement}");
    }
    serves.close().await;
}
