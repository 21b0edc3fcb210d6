//! Employments and assignments, as the edge tells them.

use std::collections::{BTreeMap, BTreeSet};

use muster_client::acts::{employment, record};
use muster_proto::employment::v1::{Employment, ListEmploymentsRequest};

use super::{Finding, pages};
use crate::ledger::{LastAct, Ledger};
use crate::place::{OWNER, Place};

/// Learners whose assignments are asked for.
const ASKED: usize = 200;

/// Everybody who is employed because of an invitation.
///
/// # Errors
/// The edge does not answer.
pub(super) async fn employed(place: &Place) -> anyhow::Result<Vec<Employment>> {
    let owner = place.person(OWNER)?;
    let all = pages::all(async |page_token| {
        let request = ListEmploymentsRequest {
            parent: place.organization.clone(),
            page_size: pages::SIZE,
            page_token,
            ..ListEmploymentsRequest::default()
        };
        let page = employment::list(&owner, request).await?;
        Ok((page.employments, page.next_page_token))
    });
    let invited = |it: &Employment| !it.source_invitation.is_empty();
    Ok(all.await?.into_iter().filter(invited).collect())
}

/// Whether each acceptance made one employment, and nothing else made one.
pub(super) fn employments(ledger: &Ledger, employed: &[Employment]) -> Finding {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for employment in employed {
        *times.entry(&employment.source_invitation).or_default() += 1;
    }
    let accepted: BTreeSet<&str> = ledger
        .invitations
        .iter()
        .filter(|(_, invited)| invited.last_act == LastAct::Accepted)
        .map(|(name, _)| name.as_str())
        .collect();
    let mut problems = Vec::new();
    for name in &accepted {
        let count = times.get(name).copied().unwrap_or_default();
        if count != 1 {
            problems.push(format!("{name} was accepted, and made {count} employments"));
        }
    }
    let others = times.keys().filter(|name| !accepted.contains(*name));
    problems.extend(others.map(|name| format!("{name} was not accepted, and made an employment")));
    Finding {
        promise: "every acceptance made one employment, and nothing else did",
        looked_at: accepted.len(),
        problems,
    }
}

/// Whether whoever is employed got the one training of their group once.
///
/// # Errors
/// The edge does not answer.
pub(super) async fn assignments(place: &Place, employed: &[Employment]) -> anyhow::Result<Finding> {
    let owner = place.person(OWNER)?;
    let (mut looked_at, mut problems) = (0, Vec::new());
    for employment in employed.iter().take(ASKED) {
        let person = employment.person.trim_start_matches("persons/");
        let learner = format!("{}/learners/{person}", place.organization);
        let count = record::list_assignments(&owner, &learner).await?.len();
        looked_at += 1;
        if count != 1 {
            problems.push(format!("{learner} has {count} assignments, not one"));
        }
    }
    Ok(Finding {
        promise: "whoever is employed was assigned the training of their group, once",
        looked_at,
        problems,
    })
}
