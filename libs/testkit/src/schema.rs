//! What the tables of a service promise.

use crate::TestDatabase;

/// They are read across organizations, and every service has them: ARCHITECTURE.md says why.
const TABLES_OF_LIBRARIES: &[&str] = &["idempotency", "inbox", "lease_holders", "outbox", "periodic_jobs"];

impl TestDatabase {
    /// Columns that say nothing of what they hold, as `table.column`.
    pub async fn unexplained_columns(&self) -> Vec<String> {
        sqlx::query_scalar(
            r"SELECT c.table_name || '.' || c.column_name FROM information_schema.columns c
             WHERE c.table_schema = 'public' AND c.table_name NOT LIKE '\_%\_migrations'
               AND col_description(format('%I.%I', c.table_schema, c.table_name)::regclass, c.ordinal_position) IS NULL",
        )
        .fetch_all(&mut self.connection().await)
        .await
        .expect("the catalog is read")
    }

    /// Tables of the service itself whose primary key begins with none of these columns, in order.
    pub async fn tables_keyed_otherwise(&self, owners: &[&str]) -> Vec<String> {
        sqlx::query_scalar(
            r"SELECT i.indrelid::regclass::text FROM pg_index i
             JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
             JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE i.indisprimary AND n.nspname = 'public' AND a.attname <> ALL($1)
               AND c.relname NOT LIKE '\_%\_migrations' AND c.relname <> ALL($2) ORDER BY 1",
        )
        .bind(owners)
        .bind(TABLES_OF_LIBRARIES)
        .fetch_all(&mut self.connection().await)
        .await
        .expect("the catalog is read")
    }
}
