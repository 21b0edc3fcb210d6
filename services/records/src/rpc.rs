//! gRPC: each method parses, calls and answers. The shell has verified the caller; what the field rules of the contract
//! cannot say is parsed here, once, and what is wrong with it told together with broken rules.

mod assignment;
mod certificate;
mod export;
mod grant;
mod history;
mod learning_record;
mod person_record;
mod progress_report;
mod progress_transfer;
mod record_access;
mod staff_report;
mod training;

use muster_identity::Role;
use muster_ids::PersonId;
use muster_refusal::Violations;
use muster_server::{Call, Parsed, names};

use crate::context::Context;
use crate::domain::ReaderRole;

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

/// The role in which somebody reads.
fn role(role: Option<Role>) -> Option<ReaderRole> {
    role.map(|role| match role {
        Role::Viewer => ReaderRole::Viewer,
        Role::Admin => ReaderRole::Admin,
        Role::Owner => ReaderRole::Owner,
    })
}

/// The caller, when `parent` names exactly them.
fn oneself<M>(call: &Call<M>, violations: &mut Violations, parent: &str) -> Parsed<PersonId> {
    names::oneself(&call.caller, violations, "parent", parent)
}
