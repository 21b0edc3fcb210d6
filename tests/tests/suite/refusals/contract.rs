//! What the contract promises: which RPC refuses with which reason, by the option that stands beside it.

use std::collections::{BTreeSet, HashSet};

use muster_access::Rules;
use muster_refusal::ErrorReason;
use prost_reflect::MethodDescriptor;

/// An RPC and a reason.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair {
    rpc: String,
    reason: &'static str,
}

impl Pair {
    pub(super) fn new(rpc: &str, reason: ErrorReason) -> Self {
        Self {
            rpc: rpc.to_owned(),
            reason: reason.as_str_name(),
        }
    }
}

/// Every pair that stands in a `(muster.error.v1.refuses)`.
pub(super) fn documented() -> BTreeSet<Pair> {
    let rules = Rules::load(muster_proto::pool()).expect("the contract's rules load");
    let methods: Vec<MethodDescriptor> = muster_proto::pool()
        .services()
        .filter(|service| rules.iter().any(|rule| rule.service == service.full_name()))
        .flat_map(|service| service.methods().collect::<Vec<_>>())
        .collect();
    let names: HashSet<_> = methods.iter().map(MethodDescriptor::name).collect();
    assert_eq!(names.len(), rules.iter().count(), "no two RPCs have one name");
    let pairs = methods.iter().flat_map(|method| {
        let reasons = muster_proto::refuses(method).into_iter();
        reasons.map(|reason| Pair::new(method.name(), reason))
    });
    pairs.collect()
}
