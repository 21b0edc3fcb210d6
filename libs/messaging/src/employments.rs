//! What every event of an employment says, read once for all projections.

mod handler;

use muster_ids::{
    EmploymentId, EmploymentName, GrantId, GrantName, GroupId, GroupName, LocationId, LocationName,
};
use muster_ids::{InvitationId, InvitationName, OrganizationId, OrganizationName, PersonId, PersonName};
use muster_proto::employment::v1 as pb;
use time::OffsetDateTime;

use crate::envelope::field;
use crate::{HandlingError, Received};
pub use handler::{EmploymentEvent, EmploymentHandler, EmploymentWork};

/// An employment as an event tells of it; `pb::EmploymentFacts`, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmploymentFacts {
    /// The organization; that of the event.
    pub organization: OrganizationId,
    /// The employment.
    pub employment: EmploymentId,
    /// The person.
    pub person: PersonId,
    /// Where it stands; never unspecified.
    pub state: pb::EmploymentState,
    /// The groups of the learner.
    pub groups: Vec<GroupId>,
    /// The place of work, if it was said.
    pub location: Option<LocationId>,
    /// The invitation it came from; `None` for the director's.
    pub source_invitation: Option<InvitationId>,
    /// When it began to be there; `None` when an earlier version published it.
    pub create_time: Option<OffsetDateTime>,
    /// Whether it is verified or was; `false` also when an earlier version published it.
    pub was_verified: bool,
    /// What the person granted with their claim; `None` when nothing.
    pub consent: Option<ClaimedConsent>,
    /// The version of the employment: a projection applies only a newer one.
    pub sequence: i64,
}

/// The consent that came with a claim; `pb::ClaimedConsent`, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedConsent {
    /// The grant that it becomes.
    pub grant: GrantId,
    /// When it was given.
    pub time: OffsetDateTime,
    /// When it ends by itself; `None`: never.
    pub expire_time: Option<OffsetDateTime>,
    /// Which words the person agreed to; may be empty.
    pub wording: String,
}

impl ClaimedConsent {
    /// Reads the consent of this person.
    ///
    /// # Errors
    /// [`HandlingError::Permanent`] when it is malformed, or somebody else's.
    pub fn parse(person: PersonId, told: pb::ClaimedConsent) -> Result<Self, HandlingError> {
        let name: GrantName = field("consent.grant", &told.grant)?;
        if name.person != person {
            let text = "consent.grant is somebody else's";
            return Err(HandlingError::Permanent(text.to_owned()));
        }
        let said = told
            .consent_time
            .ok_or_else(|| HandlingError::Permanent("consent_time is not said".to_owned()))?;
        let end = told
            .expire_time
            .map(|said| time("consent.expire_time", said.seconds, said.nanos));
        Ok(Self {
            grant: name.grant,
            time: time("consent.consent_time", said.seconds, said.nanos)?,
            expire_time: end.transpose()?,
            wording: told.wording,
        })
    }
}

impl EmploymentFacts {
    /// Reads the facts of `event`, the first field of its message.
    ///
    /// # Errors
    /// [`HandlingError::Permanent`] when they are missing, malformed, or name another organization than the event.
    pub fn read(event: &Received, facts: Option<pb::EmploymentFacts>) -> Result<Self, HandlingError> {
        let facts = Self::parse(facts, event.sequence)?;
        event.within(facts.organization)?;
        Ok(facts)
    }

    /// Reads facts of an employment that has this version.
    ///
    /// # Errors
    /// [`HandlingError::Permanent`] when they are missing or malformed, or name several organizations.
    pub fn parse(facts: Option<pb::EmploymentFacts>, sequence: i64) -> Result<Self, HandlingError> {
        let facts = facts.ok_or_else(|| HandlingError::Permanent("the event has no facts".to_owned()))?;
        let employment: EmploymentName = field("employment", &facts.employment)?;
        let OrganizationName { organization } = field("organization", &facts.organization)?;
        let person: PersonName = field("person", &facts.person)?;
        within(organization, employment.organization)?;
        Ok(Self {
            organization,
            employment: employment.employment,
            person: person.person,
            state: state(facts.state())?,
            groups: groups(organization, &facts.groups)?,
            location: location(organization, &facts.location)?,
            source_invitation: invitation(organization, &facts.source_invitation)?,
            create_time: facts
                .create_time
                .map(|said| time("create_time", said.seconds, said.nanos))
                .transpose()?,
            was_verified: facts.was_verified,
            consent: facts
                .consent
                .map(|told| ClaimedConsent::parse(person.person, told))
                .transpose()?,
            sequence,
        })
    }

    /// The state as projections store it, such as `VERIFIED`.
    #[must_use]
    pub fn state_word(&self) -> &'static str {
        let name = self.state.as_str_name();
        name.strip_prefix("EMPLOYMENT_STATE_").unwrap_or(name)
    }
}

fn state(state: pb::EmploymentState) -> Result<pb::EmploymentState, HandlingError> {
    match state {
        pb::EmploymentState::Unspecified => Err(HandlingError::Permanent(
            "state is not one that is known".to_owned(),
        )),
        known => Ok(known),
    }
}

/// What belongs to the employment is of its organization.
fn within(organization: OrganizationId, named: OrganizationId) -> Result<(), HandlingError> {
    if named == organization {
        Ok(())
    } else {
        let text = "the employment names another organization";
        Err(HandlingError::Permanent(text.to_owned()))
    }
}

fn groups(organization: OrganizationId, names: &[String]) -> Result<Vec<GroupId>, HandlingError> {
    let group = |text: &String| {
        let name: GroupName = field("groups", text)?;
        within(organization, name.organization).map(|()| name.group)
    };
    names.iter().map(group).collect()
}

fn location(organization: OrganizationId, text: &str) -> Result<Option<LocationId>, HandlingError> {
    if text.is_empty() {
        return Ok(None);
    }
    let name: LocationName = field("location", text)?;
    within(organization, name.organization).map(|()| Some(name.location))
}

fn time(field: &str, seconds: i64, nanos: i32) -> Result<OffsetDateTime, HandlingError> {
    let nanoseconds = i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
    let time = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds);
    time.map_err(|_| HandlingError::Permanent(format!("{field} is no time")))
}

fn invitation(organization: OrganizationId, text: &str) -> Result<Option<InvitationId>, HandlingError> {
    if text.is_empty() {
        return Ok(None);
    }
    let name: InvitationName = field("source_invitation", text)?;
    within(organization, name.organization).map(|()| Some(name.invitation))
}
