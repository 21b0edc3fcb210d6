//! gRPC: each method parses, calls and answers. The shell has verified the caller and the organization; what the field rules
//! of the contract cannot say is parsed here, once, and what is wrong with it told together with broken rules.

mod access_request;
mod catalog;
mod group;
mod history;
mod inviting;
mod join_page;
mod license;
mod location;
mod mail_source;
mod organization;
mod ownership;
mod person_organization;
mod profile_user;
mod programme_load;
mod registry;
mod review;
mod session;
mod setup;
mod staff_read;
mod submission;
mod subscription;

use muster_ids::{OrganizationId, OrganizationName};
use muster_refusal::Violations;
use muster_server::names::named;

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

/// The organization that a workload names: its rule has no scope.
fn named_organization(violations: &mut Violations, text: &str) -> Option<OrganizationId> {
    let name = named::<OrganizationName>(violations, "organization", text);
    name.map(|name| name.organization)
}
