//! What the comments of the contract promise: which RPC refuses with which reason.

use std::collections::{BTreeMap, BTreeSet};

use muster_access::Rules;
use muster_refusal::ErrorReason;
use prost_reflect::{MethodDescriptor, ServiceDescriptor};

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

/// Every pair that a comment names after `Refusals:`. `those of X` stands for the reasons of X.
pub(super) fn documented() -> BTreeSet<Pair> {
    let rules = Rules::load(muster_proto::pool()).expect("the contract's rules load");
    let comments: BTreeMap<String, String> = muster_proto::pool()
        .services()
        .filter(|service| rules.iter().any(|rule| rule.service == service.full_name()))
        .flat_map(|service| {
            let methods: Vec<_> = service.methods().collect();
            methods
                .into_iter()
                .map(move |method| (method.name().to_owned(), comment(&service, &method)))
        })
        .collect();
    assert_eq!(comments.len(), rules.iter().count(), "no two RPCs have one name");
    comments
        .iter()
        .flat_map(|(rpc, comment)| {
            reasons(comment, &comments)
                .into_iter()
                .map(|it| Pair::new(rpc, it))
        })
        .collect()
}

fn reasons(comment: &str, all: &BTreeMap<String, String>) -> BTreeSet<ErrorReason> {
    let Some((_, refusals)) = comment.split_once("Refusals:") else {
        return BTreeSet::new();
    };
    let mut found: BTreeSet<ErrorReason> = words(refusals).filter_map(reason).collect();
    if let Some((_, other)) = refusals.split_once("those of ") {
        let other = words(other).next().expect("the name of an RPC follows");
        let other = all
            .get(other)
            .unwrap_or_else(|| panic!("there is no RPC {other}"));
        found.extend(reasons(other, all));
    }
    found
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
}

/// A word in capitals is a reason; one with an underscore that is none is a mistake in the comment.
fn reason(word: &str) -> Option<ErrorReason> {
    let shouts = word.len() > 3 && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    let reason = ErrorReason::from_str_name(&format!("ERROR_REASON_{word}"));
    assert!(!shouts || reason.is_some(), "{word} is no reason");
    reason
}

fn comment(service: &ServiceDescriptor, method: &MethodDescriptor) -> String {
    let path = method.path();
    let file = service.parent_file();
    let locations = &file
        .file_descriptor_proto()
        .source_code_info
        .as_ref()
        .expect("comments are kept")
        .location;
    let location = locations.iter().find(|location| location.path == path);
    location
        .map(|it| it.leading_comments().replace('\n', " "))
        .expect("every RPC has a comment")
}
