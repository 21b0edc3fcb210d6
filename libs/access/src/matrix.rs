//! The rules as a table that people read: every RPC against every kind of caller.
//!
//! The table is committed. A test renders it again and compares, so that nobody widens access without a line of the
//! diff saying so.

use std::fmt::Write as _;

use crate::{Actor, MethodRule, Mode, Rules, SignIn, Target, calls};

/// The kinds of signed-in callers that a permission is decided for, in the order of the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Signed in, without any role in the organization.
    Person,
    /// May look.
    Viewer,
    /// May administer.
    Admin,
    /// The one owner.
    Owner,
    /// Registry staff, without any role in the organization.
    Staff,
}

impl Role {
    /// All columns.
    pub const ALL: [Role; 5] = [Role::Person, Role::Viewer, Role::Admin, Role::Owner, Role::Staff];
}

/// Renders the matrix and the call graph. `decide` answers as the policies do: may this role, with this permission, on
/// this target?
pub fn render(rules: &Rules, decide: impl Fn(Role, &str, &Target) -> bool) -> String {
    let mut text = String::from(HEAD);
    let mut service = "";
    for rule in rules.iter().filter(|rule| !rule.is_internal()) {
        if rule.service != service {
            service = &rule.service;
            let _ = write!(text, "\n## {service}\n\n{COLUMNS}");
        }
        let _ = writeln!(
            text,
            "| {} | {} | {} |",
            rule.method,
            words(rule),
            cells(rule, &decide)
        );
    }
    text.push_str(CALLS);
    for (edge, methods) in calls::graph(rules) {
        let methods = methods.into_iter().collect::<Vec<_>>().join("<br>");
        let _ = writeln!(text, "| {} | {} | {methods} |", edge.caller, edge.callee);
    }
    text
}

const HEAD: &str = "# Who may call what

Made from the rules in the protos and the policies beside this file; a test compares it. Regenerate on purpose with
`MUSTER_REGENERATE=1 cargo test -p muster-gateway matrix`, and review the difference: `yes` that was not there widens access.

*nobody* is a caller without a token, *person* is signed in without a role in the organization that the request names.
`own`: signed in is enough, for what belongs to the caller or to everybody. `link`: the holder of a link that the service verifies.
`with a reason`: what is answered is personal, so that they say why, and the organization and the person can read it.
";

const COLUMNS: &str = "| RPC | rule | nobody | person | VIEWER | ADMIN | OWNER | staff | workloads |
|---|---|---|---|---|---|---|---|---|
";

const CALLS: &str = "
# Who calls whom

Internal RPCs: with a workload token of the caller, never through the edge. Everything that is not here is refused by the callee.

| caller | callee | RPCs |
|---|---|---|
";

/// The rule in words.
fn words(rule: &MethodRule) -> String {
    match &rule.mode {
        Mode::Public { calls_per_minute } => format!("public, {calls_per_minute}/min"),
        Mode::Authenticated { reason, .. } => format!("authenticated: {reason}"),
        Mode::Require {
            permission,
            target: Target::Organization(path),
        } => {
            format!("`{permission}` on `{}`", path.as_str())
        }
        Mode::Require {
            permission,
            target: Target::Platform,
        } => format!("`{permission}` on the platform"),
        Mode::Capability {
            sign_in: SignIn::Optional,
            calls_per_minute,
        } => format!("link, {calls_per_minute}/min"),
        Mode::Capability {
            sign_in: SignIn::Required,
            calls_per_minute,
        } => {
            format!("link and sign-in, {calls_per_minute}/min")
        }
        Mode::Internal { .. } => "internal".to_owned(),
    }
}

/// The seven cells behind the rule.
fn cells(rule: &MethodRule, decide: &impl Fn(Role, &str, &Target) -> bool) -> String {
    let all = |nobody: &str, signed_in: &str| {
        [nobody, signed_in, signed_in, signed_in, signed_in, signed_in, "–"].join(" | ")
    };
    match &rule.mode {
        // Nobody's token is looked at.
        Mode::Public { .. } => ["yes"; 7].join(" | "),
        Mode::Capability {
            sign_in: SignIn::Optional,
            ..
        } => all("link", "link"),
        Mode::Capability {
            sign_in: SignIn::Required,
            ..
        } => all("–", "link"),
        Mode::Authenticated {
            actor: Actor::Person, ..
        } => all("–", "own"),
        Mode::Authenticated {
            actor: Actor::Workload(names),
            ..
        } => {
            format!("– | – | – | – | – | – | {}", names.join(", "))
        }
        Mode::Require { permission, target } => {
            let roles = Role::ALL.map(|role| match decide(role, permission, target) {
                true if rule.reason_of_staff && matches!(role, Role::Staff) => "with a reason",
                true => "yes",
                false => "–",
            });
            format!("– | {} | –", roles.join(" | "))
        }
        Mode::Internal { .. } => all("–", "–"),
    }
}
