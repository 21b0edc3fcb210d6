//! The list of invitations that a request asks for.

use muster_ids::ImportName;
use muster_proto::invitation::v1 as pb;
use muster_refusal::Violations;
use muster_server::{Call, Parsed};

use crate::rpc::parse::filter;
use crate::store::invitation::list::ListFilter;

/// Which invitations of the organization are listed. An import of another organization made as many of them as one that
/// does not exist: none.
pub(super) fn list_filter(
    call: &Call<pb::ListInvitationsRequest>,
    violations: &mut Violations,
) -> Parsed<ListFilter> {
    let given = &call.message;
    let states = filter::<pb::InvitationState, _>(violations, "states", &given.states);
    let delivery_states =
        filter::<pb::DeliveryState, _>(violations, "delivery_states", &given.delivery_states);
    let import = (!given.import.is_empty()).then(|| given.import.parse::<ImportName>());
    let import = violations.check("import", import.transpose());
    let parsed = states.zip(delivery_states).zip(import);
    Ok(parsed.map(|((states, delivery_states), import)| ListFilter {
        states,
        delivery_states,
        import: import.map(|name| name.import),
    }))
}
