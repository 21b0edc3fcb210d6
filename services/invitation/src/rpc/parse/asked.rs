//! Invitations that are asked for, by one call or as the children of a batch.

use muster_database::idempotency::Key;
use muster_ids::{OrganizationId, OrganizationName, PersonId};
use muster_proto::invitation::v1 as proto;
use muster_refusal::Violations;
use muster_server::{Call, Parsed};
use time::OffsetDateTime;

use super::reading::Reading;
use crate::error::{Error, Field};
use crate::ops::create::{Create, Wanted};

/// The most children of a batch, as the contract says. A message that breaks this rule may hold tens of thousands, and
/// nothing would be said of what is wrong inside: none of them is read.
const MAX_CHILDREN: usize = 1000;

/// Invitations to make, each with the path where it stands in the request.
pub(in crate::rpc) struct Asked {
    organization: OrganizationId,
    inviter: PersonId,
    wanted: Vec<Wanted>,
    /// Groups and locations of other organizations.
    foreign: Vec<Field>,
}

impl Asked {
    /// What there is to do.
    ///
    /// # Errors
    /// `GROUP_UNKNOWN` when a group or location is another organization's: only of a request that can be read.
    pub(in crate::rpc) fn command(self, key: Key) -> Result<Create, Error> {
        if !self.foreign.is_empty() {
            return Err(Error::GroupUnknown(self.foreign));
        }
        Ok(Create {
            organization: self.organization,
            inviter: self.inviter,
            wanted: self.wanted,
            key,
        })
    }
}

pub(in crate::rpc) fn one(
    call: &Call<proto::CreateInvitationRequest>,
    violations: &mut Violations,
    now: OffsetDateTime,
) -> Parsed<Asked> {
    let given = call.message.invitation.as_ref();
    let given = given.map(|invitation| ("invitation.".to_owned(), invitation));
    asked(call, violations, now, given)
}

/// The children of a batch; the parent of each equals the batch's or is empty.
pub(in crate::rpc) fn several(
    call: &Call<proto::BatchCreateInvitationsRequest>,
    violations: &mut Violations,
    now: OffsetDateTime,
) -> Parsed<Asked> {
    let organization = call.organization()?;
    let parent = OrganizationName { organization }.to_string();
    let children = &call.message.requests;
    if children.len() > MAX_CHILDREN {
        return Ok(None);
    }
    for (place, child) in children.iter().enumerate() {
        if !child.parent.is_empty() && child.parent != parent {
            violations.add(
                format!("requests[{place}].parent"),
                "must be the parent of the batch, or empty",
            );
        }
    }
    let given = children.iter().enumerate().filter_map(|(place, child)| {
        let invitation = child.invitation.as_ref()?;
        Some((format!("requests[{place}].invitation."), invitation))
    });
    asked(call, violations, now, given)
}

fn asked<'a, M>(
    call: &Call<M>,
    violations: &mut Violations,
    now: OffsetDateTime,
    given: impl IntoIterator<Item = (String, &'a proto::Invitation)>,
) -> Parsed<Asked> {
    let (organization, inviter) = (call.organization()?, call.person()?.id);
    let mut reading = Reading {
        organization,
        now,
        violations,
        foreign: Vec::new(),
    };
    let given = given.into_iter();
    let read: Vec<Option<Wanted>> = given
        .map(|(path, invitation)| reading.invitation(path, invitation))
        .collect();
    let foreign = reading.foreign;
    let wanted: Option<Vec<Wanted>> = read.into_iter().collect();
    Ok(wanted.map(|wanted| Asked {
        organization,
        inviter,
        wanted,
        foreign,
    }))
}
