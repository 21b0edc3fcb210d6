//! What an employment is, and the rule by which one begins: no transport, no storage, no clock.

mod claim_limits;
mod closing;
mod employment;
mod filter;
mod position_list;
mod site;
mod verification_notice;

pub(crate) use claim_limits::{COUNTED, ClaimLimit, ClaimLimits, ClaimedTooOften};
pub(crate) use closing::Closing;
pub(crate) use employment::{
    Acceptance, AskedEnd, Consent, DAYS, Days, Edit, Employment, EmploymentState, End, EndTime, Hiring,
    InvitationSource, Kept, MAX_REJECTIONS, NotCorrectable, NotEditable, NotEndable, NotUndone,
    NotVerifiable, NotWithdrawable, Position, Rejection, RejectionReason, Settled, Side, Terms,
    VerificationBasis, early,
};
pub(crate) use filter::{EmploymentFilter, EmploymentOrder};
pub(crate) use position_list::PositionCode;
pub(crate) use position_list::PositionLists;
pub(crate) use site::{Places, Site, SiteStage};
pub(crate) use verification_notice::VerificationNotice;
