//! Everything that keeps this service from doing what it is asked, and what is made of it: a refusal for a caller, or
//! what becomes of an event.

use std::time::Duration;

use muster_messaging::HandlingError;
use muster_refusal::{ErrorReason, Refusal};
use muster_server::Failure;
use thiserror::Error;
use time::Date;
use tonic::Status;

use crate::domain::{GrantStateName, NotMoved};

#[derive(Debug, Error)]
pub(crate) enum Error {
    /// The person is not employed at the organization.
    #[error("there is no open employment")]
    NotEmployed,
    /// The person's employment waits for an administrator.
    #[error("the employment is not verified")]
    NotVerified,
    /// The person does not consent.
    #[error("there is no active grant")]
    NotGranted,
    /// The person said no, not long ago.
    #[error("the person has denied it")]
    Denied,
    /// The person has granted the organization so much lately that it is history enough.
    #[error("the person has granted too often")]
    GrantedTooOften {
        used: usize,
        allowed: usize,
        /// Until they may.
        wait: Duration,
    },
    /// The grant is in a state that does not allow this.
    #[error("the grant is {0}")]
    GrantState(GrantStateName),
    /// The assignment is cancelled.
    #[error("the assignment takes no progress")]
    AssignmentClosed,
    /// The learner has begun it.
    #[error("the assignment is begun")]
    AssignmentBegun,
    /// A group of the learner requires it.
    #[error("a group requires the training")]
    AssignmentRequired,
    /// A member of registry staff moves it from or to themself.
    #[error("registry staff move no progress of their own")]
    OwnProgress,
    /// Progress is not moved between the two.
    #[error("progress is not moved: {0:?}")]
    NotMoved(NotMoved),
    /// The organization was rejected or closed.
    #[error("the organization is {0}")]
    OrganizationState(&'static str),
    /// The organization has no such training.
    #[error("the training is not in the catalog of the organization")]
    TrainingNotInCatalog,
    /// The organization has deactivated it.
    #[error("the training is inactive in the catalog of the organization")]
    TrainingInactive,
    /// The day is over.
    #[error("the due date is past, or too far ahead")]
    DueDate {
        /// Which day it is there.
        today: Date,
        /// Where days are counted.
        zone: String,
    },
    /// Another training has the code.
    #[error("the code is taken")]
    TrainingCodeTaken,
    /// Groups require so many trainings that the catalog does not have. Only events lead here.
    #[error("the catalog lacks {0} of the trainings")]
    TrainingsUnknown(usize),
    /// A file could not be written on.
    #[error("a file cannot be written")]
    File(#[from] muster_tables::Problem),
    /// As many files are being written as this process takes on.
    #[error("too many files are being written")]
    TooManyFiles,
    #[error(transparent)]
    Failure(#[from] Failure),
}

muster_server::shared_failures!(Error);

impl Error {
    pub(crate) fn of_peer(status: Status) -> Self {
        Failure::Peer(Box::new(status)).into()
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::NotEmployed => Refusal::new(
                ErrorReason::EmploymentRequired,
                "there is no open employment of the person at the organization; they accept an invitation or claim it",
            )
            .precondition("EMPLOYMENT", "state", "must be open"),
            Error::NotVerified => Refusal::new(
                ErrorReason::EmploymentRequired,
                "the employment is not verified yet; an owner or admin of the organization verifies it",
            )
            .precondition("EMPLOYMENT", "state", "must be VERIFIED"),
            Error::NotGranted => Refusal::new(
                ErrorReason::GrantRequired,
                "the learner does not grant the organization access to their learning record; only the learner can \
                 grant it",
            ),
            Error::Denied => Refusal::new(
                ErrorReason::GrantDenied,
                "the learner has denied the organization their learning record; it may ask again 30 days after that",
            ),
            Error::GrantedTooOften { used, allowed, wait } => {
                let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
                Refusal::new(
                    ErrorReason::RateLimited,
                    "you have granted this organization access, or were asked for it, as often as anybody may in 30 days; what is granted \
                     now can be taken back at any time",
                )
                .quota("grants_at_organization", count(used), count(allowed))
                .retry_after(wait)
            }
            Error::GrantState(state) => Refusal::new(
                ErrorReason::GrantState,
                format!("the grant is {state}, which does not allow this"),
            )
            .metadata("state", state.as_str()),
            Error::AssignmentClosed => Refusal::new(
                ErrorReason::AssignmentClosed,
                "the assignment is cancelled and takes no progress; the organization can assign the training again",
            )
            .precondition("ASSIGNMENT", "state", "must not be CANCELLED"),
            Error::AssignmentBegun => Refusal::new(
                ErrorReason::AssignmentBegun,
                "the learner has begun it, and what is begun is not taken back",
            ),
            Error::AssignmentRequired => Refusal::new(
                ErrorReason::AssignmentRequired,
                "a group of the learner requires the training; take it out of what the group requires, or the learner out of the \
                 group",
            ),
            Error::OwnProgress => Refusal::new(
                ErrorReason::OwnProgress,
                "registry staff move no progress of their own, nor to an assignment of theirs; a colleague has to do this",
            ),
            Error::NotMoved(why) => not_moved(why),
            Error::OrganizationState(state) => Refusal::new(
                ErrorReason::OrganizationState,
                format!("the organization is {state}, and nothing is assigned there any more"),
            )
            .metadata("state", state),
            Error::TrainingNotInCatalog => Refusal::new(
                ErrorReason::TrainingNotInCatalog,
                "the training is not in the organization's catalog; add it there first",
            )
            .violation("training", "must be in the organization's catalog"),
            Error::TrainingInactive => Refusal::new(
                ErrorReason::TrainingInactive,
                "the organization's catalog holds the training inactive; reactivate it there first",
            )
            .violation("training", "must be active in the organization's catalog"),
            Error::DueDate { today, zone } => Refusal::new(
                ErrorReason::InvalidRequest,
                format!("the day on which it is due is over; in {zone} it is {today} now"),
            )
            .violation("due_date", format!("must be {today} or later, the day being counted in {zone}")),
            Error::TrainingCodeTaken => Refusal::new(
                ErrorReason::TrainingCodeTaken,
                "the catalog has a training with this code; codes differ in more than upper and lower case",
            ),
            Error::TrainingsUnknown(missing) => {
                tracing::error!(missing, "groups require trainings that the catalog lacks");
                Refusal::internal()
            }
            Error::File(problem) => {
                tracing::error!(error = &problem as &dyn std::error::Error, "a file could not be written");
                Refusal::internal()
            }
            Error::TooManyFiles => Refusal::new(
                ErrorReason::Overloaded,
                "too many files are being written at this moment; try again with back-off",
            )
            .retry_after(Duration::from_secs(5)),
            Error::Failure(failure) => failure.into(),
        }
    }
}

fn not_moved(why: NotMoved) -> Refusal {
    match why {
        NotMoved::NotOwn(name) => Refusal::new(
            ErrorReason::AssignmentNotOwn,
            "progress is moved from what a person took by themself to what an organization assigned",
        )
        .metadata("assignment", name.to_string()),
        NotMoved::Completed(name) => Refusal::new(
            ErrorReason::AssignmentCompleted,
            "the assignment is completed, and its certificate stays whose it is; there is no progress to move",
        )
        .metadata("assignment", name.to_string()),
        NotMoved::Closed => Refusal::new(
            ErrorReason::AssignmentClosed,
            "one of the two is cancelled, or its progress was moved to another assignment",
        )
        .precondition("ASSIGNMENT", "state", "must not be CANCELLED"),
        NotMoved::OtherTraining => Refusal::new(
            ErrorReason::TrainingDiffers,
            "the two assignments are of different trainings; progress counts for its own",
        ),
    }
}

impl From<Error> for HandlingError {
    fn from(error: Error) -> Self {
        match error {
            Error::Failure(failure) => failure.into(),
            refused => Self::Permanent(refused.to_string()),
        }
    }
}
