//! The policies that a permission can be decided by, picked out once.
//!
//! A policy whose scope names other actions is false before its conditions are looked at: it can neither allow, nor forbid,
//! nor fail. Without it the decision is the same, and so is what it says of itself.

use std::collections::HashMap;

use cedar_policy::{ActionConstraint, EntityUid, Policy, PolicySet};

use super::vocabulary::Vocabulary;
use super::{PolicyProblem, Resource};

/// Everything about a permission that does not depend on who asks.
#[derive(Debug)]
pub(super) struct Prepared {
    /// Its place among all permissions of the set.
    pub(super) number: u32,
    pub(super) action: EntityUid,
    /// The policies whose scope has room for the action.
    pub(super) policies: PolicySet,
    on_organizations: bool,
    on_platform: bool,
}

impl Prepared {
    /// Whether the permission can be wanted on this kind of thing.
    pub(super) fn applies_to(&self, on: Resource) -> bool {
        match on {
            Resource::Organization(_) => self.on_organizations,
            Resource::Platform => self.on_platform,
        }
    }
}

/// Prepares every permission.
pub(super) fn prepare(
    vocabulary: &Vocabulary,
    all: &PolicySet,
) -> Result<HashMap<String, Prepared>, PolicyProblem> {
    let known = vocabulary.permissions();
    let names = known.organization.union(&known.platform);
    let prepared = names.zip(0..).map(|(permission, number)| {
        let action = vocabulary.action(permission);
        let policies = all
            .policies()
            .filter(|policy| has_room_for(vocabulary, policy, &action));
        let prepared = Prepared {
            number,
            policies: PolicySet::from_policies(policies.cloned())
                .map_err(|error| PolicyProblem::Schema(error.to_string()))?,
            action,
            on_organizations: known.organization.contains(permission),
            on_platform: known.platform.contains(permission),
        };
        Ok((permission.clone(), prepared))
    });
    prepared.collect()
}

fn has_room_for(vocabulary: &Vocabulary, policy: &Policy, action: &EntityUid) -> bool {
    match policy.action_constraint() {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(one) => one == *action,
        ActionConstraint::In(groups) => groups.iter().any(|group| vocabulary.is_in(action, group)),
    }
}
