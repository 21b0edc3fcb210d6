//! Waiting until nothing is on its way.

use std::time::Duration;

use anyhow::bail;
use muster_client::acts::invitation;
use muster_local::status::parts;
use muster_local::suite::OWNERS;
use muster_proto::invitation::v1::ListInvitationsRequest;
use tokio::time::{Instant, sleep};

use super::audit::events;
use super::place::{OWNER, Place};
use super::queues;

/// For everything that was held up to arrive: what may have been mailed is mailed again after half a minute, and a server that
/// was busy is asked again after minutes.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);
/// For an event that its consumer has taken from the queue and could not apply: one attempt may take 15 s, and the next one comes at most
/// 10 s after it. What is not applied by then is for the audit to tell.
const APPLYING: Duration = Duration::from_secs(60);
/// Looks in a row that find nothing: an event may be between two queues.
const MAX_LOOKS: u32 = 4;

/// Waits until every part and the edge answer, every event was published and applied, every queue is empty, and every mail was sent or
/// given up.
///
/// # Errors
/// Something is on its way for ten minutes: what, and where.
pub(crate) async fn wait(place: &Place) -> anyhow::Result<()> {
    let began = Instant::now();
    let (mut looks, mut quiet_since) = (0, None);
    while looks < MAX_LOOKS {
        let mut waits = what_waits(place).await;
        if matches!(waits, Ok(None)) {
            let since = *quiet_since.get_or_insert_with(Instant::now);
            if since.elapsed() < APPLYING {
                waits = what_is_held(place).await;
            }
        } else {
            quiet_since = None;
        }
        match waits {
            Ok(None) => looks += 1,
            Ok(Some(what)) => {
                looks = 0;
                give_up(began, &what)?;
            }
            Err(error) => {
                looks = 0;
                give_up(began, &format!("{error:#}"))?;
            }
        }
        sleep(BETWEEN_LOOKS).await;
    }
    Ok(())
}

/// Once it has taken too long.
fn give_up(began: Instant, what: &str) -> anyhow::Result<()> {
    if began.elapsed() > PATIENCE {
        bail!("after {} s {what}", PATIENCE.as_secs());
    }
    Ok(())
}

/// Which event a consumer has in its hands: it is in no queue.
async fn what_is_held(place: &Place) -> anyhow::Result<Option<String>> {
    let (_, unheard) = events::unheard(place).await?;
    Ok(unheard.into_iter().next())
}

/// What is still on its way, in words.
async fn what_waits(place: &Place) -> anyhow::Result<Option<String>> {
    let away = parts(&place.workspace, &place.addresses).await?;
    if let Some(away) = away.iter().find(|part| !part.healthy) {
        return Ok(Some(format!("{} is not ready", away.name)));
    }
    // It may have started while the issuer was away: then it refuses everybody until it asks for the keys again.
    let look = ListInvitationsRequest {
        parent: place.organization.clone(),
        page_size: 1,
        ..ListInvitationsRequest::default()
    };
    invitation::list(&place.person(OWNER)?, look).await?;
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
