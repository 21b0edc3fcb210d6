//! Plans, and what they allow at a given time.

use muster_ids::OrganizationId;
use muster_states::stored_enum;
use thiserror::Error;
use time::OffsetDateTime;

stored_enum! {
    /// A plan.
    pub(crate) enum Plan {
        Basic = "BASIC",
        Premium = "PREMIUM",
    }
}

/// What a plan allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) invitations_by_hand: i32,
    pub(crate) import_rows: i32,
    pub(crate) messages_per_day: i32,
}

/// A plan and its limits, as they are in force at some moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entitlement {
    pub(crate) plan: Plan,
    pub(crate) limits: Limits,
}

/// What registry staff gave an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Subscription {
    pub(crate) organization: OrganizationId,
    pub(crate) entitlement: Entitlement,
    pub(crate) activate_time: OffsetDateTime,
    /// From then on it is in force no more; `None`: open end.
    pub(crate) end_time: Option<OffsetDateTime>,
}

/// Why a subscription makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum SubscriptionProblem {
    #[error("must be in the future")]
    EndsInThePast,
    #[error("must be 0 on the basic plan, which has no spreadsheets")]
    RowsWithoutPremium,
}

impl Subscription {
    /// Checks what annotations cannot say; every problem with the field it belongs to.
    pub(crate) fn problems(&self) -> Vec<(&'static str, SubscriptionProblem)> {
        let Entitlement { plan, limits } = self.entitlement;
        let past = self.end_time.is_some_and(|end| end <= self.activate_time);
        let rows = plan == Plan::Basic && limits.import_rows > 0;
        let problems = [
            past.then_some(("end_time", SubscriptionProblem::EndsInThePast)),
            rows.then_some(("limits.import_rows", SubscriptionProblem::RowsWithoutPremium)),
        ];
        problems.into_iter().flatten().collect()
    }
}

impl Entitlement {
    /// What is in force at `now`: the subscription, or the basic plan without one and past its end.
    pub(crate) fn at(now: OffsetDateTime, subscription: Option<&Subscription>, basic: Limits) -> Self {
        subscription
            .filter(|subscription| subscription.end_time.is_none_or(|end| now < end))
            .map_or(
                Self {
                    plan: Plan::Basic,
                    limits: basic,
                },
                |subscription| subscription.entitlement,
            )
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    const START: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);
    const END: OffsetDateTime = datetime!(2026-04-01 12:00 UTC);
    const BASIC: Limits = Limits {
        invitations_by_hand: 10,
        import_rows: 0,
        messages_per_day: 500,
    };
    const MUCH: Limits = Limits {
        invitations_by_hand: 10,
        import_rows: 500,
        messages_per_day: 5000,
    };

    fn subscription(plan: Plan, end_time: Option<OffsetDateTime>) -> Subscription {
        Subscription {
            organization: OrganizationId::from_uuid(Uuid::nil()),
            entitlement: Entitlement { plan, limits: MUCH },
            activate_time: START,
            end_time,
        }
    }

    #[test]
    fn a_plan_is_in_force_until_its_end_and_basic_after() {
        let premium = subscription(Plan::Premium, Some(END));
        let at = |now| Entitlement::at(now, Some(&premium), BASIC);
        assert_eq!(at(END - time::Duration::MICROSECOND), premium.entitlement);
        assert_eq!(
            at(END),
            Entitlement {
                plan: Plan::Basic,
                limits: BASIC
            }
        );
        let open = subscription(Plan::Premium, None);
        assert_eq!(
            Entitlement::at(datetime!(2126-01-01 0:00 UTC), Some(&open), BASIC).plan,
            Plan::Premium
        );
        assert_eq!(Entitlement::at(START, None, BASIC).limits, BASIC);
    }

    #[test]
    fn every_problem_is_told_with_its_field() {
        let broken = subscription(Plan::Basic, Some(START));
        let fields: Vec<_> = broken.problems().into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["end_time", "limits.import_rows"]);
        assert!(subscription(Plan::Premium, Some(END)).problems().is_empty());
    }
}
