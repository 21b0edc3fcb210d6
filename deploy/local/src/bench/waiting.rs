//! Looking at invitations and deliveries through the public RPCs, until they are where they should be.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::{InvitationState, ListInvitationsRequest};
use muster_proto::notification::v1::delivery_service_client::DeliveryServiceClient;
use muster_proto::notification::v1::{Delivery, ListDeliveriesRequest, delivery};
use time::OffsetDateTime;
use tokio::time::sleep;

use super::lab::{Lab, answer};

const PAGE: i32 = 1000;

/// All deliveries of the organization, or those about one thing.
pub(super) async fn deliveries(lab: &Lab, subject: &str) -> anyhow::Result<Vec<Delivery>> {
    let mut client = DeliveryServiceClient::new(lab.edge.clone());
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListDeliveriesRequest {
            parent: lab.organization.clone(),
            page_size: PAGE,
            page_token,
            subject: subject.to_owned(),
        };
        let page = answer(client.list_deliveries(lab.call(request)).await)?;
        found.extend(page.deliveries);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(found);
        }
    }
}

/// How many invitations wait for the learner, because the mail server took their mail.
pub(super) async fn pending(lab: &Lab) -> anyhow::Result<i64> {
    let mut client = InvitationServiceClient::new(lab.edge.clone());
    let request = ListInvitationsRequest {
        parent: lab.organization.clone(),
        page_size: 1,
        ..ListInvitationsRequest::default()
    };
    let listed = answer(client.list_invitations(lab.call(request)).await)?;
    let pending = listed
        .counts
        .iter()
        .find(|count| count.state() == InvitationState::Pending);
    Ok(pending.map_or(0, |count| count.count))
}

/// When the mail server took this message, if it did.
pub(super) fn sent_at(delivery: &Delivery) -> Option<OffsetDateTime> {
    let at = delivery
        .send_time
        .filter(|_| delivery.state() == delivery::State::Sent)?;
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
