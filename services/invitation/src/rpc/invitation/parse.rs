//! The list of invitations that a request asks for.

use std::fmt::Display;
use std::str::FromStr;

use muster_ids::{GroupName, ImportName, LocationName, PersonName};
use muster_proto::invitation::v1 as pb;
use muster_refusal::Violations;
use muster_server::{Call, Parsed};

use crate::rpc::parse::filter;
use crate::store::invitation::list::ListFilter;

/// Which invitations of the organization are listed. An import, a group or a location of another organization
/// has as many of them as one that does not exist: none.
pub(super) fn list_filter(
    call: &Call<pb::ListInvitationsRequest>,
    violations: &mut Violations,
) -> Parsed<ListFilter> {
    let given = &call.message;
    let states = filter::<pb::InvitationState, _>(violations, "states", &given.states);
    let delivery_states =
        filter::<pb::DeliveryState, _>(violations, "delivery_states", &given.delivery_states);
    let import = optional::<ImportName>(violations, "import", &given.import);
    let group = optional::<GroupName>(violations, "group", &given.group);
    let location = optional::<LocationName>(violations, "location", &given.location);
    let inviter = optional::<PersonName>(violations, "inviter", &given.inviter);
    let parsed = states
        .zip(delivery_states)
        .zip(import.zip(inviter))
        .zip(group.zip(location));
    Ok(parsed.map(
        |(((states, delivery_states), (import, inviter)), (group, location))| ListFilter {
            states,
            delivery_states,
            import: import.map(|name| name.import),
            inviter: inviter.map(|name| name.person),
            group: group.map(|name| name.group),
            location: location.map(|name| name.location),
            address_contains: given.address_contains.clone(),
        },
    ))
}

/// A name to filter by, if there is one.
fn optional<N>(violations: &mut Violations, field: &str, given: &str) -> Option<Option<N>>
where
    N: FromStr<Err: Display>,
{
    let name = (!given.is_empty()).then(|| given.parse::<N>());
    violations.check(field, name.transpose())
}
