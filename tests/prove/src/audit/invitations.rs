//! Invitations, as the edge tells them.

use std::collections::{BTreeMap, BTreeSet};

use muster_client::acts::invitation;
use muster_client::call;
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::{Invitation, InvitationState, ListInvitationsRequest};

use super::{Finding, pages};
use crate::ledger::{LastAct, Ledger};
use crate::place::{OWNER, Place};

/// How many requests are sent once more.
const REPEATED: usize = 100;

/// Whether each invitation that was answered is there, as was answered last, and no other is.
pub(super) fn states(ledger: &Ledger, listed: &BTreeMap<String, Invitation>) -> Finding {
    let mut problems = Vec::new();
    for (name, invited) in &ledger.invitations {
        let Some(found) = listed.get(name) else {
            problems.push(format!("{name} to {} is gone", invited.address));
            continue;
        };
        let is_so = match invited.last_act {
            // Its mail was never taken.
            LastAct::Waiting if invited.is_unreachable() => found.state() == InvitationState::Prospect,
            LastAct::Waiting => matches!(
                found.state(),
                InvitationState::Prospect | InvitationState::Pending
            ),
            LastAct::Cancelled => found.state() == InvitationState::Cancelled,
            LastAct::Declined => found.state() == InvitationState::Declined,
            LastAct::Accepted => found.state() == InvitationState::Active,
        };
        if !is_so || found.address != invited.address {
            let state = found.state().as_str_name();
            problems.push(format!(
                "{name} to {} was {:?}, and is {state}",
                found.address, invited.last_act
            ));
        }
    }
    let rows = ledger.imports.iter().flat_map(|import| {
        let of_it = import.addresses.iter();
        of_it.map(move |address| (import.name.as_str(), address.as_str()))
    });
    let rows: BTreeSet<(&str, &str)> = rows.collect();
    let unasked = listed.values().filter(|found| {
        let row = (found.import.as_str(), found.address.as_str());
        !ledger.invitations.contains_key(&found.name) && !rows.contains(&row)
    });
    problems.extend(unasked.map(|found| format!("nobody asked for {} to {}", found.name, found.address)));
    Finding {
        promise: "every invitation that was answered is there, as was answered, and no other",
        looked_at: ledger.invitations.len(),
        problems,
    }
}

/// Whether a request that comes once more is answered as the first time.
///
/// # Errors
/// No token can be had.
pub(super) async fn repeated(place: &Place, ledger: &Ledger) -> anyhow::Result<Finding> {
    let owner = place.person(OWNER)?;
    let (mut looked_at, mut problems) = (0, Vec::new());
    for (name, invited) in ledger.invitations.iter().take(REPEATED) {
        let send = async |client, request| {
            InvitationServiceClient::new(client)
                .create_invitation(request)
                .await
        };
        let again = call(&owner, invited.request.clone(), send).await;
        looked_at += 1;
        match again.map(|answer| answer.invitation.unwrap_or_default().name) {
            Ok(same) if same == *name => {}
            Ok(other) => problems.push(format!("the request of {name} is answered with {other}")),
            Err(error) => problems.push(format!("the request of {name} is refused: {error}")),
        }
    }
    Ok(Finding {
        promise: "a request that comes again is answered as the first time",
        looked_at,
        problems,
    })
}

/// Whether each row of each spreadsheet became one invitation.
pub(super) fn imported(ledger: &Ledger, listed: &BTreeMap<String, Invitation>) -> Finding {
    let mut by_address: BTreeMap<&str, Vec<&Invitation>> = BTreeMap::new();
    for invitation in listed.values() {
        by_address
            .entry(&invitation.address)
            .or_default()
            .push(invitation);
    }
    let (mut looked_at, mut problems) = (0, Vec::new());
    for import in &ledger.imports {
        for address in &import.addresses {
            looked_at += 1;
            let made = by_address.get(address.as_str()).map_or(&[][..], Vec::as_slice);
            let ours = made.iter().filter(|made| made.import == import.name).count();
            if (made.len(), ours) != (1, 1) {
                let (all, name) = (made.len(), &import.name);
                problems.push(format!(
                    "{address} has {all} invitations, {ours} of them of {name}, not one"
                ));
            }
        }
    }
    Finding {
        promise: "every row of every spreadsheet became one invitation",
        looked_at,
        problems,
    }
}

/// All invitations of the organization, by name.
///
/// # Errors
/// The edge does not answer.
pub(super) async fn listed(place: &Place) -> anyhow::Result<BTreeMap<String, Invitation>> {
    let owner = place.person(OWNER)?;
    let all = pages::all(async |page_token| {
        let request = ListInvitationsRequest {
            parent: place.organization.clone(),
            page_size: pages::SIZE,
            page_token,
            ..ListInvitationsRequest::default()
        };
        let page = invitation::list(&owner, request).await?;
        Ok((page.invitations, page.next_page_token))
    });
    Ok(all.await?.into_iter().map(|it| (it.name.clone(), it)).collect())
}
