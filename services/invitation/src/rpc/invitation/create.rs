//! Invitations that are asked for, by one call or as the children of a batch.

use muster_ids::OrganizationName;
use muster_proto::invitation::v1 as pb;
use muster_refusal::Violations;
use muster_server::{Call, Parsed};
use time::OffsetDateTime;

use super::spec::SpecReader;
use crate::error::{Error, Field};
use crate::ops::invitation::create::{Create, InvitationSpec};

/// The most children of a batch, as the contract says. A message that breaks this rule may hold tens of thousands, and
/// nothing would be said of what is wrong inside: none of them is read.
const MAX_CHILDREN: usize = 1000;

/// Invitations to make, as far as they can be read.
pub(super) struct ParsedSpecs {
    command: Create,
    /// Groups and locations of other organizations.
    foreign: Vec<Field>,
}

impl ParsedSpecs {
    /// What there is to do.
    ///
    /// # Errors
    /// `GROUP_UNKNOWN` when a group or location is another organization's: only of a request that can be read.
    pub(super) fn command(self) -> Result<Create, Error> {
        if self.foreign.is_empty() {
            Ok(self.command)
        } else {
            Err(Error::GroupUnknown(self.foreign))
        }
    }
}

pub(super) fn one(
    call: &Call<pb::CreateInvitationRequest>,
    violations: &mut Violations,
    now: OffsetDateTime,
) -> Parsed<ParsedSpecs> {
    let given = call.message.invitation.as_ref();
    let given = given.map(|invitation| ("invitation.".to_owned(), invitation));
    parse(call, violations, now, given)
}

/// The children of a batch; the parent of each equals the batch's or is empty.
pub(super) fn several(
    call: &Call<pb::BatchCreateInvitationsRequest>,
    violations: &mut Violations,
    now: OffsetDateTime,
) -> Parsed<ParsedSpecs> {
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
    parse(call, violations, now, given)
}

fn parse<'a, M>(
    call: &Call<M>,
    violations: &mut Violations,
    now: OffsetDateTime,
    given: impl IntoIterator<Item = (String, &'a pb::Invitation)>,
) -> Parsed<ParsedSpecs> {
    let (organization, inviter) = (call.organization()?, call.person()?.id);
    let mut reader = SpecReader {
        organization,
        now,
        violations,
        foreign: Vec::new(),
    };
    let given = given.into_iter();
    let read: Vec<Option<InvitationSpec>> = given
        .map(|(path, invitation)| reader.invitation(path, invitation))
        .collect();
    let foreign = reader.foreign;
    let specs: Option<Vec<InvitationSpec>> = read.into_iter().collect();
    Ok(specs.map(|specs| ParsedSpecs {
        command: Create {
            organization,
            inviter,
            actor: call.actor(),
            specs,
        },
        foreign,
    }))
}
