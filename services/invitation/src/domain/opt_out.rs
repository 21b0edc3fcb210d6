//! That somebody wants no further invitation of an organization.

use muster_address::EmailAddress;
use muster_ids::{InvitationName, PersonId};
use muster_states::stored_enum;
use time::OffsetDateTime;

/// The wish, as the person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OptOut {
    /// The invitation whose decline said so.
    pub(crate) invitation: InvitationName,
    /// At which address.
    pub(crate) address: EmailAddress,
    pub(crate) create_time: OffsetDateTime,
}

/// An act that takes such a wish back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lift {
    pub(crate) by: LiftedBy,
    /// Who was signed in, where that was needed.
    pub(crate) person: Option<PersonId>,
    pub(crate) time: OffsetDateTime,
}

stored_enum! {
    /// Which act took it back: always one of the person, never of the organization.
    pub(crate) enum LiftedBy {
        /// The decline that said so was undone.
        Undo = "UNDO",
        /// They asked to join.
        JoinPage = "JOIN_PAGE",
        /// They took it back in their account.
        Account = "ACCOUNT",
    }
}
