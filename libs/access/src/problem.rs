//! What can be wrong with a rule. All problems of a descriptor set are found at once.

/// A rule that cannot be enforced, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{method}: {problem}")]
pub struct RuleProblem {
    /// The RPC: `muster.invitation.v1.InvitationService/CreateInvitation`.
    pub method: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The descriptor pool does not know the option at all, so no rule can be read.
    #[error("the descriptors do not define muster.access.v1.rule: they were stripped of custom options")]
    NoOption,
    /// The RPC carries no rule.
    #[error("has no rule: add option (muster.access.v1.rule)")]
    NoRule,
    /// The rule chooses no mode.
    #[error("the rule has no mode")]
    NoMode,
    /// The rule chooses more than one mode.
    #[error("the rule has more than one mode")]
    ManyModes,
    /// The package is not `muster.<area>.v1`.
    #[error("the package is not muster.<area>.v<n>")]
    Package,
    /// The scope path does not resolve.
    #[error("the scope path `{path}` {why}")]
    Scope {
        /// The path as written.
        path: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A `require` without permission or target.
    #[error("require needs a permission and exactly one of scope and platform: true")]
    Require,
    /// The permission is not in the catalogue.
    #[error("the permission `{0}` is not in the catalogue of its target")]
    UnknownPermission(String),
    /// `public` or `capability` without a rate.
    #[error("calls_per_minute must be at least 1")]
    NoRate,
    /// The actor is not said, or its workloads do not fit it.
    #[error("authenticated needs an actor, and workloads exactly when the actor is a workload")]
    Actor,
    /// `authenticated` does not say why.
    #[error("authenticated needs a reason")]
    NoReason,
    /// `capability` does not say whether to sign in.
    #[error("capability needs sign_in")]
    SignIn,
    /// `internal` names nobody.
    #[error("internal needs callers")]
    NoCallers,
    /// `internal` and the name of the service disagree.
    #[error("internal rules stand in services named …InternalService, and such services have no other rules")]
    InternalName,
}

/// All problems as one text, a line each.
pub fn all(problems: &[RuleProblem]) -> String {
    problems
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}
