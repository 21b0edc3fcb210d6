//! One invitation that is asked for: everything that is wrong with it.

use muster_address::EmailAddress;
use muster_ids::{GroupId, GroupName, LocationId, LocationName, OrganizationId};
use muster_proto::invitation::v1 as pb;
use muster_refusal::Violations;
use muster_server::convert::from_timestamp;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use crate::domain::invitation::{MAX_GROUPS, SCHEDULE_AHEAD, SCHEDULE_BEHIND};
use crate::error::Field;
use crate::ops::invitation::create::InvitationSpec;

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
        let send_time = self.send_time(&path, invitation.send_time);
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

    fn send_time(&mut self, path: &str, at: Option<prost_types::Timestamp>) -> Option<OffsetDateTime> {
        let path = format!("{path}send_time");
        let at = self.violations.check(path.clone(), from_timestamp(at?))?;
        if at > self.now + SCHEDULE_AHEAD {
            self.violations.add(path, "must be at most 90 days ahead");
        } else if at < self.now - SCHEDULE_BEHIND {
            self.violations.add(path, past(self.now));
        }
        Some(at)
    }

    fn own(&mut self, organization: OrganizationId, path: String, problem: &'static str) {
        if organization != self.organization {
            self.foreign.push(Field { path, problem });
        }
    }
}

/// A mistyped year must not become "at once".
fn past(now: OffsetDateTime) -> String {
    let now = now.to_offset(UtcOffset::UTC).format(&Rfc3339).unwrap_or_default();
    format!("must not be more than a minute in the past: it is {now} here; leave it out to send at once")
}
