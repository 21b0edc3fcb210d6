//! What the contract says of an RPC, read once for the process.

use std::sync::LazyLock;

use muster_access::{MethodRule, Rules};

static RULES: LazyLock<Option<Rules>> = LazyLock::new(|| Rules::load(muster_proto::pool()).ok());

/// The rule of a method by its path; nothing for what is none of the contract's (health, reflection).
pub(crate) fn get(path: &str) -> Option<&'static MethodRule> {
    RULES.as_ref()?.get(path)
}
