//! Who administers an organization.

use muster_address::EmailAddress;
use muster_identity::Role;
use muster_ids::{OrganizationId, PersonId, ProfileUserName};
use muster_language::Language;
use muster_states::{Transition, stored_enum};
use time::{Duration, OffsetDateTime};

use super::{OrganizationState, PublicName};

/// A person with a role in an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProfileUser {
    pub(crate) organization: OrganizationId,
    pub(crate) person: PersonId,
    /// From their own token; unknown until one told it.
    pub(crate) display_name: Option<String>,
    pub(crate) access: Access,
}

/// How somebody has their role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// The profile names them as its owner.
    Owned {
        /// That of the profile.
        version: i64,
    },
    Given(GivenAccess),
}

/// Access that an owner gave, and may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GivenAccess {
    pub(crate) role: GivenRole,
    pub(crate) origin: Origin,
    pub(crate) end: End,
    /// Raised with every change. Begins with the microseconds of its creation: who comes back has no version twice.
    pub(crate) version: i64,
    pub(crate) create_time: OffsetDateTime,
    /// Whether the person's employment here is verified, as far as it is known.
    pub(crate) is_verified: bool,
}

stored_enum! {
    /// A role that is given; the owner's is not.
    pub(crate) enum GivenRole {
        Viewer = "VIEWER",
        Admin = "ADMIN",
    }
}

stored_enum! {
    /// What access comes from.
    pub(crate) enum Origin {
        /// A verified employment, with which it sleeps and ends.
        Employment = "EMPLOYMENT",
        /// A request that was granted; it depends on no employment.
        Request = "REQUEST",
    }
}

/// Whether access counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProfileUserState {
    Active,
    Asleep,
    Expired,
}

/// The end of an access; `None`: it is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct End(pub(crate) Option<OffsetDateTime>);

/// How long before its end an access is told of.
const NOTICE: Duration = Duration::days(30);

/// What is to be changed; `None` leaves a field as it is.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct AccessUpdate {
    pub(crate) role: Option<GivenRole>,
    pub(crate) end: Option<End>,
}

/// It is the owner's access, which only a transfer changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OwnersOwn;

/// A profile user with whether their access counts now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SeenProfileUser {
    pub(crate) user: ProfileUser,
    pub(crate) state: ProfileUserState,
}

/// Where mail for a profile user goes, and what it may say of the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProfileUserContact {
    pub(crate) role: Role,
    /// `None` when the person's issuer told no verified address.
    pub(crate) address: Option<EmailAddress>,
    pub(crate) organization_state: OrganizationState,
    pub(crate) organization_display_name: PublicName,
    /// In which people are written to on its behalf.
    pub(crate) language: Language,
}

impl ProfileUser {
    /// Its resource name.
    pub(crate) fn name(&self) -> ProfileUserName {
        ProfileUserName {
            organization: self.organization,
            person: self.person,
        }
    }

    /// Raised with every change.
    pub(crate) fn version(&self) -> i64 {
        match self.access {
            Access::Owned { version } | Access::Given(GivenAccess { version, .. }) => version,
        }
    }

    /// What they may do while their access counts.
    pub(crate) fn role(&self) -> Role {
        match self.access {
            Access::Owned { .. } => Role::Owner,
            Access::Given(access) => access.role.into(),
        }
    }

    /// Whether it counts now.
    pub(crate) fn state(&self, now: OffsetDateTime) -> ProfileUserState {
        match self.access {
            Access::Owned { .. } => ProfileUserState::Active,
            Access::Given(access) => access.state(now),
        }
    }

    /// Whether they have access that goes with their employment, also while it sleeps.
    pub(crate) fn is_employed(&self, now: OffsetDateTime) -> bool {
        let from_employment =
            matches!(self.access, Access::Given(access) if access.origin == Origin::Employment);
        from_employment && self.state(now) != ProfileUserState::Expired
    }

    /// What they may do now.
    pub(crate) fn role_at(&self, now: OffsetDateTime) -> Option<Role> {
        (self.state(now) == ProfileUserState::Active).then(|| self.role())
    }

    /// As somebody sees it now.
    pub(crate) fn seen(self, now: OffsetDateTime) -> SeenProfileUser {
        SeenProfileUser {
            state: self.state(now),
            user: self,
        }
    }

    /// With another role or end.
    pub(crate) fn update(self, update: AccessUpdate) -> Transition<Self, OwnersOwn> {
        let Access::Given(access) = self.access else {
            return Transition::Refused(OwnersOwn);
        };
        let next = GivenAccess {
            role: update.role.unwrap_or(access.role),
            end: update.end.unwrap_or(access.end),
            ..access
        };
        if next == access {
            return Transition::AlreadyDone(self);
        }
        let version = access.version + 1;
        Transition::Changed(Self {
            access: Access::Given(GivenAccess { version, ..next }),
            ..self
        })
    }

    /// Let in by a request: the higher role holds, and access that sleeps comes from the request from now on. Access that counts
    /// stays what it is: asking is no way out of an employment. `display_name`: as the request told it.
    pub(crate) fn admit(
        self,
        role: GivenRole,
        display_name: Option<String>,
        now: OffsetDateTime,
    ) -> Transition<Self> {
        let Access::Given(access) = self.access else {
            return Transition::AlreadyDone(self);
        };
        let origin = match self.state(now) {
            ProfileUserState::Asleep => Origin::Request,
            ProfileUserState::Active | ProfileUserState::Expired => access.origin,
        };
        let role = access.role.higher(role);
        let mut next = Self {
            display_name: self.display_name.clone().or(display_name),
            access: Access::Given(GivenAccess {
                role,
                origin,
                ..access
            }),
            ..self
        };
        if next == self {
            return Transition::AlreadyDone(self);
        }
        if let Access::Given(access) = &mut next.access {
            access.version += 1;
        }
        Transition::Changed(next)
    }

    /// Added once more: the higher role and the later end hold, so that nothing is taken away.
    pub(crate) fn raise(self, role: GivenRole, end: End) -> Transition<Self, OwnersOwn> {
        let Access::Given(access) = self.access else {
            return Transition::AlreadyDone(self);
        };
        self.update(AccessUpdate {
            role: Some(access.role.higher(role)),
            end: Some(access.end.later(end)),
        })
    }
}

impl GivenAccess {
    /// New from `now` on.
    pub(crate) fn new(role: GivenRole, origin: Origin, end: End, now: OffsetDateTime) -> Self {
        Self {
            role,
            origin,
            end,
            version: microseconds(now),
            create_time: now,
            is_verified: origin == Origin::Employment,
        }
    }

    fn state(self, now: OffsetDateTime) -> ProfileUserState {
        match self.origin {
            _ if self.end.is_over(now) => ProfileUserState::Expired,
            Origin::Employment if !self.is_verified => ProfileUserState::Asleep,
            Origin::Employment | Origin::Request => ProfileUserState::Active,
        }
    }
}

fn microseconds(at: OffsetDateTime) -> i64 {
    at.unix_timestamp() * 1_000_000 + i64::from(at.microsecond())
}

impl GivenRole {
    fn higher(self, other: Self) -> Self {
        if Role::from(self) < Role::from(other) {
            other
        } else {
            self
        }
    }
}

impl From<GivenRole> for Role {
    fn from(role: GivenRole) -> Self {
        match role {
            GivenRole::Viewer => Self::Viewer,
            GivenRole::Admin => Self::Admin,
        }
    }
}

impl End {
    /// Whether it has come.
    pub(crate) fn is_over(self, now: OffsetDateTime) -> bool {
        self.0.is_some_and(|end| end <= now)
    }

    /// When to tell of it, if it is so far away that there is somebody to be reminded.
    pub(crate) fn remind_time(self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        self.0.map(|end| end - NOTICE).filter(|time| now < *time)
    }

    fn later(self, other: Self) -> Self {
        Self(self.0.zip(other.0).map(|(one, other)| one.max(other)))
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    #[test]
    fn an_end_is_told_of_a_month_before_it_and_not_when_it_is_nearer_already() {
        let after = |days| End(Some(NOW + Duration::days(days)));
        assert_eq!(after(365).remind_time(NOW), Some(NOW + Duration::days(335)));
        assert_eq!(after(30).remind_time(NOW), None);
        assert_eq!(End(None).remind_time(NOW), None);
    }

    fn user(access: Access) -> ProfileUser {
        ProfileUser {
            organization: OrganizationId::from_uuid(Uuid::nil()),
            person: PersonId::derive("https://people.test", "ada"),
            display_name: None,
            access,
        }
    }

    fn given(role: GivenRole, origin: Origin, end: Option<OffsetDateTime>) -> ProfileUser {
        user(Access::Given(GivenAccess::new(role, origin, End(end), NOW)))
    }

    fn asleep(mut user: ProfileUser) -> ProfileUser {
        if let Access::Given(access) = &mut user.access {
            access.is_verified = false;
        }
        user
    }

    #[test]
    fn access_from_an_employment_sleeps_without_it_and_access_from_a_request_does_not() {
        let from = |origin| asleep(given(GivenRole::Admin, origin, None));
        assert_eq!(from(Origin::Employment).role_at(NOW), None);
        assert_eq!(from(Origin::Employment).state(NOW), ProfileUserState::Asleep);
        assert_eq!(from(Origin::Request).role_at(NOW), Some(Role::Admin));
        let awake = given(GivenRole::Viewer, Origin::Employment, None);
        assert_eq!(awake.role_at(NOW), Some(Role::Viewer));
    }

    #[test]
    fn access_ends_with_its_last_moment_asleep_or_not_and_the_owners_never() {
        let end = NOW + Duration::HOUR;
        let user_until = given(GivenRole::Admin, Origin::Employment, Some(end));
        assert_eq!(user_until.role_at(end - Duration::MICROSECOND), Some(Role::Admin));
        assert_eq!(user_until.state(end), ProfileUserState::Expired);
        assert_eq!(asleep(user_until).state(end), ProfileUserState::Expired);
        assert_eq!(user(Access::Owned { version: 1 }).role_at(end), Some(Role::Owner));
    }

    #[test]
    fn who_is_added_again_loses_nothing() {
        let (soon, late) = (NOW + Duration::HOUR, NOW + Duration::DAY);
        let viewer = given(GivenRole::Viewer, Origin::Request, Some(soon));
        let Transition::Changed(raised) = viewer.clone().raise(GivenRole::Admin, End(Some(late))) else {
            panic!("there is more to have")
        };
        let Access::Given(access) = raised.access else {
            panic!("it is given")
        };
        assert_eq!(
            (access.role, access.end, access.origin),
            (GivenRole::Admin, End(Some(late)), Origin::Request)
        );
        let less = raised.clone().raise(GivenRole::Viewer, End(Some(soon)));
        assert_eq!(less, Transition::AlreadyDone(raised));
        let open = given(GivenRole::Viewer, Origin::Request, None);
        assert_eq!(
            open.clone().raise(GivenRole::Viewer, End(Some(late))),
            Transition::AlreadyDone(open)
        );
        let owner = user(Access::Owned { version: 1 });
        assert_eq!(
            owner.clone().raise(GivenRole::Viewer, End(None)),
            Transition::AlreadyDone(owner)
        );
    }

    #[test]
    fn who_is_let_in_while_their_access_sleeps_depends_on_no_employment_any_more() {
        let end = Some(NOW + Duration::DAY);
        let from_employment = given(GivenRole::Admin, Origin::Employment, end);
        let sleeping = asleep(from_employment.clone());
        let Transition::Changed(admitted) = sleeping.admit(GivenRole::Viewer, Some("Ada".to_owned()), NOW)
        else {
            panic!("it slept")
        };
        let Access::Given(access) = admitted.access else {
            panic!("it is given")
        };
        assert_eq!(
            (access.role, access.origin, access.end, access.version),
            (GivenRole::Admin, Origin::Request, End(end), microseconds(NOW) + 1)
        );
        assert_eq!(admitted.display_name.as_deref(), Some("Ada"));
        assert_eq!(admitted.role_at(NOW), Some(Role::Admin));
        assert_eq!(
            from_employment.clone().admit(GivenRole::Viewer, None, NOW),
            Transition::AlreadyDone(from_employment),
            "access that counts stays what it is"
        );
    }

    #[test]
    fn an_update_changes_what_it_names_and_never_the_owner() {
        let update = AccessUpdate {
            role: Some(GivenRole::Viewer),
            end: None,
        };
        let admin = given(GivenRole::Admin, Origin::Employment, Some(NOW + Duration::DAY));
        let Transition::Changed(viewer) = admin.update(update) else {
            panic!("it is another role")
        };
        let Access::Given(access) = viewer.access else {
            panic!("it is given")
        };
        assert_eq!(
            (access.role, access.end),
            (GivenRole::Viewer, End(Some(NOW + Duration::DAY)))
        );
        assert_eq!(access.version, microseconds(NOW) + 1);
        assert_eq!(
            user(Access::Owned { version: 1 }).update(update),
            Transition::Refused(OwnersOwn)
        );
    }
}
