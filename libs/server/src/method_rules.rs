//! The rules of the contract, read once for the process.

use std::sync::LazyLock;

use muster_access::{MethodRule, RuleProblem, Rules};

static RULES: LazyLock<Result<Rules, Vec<RuleProblem>>> = LazyLock::new(|| Rules::load(muster_proto::pool()));

/// All rules, or everything that is wrong with them: then nothing is served.
pub(crate) fn load() -> anyhow::Result<&'static Rules> {
    RULES
        .as_ref()
        .map_err(|problems| anyhow::anyhow!(muster_access::all(problems)))
}

/// The rule of a call by its path, or nothing: then it may not be called.
pub(crate) fn get(path: &str) -> Option<&'static MethodRule> {
    RULES.as_ref().ok()?.get(path)
}

/// Health and reflection: nobody needs a token for them. They have places of their own, so that calls never keep a probe out.
pub(crate) fn is_free(path: &str) -> bool {
    path.starts_with("/grpc.health.v1.") || path.starts_with("/grpc.reflection.v1")
}
