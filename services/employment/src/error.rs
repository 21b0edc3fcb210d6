//! Everything that keeps this service from doing what it is asked, and what is made of it: a refusal for a caller, or
//! what becomes of an event.

use muster_messaging::HandlingError;
use muster_refusal::Refusal;
use muster_server::Failure;
use thiserror::Error;

#[derive(Debug, Error)]
pub(crate) enum Error {
    /// Two services say what cannot both be so. Only events lead here.
    #[error("{0}")]
    Contradiction(&'static str),
    #[error(transparent)]
    Failure(#[from] Failure),
}

muster_server::shared_failures!(Error);

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::Contradiction(contradiction) => {
                tracing::error!(contradiction, "services contradict each other");
                Refusal::internal()
            }
            Error::Failure(failure) => failure.into(),
        }
    }
}

impl From<Error> for HandlingError {
    fn from(error: Error) -> Self {
        match error {
            Error::Contradiction(_) => Self::Permanent(error.to_string()),
            Error::Failure(failure) => failure.into(),
        }
    }
}
