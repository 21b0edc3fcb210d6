//! One invitation that is asked for: everything that is wrong with it.

use muster_address::EmailAddress;
use muster_ids::{GroupId, GroupName, LocationId, LocationName, OrganizationId};
use muster_proto::invitation::v1 as pb;
use muster_refusal::Violations;
use time::OffsetDateTime;

use crate::domain::invitation::MAX_GROUPS;
use crate::error::Field;
use crate::ops::invitation::create::InvitationSpec;
use crate::rpc::parse::send_time;

/// What there is around an invitation that is read.
pub(super) struct SpecReader<'v> {
    pub(super) organization: OrganizationId,
    pub(super) now: OffsetDateTime,
    pub(super) violations: &'v mut Violations,
    /// Groups and locations of other organizations.
    pub(super) foreign: Vec<Field>,
}

impl SpecReader<'_> {
    /// The invitation that stands at `path`, or nothing, when it is noted why.
    pub(super) fn invitation(&mut self, path: String, invitation: &pb::Invitation) -> Option<InvitationSpec> {
        let address = self.violations.check(
            format!("{path}address"),
            invitation.address.parse::<EmailAddress>(),
        );
        let groups = self.groups(&path, &invitation.groups);
        let location = self.location(&path, &invitation.location);
        let path_of_time = format!("{path}send_time");
        let send_time = send_time(self.violations, &path_of_time, invitation.send_time, self.now);
        Some(InvitationSpec {
            path,
            address: address?,
            groups: groups?,
            location,
            // The field rule has looked at it.
            language: invitation.language.parse().ok(),
            send_time,
        })
    }

    /// Of more than an invitation may have, none is read: as with the children of a batch.
    fn groups(&mut self, path: &str, names: &[String]) -> Option<Vec<GroupId>> {
        if names.len() > MAX_GROUPS {
            return None;
        }
        let mut groups = Vec::with_capacity(names.len());
        for (place, name) in names.iter().enumerate() {
            let path = format!("{path}groups[{place}]");
            if let Some(name) = self.violations.check(path.clone(), name.parse::<GroupName>()) {
                self.own(name.organization, path, "is not a group of this organization");
                groups.push(name.group);
            }
        }
        Some(groups)
    }

    fn location(&mut self, path: &str, name: &str) -> Option<LocationId> {
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

    fn own(&mut self, organization: OrganizationId, path: String, problem: &'static str) {
        if organization != self.organization {
            self.foreign.push(Field { path, problem });
        }
    }
}
