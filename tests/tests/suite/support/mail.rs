//! The inbox, as a person reads it.

use muster_testkit::eventually_some;
use serde_json::Value;

use super::Suite;

/// A message in it.
pub(crate) struct Message(Value);

impl Message {
    /// The HTML that it consists of.
    pub(crate) fn html(&self) -> &str {
        self.0["html"].as_str().unwrap_or_default()
    }

    /// All links of its text, in their order.
    pub(crate) fn links(&self) -> Vec<String> {
        let links = self.0["links"].as_array().into_iter().flatten();
        links
            .filter_map(|link| link.as_str().map(str::to_owned))
            .collect()
    }

    /// What a header says; empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> String {
        let fields = self.0["headers"].as_array().into_iter().flatten();
        let mut of_name =
            fields.filter(|field| field[0].as_str().is_some_and(|it| it.eq_ignore_ascii_case(name)));
        let said = of_name.next().and_then(|field| field[1].as_str());
        said.unwrap_or_default().to_owned()
    }
}

/// The newest message to an address, once one has come.
pub(crate) async fn message_for(suite: &Suite, address: &str) -> Message {
    eventually_some(async || newest(suite, address).await).await
}

/// All messages to an address, the newest first, once there are so many.
pub(crate) async fn messages_for(suite: &Suite, address: &str, count: usize) -> Vec<Message> {
    eventually_some(async || {
        let mut messages = Vec::new();
        for id in ids(suite, address).await? {
            messages.push(read(suite, id).await?);
        }
        (messages.len() >= count).then_some(messages)
    })
    .await
}

/// The link in the newest message to an address, once it has come.
pub(crate) async fn link_for(suite: &Suite, address: &str) -> String {
    eventually_some(async || link_so_far(suite, address).await).await
}

/// The same, if it has come.
pub(crate) async fn link_so_far(suite: &Suite, address: &str) -> Option<String> {
    let ours = ["i", "j"].map(|path| format!("{}/{path}/", suite.address("gateway")));
    let mut links = newest(suite, address).await?.links().into_iter();
    links.find(|link| ours.iter().any(|ours| link.starts_with(ours)))
}

async fn newest(suite: &Suite, address: &str) -> Option<Message> {
    let id = *ids(suite, address).await?.first()?;
    read(suite, id).await
}

async fn ids(suite: &Suite, address: &str) -> Option<Vec<u64>> {
    let inbox = suite.address("inbox");
    let list = format!("{inbox}/api/messages?to={}", address.replace('@', "%40"));
    let found = suite.json(&list).await?;
    let ids = found.as_array()?.iter().map(|one| one["id"].as_u64());
    ids.collect()
}

async fn read(suite: &Suite, id: u64) -> Option<Message> {
    let message = format!("{}/api/messages/{id}", suite.address("inbox"));
    Some(Message(suite.json(&message).await?))
}

/// The token that a link carries.
pub(crate) fn token_of(link: &str) -> String {
    link.rsplit('/').next().unwrap_or_default().to_owned()
}
