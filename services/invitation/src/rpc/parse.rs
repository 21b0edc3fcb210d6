//! From the contract to the domain: everything that is wrong, at once.

use muster_address::EmailAddress;
use muster_ids::{
    GroupName, ImportId, ImportName, InvitationId, InvitationName, LocationName, OrganizationId,
};
use muster_proto::invitation::v1 as proto;
use muster_refusal::{Refusal, Violations};
use muster_server::convert::from_timestamp;
use time::OffsetDateTime;

use crate::domain::import::RowState;
use crate::domain::invitation::{SCHEDULE_AHEAD, StateName};
use crate::error::{Error, Field};
use crate::ops::create::Wanted;

/// Invitations to make, each with the path where it stands in the request.
///
/// # Errors
/// `INVALID_REQUEST` with every violation; `GROUP_UNKNOWN` when a group or location is another organization's.
pub(super) fn wanted(
    organization: OrganizationId,
    invitations: impl IntoIterator<Item = (String, proto::Invitation)>,
    now: OffsetDateTime,
) -> Result<Vec<Wanted>, Error> {
    let mut reading = Reading {
        organization,
        now,
        violations: Violations::new(),
        foreign: Vec::new(),
    };
    let read: Vec<Option<Wanted>> = invitations
        .into_iter()
        .map(|(path, invitation)| reading.invitation(path, invitation))
        .collect();
    reading.violations.finish()?;
    if !reading.foreign.is_empty() {
        return Err(Error::GroupUnknown(reading.foreign));
    }
    Ok(read.into_iter().flatten().collect())
}

struct Reading {
    organization: OrganizationId,
    now: OffsetDateTime,
    violations: Violations,
    foreign: Vec<Field>,
}

impl Reading {
    fn invitation(&mut self, path: String, invitation: proto::Invitation) -> Option<Wanted> {
        let address = self.violations.check(
            format!("{path}address"),
            invitation.address.parse::<EmailAddress>(),
        );
        let mut groups = Vec::with_capacity(invitation.groups.len());
        for (place, name) in invitation.groups.iter().enumerate() {
            let path = format!("{path}groups[{place}]");
            if let Some(name) = self.violations.check(path.clone(), name.parse::<GroupName>()) {
                self.own(name.organization, path, "is not a group of this organization");
                groups.push(name.group);
            }
        }
        let location = self.location(&path, &invitation.location);
        let send_time = self.send_time(&path, invitation.send_time);
        Some(Wanted {
            path,
            address: address?,
            groups,
            location,
            send_time,
        })
    }

    fn location(&mut self, path: &str, name: &str) -> Option<muster_ids::LocationId> {
        if name.is_empty() {
            return None;
        }
        let path = format!("{path}location");
        let name = self
            .violations
            .check(path.clone(), name.parse::<LocationName>())?;
        self.own(name.organization, path, "is not a location of this organization");
        Some(name.location)
    }

    fn send_time(&mut self, path: &str, at: Option<prost_types::Timestamp>) -> Option<OffsetDateTime> {
        let path = format!("{path}send_time");
        let at = self.violations.check(path.clone(), from_timestamp(at?))?;
        if at > self.now + SCHEDULE_AHEAD {
            self.violations.add(path, "must be at most 90 days ahead");
        }
        Some(at)
    }

    fn own(&mut self, organization: OrganizationId, path: String, problem: &'static str) {
        if organization != self.organization {
            self.foreign.push(Field { path, problem });
        }
    }
}

/// The invitation of a name inside `organization`; the same refusal for one of another organization and for none.
pub(super) fn invitation_of(organization: OrganizationId, name: &str) -> Result<InvitationId, Refusal> {
    let mut violations = Violations::new();
    match violations.check("name", name.parse::<InvitationName>()) {
        Some(name) if name.organization == organization => Ok(name.invitation),
        Some(_) => Err(Refusal::not_found()),
        None => Err(violations.into_refusal()),
    }
}

/// The import of a name inside `organization`, from the field `field`.
pub(super) fn import_of(organization: OrganizationId, field: &str, name: &str) -> Result<ImportId, Refusal> {
    let mut violations = Violations::new();
    match violations.check(field, name.parse::<ImportName>()) {
        Some(name) if name.organization == organization => Ok(name.import),
        Some(_) => Err(Refusal::not_found()),
        None => Err(violations.into_refusal()),
    }
}

/// States to filter by.
pub(super) fn states(given: &[i32]) -> Result<Vec<StateName>, Refusal> {
    filter(given, |state| {
        match proto::InvitationState::try_from(state).ok()? {
            proto::InvitationState::Unspecified => None,
            proto::InvitationState::Prospect => Some(StateName::Prospect),
            proto::InvitationState::Pending => Some(StateName::Pending),
            proto::InvitationState::Active => Some(StateName::Active),
            proto::InvitationState::Declined => Some(StateName::Declined),
            proto::InvitationState::Cancelled => Some(StateName::Cancelled),
            proto::InvitationState::Expired => Some(StateName::Expired),
            proto::InvitationState::Archived => Some(StateName::Archived),
        }
    })
}

/// States of rows to filter by.
pub(super) fn row_states(given: &[i32]) -> Result<Vec<RowState>, Refusal> {
    filter(given, |state| {
        match proto::ImportRowState::try_from(state).ok()? {
            proto::ImportRowState::Unspecified => None,
            proto::ImportRowState::Valid => Some(RowState::Valid),
            proto::ImportRowState::Merged => Some(RowState::Merged),
            proto::ImportRowState::Invalid => Some(RowState::Invalid),
            proto::ImportRowState::Applied => Some(RowState::Applied),
            proto::ImportRowState::Refused => Some(RowState::Refused),
        }
    })
}

fn filter<T>(given: &[i32], known: impl Fn(i32) -> Option<T>) -> Result<Vec<T>, Refusal> {
    let mut violations = Violations::new();
    let mut found = Vec::with_capacity(given.len());
    for (place, state) in given.iter().enumerate() {
        let known = known(*state).ok_or("must be one of the states of the contract");
        found.extend(violations.check(format!("states[{place}]"), known));
    }
    violations.finish()?;
    Ok(found)
}
