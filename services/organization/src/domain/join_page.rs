//! The page on which people ask to join.

mod slug;

use muster_address::DomainRule;
use muster_ids::{JoinPageName, OrganizationId, PersonId};
use muster_states::Transition;
use time::{Duration, OffsetDateTime};

use super::{OrganizationState, Plan};
pub(crate) use slug::Slug;

/// How long a slug that was given up leads to the page.
pub(crate) const REDIRECTED: Duration = Duration::days(365);

/// How many slugs an organization may have, those that it had with them.
pub(crate) const MAX_SLUGS: i64 = 10;

/// The settings of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JoinPage {
    pub(crate) organization: OrganizationId,
    /// Raised with every change; 0 before the first one.
    pub(crate) version: i64,
    pub(crate) is_enabled: bool,
    pub(crate) slug: Option<Slug>,
    /// Empty: any address.
    pub(crate) allowed_domains: Vec<DomainRule>,
    /// Who enabled it last.
    pub(crate) enabled_by: Option<PersonId>,
    pub(crate) update_time: Option<OffsetDateTime>,
}

/// What is to be changed; `None` leaves a setting as it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct JoinPageUpdate {
    pub(crate) is_enabled: Option<bool>,
    pub(crate) slug: Option<Slug>,
    pub(crate) allowed_domains: Option<Vec<DomainRule>>,
}

/// What the organization has of what a page needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ground {
    pub(crate) state: OrganizationState,
    pub(crate) plan: Plan,
    pub(crate) has_active_group: bool,
    pub(crate) has_active_location: bool,
}

/// What a page needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Slug,
    ActiveOrganization,
    Subscription,
    Group,
    Location,
}

impl JoinPage {
    /// Of an organization that has set nothing.
    pub(crate) fn unset(organization: OrganizationId) -> Self {
        Self {
            organization,
            version: 0,
            is_enabled: false,
            slug: None,
            allowed_domains: Vec::new(),
            enabled_by: None,
            update_time: None,
        }
    }

    /// With other settings, by this person.
    pub(crate) fn update(
        self,
        update: JoinPageUpdate,
        by: PersonId,
        now: OffsetDateTime,
    ) -> Transition<Self> {
        let mut next = self.clone();
        next.is_enabled = update.is_enabled.unwrap_or(next.is_enabled);
        next.slug = update.slug.or(next.slug);
        next.allowed_domains = update.allowed_domains.unwrap_or(next.allowed_domains);
        if next.is_enabled && !self.is_enabled {
            next.enabled_by = Some(by);
        }
        if next == self {
            return Transition::AlreadyDone(self);
        }
        next.version += 1;
        next.update_time = Some(now);
        Transition::Changed(next)
    }

    /// What keeps the page from being there. Looked at whenever it is asked for: so a lapse takes it away at once, and its
    /// settings stay.
    pub(crate) fn missing(&self, ground: Ground) -> Vec<Need> {
        let needs = [
            (Need::Slug, self.slug.is_some()),
            (
                Need::ActiveOrganization,
                ground.state == OrganizationState::Active,
            ),
            (Need::Subscription, ground.plan == Plan::Premium),
            (Need::Group, ground.has_active_group),
            (Need::Location, ground.has_active_location),
        ];
        let missing = needs.into_iter().filter(|(_, is_there)| !is_there);
        missing.map(|(need, _)| need).collect()
    }

    /// Whether people can use it.
    pub(crate) fn is_open(&self, ground: Ground) -> bool {
        self.is_enabled && self.missing(ground).is_empty()
    }

    /// Its resource name.
    pub(crate) fn name(&self) -> JoinPageName {
        JoinPageName {
            organization: self.organization,
        }
    }
}

impl Need {
    /// The need, in words.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Need::Slug => "slug",
            Need::ActiveOrganization => "active organization",
            Need::Subscription => "subscription",
            Need::Group => "active group",
            Need::Location => "active location",
        }
    }
}
