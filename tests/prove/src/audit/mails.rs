//! Mails, as the inbox has them, beside what the worker says of them.

use std::collections::BTreeMap;

use muster_client::acts::delivery;
use muster_proto::invitation::v1::{DeliveryState, Invitation};
use muster_proto::notification::v1::ListDeliveriesRequest;
use muster_proto::notification::v1::delivery::State;

use super::{Finding, pages};
use crate::ledger::{LastAct, Ledger};
use crate::mail;
use crate::place::{OWNER, Place};

/// What the worker says of the mail of one invitation.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// How often it handed the message over.
    attempts: usize,
    state: State,
    reply: String,
}

impl Told {
    /// Whether the message may have been lost: handed over twice, and each time something died before anybody could know whether it was
    /// taken. It is not handed over a third time (RFC 1047).
    fn is_uncertain(&self) -> bool {
        self.state == State::Uncertain && self.attempts > 1
    }
}

/// Somebody who has to have been mailed.
struct Addressee<'a> {
    invitation: &'a str,
    address: &'a str,
    /// How many mails there are at least.
    least: usize,
}

/// What the worker says of each invitation's mail, by the invitation.
///
/// # Errors
/// The edge does not answer.
pub(super) async fn told(place: &Place) -> anyhow::Result<BTreeMap<String, Told>> {
    let owner = place.person(OWNER)?;
    let deliveries = pages::all(async |page_token| {
        let request = ListDeliveriesRequest {
            parent: place.organization.clone(),
            page_size: pages::SIZE,
            page_token,
            ..ListDeliveriesRequest::default()
        };
        let page = delivery::list(&owner, request).await?;
        Ok((page.deliveries, page.next_page_token))
    });
    let mut all: BTreeMap<String, Told> = BTreeMap::new();
    for delivery in deliveries.await? {
        let (state, attempts) = (delivery.state(), usize::try_from(delivery.attempt_count)?);
        let told = all.entry(delivery.subject).or_default();
        told.attempts += attempts;
        (told.state, told.reply) = (state, delivery.server_reply);
    }
    Ok(all)
}

/// Whether each invitation was mailed once: a further copy came only where the worker had to hand the message over again,
/// because it could not know whether the first had been taken (RFC 1047).
///
/// # Errors
/// The inbox does not answer.
pub(super) async fn copies(
    place: &Place,
    ledger: &Ledger,
    listed: &BTreeMap<String, Invitation>,
    told: &BTreeMap<String, Told>,
) -> anyhow::Result<Finding> {
    let (mut looked_at, mut problems) = (0, Vec::new());
    let nothing = Told::default();
    for addressee in addressees(ledger, listed) {
        looked_at += 1;
        let Addressee {
            invitation,
            address,
            least,
        } = addressee;
        let copies = mail::count(place, address).await?;
        let told = told.get(invitation).unwrap_or(&nothing);
        if copies < least {
            if !told.is_uncertain() {
                problems.push(format!("{address} was never mailed"));
            }
        } else if copies > told.attempts.max(least) {
            problems.push(format!(
                "{address} was mailed {copies} times, of which the worker knows {}",
                told.attempts
            ));
        } else if ledger.without_link.contains(invitation) {
            problems.push(format!("{address} had no mail with a link in time"));
        }
    }
    Ok(Finding {
        promise: "everybody was mailed, and twice only where nobody could know of the first",
        looked_at,
        problems,
    })
}

/// Everybody but those whose address is refused.
fn addressees<'a>(ledger: &'a Ledger, listed: &'a BTreeMap<String, Invitation>) -> Vec<Addressee<'a>> {
    let by_hand = ledger
        .invitations
        .iter()
        .filter(|(_, invited)| !invited.is_unreachable());
    let by_hand = by_hand.map(|(name, invited)| Addressee {
        invitation: name,
        address: &invited.address,
        // What was cancelled at once may have been on its way, or not.
        least: usize::from(invited.last_act != LastAct::Cancelled),
    });
    let names: BTreeMap<&str, &str> = listed
        .values()
        .map(|it| (it.address.as_str(), it.name.as_str()))
        .collect();
    let rows = ledger.imports.iter().flat_map(|import| &import.addresses);
    let by_row = rows.map(|address| Addressee {
        invitation: names.get(address.as_str()).copied().unwrap_or_default(),
        address,
        least: 1,
    });
    by_hand.chain(by_row).collect()
}

/// Whether a mail that was refused for good is told as refused, by the worker and where people look for it.
pub(super) fn refusals(
    ledger: &Ledger,
    listed: &BTreeMap<String, Invitation>,
    told: &BTreeMap<String, Told>,
) -> Finding {
    let (mut looked_at, mut problems) = (0, Vec::new());
    for (name, invited) in ledger.unreachable() {
        looked_at += 1;
        let address = &invited.address;
        match told.get(name) {
            Some(told) if told.state == State::Failed && told.reply.starts_with("550 5.1.2") => {}
            Some(told) => problems.push(format!(
                "the mail to {address} was refused, and the worker says {} {}",
                told.state.as_str_name(),
                told.reply
            )),
            None => problems.push(format!("nobody knows of a mail to {address}")),
        }
        let shown = listed.get(name).map(Invitation::delivery_state);
        if let Some(shown) = shown.filter(|shown| *shown != DeliveryState::Failed) {
            problems.push(format!(
                "the mail to {address} was refused, and its invitation says {}",
                shown.as_str_name()
            ));
        }
    }
    Finding {
        promise: "a mail that was refused for good is told as refused",
        looked_at,
        problems,
    }
}
