//! The broker's queues, from outside.

use std::collections::BTreeMap;

use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties};
use muster_messaging::topology::QUEUES;

use super::place::Place;

/// How many messages wait in each queue.
///
/// # Errors
/// The broker does not answer.
pub(crate) async fn waiting(place: &Place) -> anyhow::Result<BTreeMap<&'static str, u32>> {
    counts(place, QUEUES.iter().map(|queue| queue.name)).await
}

/// How many messages are parked: nobody could apply them.
///
/// # Errors
/// The broker does not answer.
pub(crate) async fn parked(place: &Place) -> anyhow::Result<BTreeMap<&'static str, u32>> {
    counts(place, QUEUES.iter().map(|queue| queue.parked)).await
}

async fn counts(
    place: &Place,
    names: impl Iterator<Item = &'static str>,
) -> anyhow::Result<BTreeMap<&'static str, u32>> {
    let connection = Connection::connect(&place.broker_url()?, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    let passive = QueueDeclareOptions {
        passive: true,
        ..QueueDeclareOptions::default()
    };
    let mut counts = BTreeMap::new();
    for name in names {
        let queue = channel.queue_declare(name.into(), passive, FieldTable::default());
        counts.insert(name, queue.await?.message_count());
    }
    connection.close(200, "counted".into()).await?;
    Ok(counts)
}
