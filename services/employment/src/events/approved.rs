//! `organization.approved`: registry staff verified the director with the profile.

use std::collections::BTreeSet;

use muster_ids::{OrganizationName, PersonName};
use muster_messaging::{HandlingError, Received};
use muster_proto::organization::v1::OrganizationApprovedEvent;

use super::{field, within};
use crate::domain::{Hiring, Standing};
use crate::peers::Peers;

/// The employment of the director whom staff approved. When somebody else directs by now, the approved one is still
/// meant, but their name is no longer told.
pub(super) async fn hiring(peers: &Peers, event: &Received) -> Result<Hiring, HandlingError> {
    let message: OrganizationApprovedEvent = event.decode()?;
    let OrganizationName { organization } = field("organization", &message.organization)?;
    let organization = within(event.organization, organization)?;
    let PersonName { person } = field("director", &message.director)?;
    let director = peers.director(organization).await?;
    let known = director.person == person;
    Ok(Hiring {
        organization,
        person,
        person_display_name: if known {
            director.display_name
        } else {
            String::new()
        },
        standing: Standing::Vouched,
        groups: BTreeSet::new(),
        location: None,
        invitation: None,
    })
}
