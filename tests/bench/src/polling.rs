//! Looking at invitations and deliveries through the public RPCs, until they are where they should be.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use muster_client::acts::{delivery, invitation};
use muster_proto::invitation::v1::{Invitation, InvitationState};
use muster_proto::notification::v1::delivery::State;
use muster_proto::notification::v1::{Delivery, ListDeliveriesRequest};
use time::OffsetDateTime;
use tokio::time::sleep;

use super::fixture::Fixture;

const PAGE: i32 = 1000;
/// Until one mail is sent, and between looks at it.
const LIMIT: Duration = Duration::from_secs(120);
const SOON: Duration = Duration::from_millis(10);

/// All deliveries of the organization, or those about one thing.
pub(super) async fn deliveries(fixture: &Fixture, subject: &str) -> anyhow::Result<Vec<Delivery>> {
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListDeliveriesRequest {
            parent: fixture.organization.clone(),
            page_size: PAGE,
            page_token,
            subject: subject.to_owned(),
        };
        let page = delivery::list(&fixture.client, request).await?;
        found.extend(page.deliveries);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(found);
        }
    }
}

/// How many invitations wait for the learner, because the mail server took their mail.
pub(super) async fn pending(fixture: &Fixture) -> anyhow::Result<i64> {
    Ok(invitation::count(&fixture.client, &fixture.organization, InvitationState::Pending).await?)
}

/// From an invitation's time, which its commit follows, to the mail server's 250, both as the services say.
pub(super) async fn mail_delay(fixture: &Fixture, invitation: &Invitation) -> anyhow::Result<Duration> {
    let made = invitation
        .create_time
        .and_then(|at| instant(at.seconds, at.nanos))
        .context("the invitation has no time")?;
    let sent = until("waiting for a mail", LIMIT, SOON, async || {
        let about = deliveries(fixture, &invitation.name).await?;
        Ok(about.first().and_then(sent_at))
    })
    .await?;
    Ok((sent - made).try_into().unwrap_or_default())
}

/// When the mail server took this message, if it did.
pub(super) fn sent_at(delivery: &Delivery) -> Option<OffsetDateTime> {
    let at = delivery.send_time.filter(|_| delivery.state() == State::Sent)?;
    instant(at.seconds, at.nanos)
}

/// A timestamp of the wire.
pub(super) fn instant(seconds: i64, nanos: i32) -> Option<OffsetDateTime> {
    let whole = OffsetDateTime::from_unix_timestamp(seconds).ok()?;
    Some(whole + time::Duration::nanoseconds(nanos.into()))
}

/// Asks again, every `pause`, until there is an answer.
pub(super) async fn until<T, F>(what: &str, limit: Duration, pause: Duration, mut ask: F) -> anyhow::Result<T>
where
    F: AsyncFnMut() -> anyhow::Result<Option<T>>,
{
    let begun = Instant::now();
    loop {
        if let Some(found) = ask().await.with_context(|| format!("while {what}"))? {
            return Ok(found);
        }
        if begun.elapsed() > limit {
            bail!("gave up {what} after {} s", limit.as_secs());
        }
        sleep(pause).await;
    }
}
