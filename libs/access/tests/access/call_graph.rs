//! The committed call graph, of which the Helm chart makes network policies and tokens, is that of the rules.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use muster_access::{Rules, calls};

const EDGE: &str = "gateway";

/// The services that each service calls as itself.
fn called(rules: &Rules) -> BTreeMap<String, BTreeSet<String>> {
    let mut called: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for edge in calls::graph(rules).into_keys() {
        called.entry(edge.caller).or_default().insert(edge.callee);
    }
    called
}

/// The services that the edge forwards to.
fn forwarded(rules: &Rules) -> BTreeSet<String> {
    let open = rules.iter().filter(|rule| !rule.is_internal());
    let services = open.flat_map(|rule| rule.served_by.iter().cloned());
    services.filter(|service| service != EDGE).collect()
}

fn rendered(rules: &Rules) -> String {
    let list = |names: &BTreeSet<String>| format!("{:?}", names.iter().collect::<Vec<_>>());
    let calls: Vec<_> = called(rules)
        .iter()
        .map(|(caller, callees)| format!("    {caller:?}: {}", list(callees)))
        .collect();
    let (calls, edge) = (calls.join(",\n"), list(&forwarded(rules)));
    format!("{{\n  \"calls\": {{\n{calls}\n  }},\n  \"forwarded\": {edge}\n}}\n")
}

#[test]
fn the_committed_call_graph_is_that_of_the_rules() {
    let rendered = rendered(&Rules::load(muster_proto::pool()).unwrap());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/helm/muster/files/calls.json");
    if std::env::var_os("MUSTER_REGENERATE").is_some() {
        std::fs::write(&file, &rendered).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(
        committed, rendered,
        "who calls whom has changed: review it, then MUSTER_REGENERATE=1 cargo test -p muster-access call_graph"
    );
}
