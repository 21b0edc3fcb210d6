//! Everything that keeps this service from doing what it is asked, and what is made of it: a refusal for a caller, or
//! what becomes of an event.

use muster_messaging::HandlingError;
use muster_refusal::{ErrorReason, Refusal};
use muster_server::Failure;
use thiserror::Error;

use crate::domain::{EmploymentState, NotVerifiable};

#[derive(Debug, Error)]
pub(crate) enum Error {
    /// Two services say what cannot both be so. Only events lead here.
    #[error("{0}")]
    Contradiction(&'static str),
    #[error("the employment is {0}")]
    State(EmploymentState),
    #[error("nobody verifies their own employment")]
    OwnEmployment,
    #[error("it is the owner's employment")]
    OwnerMustTransfer,
    #[error(transparent)]
    Failure(#[from] Failure),
}

muster_server::shared_failures!(Error);

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
            Error::State(state) => {
                let text = format!("the employment is {state}, which does not allow this");
                Refusal::new(ErrorReason::EmploymentState, text).metadata("state", state.as_str())
            }
            Error::OwnEmployment => {
                let text =
                    "nobody verifies their own employment; ask another administrator of the organization";
                Refusal::new(ErrorReason::OwnEmployment, text)
            }
            Error::OwnerMustTransfer => {
                let text = "the owner's employment cannot be ended; transfer the ownership first";
                Refusal::new(ErrorReason::OwnerMustTransfer, text)
            }
            Error::Failure(failure) => failure.into(),
        }
    }
}

impl From<Error> for HandlingError {
    fn from(error: Error) -> Self {
        match error {
            Error::Contradiction(_) | Error::State(_) | Error::OwnEmployment | Error::OwnerMustTransfer => {
                Self::Permanent(error.to_string())
            }
            Error::Failure(failure) => failure.into(),
        }
    }
}
