//! What can go wrong here, and what callers are told of it.

use muster_database::DatabaseError;
use muster_refusal::Refusal;
use muster_server::failure;
use thiserror::Error;
use tonic::Status;

/// Why a call is not carried out.
#[derive(Debug, Error)]
pub(crate) enum Error {
    /// Nothing of that name inside the caller's scope.
    #[error("there is no such employment")]
    NotFound,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => Refusal::not_found(),
            Error::Database(error) => failure::of_database(&error),
        }
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        Refusal::from(error).into()
    }
}
