//! A call that was refused or did not come back.

use std::fmt;

use muster_refusal::{ErrorReason, reason_of};
use prost::Name;
use tonic::{Code, Status};

use crate::TraceId;

/// Which RPC failed, and how.
#[derive(Debug, Clone)]
pub struct CallError {
    rpc: &'static str,
    package: &'static str,
    status: Status,
}

impl CallError {
    pub(crate) fn of<M: Name>(status: Status) -> Self {
        Self {
            rpc: M::NAME.trim_end_matches("Request"),
            package: M::PACKAGE,
            status,
        }
    }

    /// The response lacks what the contract says it holds.
    pub(crate) fn without_resource<M: Name>() -> Self {
        Self::of::<M>(Status::internal("the response holds no resource"))
    }

    /// The RPC's own name, such as `CreateGroup`.
    #[must_use]
    pub fn rpc(&self) -> &'static str {
        self.rpc
    }

    /// The package of its contract, such as `muster.organization.v1`.
    #[must_use]
    pub fn package(&self) -> &'static str {
        self.package
    }

    /// Why it was refused; nothing when the answer is not one of the suite (a proxy on the way, a connection that broke).
    #[must_use]
    pub fn reason(&self) -> Option<ErrorReason> {
        reason_of(&self.status)
    }

    /// The gRPC code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.status.code()
    }

    /// The status, with all details.
    #[must_use]
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// The trace of the call, where a [`crate::Client`] made it.
    #[must_use]
    pub fn trace(&self) -> Option<TraceId> {
        TraceId::read(self.status.metadata().as_ref())
    }
}

impl From<CallError> for Status {
    fn from(error: CallError) -> Self {
        error.status
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = self.reason().map_or("no reason given", |reason| {
            reason.as_str_name().trim_start_matches("ERROR_REASON_")
        });
        let (code, message) = (self.status.code(), self.status.message());
        write!(f, "{}: {code:?}, {reason}: {message}", self.rpc)
    }
}

impl std::error::Error for CallError {}
