//! What registry staff look at.

use muster_ids::{
    EmploymentId, EmploymentName, LearnerName, OrganizationId, PersonId, StaffReadId, StaffReadName,
};
use time::OffsetDateTime;

/// One look of registry staff at what is personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StaffRead {
    pub(crate) organization: OrganizationId,
    pub(crate) id: StaffReadId,
    /// Who looked.
    pub(crate) staff: PersonId,
    /// Their name at the time; may be empty.
    pub(crate) staff_display_name: String,
    /// What they called: `package.Service/Method`.
    pub(crate) method: String,
    /// The resource name that they asked about.
    pub(crate) subject: String,
    /// The one person that it is about.
    pub(crate) person: Option<PersonId>,
    /// As they stated it.
    pub(crate) reason: String,
    pub(crate) time: OffsetDateTime,
}

/// The person whom a resource name leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    Person(PersonId),
    /// Whoever has this employment.
    Employment(EmploymentId),
    /// Several, or nobody who is known here.
    Nobody,
}

impl About {
    /// Whom this is about.
    pub(crate) fn of(subject: &str) -> Self {
        if let Ok(learner) = subject.parse::<LearnerName>() {
            return Self::Person(learner.person);
        }
        match subject.parse::<EmploymentName>() {
            Ok(employment) => Self::Employment(employment.employment),
            Err(_) => Self::Nobody,
        }
    }
}

impl StaffRead {
    /// Its resource name.
    pub(crate) fn name(&self) -> StaffReadName {
        StaffReadName {
            organization: self.organization,
            staff_read: self.id,
        }
    }
}
