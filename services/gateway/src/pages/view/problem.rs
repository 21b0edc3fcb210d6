//! The words for what went wrong.

use askama::Template;
use axum::http::StatusCode;
use muster_refusal::{ErrorReason, reason_of};
use tonic::{Code, Status};

use crate::pages::choice::Choice;

/// A page that says what went wrong and what to do.
#[derive(Debug, Clone, Template)]
#[template(path = "problem.html")]
pub(crate) struct Problem {
    status: StatusCode,
    title: &'static str,
    text: String,
    /// Whether signing in is what to do.
    pub(crate) needs_sign_in: bool,
    /// Where to, if there are several issuers.
    pub(crate) choices: Vec<Choice>,
    /// Of the form that signs out; empty if nobody is signed in.
    pub(crate) sign_out_token: String,
}

impl Problem {
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    fn new(status: StatusCode, title: &'static str, text: impl Into<String>) -> Self {
        Self {
            status,
            title,
            text: text.into(),
            needs_sign_in: false,
            choices: Vec::new(),
            sign_out_token: String::new(),
        }
    }

    fn not_signed_in(status: StatusCode, text: &str) -> Self {
        Self {
            needs_sign_in: true,
            ..Self::new(status, "You are not signed in", text)
        }
    }

    /// A sign-in that did not come to an end.
    pub(crate) fn sign_in(text: &str) -> Self {
        Self::not_signed_in(StatusCode::BAD_REQUEST, text)
    }

    /// The issuer of a sign-in does not answer.
    pub(crate) fn sign_in_away() -> Self {
        Self::not_signed_in(
            StatusCode::BAD_GATEWAY,
            "The sign-in service does not answer at the moment. Try again in a minute.",
        )
    }

    /// The issuer does not tell the address of somebody who is signed in.
    pub(crate) fn address_away() -> Self {
        Self::new(
            StatusCode::BAD_GATEWAY,
            "This does not work at the moment",
            "The sign-in service does not answer, so that we cannot see whether the invitation is yours. Nothing was changed; \
             try again in a minute.",
        )
    }

    /// There is no such page.
    pub(crate) fn no_page() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "There is no such page",
            "Check the address, or open the link of your invitation again.",
        )
    }

    /// What the framework refused by itself.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        let text = match status {
            StatusCode::NOT_FOUND => return Self::no_page(),
            StatusCode::METHOD_NOT_ALLOWED => {
                "This page is not used that way. Go back and follow the links and buttons."
            }
            StatusCode::PAYLOAD_TOO_LARGE => {
                "What was sent is too large to be one of our forms. Go back and try again."
            }
            status if status.is_server_error() => "Something on our side is away. Try again in a minute.",
            _ => {
                "The address is incomplete or was changed on its way. Open the link of your invitation again."
            }
        };
        Self::new(status, "This does not work", text)
    }

    /// The page of an invitation was opened without its link.
    pub(crate) fn no_link() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "Open the link of your invitation",
            "This page shows an invitation after you follow the link in its mail. Open the mail and follow the link, or copy \
             the link into the address bar.",
        )
    }

    /// A link that is not one of ours.
    pub(crate) fn broken_link() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "This link does not work",
            "The link is incomplete or was changed on its way. Copy it from the mail as a whole, or ask the organization to \
             send the invitation again.",
        )
    }

    /// A service that is needed is away.
    pub(crate) fn unavailable() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "This does not work at the moment",
            "Something on our side is away. Nothing was changed; try again in a minute.",
        )
    }

    /// Too much from one network, or from all together.
    pub(crate) fn too_many() -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "Too many at once",
            "Wait a minute and try again.",
        )
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
            ) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "It may have worked",
                "We did not hear in time whether your answer was taken. Go back to the invitation in a moment: it shows how \
                 it stands, and you can answer it there if it did not work.",
            ),
            _ => Self::from_status(status),
        }
    }

    /// The words for a refusal of the services.
    pub(crate) fn from_status(status: &Status) -> Self {
        use ErrorReason as R;
        let again = "ask the organization to send you a new invitation.";
        match reason_of(status) {
            Some(R::LinkInvalid | R::InvalidRequest | R::NotFound) => Self::broken_link(),
            Some(R::LinkReplaced) => Self::new(
                StatusCode::GONE,
                "There is a newer link",
                "This link was replaced by a newer one. Look for a later mail of the same organization.",
            ),
            Some(R::InvitationExpired) => Self::new(
                StatusCode::GONE,
                "This invitation has expired",
                format!("It was not accepted in time: {again}"),
            ),
            Some(R::InvitationCancelled) => Self::new(
                StatusCode::GONE,
                "This invitation was taken back",
                format!("The organization cancelled it. If that is a mistake, {again}"),
            ),
            Some(R::InvitationClosed) => Self::new(
                StatusCode::CONFLICT,
                "This invitation is no longer open",
                format!("It was answered already. If it was not you, {again}"),
            ),
            Some(R::UndoTooLate) => Self::new(
                StatusCode::CONFLICT,
                "It is too late to undo this",
                format!("The invitation was declined more than a day ago: {again}"),
            ),
            Some(R::InvitationNotSent) => Self::new(
                StatusCode::CONFLICT,
                "This invitation is not open yet",
                "Come back when you have received its mail.",
            ),
            Some(R::AddressMismatch) => Self::new(
                StatusCode::FORBIDDEN,
                "This invitation is for somebody else",
                "You are signed in with another address than the one that was invited. Nothing was changed. Go back to switch the account.",
            ),
            Some(R::AddressUnknown) => Self::new(
                StatusCode::FORBIDDEN,
                "We cannot see your address",
                "Your sign-in service tells us no confirmed e-mail address of yours. Nothing was changed. Go back to see what you \
                 can do.",
            ),
            Some(R::GroupInactive) => Self::new(
                StatusCode::CONFLICT,
                "This group is closed",
                format!("None of the groups you were invited to takes learners any more: {again}"),
            ),
            Some(R::JoinAddressNotAllowed) => Self::new(
                StatusCode::CONFLICT,
                "This address cannot join any more",
                "The organization changed whose addresses can join. Ask it to invite you.",
            ),
            Some(R::OrganizationNotActive) => Self::new(
                StatusCode::CONFLICT,
                "The organization is not active",
                "It cannot take learners at the moment. Your invitation stays as it is; try again later.",
            ),
            Some(R::RateLimited | R::Overloaded) => Self::too_many(),
            _ if status.code() == Code::Unauthenticated => {
                Self::sign_in("Your sign-in has ended. Open the invitation again and sign in.")
            }
            _ => Self::unavailable(),
        }
    }
}
