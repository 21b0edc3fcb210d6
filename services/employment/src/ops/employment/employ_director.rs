//! Employing the director of a profile that registry staff approved: what others are asked before
//! [`super::employ::apply`].

use std::collections::BTreeSet;

use muster_ids::{OrganizationId, PersonId};

use crate::context::Context;
use crate::domain::{Hiring, VerificationBasis};
use crate::error::Error;

/// The hiring of the director whom staff approved. When somebody else directs by now, the approved one is still meant,
/// but their name is no longer told.
pub(crate) async fn prepare(
    context: &Context,
    organization: OrganizationId,
    approved: PersonId,
) -> Result<Hiring, Error> {
    let director = context.peers.director(organization).await?;
    let known = director.person == approved;
    Ok(Hiring {
        organization,
        person: approved,
        person_display_name: if known {
            director.display_name
        } else {
            String::new()
        },
        basis: VerificationBasis::Vouched,
        groups: BTreeSet::new(),
        location: None,
        invitation: None,
        accept_time: None,
        vouch_time: None,
        verifiers: BTreeSet::new(),
        start: None,
        positions: Vec::new(),
        consent: None,
    })
}
