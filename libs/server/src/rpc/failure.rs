//! What may go wrong in every service, and what callers are told of it: of its database, of the services that it asks, and of
//! requests that come again. And what a consumer makes of a service that does not answer.
//!
//! A service's error holds the reasons of its own over the shared ones:
//!
//! ```
//! use muster_refusal::{ErrorReason, Refusal};
//! use muster_server::Failure;
//!
//! #[derive(Debug, thiserror::Error)]
//! enum Error {
//!     #[error("the group is not active")]
//!     GroupInactive,
//!     #[error(transparent)]
//!     Failure(#[from] Failure),
//! }
//!
//! impl From<Error> for Refusal {
//!     fn from(error: Error) -> Self {
//!         match error {
//!             Error::GroupInactive => Refusal::new(ErrorReason::GroupInactive, "name another group"),
//!             Error::Failure(failure) => failure.into(),
//!         }
//!     }
//! }
//!
//! muster_server::shared_failures!(Error);
//! ```

use std::error::Error;

#[doc(hidden)]
pub use muster_database::DatabaseError;
use muster_database::deadline;
#[doc(hidden)]
pub use muster_database::idempotency::IdempotencyError;
use muster_messaging::HandlingError;
use muster_refusal::ErrorReason;
#[doc(hidden)]
pub use muster_refusal::Refusal;
use tonic::Code;
#[doc(hidden)]
pub use tonic::Status;

/// What may go wrong in every service.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Nothing of that name inside the caller's scope.
    #[error("there is nothing of that name in the caller's scope")]
    NotFound,
    /// The request id was used for another request (AIP-155).
    #[error("the request id was used for another request")]
    RequestIdReused,
    /// The thing changed since the caller read it (AIP-154).
    #[error("the thing changed since its etag was read")]
    EtagMismatch,
    /// Others were faster, again and again; the caller may try again.
    #[error("another call on the same thing kept winning")]
    Contended,
    /// Another service failed, and none of its answers is one for the caller.
    #[error("another service failed")]
    Peer(#[source] Box<Status>),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Failure {
    /// Whether trying again later may help: for work that no caller waits for. What is wrong with another service is mended
    /// there.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Database(error) => error.is_transient(),
            Self::Peer(_) | Self::Contended => true,
            Self::NotFound | Self::RequestIdReused | Self::EtagMismatch => false,
        }
    }

    /// The constraint that refused a row, if one did.
    #[must_use]
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Database(error) => error.constraint(),
            _ => None,
        }
    }
}

impl From<IdempotencyError> for Failure {
    fn from(error: IdempotencyError) -> Self {
        match error {
            IdempotencyError::Reused => Self::RequestIdReused,
            IdempotencyError::Database(error) => Self::Database(error),
        }
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotFound => Self::not_found(),
            Failure::RequestIdReused => request_id_reused(),
            Failure::EtagMismatch => {
                let text = "it was changed since you read it; read it again, and decide again";
                Self::new(ErrorReason::EtagMismatch, text)
            }
            Failure::Contended => Self::unavailable(),
            Failure::Peer(status) => of_peer(&status),
            Failure::Database(error) => of_database(&error),
        }
    }
}

/// For a service without reasons of its own, whose error this is.
impl From<Failure> for Status {
    fn from(failure: Failure) -> Self {
        Refusal::from(failure).into()
    }
}

/// What a failure means for the event on whose account the work was done.
impl From<Failure> for HandlingError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Peer(status) => of_peer_for_event("what another service knows", &status),
            Failure::Database(error) => error.into(),
            Failure::Contended => Self::Transient(failure.to_string()),
            Failure::NotFound | Failure::RequestIdReused | Failure::EtagMismatch => {
                Self::Permanent(failure.to_string())
            }
        }
    }
}

/// Conversions that the error of every service needs, over its variant for a [`Failure`]: from what the database and its
/// stored answers fail with, and, by way of its `Refusal`, into a status.
#[macro_export]
macro_rules! shared_failures {
    ($error:ty) => {
        impl From<$crate::failure::DatabaseError> for $error {
            fn from(error: $crate::failure::DatabaseError) -> Self {
                $crate::Failure::from(error).into()
            }
        }

        impl From<$crate::failure::IdempotencyError> for $error {
            fn from(error: $crate::failure::IdempotencyError) -> Self {
                $crate::Failure::from(error).into()
            }
        }

        impl From<$error> for $crate::failure::Status {
            fn from(error: $error) -> Self {
                $crate::failure::Refusal::from(error).into()
            }
        }
    };
}

/// The refusal for a failed unit of work. The cause is logged here, once; none of its words leave the service.
#[must_use]
pub fn of_database(error: &DatabaseError) -> Refusal {
    let cause = error as &dyn Error;
    match error {
        DatabaseError::Timeout(_) if deadline::has_passed() => deadline_exceeded(),
        DatabaseError::Unavailable(_) | DatabaseError::Timeout(_) => {
            tracing::warn!(error = cause, "the database did not answer");
            Refusal::unavailable()
        }
        DatabaseError::Conflict { .. } | DatabaseError::Inconsistent(_) | DatabaseError::Other(_) => {
            tracing::error!(error = cause, "the database failed");
            Refusal::internal()
        }
    }
}

/// The refusal for a failed call to another service, where none of that service's answers is one for the caller.
#[must_use]
pub fn of_peer(status: &Status) -> Refusal {
    match status.code() {
        Code::DeadlineExceeded => deadline_exceeded(),
        Code::Unavailable | Code::ResourceExhausted | Code::Cancelled => {
            tracing::warn!(code = ?status.code(), "a peer did not answer");
            Refusal::unavailable()
        }
        // A token that ran out a moment ago, or a callee of the release before: both pass, and callers may try again.
        code @ (Code::Unauthenticated | Code::Unimplemented) => {
            tracing::error!(?code, reason = ?muster_refusal::reason_of(status), "a peer does not know us yet");
            Refusal::unavailable()
        }
        code => {
            tracing::error!(?code, reason = ?muster_refusal::reason_of(status), "a peer refused");
            Refusal::internal()
        }
    }
}

/// What a peer's answer means for the event on whose account `what` was asked. That a thing does not exist, that the
/// question is wrong, or that the answer is too large, stays so. Everything else may pass: also a refused token or an
/// unknown method, which a rollout brings about.
#[must_use]
pub fn of_peer_for_event(what: &str, status: &Status) -> HandlingError {
    let text = format!("{what} was not told: {:?}", status.code());
    match status.code() {
        Code::NotFound | Code::InvalidArgument | Code::OutOfRange => HandlingError::Permanent(text),
        _ => HandlingError::Transient(text),
    }
}

/// Fields that break one rule, and what the call is then refused with.
pub type Broken<F, E> = (Vec<F>, fn(Vec<F>) -> E);

/// A call is refused for one reason, with every field that breaks it: the first reason that any does.
///
/// # Errors
/// That one.
pub fn first_of<F, E, const N: usize>(problems: [Broken<F, E>; N]) -> Result<(), E> {
    let mut broken = problems.into_iter().filter(|(fields, _)| !fields.is_empty());
    broken.next().map_or(Ok(()), |(fields, error)| Err(error(fields)))
}

/// The refusal of a `request_id` that was used for another request.
#[must_use]
pub fn request_id_reused() -> Refusal {
    let text = "the request_id was used for another request; use a new one";
    Refusal::new(ErrorReason::RequestIdReused, text)
}

/// The refusal of a call that took too long.
pub(crate) fn deadline_exceeded() -> Refusal {
    let text =
        "the call took longer than it may; it may still have had its effect: ask with the same request_id";
    Refusal::new(ErrorReason::DeadlineExceeded, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_refused_for_the_first_reason_with_all_its_fields() {
        type Told = (&'static str, Vec<u8>);
        let unknown: fn(Vec<u8>) -> Told = |fields| ("unknown", fields);
        let inactive: fn(Vec<u8>) -> Told = |fields| ("inactive", fields);
        assert_eq!(first_of([(vec![], unknown), (vec![], inactive)]), Ok(()));
        let second = first_of([(vec![], unknown), (vec![1, 2], inactive)]);
        assert_eq!(second, Err(("inactive", vec![1, 2])));
        let first = first_of([(vec![3], unknown), (vec![1, 2], inactive)]);
        assert_eq!(first, Err(("unknown", vec![3])));
    }

    #[test]
    fn a_call_may_be_tried_again_when_what_failed_passes_and_not_when_it_does_not() {
        let told = |code| Status::from(of_peer(&Status::new(code, ""))).code();
        for code in [Code::Unavailable, Code::Unauthenticated, Code::Unimplemented] {
            assert_eq!(told(code), Code::Unavailable, "{code:?}");
        }
        for code in [Code::PermissionDenied, Code::InvalidArgument, Code::Internal] {
            assert_eq!(told(code), Code::Internal, "{code:?}");
        }
    }

    #[test]
    fn an_event_waits_for_what_may_pass_and_for_nothing_else() {
        let told = |code| of_peer_for_event("the group", &Status::new(code, ""));
        for code in [Code::NotFound, Code::InvalidArgument, Code::OutOfRange] {
            assert!(matches!(told(code), HandlingError::Permanent(_)), "{code:?}");
        }
        for code in [Code::Unavailable, Code::PermissionDenied, Code::Unimplemented] {
            assert!(matches!(told(code), HandlingError::Transient(_)), "{code:?}");
        }
    }
}
