//! How an ownership moves.

use muster_ids::{OrganizationId, OwnershipOfferId, OwnershipOfferName, PersonId};
use muster_states::{Transition, stored_enum};
use time::{Duration, OffsetDateTime};

use super::{Access, End, GivenRole, ProfileUser, ProfileUserState};

/// An offer that nobody answers ends by itself.
const LIFETIME: Duration = Duration::days(7);

/// An ownership that is offered to an admin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OwnershipOffer {
    pub(crate) organization: OrganizationId,
    pub(crate) id: OwnershipOfferId,
    /// To whom.
    pub(crate) person: PersonId,
    /// The owner of that time.
    pub(crate) offered_by: PersonId,
    pub(crate) state: OwnershipOfferState,
    /// Raised with every change; from 1.
    pub(crate) version: i64,
    pub(crate) create_time: OffsetDateTime,
    pub(crate) expire_time: OffsetDateTime,
    pub(crate) end_time: Option<OffsetDateTime>,
}

/// Somebody who can act as the owner: an admin whose access counts now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Successor {
    pub(crate) person: PersonId,
    end: End,
}

stored_enum! {
    /// Where an offer stands.
    pub(crate) enum OwnershipOfferState {
        Offered = "OFFERED",
        Accepted = "ACCEPTED",
        Declined = "DECLINED",
        Withdrawn = "WITHDRAWN",
        Expired = "EXPIRED",
        /// Its ground is gone.
        Lapsed = "LAPSED",
    }

    /// What somebody lacks who is to be the owner, as the refusal calls it.
    pub(crate) enum Missing {
        /// They have no access at all.
        ProfileUser = "PROFILE_USER",
        /// They are no admin.
        Admin = "ADMIN",
        /// Their access does not count: it sleeps, or has expired.
        Active = "ACTIVE",
        /// Nobody has told a verified address of theirs: mail for the owner would reach nobody.
        Address = "ADDRESS",
    }
}

impl Successor {
    /// Whether this profile user can act as the owner now.
    pub(crate) fn of(user: Option<&ProfileUser>, now: OffsetDateTime) -> Result<Self, Missing> {
        let user = user.ok_or(Missing::ProfileUser)?;
        match user.access {
            _ if user.state(now) != ProfileUserState::Active => Err(Missing::Active),
            Access::Given(access) if access.role == GivenRole::Admin => Ok(Self {
                person: user.person,
                end: access.end,
            }),
            Access::Given(_) | Access::Owned { .. } => Err(Missing::Admin),
        }
    }
}

impl OwnershipOffer {
    /// Made now; it ends no later than the access on which it stands.
    pub(crate) fn new(
        organization: OrganizationId,
        id: OwnershipOfferId,
        successor: Successor,
        offered_by: PersonId,
        now: OffsetDateTime,
    ) -> Self {
        let latest = now + LIFETIME;
        Self {
            organization,
            id,
            person: successor.person,
            offered_by,
            state: OwnershipOfferState::Offered,
            version: 1,
            create_time: now,
            expire_time: successor.end.0.map_or(latest, |end| latest.min(end)),
            end_time: None,
        }
    }

    /// Its resource name.
    pub(crate) fn name(&self) -> OwnershipOfferName {
        OwnershipOfferName {
            organization: self.organization,
            ownership_offer: self.id,
        }
    }

    /// As it stands now: time passes without anybody writing it down.
    pub(crate) fn at(self, now: OffsetDateTime) -> Self {
        let is_over = self.state == OwnershipOfferState::Offered && self.expire_time <= now;
        Self {
            state: if is_over {
                OwnershipOfferState::Expired
            } else {
                self.state
            },
            ..self
        }
    }

    /// Whether it stands on what this person is to the organization after a change. An access that will end before the offer
    /// does is ground enough only until somebody extends it, which must not bring the offer back.
    pub(crate) fn stands_on(&self, user: &ProfileUser, now: OffsetDateTime) -> bool {
        let successor = Successor::of(Some(user), now);
        successor.is_ok_and(|successor| !successor.end.is_over(self.expire_time - Duration::MICROSECOND))
    }

    /// OFFERED becomes ACCEPTED.
    pub(crate) fn accept(self, now: OffsetDateTime) -> Transition<Self, OwnershipOfferState> {
        self.becomes(OwnershipOfferState::Accepted, now)
    }

    /// OFFERED becomes DECLINED.
    pub(crate) fn decline(self, now: OffsetDateTime) -> Transition<Self, OwnershipOfferState> {
        self.becomes(OwnershipOfferState::Declined, now)
    }

    /// OFFERED becomes WITHDRAWN.
    pub(crate) fn withdraw(self, now: OffsetDateTime) -> Transition<Self, OwnershipOfferState> {
        self.becomes(OwnershipOfferState::Withdrawn, now)
    }

    /// OFFERED becomes LAPSED.
    pub(crate) fn lapse(self, now: OffsetDateTime) -> Transition<Self, OwnershipOfferState> {
        self.becomes(OwnershipOfferState::Lapsed, now)
    }

    /// What has expired is written down as such, when another offer takes its place.
    pub(crate) fn expire(self, now: OffsetDateTime) -> Transition<Self, OwnershipOfferState> {
        let stored = self.state;
        match self.at(now) {
            expired if expired.state == stored => Transition::Refused(stored),
            expired => Transition::Changed(Self {
                version: expired.version + 1,
                ..expired
            }),
        }
    }

    fn becomes(
        self,
        next: OwnershipOfferState,
        now: OffsetDateTime,
    ) -> Transition<Self, OwnershipOfferState> {
        let offer = self.at(now);
        match offer.state {
            OwnershipOfferState::Offered => Transition::Changed(Self {
                state: next,
                end_time: Some(now),
                version: offer.version + 1,
                ..offer
            }),
            state if state == next => Transition::AlreadyDone(offer),
            state => Transition::Refused(state),
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;
    use crate::domain::{GivenAccess, Origin};

    const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    fn user(role: GivenRole, origin: Origin, end: Option<OffsetDateTime>) -> ProfileUser {
        ProfileUser {
            organization: OrganizationId::from_uuid(Uuid::nil()),
            person: PersonId::derive("https://people.test", "ada"),
            display_name: None,
            access: Access::Given(GivenAccess::new(role, origin, End(end), NOW)),
        }
    }

    fn admin(end: Option<OffsetDateTime>) -> ProfileUser {
        user(GivenRole::Admin, Origin::Request, end)
    }

    fn offer(to: &ProfileUser) -> OwnershipOffer {
        let successor = Successor::of(Some(to), NOW).unwrap();
        let owner = PersonId::derive("https://people.test", "owner");
        OwnershipOffer::new(to.organization, Uuid::nil().into(), successor, owner, NOW)
    }

    fn outcome(transition: Transition<OwnershipOffer, OwnershipOfferState>) -> String {
        match transition {
            Transition::Changed(changed) => {
                assert_eq!((changed.version, changed.end_time), (2, Some(NOW)));
                changed.state.to_string()
            }
            Transition::AlreadyDone(same) => format!("{} already", same.state),
            Transition::Refused(state) => format!("{state} refused"),
        }
    }

    #[test]
    fn only_an_open_offer_is_answered_and_the_same_answer_changes_nothing() {
        type Act = fn(OwnershipOffer, OffsetDateTime) -> Transition<OwnershipOffer, OwnershipOfferState>;
        let acts: [(Act, &str); 4] = [
            (OwnershipOffer::accept, "ACCEPTED"),
            (OwnershipOffer::decline, "DECLINED"),
            (OwnershipOffer::withdraw, "WITHDRAWN"),
            (OwnershipOffer::lapse, "LAPSED"),
        ];
        for (act, word) in acts {
            for state in OwnershipOfferState::ALL {
                let offer = OwnershipOffer {
                    state,
                    ..offer(&admin(None))
                };
                let expected = match state {
                    OwnershipOfferState::Offered => word.to_owned(),
                    same if same.as_str() == word => format!("{word} already"),
                    other => format!("{other} refused"),
                };
                assert_eq!(outcome(act(offer, NOW)), expected);
            }
        }
    }

    #[test]
    fn an_offer_ends_after_seven_days_or_with_the_access_it_stands_on() {
        let soon = NOW + Duration::HOUR;
        assert_eq!(offer(&admin(None)).expire_time, NOW + LIFETIME);
        assert_eq!(offer(&admin(Some(soon))).expire_time, soon);
        let expired = OwnershipOfferState::Expired;
        assert_eq!(
            offer(&admin(Some(soon))).accept(soon),
            Transition::Refused(expired)
        );
        assert!(matches!(
            offer(&admin(None)).expire(NOW + LIFETIME),
            Transition::Changed(_)
        ));
        assert_eq!(
            offer(&admin(None)).expire(NOW),
            Transition::Refused(OwnershipOfferState::Offered)
        );
    }

    #[test]
    fn an_offer_stands_on_an_admin_who_can_act_until_its_end() {
        let offer = offer(&admin(None));
        let (early, late) = (NOW + Duration::DAY, NOW + LIFETIME);
        for (user, stands) in [
            (admin(None), true),
            (admin(Some(late)), true),
            (admin(Some(early)), false),
            (user(GivenRole::Viewer, Origin::Request, None), false),
        ] {
            assert_eq!(offer.stands_on(&user, NOW), stands, "{user:?}");
        }
    }

    #[test]
    fn what_a_successor_lacks_is_told() {
        let mut asleep = user(GivenRole::Admin, Origin::Employment, None);
        if let Access::Given(access) = &mut asleep.access {
            access.is_verified = false;
        }
        let owner = ProfileUser {
            access: Access::Owned { version: 1 },
            ..admin(None)
        };
        let viewer = user(GivenRole::Viewer, Origin::Request, None);
        let expired = admin(Some(NOW));
        for (user, missing) in [
            (None, Missing::ProfileUser),
            (Some(&asleep), Missing::Active),
            (Some(&expired), Missing::Active),
            (Some(&viewer), Missing::Admin),
            (Some(&owner), Missing::Admin),
        ] {
            assert_eq!(Successor::of(user, NOW), Err(missing));
        }
    }
}
