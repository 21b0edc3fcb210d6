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
use muster_ids::{OrganizationId, PersonId};
use muster_refusal::{Refusal, Violations};
use muster_server::{Call, Parsed, names};

use crate::context::Context;
use crate::domain::{Capacity, ReaderRole};
use crate::ops::learning_record::read::Caller;

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

/// Who asks to read the records of this organization's learners.
fn caller<M>(call: &Call<M>, organization: OrganizationId) -> Result<Caller, Refusal> {
    let person = call.person()?;
    let capacity = match call.organization_role() {
        Some(Role::Viewer) => Capacity::ProfileUser(ReaderRole::Viewer),
        Some(Role::Admin) => Capacity::ProfileUser(ReaderRole::Admin),
        Some(Role::Owner) => Capacity::ProfileUser(ReaderRole::Owner),
        None if person.staff => Capacity::Staff,
        None => return Err(Refusal::permission_denied()),
    };
    Ok(Caller {
        organization,
        person: person.id,
        display_name: person.name.clone().unwrap_or_default(),
        capacity,
    })
}

/// The caller, when `parent` names exactly them.
fn oneself<M>(call: &Call<M>, violations: &mut Violations, parent: &str) -> Parsed<PersonId> {
    names::oneself(&call.caller, violations, "parent", parent)
}
