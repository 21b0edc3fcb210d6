//! A service's own database, for what has no RPC: to count what is stored, and to bring about a state whose verb is still
//! to come. What is tested is asked for through the edge.

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::sync::Mutex;

use super::Suite;

/// One connection.
pub(crate) struct Database(Mutex<PgConnection>);

impl Database {
    /// The database of a service, as the suite's settings for it say.
    pub(crate) async fn of(suite: &Suite, service: &str) -> Self {
        let settings = std::fs::read_to_string(suite.dir().join("env").join(service)).unwrap();
        let url = settings
            .lines()
            .find_map(|line| line.strip_prefix("MUSTER_DATABASE_URL="))
            .expect("a service has a database");
        let mut connection = PgConnection::connect(url.trim_matches('\'')).await.unwrap();
        // The role's limit is for calls that somebody waits for; here a busy machine may take its time.
        let unlimited = sqlx::query("SET statement_timeout = 0");
        unlimited.execute(&mut connection).await.unwrap();
        Self(Mutex::new(connection))
    }

    /// The one number that a question gives.
    pub(crate) async fn number(&self, question: &str) -> i64 {
        let mut connection = self.0.lock().await;
        let asked = sqlx::query_scalar(AssertSqlSafe(question));
        asked.fetch_one(&mut *connection).await.unwrap()
    }

    /// The one text that a question gives.
    pub(crate) async fn text(&self, question: &str) -> String {
        let mut connection = self.0.lock().await;
        let asked = sqlx::query_scalar(AssertSqlSafe(question));
        asked.fetch_one(&mut *connection).await.unwrap()
    }

    /// Changes exactly one row.
    pub(crate) async fn change(&self, statement: &str) {
        assert_eq!(self.run(statement).await, 1, "{statement}");
    }

    /// Runs a statement and tells how many rows it touched.
    pub(crate) async fn run(&self, statement: &str) -> u64 {
        let mut connection = self.0.lock().await;
        let query = sqlx::query(AssertSqlSafe(statement));
        query.execute(&mut *connection).await.unwrap().rows_affected()
    }
}
