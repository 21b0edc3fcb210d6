//! The real protos.

use muster_access::{Rules, calls};

#[test]
fn every_rpc_of_the_suite_has_a_rule_that_can_be_enforced() {
    let rules =
        Rules::load(muster_proto::pool()).unwrap_or_else(|found| panic!("{}", muster_access::all(&found)));
    assert!(rules.iter().count() > 20);
    assert!(rules.iter().any(|rule| rule.is_internal()));
}

#[test]
fn nobody_calls_themself_and_only_services_of_the_suite_call() {
    let rules = Rules::load(muster_proto::pool()).unwrap_or_default();
    let services = [
        "gateway",
        "organization",
        "employment",
        "invitation",
        "notification",
        "records",
    ];
    for edge in calls::graph(&rules).keys() {
        assert_ne!(edge.caller, edge.callee);
        assert!(services.contains(&edge.caller.as_str()), "{edge:?}");
    }
}
