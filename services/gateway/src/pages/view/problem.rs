//! The words for what went wrong.

use std::time::Duration;

use askama::Template;
use axum::http::StatusCode;
use muster_refusal::{ErrorReason, reason_of, retry_after_of};
use tonic::{Code, Status};

use super::frame::Frame;
use crate::pages::choice::Choice;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// A page that says what went wrong and what to do.
#[derive(Debug, Clone, Template)]
#[template(path = "problem.html")]
pub(crate) struct Problem {
    status: StatusCode,
    /// The keys of what is said.
    title: &'static str,
    text: &'static str,
    /// Whether signing in is what to do.
    pub(crate) needs_sign_in: bool,
    way: Way,
    /// Where to, if there are several issuers.
    pub(crate) choices: Vec<Choice>,
    /// When to come back, if that is known.
    retry_after: Option<Duration>,
    pub(crate) frame: Frame,
}

/// Where somebody goes on from a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// To the invitation whose link was followed.
    Invitation,
    /// To what they consent to.
    Consent,
    /// To what they have to take.
    Trainings,
    /// To the first page.
    Home,
}

impl Problem {
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    fn new(status: StatusCode, title: &'static str, text: &'static str) -> Self {
        Self {
            status,
            title,
            text,
            needs_sign_in: false,
            way: Way::Invitation,
            choices: Vec::new(),
            retry_after: None,
            frame: Frame::default(),
        }
    }

    /// One that no invitation has anything to do with, as far as is known.
    fn elsewhere(status: StatusCode, title: &'static str, text: &'static str) -> Self {
        Self {
            way: Way::Home,
            ..Self::new(status, title, text)
        }
    }

    fn not_signed_in(status: StatusCode, text: &'static str) -> Self {
        Self {
            needs_sign_in: true,
            ..Self::new(status, "not-signed-in", text)
        }
    }

    /// A sign-in that did not come to an end.
    pub(crate) fn sign_in(text: &'static str) -> Self {
        Self::not_signed_in(StatusCode::BAD_REQUEST, text)
    }

    /// The issuer of a sign-in does not answer.
    pub(crate) fn sign_in_away() -> Self {
        Self::not_signed_in(StatusCode::BAD_GATEWAY, "sign-in-away")
    }

    /// The issuer does not tell the address of somebody who is signed in.
    pub(crate) fn address_away() -> Self {
        Self::new(StatusCode::BAD_GATEWAY, "not-now", "address-away")
    }

    /// There is no such page.
    pub(crate) fn no_page() -> Self {
        Self::elsewhere(StatusCode::NOT_FOUND, "no-page", "no-page-then")
    }

    /// What the framework refused by itself.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let text = match status {
            StatusCode::NOT_FOUND => return Self::no_page(),
            StatusCode::METHOD_NOT_ALLOWED => "wrong-method",
            StatusCode::PAYLOAD_TOO_LARGE => "too-large",
            status if status.is_server_error() => "broken",
            _ => "bad-address",
        };
        Self::elsewhere(status, "does-not-work", text)
    }

    /// The page of an invitation was opened without its link.
    pub(crate) fn no_link() -> Self {
        Self::elsewhere(StatusCode::NOT_FOUND, "no-link", "no-link-then")
    }

    /// A link that is not one of ours.
    pub(crate) fn broken_link() -> Self {
        Self::new(StatusCode::NOT_FOUND, "link-broken", "link-broken-then")
    }

    /// A service that is needed is away.
    pub(crate) fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "not-now", "away")
    }

    /// Too much from one network, or from all together.
    pub(crate) fn too_many() -> Self {
        Self::elsewhere(StatusCode::TOO_MANY_REQUESTS, "too-many", "too-many-then")
    }

    /// The words for a refusal to accept or to decline. What did not come back leaves open whether it was done.
    pub(crate) fn of_answering(status: &Status) -> Self {
        match (reason_of(status), status.code()) {
            (Some(ErrorReason::Overloaded | ErrorReason::RateLimited), _) => Self::from_status(status),
            (
                _,
                Code::Unavailable
                | Code::DeadlineExceeded
                | Code::Internal
                | Code::Unknown
                | Code::Cancelled
                | Code::Aborted,
            ) => Self::new(StatusCode::SERVICE_UNAVAILABLE, "unsure", "unsure-then"),
            _ => Self::from_status(status),
        }
    }

    /// The words for a refusal of what somebody decided about their learning record.
    pub(crate) fn of_consent(status: &Status) -> Self {
        use ErrorReason as R;
        let (code, title, text) = match (reason_of(status), status.code()) {
            (Some(R::EmploymentRequired), _) => {
                (StatusCode::CONFLICT, "consent-unchanged", "consent-no-employment")
            }
            (Some(R::GrantState), _) => (StatusCode::CONFLICT, "consent-unchanged", "consent-answered"),
            (Some(R::NotFound | R::PermissionDenied | R::InvalidRequest), _) => {
                (StatusCode::NOT_FOUND, "consent-unchanged", "consent-unknown")
            }
            // Not one network too fast, but one person too often: a minute changes nothing.
            (Some(R::RateLimited), _) if retry_after_of(status).is_some_and(|wait| wait > HOUR) => (
                StatusCode::TOO_MANY_REQUESTS,
                "consent-unchanged",
                "consent-too-often",
            ),
            (Some(R::RateLimited | R::Overloaded), _) | (_, Code::Unauthenticated) => {
                return Self::from_status(status);
            }
            _ => (StatusCode::SERVICE_UNAVAILABLE, "unsure", "consent-unsure"),
        };
        Self {
            way: Way::Consent,
            retry_after: retry_after_of(status),
            ..Self::new(code, title, text)
        }
    }

    /// The words for a refusal to move the progress of a training.
    pub(crate) fn of_transfer(status: &Status) -> Self {
        use ErrorReason as R;
        let (code, title, text) = match reason_of(status) {
            Some(R::AssignmentCompleted) => (StatusCode::CONFLICT, "consent-unchanged", "transfer-completed"),
            Some(R::AssignmentClosed) => (StatusCode::CONFLICT, "consent-unchanged", "transfer-closed"),
            Some(R::AssignmentNotOwn) => (StatusCode::CONFLICT, "consent-unchanged", "transfer-not-own"),
            Some(R::TrainingDiffers) => (StatusCode::CONFLICT, "consent-unchanged", "transfer-differs"),
            Some(R::NotFound | R::PermissionDenied | R::InvalidRequest) => {
                (StatusCode::NOT_FOUND, "consent-unchanged", "consent-unknown")
            }
            Some(R::RateLimited | R::Overloaded) => return Self::from_status(status).at_trainings(),
            _ => (StatusCode::SERVICE_UNAVAILABLE, "unsure", "consent-unsure"),
        };
        Self {
            retry_after: retry_after_of(status),
            ..Self::new(code, title, text).at_trainings()
        }
    }

    /// The words for a certificate that is not shown.
    pub(crate) fn of_certificate(status: &Status) -> Self {
        use ErrorReason as R;
        let problem = match reason_of(status) {
            Some(R::NotFound | R::PermissionDenied | R::InvalidRequest) => {
                Self::new(StatusCode::NOT_FOUND, "no-certificate", "consent-unknown")
            }
            _ => Self::from_status(status),
        };
        problem.at_trainings()
    }

    /// The same where somebody came from their trainings.
    pub(crate) fn at_trainings(self) -> Self {
        Self {
            way: Way::Trainings,
            ..self
        }
    }

    /// The words for a refusal of the services.
    pub(crate) fn from_status(status: &Status) -> Self {
        use ErrorReason as R;
        match reason_of(status) {
            Some(R::LinkInvalid | R::InvalidRequest | R::NotFound) => Self::broken_link(),
            Some(R::LinkReplaced) => Self::new(StatusCode::GONE, "link-replaced", "link-replaced-then"),
            Some(R::InvitationExpired) => Self::new(StatusCode::GONE, "expired", "expired-then"),
            Some(R::InvitationCancelled) => Self::new(StatusCode::GONE, "cancelled", "cancelled-then"),
            Some(R::InvitationClosed) => Self::new(StatusCode::CONFLICT, "closed", "closed-then"),
            Some(R::UndoTooLate) => Self::new(StatusCode::CONFLICT, "undo-late", "undo-late-then"),
            Some(R::InvitationNotSent) => Self::new(StatusCode::CONFLICT, "not-sent", "not-sent-then"),
            Some(R::AddressMismatch) => Self::new(StatusCode::FORBIDDEN, "mismatch", "mismatch-then"),
            Some(R::AddressUnknown) => {
                Self::new(StatusCode::FORBIDDEN, "address-unknown", "address-unknown-then")
            }
            Some(R::GroupInactive) => Self::new(StatusCode::CONFLICT, "group-closed", "group-closed-then"),
            Some(R::JoinAddressNotAllowed) => {
                Self::new(StatusCode::CONFLICT, "not-allowed", "not-allowed-then")
            }
            Some(R::OrganizationNotActive) => {
                Self::new(StatusCode::CONFLICT, "not-active", "not-active-then")
            }
            Some(R::RateLimited | R::Overloaded) => Self {
                retry_after: retry_after_of(status),
                ..Self::too_many()
            },
            _ if status.code() == Code::Unauthenticated => Self::sign_in("sign-in-ended"),
            _ => Self::unavailable(),
        }
    }
}

#[cfg(test)]
mod tests {
    use muster_refusal::Refusal;

    use super::*;

    #[test]
    fn who_consents_too_often_is_told_so_and_who_is_too_fast_is_told_to_wait() {
        let refused = |wait| {
            let refusal = Refusal::new(ErrorReason::RateLimited, "too often").retry_after(wait);
            Problem::of_consent(&refusal.into())
        };
        for (wait, text) in [
            (HOUR * 24, "consent-too-often"),
            (Duration::from_secs(1), "too-many-then"),
        ] {
            let told = refused(wait);
            assert_eq!((told.status, told.text), (StatusCode::TOO_MANY_REQUESTS, text));
            assert_eq!(told.retry_after(), Some(wait));
        }
    }
}
