//! What was answered: it has to be so, whatever happened meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use muster_local::suite::NO_MAIL;
use muster_proto::invitation::v1::CreateInvitationRequest;

/// Everything that was answered in a run.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// By the name that was answered.
    pub(crate) invitations: BTreeMap<String, Invited>,
    pub(crate) imports: Vec<Imported>,
    /// Invitations whose invitees would have done something, and found no mail with a link, however long they looked.
    pub(crate) without_link: BTreeSet<String>,
    pub(crate) calls: Calls,
}

/// An invitation that was answered.
#[derive(Debug, Clone)]
pub(crate) struct Invited {
    pub(crate) request: CreateInvitationRequest,
    pub(crate) address: String,
    pub(crate) last_act: LastAct,
}

impl Invited {
    /// Whether the mail server refuses the address for good.
    pub(crate) fn is_unreachable(&self) -> bool {
        self.address.ends_with(NO_MAIL)
    }
}

/// What was answered to the last thing that was done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LastAct {
    /// Nothing was done about it.
    Waiting,
    Cancelled,
    Declined,
    Accepted,
}

/// A spreadsheet whose approval was answered.
#[derive(Debug)]
pub(crate) struct Imported {
    /// `organizations/{organization}/imports/{import}`.
    pub(crate) name: String,
    pub(crate) addresses: Vec<String>,
}

/// How calls went.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    pub(crate) answered: u64,
    /// Sent again, with the same request id, because nobody had answered.
    pub(crate) repeated: u64,
    /// From the first time that each was sent until it was answered.
    pub(crate) took: Vec<Duration>,
    /// Answers that no trouble explains.
    pub(crate) unexpected: Vec<String>,
}

impl Ledger {
    /// Takes in what somebody else wrote down.
    pub(crate) fn add(&mut self, other: Self) {
        self.invitations.extend(other.invitations);
        self.imports.extend(other.imports);
        self.without_link.extend(other.without_link);
        self.calls.answered += other.calls.answered;
        self.calls.repeated += other.calls.repeated;
        self.calls.took.extend(other.calls.took);
        self.calls.unexpected.extend(other.calls.unexpected);
    }

    /// How many invitations had this last_act, of those to addresses that can be reached.
    pub(crate) fn count(&self, last_act: LastAct) -> usize {
        let after = |invited: &&Invited| invited.last_act == last_act && !invited.is_unreachable();
        self.invitations.values().filter(after).count()
    }

    /// The invitations to addresses that cannot be reached, by name.
    pub(crate) fn unreachable(&self) -> impl Iterator<Item = (&String, &Invited)> {
        self.invitations
            .iter()
            .filter(|(_, invited)| invited.is_unreachable())
    }
}
