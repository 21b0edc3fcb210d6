//! The mail goes out; the mail server's reply moves every invitation to PENDING.

use std::time::Duration;

use anyhow::ensure;
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::{InvitationState, ListInvitationsRequest};

use super::sheet::{LOST, ROWS};
use super::world::{World, soon, until};
use super::{Step, Told};

pub(super) const STEP: Step = Step {
    title: "RabbitMQ carries the events; the mail worker sends; each invitation goes from PROSPECT to PENDING",
    services: &["invitation", "notification", "rabbitmq"],
    tell,
};

fn tell(world: &mut World) -> Told<'_> {
    Box::pin(async {
        let expected = i64::try_from(ROWS - LOST + 3)?;
        let mut invitations = InvitationServiceClient::new(world.edge.clone());
        until(
            "every invitation is PENDING",
            Duration::from_secs(120),
            async || {
                let request = ListInvitationsRequest {
                    parent: world.organization.clone(),
                    page_size: 1,
                    ..ListInvitationsRequest::default()
                };
                let result = invitations.list_invitations(world.call("owner", request)?).await;
                let counts = soon("ListInvitations", result)?.unwrap_or_default().counts;
                let pending = counts
                    .iter()
                    .find(|count| count.state() == InvitationState::Pending);
                Ok(pending.filter(|count| count.count == expected).map(|_| ()))
            },
        )
        .await?;
        let someone = world.colleague(2);
        let found = messages(world, &someone).await?;
        ensure!(
            found.len() == 1,
            "{} messages came for one invitation",
            found.len()
        );
        Ok(vec![
            format!("{expected} invitations are PENDING, because the mail server took their messages"),
            format!("the inbox: {}", world.addresses.inbox),
        ])
    })
}

/// Ids of the messages to an address, the newest first.
pub(super) async fn messages(world: &World, to: &str) -> anyhow::Result<Vec<u64>> {
    let url = format!("{}/api/messages", world.addresses.inbox);
    let found: serde_json::Value = world
        .http
        .get(url)
        .query(&[("to", to)])
        .send()
        .await?
        .json()
        .await?;
    let ids = found
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|message| message["id"].as_u64());
    Ok(ids.collect())
}
