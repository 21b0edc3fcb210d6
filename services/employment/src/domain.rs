//! What an employment is, and the rule by which one begins: no transport, no storage, no clock.

mod employment;
mod filter;
mod site;
mod verification_notice;

pub(crate) use employment::{
    Acceptance, Employment, EmploymentState, End, Hiring, InvitationSource, NotVerifiable, Rejection,
    RejectionReason, VerificationBasis,
};
pub(crate) use filter::{EmploymentFilter, EmploymentOrder};
pub(crate) use site::{Site, SiteStage};
pub(crate) use verification_notice::VerificationNotice;
