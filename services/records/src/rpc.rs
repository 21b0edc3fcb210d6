//! gRPC: each method parses, calls and answers. The shell has verified the caller; what the field rules of the contract
//! cannot say is parsed here, once, and what is wrong with it told together with broken rules.

mod assignment;
mod certificate;
mod export;
mod grant;
mod history;
mod learning_record;
mod person_record;
mod record_access;
mod staff_report;
mod training;

use muster_ids::PersonId;
use muster_refusal::Violations;
use muster_server::{Call, Parsed, names};

use crate::context::Context;

/// Answers every gRPC service of this process.
#[derive(Clone, Debug)]
pub(crate) struct Rpc {
    context: Context,
}

impl Rpc {
    pub(crate) fn new(context: Context) -> Self {
        Self { context }
    }
}

/// The caller, when `parent` names exactly them.
fn oneself<M>(call: &Call<M>, violations: &mut Violations, parent: &str) -> Parsed<PersonId> {
    names::oneself(&call.caller, violations, "parent", parent)
}
