//! Names of groups and locations, looked up: exactly, case and spaces included.

use std::collections::HashMap;

use muster_ids::{GroupId, LocationId};

use super::super::context::{Context, Group};
use super::super::import::Problem;
use super::{MAX_GROUPS, near};

/// How many different unknown names get a suggestion: looking for one compares it with every name, and a file may
/// hold a hundred thousand unknown names.
const MOST_SUGGESTIONS: usize = 500;

/// The groups and locations of an organization by name.
pub(super) struct Places<'a> {
    groups: HashMap<&'a str, (GroupId, &'a Group)>,
    locations: HashMap<&'a str, LocationId>,
    suggested: HashMap<String, Option<String>>,
}

impl<'a> Places<'a> {
    pub(super) fn new(context: &'a Context) -> Self {
        let groups = context
            .groups
            .iter()
            .map(|(id, group)| (group.display_name.as_str(), (*id, group)));
        let locations = context.locations.iter().map(|(id, name)| (name.as_str(), *id));
        Self {
            groups: groups.collect(),
            locations: locations.collect(),
            suggested: HashMap::new(),
        }
    }

    /// The groups of a row. A name that holds a `|` and is no group's is taken for several.
    pub(super) fn groups(&mut self, given: &[String], problems: &mut Vec<Problem>) -> Vec<GroupId> {
        let mut found = Vec::new();
        for cell in given {
            if self.groups.contains_key(cell.as_str()) {
                self.group(cell, &mut found, problems);
                continue;
            }
            for name in cell.split('|').filter(|name| !name.trim().is_empty()) {
                self.group(name, &mut found, problems);
            }
        }
        if found.is_empty() && problems.iter().all(|problem| problem.column != "groups") {
            problems.push(Problem::error("groups", "name at least one group"));
        }
        if found.len() > MAX_GROUPS {
            problems.push(Problem::error("groups", "name at most 50 groups"));
        }
        found
    }

    fn group(&mut self, name: &str, found: &mut Vec<GroupId>, problems: &mut Vec<Problem>) {
        match self.groups.get(name) {
            Some((id, group)) if group.is_active => {
                if !group.has_trainings {
                    let text = format!("the group \u{201c}{name}\u{201d} requires no trainings yet");
                    problems.push(Problem::warning("groups", text));
                }
                if !found.contains(id) {
                    found.push(*id);
                }
            }
            Some(_) => {
                let text = format!("the group \u{201c}{name}\u{201d} is not active; name another one");
                problems.push(Problem::error("groups", text));
            }
            None => {
                let known: Vec<&str> = self
                    .groups
                    .iter()
                    .filter(|(_, (_, group))| group.is_active)
                    .map(|(name, _)| *name)
                    .collect();
                let suggestion = suggest(&mut self.suggested, name, &known);
                let text = format!(
                    "there is no group \u{201c}{name}\u{201d}; upper and lower case and spaces count"
                );
                problems.push(Problem::error("groups", text).suggest(suggestion));
            }
        }
    }

    /// The location of a row.
    pub(super) fn location(&mut self, given: &str, problems: &mut Vec<Problem>) -> Option<LocationId> {
        if given.trim().is_empty() {
            return None;
        }
        let found = self.locations.get(given).copied();
        if found.is_none() {
            let known: Vec<&str> = self.locations.keys().copied().collect();
            let suggestion = near::nearest(given, &known);
            let text = format!(
                "there is no location \u{201c}{given}\u{201d}; upper and lower case and spaces count"
            );
            problems.push(Problem::error("location", text).suggest(suggestion));
        }
        found
    }
}

fn suggest(
    known_already: &mut HashMap<String, Option<String>>,
    name: &str,
    names: &[&str],
) -> Option<String> {
    if let Some(suggestion) = known_already.get(name) {
        return suggestion.clone();
    }
    if known_already.len() >= MOST_SUGGESTIONS {
        return None;
    }
    let suggestion = near::nearest(name, names);
    known_already.insert(name.to_owned(), suggestion.clone());
    suggestion
}
