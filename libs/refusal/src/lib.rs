//! Refusals: what a caller is told when a call is not carried out.
//!
//! A [`Refusal`] becomes a gRPC status with rich details (AIP-193): exactly one `ErrorInfo` whose reason is a value of
//! `muster.error.v1.ErrorReason` and whose domain is `muster.dev`, and beside it whatever helps: every field violation
//! at once, a broken precondition, a used-up quota, when to come back, where to go instead. The gRPC code is a function
//! of the reason.
//!
//! ```
//! use muster_refusal::{ErrorReason, Refusal};
//!
//! let refusal = Refusal::new(ErrorReason::InvitationExpired, "the invitation has expired; ask for a new one");
//! let status = tonic::Status::from(refusal);
//! assert_eq!(status.code(), tonic::Code::FailedPrecondition);
//! ```

mod bounded;
mod code;
mod read;
mod retold;
mod support;
mod trace;
mod violations;

use std::collections::HashMap;
use std::time::Duration;

use bounded::{FieldProblem, Parts};
pub use code::code_of;
pub use muster_proto::error::v1::ErrorReason;
pub use read::{fields_of, quota_of, reason_of, retry_after_of, trace_of, violations_of};
pub use support::name_support;
use tonic::Status;
use tonic_types::ErrorDetails;
/// What describes the details (`google.rpc.ErrorInfo` and the others) to clients that learn the contract by reflection.
pub use tonic_types::pb::FILE_DESCRIPTOR_SET as DETAILS;
pub use trace::name_trace;
pub use violations::Violations;

/// The domain of every `ErrorInfo` of the suite.
pub use muster_proto::ERROR_DOMAIN as DOMAIN;

/// A call that is not carried out, in the words that the caller may read.
///
/// Holds no internal text: what broke inside is logged where it is handled, and becomes [`Refusal::internal`].
#[derive(Debug, Clone)]
pub struct Refusal(Box<Told>);

#[derive(Debug, Clone)]
struct Told {
    reason: ErrorReason,
    message: String,
    metadata: HashMap<String, String>,
    details: ErrorDetails,
    violations: Vec<FieldProblem>,
}

impl Refusal {
    /// A refusal with its reason and a sentence that says what to do about it.
    pub fn new(reason: ErrorReason, message: impl Into<String>) -> Self {
        let (message, metadata, details) = (message.into(), HashMap::new(), ErrorDetails::new());
        Self(Box::new(Told {
            reason,
            message,
            metadata,
            details,
            violations: Vec::new(),
        }))
    }

    /// Something broke on our side. Log the cause before; the caller learns only that, and by [`name_trace`] which trace
    /// operators are to look at.
    pub fn internal() -> Self {
        Self::new(
            ErrorReason::Internal,
            "something broke on our side; try again, and report the trace id if it stays",
        )
    }

    /// Temporarily unavailable; the caller may come back in a second.
    pub fn unavailable() -> Self {
        Self::new(
            ErrorReason::Unavailable,
            "temporarily unavailable; retry with back-off",
        )
        .retry_after(Duration::from_secs(1))
    }

    /// The caller may not do this, whether or not the named thing exists. Always the same bytes.
    pub fn permission_denied() -> Self {
        Self::new(
            ErrorReason::PermissionDenied,
            "you may not do this here; an owner gives access to their organization, and what is a person's own is theirs alone",
        )
    }

    /// Nothing of that name inside the caller's own scope. Always the same bytes.
    pub fn not_found() -> Self {
        Self::new(ErrorReason::NotFound, "there is nothing of that name here")
    }

    /// The reason.
    pub fn reason(&self) -> ErrorReason {
        self.0.reason
    }

    /// Adds a fact that programs may read.
    #[must_use]
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.metadata.insert(key.into(), value.into());
        self
    }

    /// Adds a field that breaks its rule: `field` as a path in the request, `description` what it must be. Of hundreds,
    /// only the first are told, and how many more there are.
    #[must_use]
    pub fn violation(mut self, field: impl Into<String>, description: impl Into<String>) -> Self {
        self.0.violations.push((field.into(), description.into()));
        self
    }

    /// Adds a precondition that does not hold.
    #[must_use]
    pub fn precondition(
        mut self,
        kind: impl Into<String>,
        subject: impl Into<String>,
        description: impl Into<String>,
    ) -> Self {
        self.0
            .details
            .add_precondition_failure_violation(kind, subject, description);
        self
    }

    /// Adds a quota that is used up, with how much was asked for or used and how much there is.
    #[must_use]
    pub fn quota(mut self, subject: impl Into<String>, used: i64, limit: i64) -> Self {
        self.0
            .details
            .add_quota_failure_violation(subject, format!("{used} of {limit}"));
        self.metadata("used", used.to_string())
            .metadata("limit", limit.to_string())
    }

    /// Says when to come back.
    #[must_use]
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.0.details.set_retry_info(Some(delay));
        self
    }

    /// Says where to go instead.
    #[must_use]
    pub fn help(mut self, description: impl Into<String>, url: impl Into<String>) -> Self {
        self.0.details.add_help_link(description, url);
        self
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let Told {
            reason,
            message,
            metadata,
            details,
            violations,
        } = *refusal.0;
        let name = reason.as_str_name();
        let parts = Parts {
            code: reason.code(),
            reason: name.strip_prefix("ERROR_REASON_").unwrap_or(name),
            text: message,
            metadata,
            details,
            violations,
        };
        parts.status()
    }
}

#[cfg(test)]
mod tests;
