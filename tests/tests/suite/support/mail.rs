//! The inbox, as a person reads it.

use muster_testkit::eventually_some;

use super::Suite;

/// The link in the newest message to an address, once it has come.
pub(crate) async fn link_for(suite: &Suite, address: &str) -> String {
    eventually_some(async || link_so_far(suite, address).await).await
}

/// The same, if it has come.
pub(crate) async fn link_so_far(suite: &Suite, address: &str) -> Option<String> {
    let list = format!(
        "{}/api/messages?to={}",
        suite.address("inbox"),
        address.replace('@', "%40")
    );
    let id = suite.json(&list).await?.as_array()?.first()?["id"].as_u64()?;
    let message = suite
        .json(&format!("{}/api/messages/{id}", suite.address("inbox")))
        .await?;
    let ours = ["i", "j"].map(|path| format!("{}/{path}/", suite.address("gateway")));
    let mut links = message["links"]
        .as_array()?
        .iter()
        .filter_map(|link| link.as_str());
    links
        .find(|link| ours.iter().any(|ours| link.starts_with(ours)))
        .map(str::to_owned)
}

/// The token that a link carries.
pub(crate) fn token_of(link: &str) -> String {
    link.rsplit('/').next().unwrap_or_default().to_owned()
}
