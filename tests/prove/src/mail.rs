//! The inbox, as the people who are mailed read it.

use std::path::PathBuf;

use anyhow::Context;
use serde::Deserialize;

use super::place::Place;

#[derive(Deserialize)]
struct Listed {
    id: u64,
}

#[derive(Deserialize)]
struct Message {
    links: Vec<String>,
}

/// How many messages came to an address.
///
/// # Errors
/// The inbox does not answer.
pub(crate) async fn count(place: &Place, address: &str) -> anyhow::Result<usize> {
    Ok(listed(place, address).await?.len())
}

/// Where the inbox keeps the messages that came to an address.
///
/// # Errors
/// The inbox does not answer.
pub(crate) async fn files(place: &Place, address: &str) -> anyhow::Result<Vec<PathBuf>> {
    let folder = place.workspace.at("inbox");
    let listed = listed(place, address).await?.into_iter();
    Ok(listed
        .map(|it| folder.join(format!("{:08}.eml", it.id)))
        .collect())
}

/// The token of the link in the newest message to an address, if one has come.
///
/// # Errors
/// The inbox does not answer.
pub(crate) async fn token(place: &Place, address: &str) -> anyhow::Result<Option<String>> {
    let Some(newest) = listed(place, address).await?.into_iter().next() else {
        return Ok(None);
    };
    let url = format!("{}/api/messages/{}", place.addresses.inbox, newest.id);
    let message: Message = place.http.get(url).send().await?.json().await?;
    let begins = format!("{}/i/", place.addresses.gateway);
    let token = |link: String| link.strip_prefix(&begins).map(str::to_owned);
    Ok(message.links.into_iter().find_map(token))
}

async fn listed(place: &Place, address: &str) -> anyhow::Result<Vec<Listed>> {
    let url = format!("{}/api/messages", place.addresses.inbox);
    let asking = place.http.get(url).query(&[("to", address)]).send();
    let answer = asking.await.context("the inbox does not answer")?;
    Ok(answer.error_for_status()?.json().await?)
}
