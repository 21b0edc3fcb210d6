//! Step 4: the mail goes out; the mail server's reply moves every invitation to PENDING.

use std::time::Duration;

use anyhow::ensure;
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::{InvitationState, ListInvitationsRequest};
use reqwest::Url;

use super::browser::Browser;
use super::patience::{soon, until};
use super::sheet::{LOST, ROWS};
use super::told::Told;
use super::world::World;
use crate::edge::Caller;

pub(super) const TITLE: &str =
    "RabbitMQ carries the events, the mail worker sends, and every invitation goes from PROSPECT to PENDING";

pub(super) async fn tell(world: &mut World) -> anyhow::Result<Told> {
    let mut told = Told::default();
    let owner = world.caller("owner")?;
    let expected = i64::try_from(ROWS - LOST + 3)?;
    let limit = Duration::from_secs(120);
    until("every invitation is PENDING", "notification", limit, async || {
        let pending = pending(&owner, &world.organization).await?;
        Ok(pending.filter(|count| *count == expected))
    })
    .await?;
    told.say(format!(
        "{expected} invitations are PENDING, because the mail server took their messages"
    ));

    let someone = world.colleague(2);
    let list = inbox_of(world, &someone)?;
    let mut browser = Browser::open(&world.addresses, &list).await?;
    let messages = browser.links_to("/messages/");
    ensure!(messages == 1, "{messages} messages came for one invitation");
    browser.shows(&someone)?;
    browser.click_to("/messages/").await?;
    browser.shows(&world.display_name)?;
    told.say(format!("the inbox shows one message to {someone}"));
    told.show("the inbox", &world.addresses.inbox);
    told.show("that person's messages", list);
    told.show("that message", browser.at.as_str());
    Ok(told)
}

/// The page of the messages to an address.
pub(super) fn inbox_of(world: &World, address: &str) -> anyhow::Result<String> {
    let page = Url::parse_with_params(&world.addresses.inbox, [("to", address)])?;
    Ok(page.into())
}

async fn pending(owner: &Caller, organization: &str) -> anyhow::Result<Option<i64>> {
    let request = ListInvitationsRequest {
        parent: organization.to_owned(),
        page_size: 1,
        ..ListInvitationsRequest::default()
    };
    let listed = owner.ask(request, async |edge, call| {
        InvitationServiceClient::new(edge).list_invitations(call).await
    });
    let counts = soon(listed.await)?.unwrap_or_default().counts;
    let pending = counts
        .iter()
        .find(|count| count.state() == InvitationState::Pending);
    Ok(pending.map(|count| count.count))
}
