//! What callers are told of failures behind a service: of its database, and of the services that it asks.

use std::error::Error;

use muster_database::{DatabaseError, deadline};
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

fn deadline_exceeded() -> Refusal {
    let text =
        "the call took longer than it may; it may still have had its effect: ask with the same request_id";
    Refusal::new(ErrorReason::DeadlineExceeded, text)
}
