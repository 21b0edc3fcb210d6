//! The list of invitations that a request asks for.

use muster_ids::{GroupName, ImportName, LocationName, PersonName};
use muster_proto::invitation::v1 as pb;
use muster_refusal::Violations;
use muster_server::names::optional_named;
use muster_server::{Call, Parsed};
use time::OffsetDateTime;

use crate::ops::invitation::reschedule::Reschedule;
use crate::rpc::parse::{filter, send_time};
use crate::store::invitation::list::{ListFilter, ListOrder};

/// What invitations are narrowed to, as a request says it.
pub(super) struct Narrowed<'m> {
    /// What stands before the names of the fields.
    pub(super) path: &'static str,
    pub(super) states: &'m [i32],
    pub(super) delivery_states: &'m [i32],
    pub(super) import: &'m str,
    pub(super) group: &'m str,
    pub(super) location: &'m str,
    pub(super) inviter: &'m str,
    pub(super) address_contains: &'m str,
    pub(super) text: &'m str,
}

/// Which invitation gets which other time.
pub(super) fn rescheduled(
    call: &Call<pb::RescheduleInvitationRequest>,
    violations: &mut Violations,
    now: OffsetDateTime,
) -> Parsed<Reschedule> {
    let name = call.name(violations);
    let due = send_time(violations, "send_time", call.message.send_time, now);
    let command = name.zip(due);
    Ok(command.map(|(name, due)| Reschedule {
        name,
        due: due.max(now),
    }))
}

/// Which invitations of the organization are listed, and in which order.
pub(super) fn list_filter(
    call: &Call<pb::ListInvitationsRequest>,
    violations: &mut Violations,
) -> Parsed<ListFilter> {
    let given = &call.message;
    let narrowed = Narrowed {
        path: "",
        states: &given.states,
        delivery_states: &given.delivery_states,
        import: &given.import,
        group: &given.group,
        location: &given.location,
        inviter: &given.inviter,
        address_contains: &given.address_contains,
        text: &given.text,
    };
    let order = order(given.order());
    let filter = narrowed.filter(violations);
    Ok(filter.map(|filter| ListFilter { order, ..filter }))
}

fn order(order: pb::InvitationOrder) -> ListOrder {
    match order {
        pb::InvitationOrder::Unspecified => ListOrder::Newest,
        pb::InvitationOrder::Oldest => ListOrder::Oldest,
        pb::InvitationOrder::Address => ListOrder::Address,
    }
}

impl Narrowed<'_> {
    /// The filter, newest first. An import, a group or a location of another organization has as many invitations as one that does not
    /// exist: none.
    pub(super) fn filter(&self, violations: &mut Violations) -> Option<ListFilter> {
        let path = |field: &str| format!("{}{field}", self.path);
        let states = filter::<pb::InvitationState, _>(violations, &path("states"), self.states);
        let delivery_states =
            filter::<pb::DeliveryState, _>(violations, &path("delivery_states"), self.delivery_states);
        let import = optional_named::<ImportName>(violations, &path("import"), self.import);
        let group = optional_named::<GroupName>(violations, &path("group"), self.group);
        let location = optional_named::<LocationName>(violations, &path("location"), self.location);
        let inviter = optional_named::<PersonName>(violations, &path("inviter"), self.inviter);
        Some(ListFilter {
            states: states?,
            delivery_states: delivery_states?,
            import: import?.map(|name| name.import),
            inviter: inviter?.map(|name| name.person),
            group: group?.map(|name| name.group),
            location: location?.map(|name| name.location),
            address_contains: self.address_contains.to_owned(),
            text: self.text.trim().to_owned(),
            order: ListOrder::default(),
        })
    }
}
