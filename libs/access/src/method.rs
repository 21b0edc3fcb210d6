//! One RPC and its rule.

use crate::ScopePath;

/// An RPC of the suite with the rule that stands beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodRule {
    /// The path of the call: `/muster.invitation.v1.InvitationService/CreateInvitation`.
    pub path: String,
    /// The full name of the service: `muster.invitation.v1.InvitationService`.
    pub service: String,
    /// The name of the method: `CreateInvitation`.
    pub method: String,
    /// Which service of the suite it belongs to: the second segment of the package, such as `invitation`.
    pub area: String,
    /// The services of the suite that serve it: the area's, unless the rule names others.
    pub served_by: Vec<String>,
    /// Whether the client sends more than one message.
    pub client_streaming: bool,
    /// Whether the service answers with more than one message.
    pub server_streaming: bool,
    /// Whether its answer goes on until somebody ends it: a stream that is no file.
    pub is_watch: bool,
    /// Whether a call that failed may be sent again: its `idempotency_level` is NO_SIDE_EFFECTS or IDEMPOTENT.
    pub retry_safe: bool,
    /// Whether who has no role in the organization says why, because what is answered is personal.
    pub reason_of_staff: bool,
    /// Whether a verified address of the caller must be known.
    pub needs_address: bool,
    /// Who may call.
    pub mode: Mode,
}

/// Who may call an RPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// Anybody, within a rate.
    Public {
        /// The most calls a minute from one network address.
        calls_per_minute: u32,
    },
    /// A caller who acts on what is their own.
    Authenticated {
        /// Why no permission is needed.
        reason: String,
        /// Who the caller must be.
        actor: Actor,
    },
    /// A caller with a permission on what the request names.
    Require {
        /// The permission: an action of the policy schema.
        permission: String,
        /// What it is needed on.
        target: Target,
    },
    /// The holder of a link that the owning service verifies.
    Capability {
        /// Whether a signed-in person is needed as well.
        sign_in: SignIn,
        /// The most calls a minute from one network address.
        calls_per_minute: u32,
    },
    /// Other services of the suite; never reachable through the edge.
    Internal {
        /// The names of the services that may call.
        callers: Vec<String>,
    },
}

/// The kind of caller that an `authenticated` rule wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A human, signed in.
    Person,
    /// One of these workloads, by the names of their service accounts.
    Workload(Vec<String>),
}

/// What a permission is needed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The organization that this field of the request names.
    Organization(ScopePath),
    /// The platform as a whole.
    Platform,
}

/// Whether the holder of a link must be signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignIn {
    /// The link is enough.
    Optional,
    /// The link and a signed-in person.
    Required,
}

impl MethodRule {
    /// Whether only workloads of the suite may call, and never through the edge.
    pub fn is_internal(&self) -> bool {
        matches!(self.mode, Mode::Internal { .. })
    }

    /// The request field that names the organization, if the rule has one.
    pub fn scope(&self) -> Option<&ScopePath> {
        match &self.mode {
            Mode::Require {
                target: Target::Organization(path),
                ..
            } => Some(path),
            _ => None,
        }
    }

    /// The permission that the rule requires, if it does.
    pub fn permission(&self) -> Option<&str> {
        match &self.mode {
            Mode::Require { permission, .. } => Some(permission),
            _ => None,
        }
    }

    /// The most calls a minute that one network address may make, where the rule says so.
    pub fn calls_per_minute(&self) -> Option<u32> {
        match self.mode {
            Mode::Public { calls_per_minute } | Mode::Capability { calls_per_minute, .. } => {
                Some(calls_per_minute)
            }
            _ => None,
        }
    }
}
