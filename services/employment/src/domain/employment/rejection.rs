//! Why an organization rejects a claim.

use muster_ids::PersonId;
use muster_states::stored_enum;
use time::OffsetDateTime;

/// How often one claim may be rejected: each is told with it. Who is rejected so often claims anew.
pub(crate) const MAX_REJECTIONS: usize = 5;

/// One time that an organization rejected a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rejection {
    pub(crate) reason: RejectionReason,
    /// More about it; may be empty.
    pub(crate) comment: String,
    /// Who rejected it.
    pub(crate) by: PersonId,
    pub(crate) time: OffsetDateTime,
}

stored_enum! {
    /// Why a claim is rejected.
    pub(crate) enum RejectionReason {
        /// The person does not work there.
        NotEmployed = "NOT_EMPLOYED",
        /// They work at another site.
        OtherSite = "OTHER_SITE",
        /// The position is another one.
        Position = "POSITION",
        /// The dates are other ones.
        Dates = "DATES",
        /// What the comment says.
        Other = "OTHER",
    }
}
