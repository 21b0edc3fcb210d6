//! Who acts is known to the transaction, and to no other one.

use muster_database::origin::{self, Origin};
use muster_database::{Database, DatabaseError};
use sqlx::PgConnection;

use crate::support::TestDatabase;

async fn actor(tx: &mut PgConnection) -> Result<String, DatabaseError> {
    let asking = sqlx::query_scalar("SELECT current_setting('muster.actor')");
    Ok(asking.fetch_one(tx).await?)
}

async fn acting(database: &Database, as_whom: &str) -> String {
    database.write_as(as_whom, actor).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_says_on_whose_behalf_it_is_and_the_next_one_on_the_connection_is_the_services_own() {
    let test = TestDatabase::with_pool(1).await;
    let own = test.database.write(actor).await.unwrap();
    assert_eq!(own, "service:muster");
    assert_eq!(acting(&test.database, "person:1").await, "person:1");
    assert_eq!(test.database.write(actor).await.unwrap(), own);
    let dropped = test.database.write_as("person:2", async |tx| {
        actor(tx).await?;
        Err::<(), _>(DatabaseError::Timeout(None))
    });
    dropped.await.unwrap_err();
    assert_eq!(test.database.read(actor).await.unwrap(), own);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_an_actor_is_called_it_ends_no_statement() {
    let test = TestDatabase::with_tables(1).await;
    let name = r"it's \'; DROP TABLE work; --";
    assert_eq!(acting(&test.database, name).await, name);
    assert_eq!(test.count("SELECT count(*) FROM work").await, 0);
}

async fn occasion(tx: &mut PgConnection) -> Result<(String, String), DatabaseError> {
    let asking = sqlx::query_as(
        "SELECT coalesce(current_setting('muster.role', true), ''), coalesce(current_setting('muster.cause', true), '')",
    );
    Ok(asking.fetch_one(tx).await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_says_what_led_to_it_and_the_next_one_on_the_connection_does_not() {
    let test = TestDatabase::with_pool(1).await;
    let told = |role: &str, cause: &str| (role.to_owned(), cause.to_owned());
    let nothing = told("", "");
    assert_eq!(test.database.write(occasion).await.unwrap(), nothing);
    let call = Origin {
        role: "OWNER",
        cause: "/package.Service/It's\nMethod".into(),
    };
    let calling = origin::scope(call, async {
        let own = test.database.write(occasion).await.unwrap();
        (own, test.database.write_as("person:1", occasion).await.unwrap())
    });
    let cause = "/package.Service/It's Method";
    // The role is that of who calls, and not of the service.
    assert_eq!(calling.await, (told("", cause), told("OWNER", cause)));
    let due = origin::scope(Origin::job("expiry"), test.database.write(occasion));
    assert_eq!(due.await.unwrap(), told("", "job expiry"));
    assert_eq!(test.database.write(occasion).await.unwrap(), nothing);
}
