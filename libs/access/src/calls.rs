//! Which service calls which: the `callers` of all internal rules together.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Mode, Rules};

/// A caller and the callee whose internal RPCs it may use.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// The workload that calls.
    pub caller: String,
    /// The service that answers.
    pub callee: String,
}

/// The call graph with the RPCs that make each edge, ordered.
pub fn graph(rules: &Rules) -> BTreeMap<Edge, BTreeSet<String>> {
    let mut graph: BTreeMap<Edge, BTreeSet<String>> = BTreeMap::new();
    for rule in rules.iter() {
        let Mode::Internal { callers } = &rule.mode else {
            continue;
        };
        let served = rule.served_by.iter();
        for (callee, caller) in served.flat_map(|callee| callers.iter().map(move |caller| (callee, caller))) {
            let edge = Edge {
                caller: caller.clone(),
                callee: callee.clone(),
            };
            graph
                .entry(edge)
                .or_default()
                .insert(format!("{}/{}", rule.service, rule.method));
        }
    }
    graph
}
