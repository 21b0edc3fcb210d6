//! Mails, as the inbox has them, beside what the worker says of them.

use std::collections::BTreeMap;

use muster_client::acts::delivery;
use muster_proto::notification::v1::ListDeliveriesRequest;

use super::{Finding, pages};
use crate::ledger::{LastAct, Ledger};
use crate::mail;
use crate::place::{OWNER, Place};

/// Whether each invitation was mailed once: a further copy came only where the worker had to hand the message over again,
/// because it could not know whether the first had been taken (RFC 1047).
///
/// # Errors
/// The edge or the inbox does not answer.
pub(super) async fn copies(place: &Place, ledger: &Ledger) -> anyhow::Result<Finding> {
    let attempts = attempts(place).await?;
    let (mut looked_at, mut problems) = (0, Vec::new());
    for (name, invited) in &ledger.invitations {
        looked_at += 1;
        let copies = mail::count(place, &invited.address).await?;
        let attempts = attempts.get(name).copied().unwrap_or_default();
        // What was cancelled at once may have been on its way, or not.
        let least = usize::from(invited.last_act != LastAct::Cancelled);
        if copies < least {
            problems.push(format!("{} was never mailed", invited.address));
        } else if copies > attempts.max(least) {
            problems.push(format!(
                "{} was mailed {copies} times, of which the worker knows {attempts}",
                invited.address
            ));
        }
    }
    for address in ledger.imports.iter().flat_map(|import| &import.addresses) {
        looked_at += 1;
        if mail::count(place, address).await? == 0 {
            problems.push(format!("{address} was never mailed"));
        }
    }
    Ok(Finding {
        promise: "everybody was mailed, and twice only where nobody could know of the first",
        looked_at,
        problems,
    })
}

/// How often the worker handed over the message of each invitation.
async fn attempts(place: &Place) -> anyhow::Result<BTreeMap<String, usize>> {
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
    let mut attempts = BTreeMap::new();
    for delivery in deliveries.await? {
        let count: usize = delivery.attempt_count.try_into()?;
        *attempts.entry(delivery.subject).or_default() += count;
    }
    Ok(attempts)
}
