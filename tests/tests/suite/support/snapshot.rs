//! Everything that is stored of an organization, wherever: for what must change nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_messaging::EventType;
use muster_testkit::eventually_some;

use super::{Database, Organization, SERVICES, Suite};

/// What comes and goes by itself: what was published or answered is swept away after a while, and what was changed of counts is folded into
/// them.
const PASSING: [&str; 6] = [
    "outbox",
    "inbox",
    "idempotency",
    "counted_organizations",
    "invitation_counts",
    "invitation_count_changes",
];

/// Each service's.
type Databases = BTreeMap<&'static str, Database>;

/// Each table's rows of it, as text, in order.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Snapshot(BTreeMap<String, String>);

impl Snapshot {
    /// Once nothing moves any more: no mail is on its way, and whatever was told of it is heard. That it stands still for a moment would
    /// not be enough: behind the mails of others, hundreds of which one test sends, it does so for longer.
    pub(crate) async fn settled(suite: &Suite, organization: &Organization) -> Self {
        let mut databases = BTreeMap::new();
        for service in SERVICES {
            databases.insert(service, Database::of(suite, service).await);
        }
        let of = organization.id();
        eventually_some(async || {
            is_quiet(&databases, of).await.then_some(())?;
            let before = Self::of(&databases, of).await;
            tokio::time::sleep(Duration::from_secs(2)).await;
            let now = Self::of(&databases, of).await;
            // What was heard while others were asked may have led to more.
            (before == now && is_quiet(&databases, of).await).then_some(now)
        })
        .await
    }

    /// Once nothing moves any more, every table says what it said; if not, the rows that are new and those that are gone are shown.
    pub(crate) async fn still_stands(&self, suite: &Suite, organization: &Organization, why: &str) {
        let now = Self::settled(suite, organization).await;
        let mut changes = Vec::new();
        for (table, rows) in &self.0 {
            let (before, after) = (rows.lines(), now.0[table].lines());
            let gone = before
                .clone()
                .filter(|row| !after.clone().any(|other| other == *row));
            let new = after
                .clone()
                .filter(|row| !before.clone().any(|other| other == *row));
            changes.extend(gone.map(|row| format!("{table} said {row}")));
            changes.extend(new.map(|row| format!("{table} says {row}")));
        }
        assert!(*self == now, "{why}:\n{}", changes.join("\n"));
    }

    async fn of(databases: &Databases, organization: &str) -> Self {
        let mut tables = BTreeMap::new();
        for (service, database) in databases {
            let all = "SELECT string_agg(table_name, ' ') FROM information_schema.columns \
                       WHERE table_schema = 'public' AND column_name = 'organization_id'";
            for table in database.text(all).await.split(' ') {
                if PASSING.contains(&table) {
                    continue;
                }
                let rows = format!(
                    "SELECT COALESCE(string_agg(t::text, E'\\n' ORDER BY t::text), '') \
                     FROM {table} t WHERE organization_id = '{organization}'"
                );
                tables.insert(format!("{service}.{table}"), database.text(&rows).await);
            }
        }
        assert!(tables.len() > 20, "{tables:?}");
        Self(tables)
    }
}

/// Whether no mail of the organization is on its way, everybody has heard of whatever they are told of it, and its history is sealed.
async fn is_quiet(databases: &Databases, organization: &str) -> bool {
    let waiting = format!(
        "SELECT count(*) FROM deliveries WHERE organization_id = '{organization}' AND state IN ('QUEUED', 'SENDING', 'DEFERRED')"
    );
    let told = format!(
        "SELECT coalesce(string_agg(event_type || ' ' || id, ','), '') FROM outbox WHERE organization_id = '{organization}'"
    );
    let unsealed = format!(
        "SELECT count(*) FROM history_entries WHERE organization_id = '{organization}' AND position IS NULL"
    );
    for service in ["employment", "organization", "records"] {
        if databases[service].number(&unsealed).await > 0 {
            return false;
        }
    }
    let mut hears: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for database in databases.values() {
        let told = database.text(&told).await;
        for (kind, event) in told.split(',').filter_map(|event| event.split_once(' ')) {
            let kind = EventType::of_routing_key(kind).expect("what is published is in the table");
            for queue in kind.spec().consumers {
                let events = hears.entry(queue.service).or_default();
                events.push(format!("('{event}'::uuid)"));
            }
        }
    }
    for (service, events) in hears {
        let unheard = format!(
            "SELECT count(*) FROM (VALUES {}) AS told (id) WHERE NOT EXISTS (SELECT FROM inbox WHERE inbox.id = told.id)",
            events.join(", ")
        );
        if databases[service].number(&unheard).await > 0 {
            return false;
        }
    }
    databases["notification"].number(&waiting).await == 0
}
