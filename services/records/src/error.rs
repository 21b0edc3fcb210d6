//! What can go wrong here, and what callers are told of it.

use muster_database::DatabaseError;
use muster_database::idempotency::IdempotencyError;
use muster_refusal::{ErrorReason, Refusal};
use muster_server::failure;
use thiserror::Error;
use tonic::Status;

/// Why a call is not carried out.
#[derive(Debug, Error)]
pub(crate) enum Error {
    /// Nothing of that name inside the caller's scope.
    #[error("there is no such thing")]
    NotFound,
    /// The person is not employed at the organization.
    #[error("there is no open employment")]
    NotEmployed,
    /// The person's employment waits for an administrator.
    #[error("the employment is not verified")]
    NotVerified,
    /// The person does not consent.
    #[error("there is no active grant")]
    NotGranted,
    /// The assignment is cancelled.
    #[error("the assignment takes no progress")]
    AssignmentClosed,
    /// Another training has the code.
    #[error("the code is taken")]
    TrainingCodeTaken,
    /// The request id was used for another request.
    #[error("the request id was used for another request")]
    RequestIdReused,
    /// Another service did not answer as it should.
    #[error("another service did not answer")]
    Peer(#[source] Box<Status>),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Error {
    pub(crate) fn of_peer(status: Status) -> Self {
        Self::Peer(Box::new(status))
    }
}

impl From<IdempotencyError> for Error {
    fn from(error: IdempotencyError) -> Self {
        match error {
            IdempotencyError::Reused => Self::RequestIdReused,
            IdempotencyError::Database(error) => Self::Database(error),
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => Refusal::not_found(),
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
            Error::AssignmentClosed => Refusal::new(
                ErrorReason::AssignmentClosed,
                "the assignment is cancelled and takes no progress; the organization can assign the training again",
            )
            .precondition("ASSIGNMENT", "state", "must not be CANCELLED"),
            Error::TrainingCodeTaken => Refusal::new(
                ErrorReason::TrainingCodeTaken,
                "the catalog has a training with this code; codes differ in more than upper and lower case",
            ),
            Error::RequestIdReused => failure::request_id_reused(),
            Error::Peer(status) => failure::of_peer(&status),
            Error::Database(error) => failure::of_database(&error),
        }
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        Refusal::from(error).into()
    }
}
