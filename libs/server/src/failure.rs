//! What callers are told of failures behind a service: of its database, and of the services that it asks. And what a
//! consumer makes of a service that does not answer.

use std::error::Error;

use muster_database::{DatabaseError, deadline};
use muster_messaging::HandlingError;
use muster_refusal::{ErrorReason, Refusal};
use tonic::{Code, Status};

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
