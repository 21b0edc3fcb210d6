//! Everything that can go wrong here, and what a caller is told of it.

use std::time::Duration;

use muster_address::DomainRule;
use muster_database::DatabaseError;
use muster_refusal::{ErrorReason, Refusal};
use muster_server::Failure;
use rust_xlsxwriter::XlsxError;
use thiserror::Error;
use tonic::Status;

use crate::domain::import::ImportState;
use crate::domain::invitation::{
    DeliveryState, NotAcceptable, NotOpen, NotReschedulable, NotResendable, NotUndone,
};
use crate::domain::inviting::NotActive;
use crate::domain::link::NotALink;
use crate::domain::mailbox::MailboxFull;
use crate::domain::spreadsheet::SheetProblem;

/// When to upload again what there was no room for.
const RETRY_UPLOAD: Duration = Duration::from_secs(5);

/// When to ask again for mails that somebody had too many of: they are counted by the hour.
const COUNTED_BY: Duration = Duration::from_secs(60 * 60);

/// Why a call is not carried out.
#[derive(Debug, Error)]
pub(crate) enum Error {
    #[error("the organization is not active")]
    OrganizationNotActive { state: String },
    #[error("a group or location is not one of this organization")]
    GroupUnknown(Vec<Field>),
    #[error("a group is not active")]
    GroupInactive(Vec<Field>),
    #[error("a location is not active")]
    LocationInactive(Vec<Field>),
    #[error("a live invitation would have too many groups")]
    TooManyGroups(Vec<Field>),
    #[error("an address belongs to an active learner")]
    LearnerAlreadyActive(Vec<Field>),
    #[error("more invitations at once than the plan allows")]
    TooManyInvitations { used: i64, limit: i64 },
    #[error("the plan's messages of a day are used up")]
    MessagesUsedUp { used: i64, limit: i64 },
    #[error("more messages in a day than one person may have an organization send")]
    InviterUsedUp { used: i64, limit: i64 },
    #[error("the feature needs a subscription")]
    SubscriptionRequired,
    #[error(transparent)]
    Link(#[from] NotALink),
    #[error("the link was replaced by a newer one")]
    LinkReplaced,
    #[error("the invitation was cancelled")]
    Cancelled,
    #[error("a newer invitation of the address was made")]
    Superseded,
    #[error("a mailbox had as many mails in a day as it may")]
    MailboxFull { full: MailboxFull, fields: Vec<Field> },
    #[error("the invitation is closed")]
    Closed,
    #[error("the invitation has expired")]
    Expired,
    #[error("the invitation was declined too long ago to undo that")]
    UndoTooLate,
    #[error("the filter lists other invitations than the caller has seen")]
    InvitationsChanged,
    #[error("what has changed since is not known any more")]
    WatchHistoryLost,
    #[error("the mail does not wait for a time")]
    NotScheduled(DeliveryState),
    #[error("the invitee does not want to be invited again")]
    AddressSuppressed,
    #[error("the invitation is not to be opened before its send time")]
    NotSent,
    #[error("the caller has no verified address equal to the invited one")]
    AddressMismatch,
    #[error("nobody tells a verified address of the caller")]
    AddressUnknown,
    #[error("the file cannot be read")]
    Unreadable(#[from] SheetProblem),
    #[error("the file is too large")]
    TooLarge {
        what: &'static str,
        used: i64,
        limit: i64,
    },
    #[error("too many imports wait for a decision")]
    TooManyImports { used: i64, limit: i64 },
    #[error("the file does not have the announced digest")]
    Checksum,
    #[error("the import's state does not allow this")]
    ImportState(ImportState),
    #[error("the preview is stale")]
    PreviewStale,
    #[error("the rows of the import were deleted")]
    RowsDeleted,
    #[error("a workbook cannot be written")]
    Workbook(#[from] XlsxError),
    #[error("a workbook of refused rows cannot be written")]
    Table(#[from] muster_tables::Problem),
    #[error("the organization lets no such address join")]
    AddressNotAllowed(Vec<DomainRule>),
    #[error("the organization's page had as many requests as it may")]
    PageUsedUp(Duration),
    #[error("the join page was closed")]
    JoinPageClosed,
    #[error("the address was not confirmed in time")]
    JoinRequestExpired,
    #[error("too much is being uploaded at the same time")]
    Busy,
    #[error("the person or the organization uploads as much as it may at the same time")]
    ShareTaken,
    #[error("the upload makes no progress")]
    UploadTooSlow,
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// A field of the request and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) path: String,
    pub(crate) problem: &'static str,
}

muster_server::shared_failures!(Error);

impl From<NotActive> for Error {
    fn from(NotActive { state }: NotActive) -> Self {
        Error::OrganizationNotActive { state }
    }
}

impl From<NotOpen> for Error {
    fn from(why: NotOpen) -> Self {
        match why {
            NotOpen::Cancelled => Error::Cancelled,
            NotOpen::Replaced => Error::LinkReplaced,
            NotOpen::NotSent => Error::NotSent,
        }
    }
}

impl From<MailboxFull> for Error {
    fn from(full: MailboxFull) -> Self {
        let fields = Vec::new();
        Error::MailboxFull { full, fields }
    }
}

impl From<NotResendable> for Error {
    fn from(why: NotResendable) -> Self {
        match why {
            NotResendable::Cancelled => Error::Cancelled,
            NotResendable::Closed => Error::Closed,
        }
    }
}

impl From<NotReschedulable> for Error {
    fn from(why: NotReschedulable) -> Self {
        match why {
            NotReschedulable::Cancelled => Error::Cancelled,
            NotReschedulable::Closed => Error::Closed,
            NotReschedulable::NotScheduled(state) => Error::NotScheduled(state),
        }
    }
}

impl From<NotAcceptable> for Error {
    fn from(why: NotAcceptable) -> Self {
        match why {
            NotAcceptable::Cancelled => Error::Cancelled,
            NotAcceptable::Expired => Error::Expired,
            NotAcceptable::Closed => Error::Closed,
        }
    }
}

impl From<NotUndone> for Error {
    fn from(why: NotUndone) -> Self {
        match why {
            NotUndone::Cancelled => Error::Cancelled,
            NotUndone::Closed => Error::Closed,
            NotUndone::TooLate => Error::UndoTooLate,
        }
    }
}

/// What storing an invitation came to that has its address again: a newer one of it may have been made after the look.
pub(crate) fn unless_superseded(error: DatabaseError) -> Error {
    match error.constraint() {
        Some("invitations_one_live") => Error::Superseded,
        _ => error.into(),
    }
}

impl From<Status> for Error {
    fn from(status: Status) -> Self {
        Failure::Peer(Box::new(status)).into()
    }
}

impl Error {
    /// Whether trying again later may help: for work that no caller waits for. What is wrong with another service is
    /// mended there.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Error::Failure(failure) => failure.is_transient(),
            Error::Busy | Error::ShareTaken => true,
            _ => false,
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        use ErrorReason as R;
        match error {
            Error::OrganizationNotActive { state } => not_active(&state),
            Error::GroupUnknown(fields) => with_fields(
                R::GroupUnknown,
                "name only groups and locations of this organization",
                fields,
            ),
            Error::GroupInactive(fields) => with_fields(
                R::GroupInactive,
                "the organization has to name or activate another group",
                fields,
            ),
            Error::LocationInactive(fields) => with_fields(
                R::LocationInactive,
                "nobody is placed at the location any more; name another one, or have the organization activate it",
                fields,
            ),
            Error::TooManyGroups(fields) => with_fields(
                R::InvalidRequest,
                "an invitation has at most 50 groups; name fewer",
                fields,
            ),
            Error::LearnerAlreadyActive(fields) => with_fields(
                R::LearnerAlreadyActive,
                "the address belongs to an active learner; change their groups instead of inviting them",
                fields,
            ),
            Error::TooManyInvitations { used, limit } => {
                let text =
                    "the plan allows fewer invitations at once; invite in smaller parts or by spreadsheet";
                Refusal::new(R::TooManyInvitations, text).quota("invitations_by_hand", used, limit)
            }
            Error::MessagesUsedUp { used, limit } => {
                let text = "the plan does not leave so many messages in 24 hours; invite fewer or later, or ask for a larger plan";
                Refusal::new(R::PlanLimitExceeded, text).quota("messages_per_day", used, limit)
            }
            Error::InviterUsedUp { used, limit } => {
                let text = "one person has no more mails sent by hand in 24 hours, whomever they go to; invite fewer or later, say a later \
                            send_time, or upload a spreadsheet";
                Refusal::new(R::RateLimited, text)
                    .quota("messages_of_an_inviter_per_day", used, limit)
                    .retry_after(COUNTED_BY)
            }
            Error::SubscriptionRequired => {
                let text = "spreadsheets need an active premium subscription; invite by hand, or subscribe";
                Refusal::new(R::SubscriptionRequired, text).precondition(
                    "SUBSCRIPTION",
                    "plan",
                    "must be premium",
                )
            }
            Error::Link(_) => Refusal::new(
                R::LinkInvalid,
                "this link is not complete; copy the whole link from the mail",
            ),
            Error::LinkReplaced => Refusal::new(
                R::LinkReplaced,
                "this link was replaced; use the one in the newest mail",
            ),
            Error::Cancelled => Refusal::new(
                R::InvitationCancelled,
                "the organization has taken the invitation back",
            ),
            Error::Closed => Refusal::new(
                R::InvitationClosed,
                "the invitation was accepted, declined or archived; it takes a new one",
            ),
            Error::Superseded => Refusal::new(
                R::InvitationClosed,
                "the address has another invitation; use that one",
            ),
            Error::MailboxFull { full, fields } => {
                let often = match full.limit {
                    1 => "once".to_owned(),
                    limit => format!("{limit} times"),
                };
                let text = format!(
                    "an organization mails a mailbox at most {often} in 24 hours, whatever it was about; invite or send again later, or \
                     say a later send_time"
                );
                let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
                with_fields(R::RateLimited, &text, fields)
                    .quota("mails_to_a_mailbox_per_day", count(full.used), count(full.limit))
                    .retry_after(full.wait)
            }
            Error::Expired => Refusal::new(
                R::InvitationExpired,
                "the invitation has expired; ask the organization to send it again",
            ),
            Error::UndoTooLate => Refusal::new(
                R::UndoTooLate,
                "a decline can be undone for 24 hours; ask the organization for a new invitation",
            ),
            Error::InvitationsChanged => Refusal::new(
                R::InvitationsChanged,
                "the filter lists other invitations than expected_count and filter_etag stand for, or one of them has changed, and \
                 nothing was done; list them again, then repeat it for those",
            ),
            Error::WatchHistoryLost => Refusal::new(
                R::WatchHistoryLost,
                "what has changed since this resume_token is not known any more, or it is not one of yours for this organization; watch \
                 without it, and list again after the first message",
            ),
            Error::NotScheduled(state) => {
                let text = "the mail of the invitation does not wait for a time; send the invitation again instead";
                Refusal::new(R::InvitationNotScheduled, text)
                    .metadata("delivery_state", state.as_str())
                    .precondition("DELIVERY_STATE", "invitation", state.as_str())
            }
            Error::AddressSuppressed => Refusal::new(
                R::AddressSuppressed,
                "who has the address declined and does not want to be invited again; only they can take that back",
            ),
            Error::NotSent => Refusal::new(
                R::InvitationNotSent,
                "the invitation cannot be opened before it is sent",
            ),
            Error::AddressMismatch => Refusal::new(
                R::AddressMismatch,
                "the invitation was sent to another address; sign in as the person who has it",
            ),
            Error::AddressUnknown => Refusal::new(
                R::AddressUnknown,
                "your issuer tells no verified e-mail address of you: confirm it there; if it is, the issuer must put `email` and \
                 `email_verified` into access tokens or tell them at its UserInfo endpoint, and be trusted to here",
            ),
            Error::Unreadable(problem) => Refusal::new(R::ImportUnreadable, problem.to_string()),
            Error::TooLarge { what, used, limit } => {
                let text = "the file is larger than allowed; upload it in parts, or ask for a larger plan";
                Refusal::new(R::ImportTooLarge, text).quota(what, used, limit)
            }
            Error::TooManyImports { used, limit } => {
                let text = "many imports of the organization wait for a decision; approve or disapprove some, then upload again";
                Refusal::new(R::TooManyImports, text).quota("undecided_imports", used, limit)
            }
            Error::Checksum => Refusal::new(
                R::ChecksumMismatch,
                "the file was altered on its way; upload it again",
            ),
            Error::ImportState(state) => {
                let text = "the import is not in a state that allows this; read it again";
                Refusal::new(R::ImportState, text)
                    .metadata("state", state.as_str())
                    .precondition("IMPORT_STATE", "import", state.as_str())
            }
            Error::PreviewStale => Refusal::new(
                R::ImportPreviewStale,
                "groups or addresses changed since the preview; look at the preview again, then approve that one",
            ),
            Error::RowsDeleted => Refusal::new(
                R::ImportRowsDeleted,
                "the rows of the import, which hold addresses, were deleted when their time was over; its counts stay",
            ),
            Error::AddressNotAllowed(rules) => address_not_allowed(&rules),
            Error::PageUsedUp(wait) => {
                let text = "many people asked to join by this page today; ask again tomorrow, or ask the organization to invite you";
                Refusal::new(R::RateLimited, text).retry_after(wait)
            }
            Error::JoinPageClosed => Refusal::new(
                R::JoinPageClosed,
                "the organization closed its page; ask it to invite you",
            ),
            Error::JoinRequestExpired => Refusal::new(
                R::JoinRequestExpired,
                "an address is confirmed within 24 hours; ask to join again",
            ),
            Error::Workbook(_) | Error::Table(_) => Refusal::internal(),
            Error::Busy => Refusal::new(
                R::Overloaded,
                "many files are being uploaded; upload again in a moment",
            )
            .retry_after(RETRY_UPLOAD),
            Error::ShareTaken => Refusal::new(
                R::Overloaded,
                "you or your organization are uploading as much as you may at the same time; upload again when one of those files has arrived",
            )
            .retry_after(RETRY_UPLOAD),
            Error::UploadTooSlow => Refusal::new(
                R::DeadlineExceeded,
                "the upload made no progress; send at least 32 KiB every few seconds, and upload the file again",
            ),
            Error::Failure(failure) => failure.into(),
        }
    }
}

fn address_not_allowed(rules: &[DomainRule]) -> Refusal {
    let rules: Vec<&str> = rules.iter().map(DomainRule::as_str).collect();
    let text = format!(
        "only addresses of these domains can join here: {}",
        rules.join(", ")
    );
    Refusal::new(ErrorReason::JoinAddressNotAllowed, text)
        .violation("address", "is of none of the domains that can join here")
}

fn not_active(state: &str) -> Refusal {
    Refusal::new(
        ErrorReason::OrganizationNotActive,
        "only an active organization can invite and be joined",
    )
    .metadata("state", state)
    .precondition("ORGANIZATION_STATE", "organization", state)
}

fn with_fields(reason: ErrorReason, text: &str, fields: Vec<Field>) -> Refusal {
    let refusal = Refusal::new(reason, text);
    fields.into_iter().fold(refusal, |refusal, field| {
        refusal.violation(field.path, field.problem)
    })
}
