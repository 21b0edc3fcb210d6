//! The gRPC code of each reason, as documented beside the values of the enum.

use muster_proto::error::v1::ErrorReason as R;
use tonic::Code;

/// The gRPC code with which a reason is sent. A new reason does not compile until it has one.
pub fn code_of(reason: R) -> Code {
    match reason {
        R::Unspecified | R::Internal => Code::Internal,
        R::Unavailable => Code::Unavailable,
        R::InvalidRequest
        | R::RequestIdReused
        | R::PageTokenInvalid
        | R::StreamScopeChanged
        | R::MessageMalformed
        | R::GroupUnknown
        | R::ImportUnreadable
        | R::ChecksumMismatch => Code::InvalidArgument,
        R::TokenMissing | R::TokenInvalid => Code::Unauthenticated,
        R::PermissionDenied | R::AddressMismatch | R::AddressUnknown | R::GrantRequired => {
            Code::PermissionDenied
        }
        R::NotFound | R::LinkInvalid => Code::NotFound,
        R::RateLimited
        | R::Overloaded
        | R::MessageTooLarge
        | R::PlanLimitExceeded
        | R::TooManyInvitations
        | R::TooManyGroups
        | R::TooManyLocations
        | R::ImportTooLarge => Code::ResourceExhausted,
        R::DeadlineExceeded => Code::DeadlineExceeded,
        R::CompressionNotSupported | R::MethodNotFound => Code::Unimplemented,
        R::EtagMismatch | R::ImportPreviewStale => Code::Aborted,
        R::ShuttingDown => Code::Cancelled,
        R::LicenseNumberTaken
        | R::GroupNameTaken
        | R::LocationNameTaken
        | R::LearnerAlreadyActive
        | R::TrainingCodeTaken => Code::AlreadyExists,
        R::OrganizationState
        | R::OrganizationNotActive
        | R::GroupInactive
        | R::TrainingNotInCatalog
        | R::TrainingUnknown
        | R::SubscriptionRequired
        | R::LinkReplaced
        | R::InvitationExpired
        | R::InvitationCancelled
        | R::InvitationClosed
        | R::ImportState
        | R::InvitationNotSent
        | R::EmploymentRequired
        | R::AssignmentClosed => Code::FailedPrecondition,
    }
}
