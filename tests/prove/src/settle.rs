//! Waiting until nothing is on its way.

use std::time::Duration;

use anyhow::bail;
use muster_local::status::parts;
use muster_local::suite::OWNERS;
use tokio::time::{Instant, sleep};

use super::place::Place;
use super::queues;

/// For everything that was held up to arrive: what may have been mailed is mailed again after half a minute, and a server that
/// was busy is asked again after minutes.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);
/// Looks in a row that find nothing: an event may be between two queues.
const MAX_LOOKS: u32 = 4;

/// Waits until every part answers, every event was published, every queue is empty, and every mail was sent or given up.
///
/// # Errors
/// Something is on its way for ten minutes: what, and where.
pub(crate) async fn wait(place: &Place) -> anyhow::Result<()> {
    let began = Instant::now();
    let mut looks = 0;
    while looks < MAX_LOOKS {
        let waits = match what_waits(place).await {
            Ok(None) => {
                looks += 1;
                None
            }
            Ok(waits) => waits,
            Err(error) => Some(format!("{error:#}")),
        };
        if let Some(waits) = waits {
            looks = 0;
            if began.elapsed() > PATIENCE {
                bail!("after {} s {waits}", PATIENCE.as_secs());
            }
        }
        sleep(BETWEEN_LOOKS).await;
    }
    Ok(())
}

/// What is still on its way, in words.
async fn what_waits(place: &Place) -> anyhow::Result<Option<String>> {
    let away = parts(&place.workspace, &place.addresses).await?;
    if let Some(away) = away.iter().find(|part| !part.healthy) {
        return Ok(Some(format!("{} is not ready", away.name)));
    }
    let organization = place.organization_id()?;
    for service in OWNERS {
        let unpublished: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM outbox WHERE published_at IS NULL AND organization_id = $1",
        )
        .bind(organization)
        .fetch_one(place.database(service)?)
        .await?;
        if unpublished > 0 {
            return Ok(Some(format!(
                "{unpublished} events of {service} are not published"
            )));
        }
    }
    let waiting = queues::waiting(place).await?;
    if let Some((queue, count)) = waiting.iter().find(|(_, count)| **count > 0) {
        return Ok(Some(format!("{count} messages wait in {queue}")));
    }
    let unsent: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM deliveries WHERE state IN ('QUEUED', 'SENDING', 'DEFERRED') AND organization_id = $1",
    )
    .bind(organization)
    .fetch_one(place.database("notification")?)
    .await?;
    if unsent > 0 {
        return Ok(Some(format!("{unsent} mails are not sent")));
    }
    let imports: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM imports WHERE state IN ('APPROVED', 'APPLYING') AND organization_id = $1",
    )
    .bind(organization)
    .fetch_one(place.database("invitation")?)
    .await?;
    Ok((imports > 0).then(|| format!("{imports} imports are not applied")))
}
