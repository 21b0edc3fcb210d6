//! Events, from the databases of those who published and of those who apply them.

use std::collections::BTreeSet;

use muster_local::suite::OWNERS;
use muster_messaging::topology::EventType;
use uuid::Uuid;

use super::Finding;
use crate::place::Place;

/// Whether everybody who is told of an event has applied it.
///
/// # Errors
/// A database does not answer.
pub(super) async fn applied(place: &Place) -> anyhow::Result<Finding> {
    let (looked_at, problems) = unheard(place).await?;
    Ok(Finding {
        promise: "every event was published, and applied by everybody who is told",
        looked_at,
        problems,
    })
}

/// How many events there are, and in one line each which of them was not published, or not applied by somebody who is told.
///
/// # Errors
/// A database does not answer.
pub(crate) async fn unheard(place: &Place) -> anyhow::Result<(usize, Vec<String>)> {
    let organization = place.organization_id()?;
    let (mut looked_at, mut problems) = (0, Vec::new());
    for publisher in OWNERS {
        let published: Vec<(Uuid, String, bool)> = sqlx::query_as(
            "SELECT id, event_type, published_at IS NOT NULL FROM outbox WHERE organization_id = $1",
        )
        .bind(organization)
        .fetch_all(place.database(publisher)?)
        .await?;
        looked_at += published.len();
        for (id, event, was_published) in &published {
            if !was_published {
                problems.push(format!("{publisher} did not publish {event} {id}"));
            }
        }
        for consumer in OWNERS {
            let told: Vec<&(Uuid, String, bool)> = published
                .iter()
                .filter(|(_, event, _)| is_told(consumer, event))
                .collect();
            let ids: Vec<Uuid> = told.iter().map(|(id, ..)| *id).collect();
            let known: Vec<Uuid> = sqlx::query_scalar("SELECT id FROM inbox WHERE id = ANY ($1)")
                .bind(&ids)
                .fetch_all(place.database(consumer)?)
                .await?;
            let known: BTreeSet<Uuid> = known.into_iter().collect();
            for (id, event, _) in told {
                if !known.contains(id) {
                    problems.push(format!("{consumer} has not applied {event} {id} of {publisher}"));
                }
            }
        }
    }
    Ok((looked_at, problems))
}

fn is_told(service: &str, event: &str) -> bool {
    let spec = EventType::of_routing_key(event).map(EventType::spec);
    spec.is_some_and(|spec| spec.consumers.iter().any(|queue| queue.service == service))
}
