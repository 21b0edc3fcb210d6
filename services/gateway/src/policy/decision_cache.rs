//! Decisions that were made before. They belong to one set of policies and go with it, so no entry needs an end: a role is
//! part of the question, and whoever loses it asks another one.

use moka::sync::Cache;

use super::vocabulary::Principal;
use super::{Decided, Resource};

/// Entries of about 250 bytes.
const MAX_ENTRIES: u64 = 50_000;

/// A question, by value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Question {
    pub(super) who: Principal,
    pub(super) permission: u32,
    pub(super) on: Resource,
}

/// Decisions by question; those that are asked for most often stay.
#[derive(Debug)]
pub(super) struct DecisionCache(Cache<Question, Decided>);

impl DecisionCache {
    pub(super) fn new() -> Self {
        Self(Cache::new(MAX_ENTRIES))
    }

    pub(super) fn get(&self, question: &Question) -> Option<Decided> {
        self.0.get(question)
    }

    pub(super) fn insert(&self, question: Question, decided: &Decided) {
        self.0.insert(question, decided.clone());
    }
}
