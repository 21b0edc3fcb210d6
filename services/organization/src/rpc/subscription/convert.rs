//! From the domain to messages, exhaustively.

use muster_ids::SubscriptionName;
use muster_proto::organization::v1 as pb;
use muster_server::convert::timestamp;

use crate::domain::{Entitlement, Limits, Plan, Subscription};

impl From<Subscription> for pb::Subscription {
    fn from(subscription: Subscription) -> Self {
        let Subscription {
            organization,
            entitlement,
            activate_time: _,
            end_time,
        } = subscription;
        Self {
            name: SubscriptionName { organization }.to_string(),
            plan: pb::Plan::from(entitlement.plan).into(),
            limits: Some(entitlement.limits.into()),
            end_time: end_time.map(timestamp),
        }
    }
}

muster_proto::same_values! { Plan = pb::Plan { Basic, Premium } }

impl From<Limits> for pb::Limits {
    fn from(limits: Limits) -> Self {
        let Limits {
            invitations_by_hand,
            import_rows,
            messages_per_day,
        } = limits;
        Self {
            invitations_by_hand,
            import_rows,
            messages_per_day,
        }
    }
}

impl From<Entitlement> for pb::GetLimitsResponse {
    fn from(in_force: Entitlement) -> Self {
        let Entitlement { plan, limits } = in_force;
        Self {
            plan: pb::Plan::from(plan).into(),
            limits: Some(limits.into()),
        }
    }
}
