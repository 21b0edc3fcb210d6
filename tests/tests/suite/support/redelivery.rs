//! Events that come again, and older ones after newer ones.

use muster_testkit::eventually;

use super::{Database, Organization, SERVICES, Suite};

const PUBLISHERS: [&str; 4] = ["organization", "employment", "invitation", "notification"];

/// What is published from now on.
pub(crate) struct Redelivery {
    since: String,
}

impl Redelivery {
    pub(crate) async fn since_now(suite: &Suite) -> Self {
        let clock = Database::of(suite, "organization").await;
        let now = r#"SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"#;
        Self {
            since: clock.text(now).await,
        }
    }

    /// Has everything published again, as operators do, and waits until it was heard. Of what concerns the organization, consumers
    /// recognise the newest event of each employment alone: all others come to them as if for the first time, after that one. None of
    /// them is parked.
    pub(crate) async fn happens(&self, suite: &Suite, organization: &Organization) {
        let older = older(suite, organization).await;
        assert!(older.len() > 3, "{older:?}");
        let quoted: Vec<String> = older.iter().map(|(id, _)| format!("'{id}'")).collect();
        let those = format!("FROM inbox WHERE id IN ({})", quoted.join(", "));
        let (count, forget) = (format!("SELECT count(*) {those}"), format!("DELETE {those}"));
        let mut forgotten = Vec::new();
        for consumer in SERVICES {
            let consumer = Database::of(suite, consumer).await;
            let heard = i64::try_from(consumer.run(&forget).await).unwrap();
            forgotten.push((consumer, heard));
        }
        for publisher in PUBLISHERS {
            let said = suite.operate(publisher, &["outbox", "republish", "--since", &self.since]);
            assert!(said.contains("to be published again"), "{said}");
        }
        for publisher in PUBLISHERS {
            let publisher = Database::of(suite, publisher).await;
            let waiting = "SELECT count(*) FROM outbox WHERE published_at IS NULL";
            eventually(async || publisher.number(waiting).await == 0).await;
        }
        for (consumer, heard) in &forgotten {
            eventually(async || consumer.number(&count).await >= *heard).await;
        }
        none_is_parked(suite, &older);
    }

    /// The same, one event after the other, the newest first: each comes as if for the first time after all that followed it.
    pub(crate) async fn happens_backwards(&self, suite: &Suite, organization: &Organization) {
        let mut older = older(suite, organization).await;
        assert!(older.len() > 3, "{older:?}");
        // Their ids begin with the time.
        older.sort();
        let mut consumers = Vec::new();
        for consumer in SERVICES {
            consumers.push(Database::of(suite, consumer).await);
        }
        for (id, publisher) in older.iter().rev() {
            let mut heard = Vec::new();
            for consumer in &consumers {
                if consumer
                    .run(&format!("DELETE FROM inbox WHERE id = '{id}'"))
                    .await
                    == 1
                {
                    heard.push(consumer);
                }
            }
            let said = suite.operate(publisher, &["outbox", "republish", "--event", id]);
            assert!(said.starts_with("1 to be published again"), "{said}");
            let hears = format!("SELECT count(*) FROM inbox WHERE id = '{id}'");
            for consumer in heard {
                eventually(async || consumer.number(&hears).await == 1).await;
            }
        }
        none_is_parked(suite, &older);
    }
}

fn none_is_parked(suite: &Suite, events: &[(String, &str)]) {
    for consumer in SERVICES {
        let parked = suite.operate(consumer, &["parked", "list"]);
        let ours: Vec<&str> = parked
            .lines()
            .filter(|line| events.iter().any(|(id, _)| line.contains(id)))
            .collect();
        assert!(ours.is_empty(), "{consumer} has parked {ours:?}");
    }
}

/// The events of the organization, each with who publishes it, but for the newest of each employment.
async fn older(suite: &Suite, organization: &Organization) -> Vec<(String, &'static str)> {
    let mut older = Vec::new();
    for publisher in PUBLISHERS {
        let question = format!(
            "SELECT coalesce(string_agg(e.id::text, ' '), '') FROM outbox e
              WHERE e.organization_id = '{}'
                AND NOT (e.event_type LIKE 'employment.%'
                         AND NOT EXISTS (SELECT FROM outbox newer WHERE newer.aggregate_id = e.aggregate_id
                                                                    AND newer.aggregate_seq > e.aggregate_seq))",
            organization.id()
        );
        let ids = Database::of(suite, publisher).await.text(&question).await;
        older.extend(ids.split_whitespace().map(|id| (id.to_owned(), publisher)));
    }
    older
}
