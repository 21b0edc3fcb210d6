//! Consent.

use muster_ids::{EmploymentId, GrantId, GrantName, OrganizationId, PersonId};
use muster_states::{Transition, stored_enum};
use time::{Duration, OffsetDateTime};

/// So long a request waits for its answer, and so long after a no there is no further one.
const REQUEST: Duration = Duration::days(30);

/// So long a grant is counted, whatever became of it.
pub(crate) const COUNTED: Duration = Duration::days(30);

/// A person's consent that an organization may read their learning record, or the wish for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    /// Who consents.
    pub(crate) person: PersonId,
    pub(crate) id: GrantId,
    /// The organization that may read.
    pub(crate) organization: OrganizationId,
    pub(crate) state: GrantState,
    /// Raised with every change.
    pub(crate) version: i64,
    pub(crate) create_time: OffsetDateTime,
    /// When it ends by itself; `None`: never.
    pub(crate) expire_time: Option<OffsetDateTime>,
    /// When the person gave or denied it.
    pub(crate) decide_time: Option<OffsetDateTime>,
    /// Who asked for it; `None` when nobody did.
    pub(crate) wish: Option<Wish>,
    /// The person's employment there that was known when it was given or asked for; `None` before that was kept.
    pub(crate) employment: Option<EmploymentId>,
    /// Which words the person agreed to, as the program that showed them calls them; may be empty.
    pub(crate) wording: String,
    /// Where it was given, if that was not here.
    pub(crate) source: Option<GrantSource>,
}

stored_enum! {
    /// Where a grant was given, when it was not here.
    pub(crate) enum GrantSource {
        /// In the step in which the person claimed the employment.
        Claim = "CLAIM",
    }
}

/// A consent that came with a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClaimedConsent {
    /// What the grant is called: whoever claimed knows it.
    pub(crate) grant: GrantId,
    pub(crate) time: OffsetDateTime,
    pub(crate) terms: Terms,
}

/// What became of a consent that came with a claim before it was heard of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overtaken {
    No,
    /// The employment is over.
    ByEnd,
    /// The person decided otherwise, for the last time then.
    ByDecision(OffsetDateTime),
}

/// What a person agrees to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Terms {
    /// When it is to end by itself; `None`: never.
    pub(crate) expire_time: Option<OffsetDateTime>,
    /// Which words they agree to, as the program that showed them calls them; may be empty.
    pub(crate) wording: String,
}

/// Between whom a grant is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parties {
    /// Who consents.
    pub(crate) person: PersonId,
    /// The organization that may read.
    pub(crate) organization: OrganizationId,
    /// The person's employment there: the next one needs a consent of its own.
    pub(crate) employment: EmploymentId,
}

/// What an organization said when it asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wish {
    /// Who asked, for the organization.
    pub(crate) requester: PersonId,
    /// Their name at the time; may be empty.
    pub(crate) requester_display_name: String,
    /// May be empty.
    pub(crate) message: String,
}

/// Where a grant stands, with what belongs to that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GrantState {
    /// Asked for; not answered.
    Requested,
    /// Given; in force while the employment is verified.
    Active,
    /// Taken back by the person.
    Revoked { revoke_time: OffsetDateTime },
    /// Ended with the employment.
    Lapsed,
    /// Its time is over.
    Expired,
    /// The person said no.
    Denied,
}

stored_enum! {
    /// A state of a grant by name.
    pub(crate) enum GrantStateName {
        Requested = "REQUESTED",
        Active = "ACTIVE",
        Revoked = "REVOKED",
        Lapsed = "LAPSED",
        Expired = "EXPIRED",
        Denied = "DENIED",
    }
}

impl GrantStateName {
    /// Those in which a grant is still something to somebody.
    pub(crate) const LIVE: [Self; 2] = [Self::Requested, Self::Active];
}

impl Grant {
    /// A new one, in force.
    pub(crate) fn give(id: GrantId, parties: Parties, terms: Terms, now: OffsetDateTime) -> Self {
        Self {
            person: parties.person,
            id,
            organization: parties.organization,
            state: GrantState::Active,
            version: 1,
            create_time: now,
            expire_time: terms.expire_time,
            decide_time: Some(now),
            wish: None,
            employment: Some(parties.employment),
            wording: terms.wording,
            source: None,
        }
    }

    /// One that came with a claim.
    pub(crate) fn of_claim(consent: ClaimedConsent, parties: Parties, overtaken: Overtaken) -> Self {
        let ClaimedConsent { grant, time, terms } = consent;
        Self {
            state: match overtaken {
                Overtaken::No => GrantState::Active,
                Overtaken::ByEnd => GrantState::Lapsed,
                Overtaken::ByDecision(revoke_time) => GrantState::Revoked { revoke_time },
            },
            source: Some(GrantSource::Claim),
            ..Self::give(grant, parties, terms, time)
        }
    }

    /// A new one, which an organization asks for.
    pub(crate) fn ask(id: GrantId, parties: Parties, wish: Wish, now: OffsetDateTime) -> Self {
        let terms = Terms {
            expire_time: Some(now + REQUEST),
            wording: String::new(),
        };
        Self {
            state: GrantState::Requested,
            decide_time: None,
            wish: Some(wish),
            ..Self::give(id, parties, terms, now)
        }
    }

    /// REQUESTED → ACTIVE, by the person; one that is in force stays as it is.
    pub(crate) fn approve(self, terms: Terms, now: OffsetDateTime) -> Transition<Self, GrantStateName> {
        match self.state_at(now) {
            GrantState::Requested => Transition::Changed(Self {
                state: GrantState::Active,
                expire_time: terms.expire_time,
                wording: terms.wording,
                decide_time: Some(now),
                version: self.version + 1,
                ..self
            }),
            GrantState::Active => Transition::AlreadyDone(self),
            over => Transition::Refused(over.name()),
        }
    }

    /// Whether it is in force on other terms than these. A program that does not name its words leaves those that were agreed to.
    pub(crate) fn is_other(&self, terms: &Terms, now: OffsetDateTime) -> bool {
        let other_words = !terms.wording.is_empty() && terms.wording != self.wording;
        self.state_at(now) == GrantState::Active && (self.expire_time != terms.expire_time || other_words)
    }

    /// REQUESTED → DENIED, by the person.
    pub(crate) fn deny(self, now: OffsetDateTime) -> Transition<Self, GrantStateName> {
        match self.state_at(now) {
            GrantState::Requested => Transition::Changed(Self {
                state: GrantState::Denied,
                decide_time: Some(now),
                version: self.version + 1,
                ..self
            }),
            GrantState::Denied => Transition::AlreadyDone(self),
            other => Transition::Refused(other.name()),
        }
    }

    /// Taken back; what is not in force stays as it is.
    pub(crate) fn revoke(self, now: OffsetDateTime) -> Transition<Self> {
        match self.state_at(now) {
            GrantState::Active => Transition::Changed(Self {
                state: GrantState::Revoked { revoke_time: now },
                version: self.version + 1,
                ..self
            }),
            _ => Transition::AlreadyDone(self),
        }
    }

    /// Written down that its time is over, so that another may take its place.
    pub(crate) fn expire(self) -> Self {
        Self {
            state: GrantState::Expired,
            version: self.version + 1,
            ..self
        }
    }

    /// Where it stands now, whatever is written down.
    pub(crate) fn state_at(&self, now: OffsetDateTime) -> GrantState {
        let is_live = GrantStateName::LIVE.contains(&self.state.name());
        let is_over = self.expire_time.is_some_and(|expire_time| expire_time <= now);
        if is_live && is_over {
            GrantState::Expired
        } else {
            self.state
        }
    }

    /// Whether the person said no so lately that they are not asked again.
    pub(crate) fn forbids_asking(&self, now: OffsetDateTime) -> bool {
        let is_fresh = self
            .decide_time
            .is_some_and(|decide_time| now < decide_time + REQUEST);
        self.state == GrantState::Denied && is_fresh
    }

    /// Its resource name.
    pub(crate) fn name(&self) -> GrantName {
        GrantName {
            person: self.person,
            grant: self.id,
        }
    }
}

impl GrantState {
    /// Its name.
    pub(crate) fn name(self) -> GrantStateName {
        match self {
            Self::Requested => GrantStateName::Requested,
            Self::Active => GrantStateName::Active,
            Self::Revoked { .. } => GrantStateName::Revoked,
            Self::Lapsed => GrantStateName::Lapsed,
            Self::Expired => GrantStateName::Expired,
            Self::Denied => GrantStateName::Denied,
        }
    }

    /// When it was taken back.
    pub(crate) fn revoke_time(self) -> Option<OffsetDateTime> {
        match self {
            Self::Revoked { revoke_time } => Some(revoke_time),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);
    const LATER: OffsetDateTime = datetime!(2026-03-02 12:00 UTC);

    fn id() -> GrantId {
        Uuid::from_u128(1).into()
    }

    fn parties() -> Parties {
        Parties {
            person: Uuid::from_u128(2).into(),
            organization: Uuid::from_u128(3).into(),
            employment: Uuid::from_u128(5).into(),
        }
    }

    fn until(expire_time: Option<OffsetDateTime>) -> Terms {
        Terms {
            expire_time,
            wording: String::new(),
        }
    }

    fn given(expire_time: Option<OffsetDateTime>) -> Grant {
        Grant::give(id(), parties(), until(expire_time), NOW)
    }

    fn asked() -> Grant {
        let wish = Wish {
            requester: Uuid::from_u128(4).into(),
            requester_display_name: String::new(),
            message: String::new(),
        };
        Grant::ask(id(), parties(), wish, NOW)
    }

    #[test]
    fn a_grant_is_taken_back_once() {
        let Transition::Changed(revoked) = given(None).revoke(NOW) else {
            panic!("it was active")
        };
        assert_eq!((revoked.state.revoke_time(), revoked.version), (Some(NOW), 2));
        assert_eq!(revoked.clone().revoke(LATER), Transition::AlreadyDone(revoked));
    }

    #[test]
    fn a_grant_is_over_at_its_time() {
        let grant = given(Some(LATER));
        assert_eq!(grant.state_at(NOW), GrantState::Active);
        assert_eq!(grant.state_at(LATER), GrantState::Expired);
        assert_eq!(grant.clone().revoke(LATER), Transition::AlreadyDone(grant));
    }

    #[test]
    fn other_terms_are_another_end_or_other_words_that_are_named() {
        let named = |wording: &str| Terms {
            expire_time: Some(LATER),
            wording: wording.to_owned(),
        };
        let grant = Grant::give(id(), parties(), named("page/1"), NOW);
        assert!(!grant.is_other(&named("page/1"), NOW));
        assert!(!grant.is_other(&named(""), NOW));
        assert!(grant.is_other(&named("page/2"), NOW));
        assert!(grant.is_other(&until(None), NOW));
        assert!(!grant.is_other(&until(None), LATER), "it is over");
        assert!(!asked().is_other(&until(None), NOW), "it is not in force");
    }

    #[test]
    fn a_request_is_answered_once_and_not_too_late() {
        let Transition::Changed(approved) = asked().approve(until(None), LATER) else {
            panic!("it waited")
        };
        assert_eq!((approved.state, approved.expire_time), (GrantState::Active, None));
        assert_eq!(
            approved.clone().deny(LATER),
            Transition::Refused(GrantStateName::Active)
        );
        let Transition::Changed(denied) = asked().deny(LATER) else {
            panic!("it waited")
        };
        assert!(denied.forbids_asking(LATER + REQUEST - Duration::SECOND));
        assert!(!denied.forbids_asking(LATER + REQUEST));
        assert_eq!(
            denied.approve(until(None), LATER),
            Transition::Refused(GrantStateName::Denied)
        );
        for late in [
            asked().approve(until(None), NOW + REQUEST),
            asked().deny(NOW + REQUEST),
        ] {
            assert_eq!(late, Transition::Refused(GrantStateName::Expired));
        }
    }
}
