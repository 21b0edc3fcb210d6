//! Everything that is stored of an organization, wherever: for what must change nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_testkit::eventually_some;

use super::{Database, Organization, Suite};

const SERVICES: [&str; 5] = [
    "organization",
    "employment",
    "invitation",
    "notification",
    "records",
];
/// What comes and goes by itself: what was published or answered is swept away after a while.
const PASSING: [&str; 3] = ["outbox", "inbox", "idempotency"];

/// How many rows each table has of it, and what they say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snapshot(BTreeMap<String, String>);

impl Snapshot {
    /// Once nothing moves any more.
    pub(crate) async fn settled(suite: &Suite, organization: &Organization) -> Self {
        eventually_some(async || {
            let before = Self::of(suite, organization).await;
            tokio::time::sleep(Duration::from_secs(2)).await;
            let now = Self::of(suite, organization).await;
            (before == now).then_some(now)
        })
        .await
    }

    async fn of(suite: &Suite, organization: &Organization) -> Self {
        let mut tables = BTreeMap::new();
        for service in SERVICES {
            let database = Database::of(suite, service).await;
            let all = "SELECT string_agg(table_name, ' ') FROM information_schema.columns \
                       WHERE table_schema = 'public' AND column_name = 'organization_id'";
            for table in database.text(all).await.split(' ') {
                if PASSING.contains(&table) {
                    continue;
                }
                let rows = format!(
                    "SELECT count(*) || ' rows, ' || md5(COALESCE(string_agg(t::text, '' ORDER BY t::text), '')) \
                     FROM {table} t WHERE organization_id = '{}'",
                    organization.id()
                );
                tables.insert(format!("{service}.{table}"), database.text(&rows).await);
            }
        }
        assert!(tables.len() > 20, "{tables:?}");
        Self(tables)
    }
}
