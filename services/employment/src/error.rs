//! Everything that keeps this service from doing what it is asked, and what is made of it: a refusal for a caller, or
//! what becomes of an event.

use std::time::Duration;

use muster_ids::{OrganizationId, OrganizationName};
use muster_messaging::HandlingError;
use muster_refusal::{ErrorReason, Refusal};
use muster_server::Failure;
use thiserror::Error;

use crate::domain::{
    ClaimLimit, ClaimedTooOften, Days, EmploymentState, MAX_REJECTIONS, NotCorrectable, NotEndable,
    NotUndone, NotVerifiable, NotWithdrawable,
};
use crate::store::employment::ONE_OPEN;

#[derive(Debug, Error)]
pub(crate) enum Error {
    /// Two services say what cannot both be so. Only events lead here.
    #[error("{0}")]
    Contradiction(&'static str),
    #[error("the employment is {0}")]
    State(EmploymentState),
    #[error("nobody verifies their own employment")]
    OwnEmployment,
    /// With the organization whose ownership it is.
    #[error("it is the owner's employment")]
    OwnerMustTransfer(OrganizationId),
    #[error("it is not the owner's employment")]
    NotOwners,
    #[error("registry staff decide on no organization of their own")]
    OwnProfile,
    #[error("the employment was verified before")]
    WasVerified,
    #[error("an organization takes no claims")]
    SiteNotActive(Vec<Field>),
    #[error("the person has claimed too often")]
    ClaimedTooOften {
        too_often: ClaimedTooOften,
        fields: Vec<Field>,
        /// Until they may.
        wait: Duration,
    },
    #[error("those who can verify it were reminded a while ago")]
    RemindedLately {
        /// Until they may be reminded again.
        wait: Duration,
    },
    #[error("the claim was rejected as often as one may be")]
    TooManyRejections,
    #[error("the person has access by the employment, which the owner takes")]
    GivesAccess,
    #[error("a location is not one of the organization")]
    LocationUnknown(Vec<Field>),
    #[error("a group or location is not one of the organization")]
    GroupUnknown(Vec<Field>),
    #[error("a group is not active")]
    GroupInactive(Vec<Field>),
    #[error("a location is not active")]
    LocationInactive(Vec<Field>),
    #[error("positions cannot be as they were said")]
    Positions(Vec<Field>),
    #[error("the last day is before the first")]
    LastDay,
    /// With its days.
    #[error("the last day reaches into another employment of the person at the organization")]
    LastDayTaken(Days),
    #[error("the other side has ended it")]
    EndedByOther,
    #[error("it ended more than 24 hours ago")]
    UndoTooLate,
    #[error("another employment of the person is open at the organization")]
    Superseded,
    /// With its days.
    #[error("another employment of the person at the organization covers days of this one")]
    DaysTaken(Days),
    /// Its mail waits.
    #[error("the organization is suspended")]
    OrganizationNotActive,
    #[error("the organization was closed")]
    OrganizationClosed,
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// A field of the request and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    path: String,
    problem: String,
}

impl Field {
    pub(crate) fn of(path: String, problem: impl Into<String>) -> Self {
        let problem = problem.into();
        Self { path, problem }
    }
}

muster_server::shared_failures!(Error);

impl Error {
    /// Where a change would have opened a second employment of the person at the organization.
    pub(crate) fn of_second_open(self) -> Self {
        match self {
            Self::Failure(failure) if failure.constraint() == Some(ONE_OPEN) => Self::Superseded,
            other => other,
        }
    }
}

impl From<std::convert::Infallible> for Error {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

impl From<EmploymentState> for Error {
    fn from(state: EmploymentState) -> Self {
        Self::State(state)
    }
}

impl From<NotEndable> for Error {
    fn from(why: NotEndable) -> Self {
        match why {
            NotEndable::State(state) => Self::State(state),
            NotEndable::BeforeStart => Self::LastDay,
            NotEndable::ByOther => Self::EndedByOther,
        }
    }
}

impl From<NotUndone> for Error {
    fn from(why: NotUndone) -> Self {
        match why {
            NotUndone::State(state) => Self::State(state),
            NotUndone::ByOther => Self::EndedByOther,
            NotUndone::TooLate => Self::UndoTooLate,
        }
    }
}

impl From<NotCorrectable> for Error {
    fn from(why: NotCorrectable) -> Self {
        match why {
            NotCorrectable::State(state) => Self::State(state),
            NotCorrectable::Rejections => Self::TooManyRejections,
        }
    }
}

impl From<NotWithdrawable> for Error {
    fn from(why: NotWithdrawable) -> Self {
        match why {
            NotWithdrawable::State(state) => Self::State(state),
            NotWithdrawable::WasVerified => Self::WasVerified,
        }
    }
}

impl From<NotVerifiable> for Error {
    fn from(why: NotVerifiable) -> Self {
        match why {
            NotVerifiable::Own => Self::OwnEmployment,
            NotVerifiable::State(state) => Self::State(state),
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::Contradiction(contradiction) => {
                tracing::error!(contradiction, "services contradict each other");
                Refusal::internal()
            }
            Error::State(state) => not_in(state),
            Error::OwnEmployment => {
                let text =
                    "nobody verifies their own employment; ask another administrator of the organization";
                Refusal::new(ErrorReason::OwnEmployment, text)
            }
            Error::OwnerMustTransfer(organization) => {
                let text = "the owner's employment is neither rejected nor ended nor taken back; offer the ownership to an administrator first, or close the organization";
                Refusal::new(ErrorReason::OwnerMustTransfer, text)
                    .metadata("organization", OrganizationName { organization }.to_string())
                    .metadata("next_step", "offer_ownership")
            }
            Error::NotOwners => {
                let text =
                    "it is not the owner's employment; an administrator of the organization verifies it";
                Refusal::new(ErrorReason::EmploymentNotOwners, text)
            }
            Error::OwnProfile => {
                let text = "registry staff decide on no organization that they own or administer; a colleague has to do this";
                Refusal::new(ErrorReason::OwnProfile, text)
            }
            Error::WasVerified => {
                let text = "the organization has verified the employment before, and it is not taken back any more; leave it, \
                            with a reason and a last day";
                let state = EmploymentState::PendingVerification.as_str();
                Refusal::new(ErrorReason::EmploymentVerified, text).metadata("state", state)
            }
            Error::SiteNotActive(fields) => {
                let text = "no organization of this name takes claims; it is not approved, or not any more";
                with_fields(ErrorReason::OrganizationNotActive, text, fields)
            }
            Error::ClaimedTooOften {
                too_often,
                fields,
                wait,
            } => claimed_too_often(&too_often, fields).retry_after(wait),
            Error::RemindedLately { wait } => {
                let text = "the organization is reminded of a claim once in 3 days; wait, or talk to it";
                Refusal::new(ErrorReason::RateLimited, text).retry_after(wait)
            }
            Error::TooManyRejections => {
                let text =
                    "the claim was rejected as often as one may be, and is not handed in again; claim anew";
                let limit = i64::try_from(MAX_REJECTIONS).unwrap_or(i64::MAX);
                Refusal::new(ErrorReason::TooManyRejections, text).quota("rejections", limit, limit)
            }
            Error::GivesAccess => {
                let text = "the person has access to the organization by this employment, and only its owner takes that; the owner \
                            ends or rejects the employment, or removes the profile user first";
                Refusal::new(ErrorReason::EmploymentGivesAccess, text)
            }
            Error::LocationUnknown(fields) => {
                let text = "a location is not one of the organization";
                with_fields(ErrorReason::GroupUnknown, text, fields)
            }
            Error::GroupUnknown(fields) => {
                let text = "a group or location is not one of the organization; every one is named";
                with_fields(ErrorReason::GroupUnknown, text, fields)
            }
            Error::GroupInactive(fields) => {
                let text = "a group that is not active takes nobody; every one is named";
                with_fields(ErrorReason::GroupInactive, text, fields)
            }
            Error::LocationInactive(fields) => {
                let text = "nobody is placed at the location any more; name another one, or none";
                with_fields(ErrorReason::LocationInactive, text, fields)
            }
            Error::Positions(fields) => {
                let text = "start or positions cannot be as they were said; every field is named";
                with_fields(ErrorReason::InvalidRequest, text, fields)
            }
            Error::LastDay => {
                let text = "an employment does not end before it begins";
                let problem = "must not be before the first day of the employment; without a day, what has not begun never begins";
                Refusal::new(ErrorReason::InvalidRequest, text).violation("last_day", problem)
            }
            Error::LastDayTaken(days) => {
                let text = "no two employments of a person at an organization cover the same day";
                let problem = match days {
                    Days {
                        first,
                        last: Some(last),
                    } => format!(
                        "must not reach into another employment of the person there, from {first} to {last}"
                    ),
                    Days { first, last: None } => {
                        format!("must be before {first}, when another employment of the person there begins")
                    }
                };
                Refusal::new(ErrorReason::InvalidRequest, text).violation("last_day", problem)
            }
            Error::EndedByOther => {
                let text = "the other side has ended the employment or settled its last day; only they take that back, or \
                            put it off";
                Refusal::new(ErrorReason::EmploymentEndedByOther, text)
            }
            Error::UndoTooLate => {
                let text = "an end can be taken back for 24 hours, and these are over; the person claims anew, or is invited";
                Refusal::new(ErrorReason::UndoTooLate, text)
            }
            Error::Superseded => {
                let text = "another employment at this organization is open; go on with that one";
                Refusal::new(ErrorReason::EmploymentSuperseded, text)
            }
            Error::DaysTaken(days) => {
                let last_day = days.last.unwrap_or(days.first);
                let text = format!(
                    "another employment at this organization covers days that this one would, until {last_day}; go on with \
                     that one, or begin after its last day"
                );
                Refusal::new(ErrorReason::EmploymentSuperseded, text)
                    .metadata("last_day", last_day.to_string())
            }
            Error::OrganizationNotActive => {
                let text = "the organization is suspended; its mail waits until it is active again";
                Refusal::new(ErrorReason::OrganizationNotActive, text).metadata("state", "SUSPENDED")
            }
            Error::OrganizationClosed => {
                let text = "the organization was closed, and nobody works there any more";
                Refusal::new(ErrorReason::OrganizationNotActive, text).metadata("state", "CLOSED")
            }
            Error::Failure(failure) => failure.into(),
        }
    }
}

/// What the organization has decided is told by a reason of its own: the contrary comes too late.
fn not_in(state: EmploymentState) -> Refusal {
    let (reason, text) = match state {
        EmploymentState::Verified => (
            ErrorReason::EmploymentVerified,
            "the organization has verified the employment; it can be ended".to_owned(),
        ),
        EmploymentState::Rejected => (
            ErrorReason::EmploymentRejected,
            "the organization has rejected the claim; the person corrects it first, or claims anew"
                .to_owned(),
        ),
        other => (
            ErrorReason::EmploymentState,
            format!("the employment is {other}, which does not allow this"),
        ),
    };
    Refusal::new(reason, text).metadata("state", state.as_str())
}

impl From<Error> for HandlingError {
    fn from(error: Error) -> Self {
        match error {
            Error::Contradiction(_)
            | Error::State(_)
            | Error::OwnEmployment
            | Error::OwnerMustTransfer(_)
            | Error::NotOwners
            | Error::OwnProfile
            | Error::WasVerified
            | Error::SiteNotActive(_)
            | Error::ClaimedTooOften { .. }
            | Error::RemindedLately { .. }
            | Error::TooManyRejections
            | Error::GivesAccess
            | Error::LocationUnknown(_)
            | Error::GroupUnknown(_)
            | Error::GroupInactive(_)
            | Error::LocationInactive(_)
            | Error::Positions(_)
            | Error::LastDay
            | Error::LastDayTaken(_)
            | Error::EndedByOther
            | Error::UndoTooLate
            | Error::Superseded
            | Error::DaysTaken(_)
            | Error::OrganizationNotActive
            | Error::OrganizationClosed => Self::Permanent(error.to_string()),
            Error::Failure(failure) => failure.into(),
        }
    }
}

fn claimed_too_often(too_often: &ClaimedTooOften, fields: Vec<Field>) -> Refusal {
    let (quota, text) = match too_often.limit {
        ClaimLimit::AtOrganization => (
            "claims_at_organization",
            "you have claimed to work at this organization, or consented with a claim there, as often as anybody may in 30 days; its administrators can invite you, and access to your record is granted by itself",
        ),
        ClaimLimit::OfPerson => (
            "claims_of_person",
            "you have claimed to work somewhere as often as anybody may in 30 days; wait for the answers",
        ),
    };
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    with_fields(ErrorReason::RateLimited, text, fields).quota(
        quota,
        count(too_often.used),
        count(too_often.allowed),
    )
}

fn with_fields(reason: ErrorReason, text: &str, fields: Vec<Field>) -> Refusal {
    let refusal = Refusal::new(reason, text);
    fields.into_iter().fold(refusal, |refusal, field| {
        refusal.violation(field.path, field.problem)
    })
}
