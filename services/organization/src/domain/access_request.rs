//! People who ask to be let in.

use muster_address::EmailAddress;
use muster_ids::{AccessRequestId, AccessRequestName, OrganizationId, PersonId};
use muster_states::{Transition, stored_enum};
use time::{Duration, OffsetDateTime};

use super::{GivenRole, OrganizationNumber, ShortName};

/// A request that nobody decides ends by itself.
const LIFETIME: Duration = Duration::days(30);
/// Who was denied asks again after that.
const COOLING: Duration = Duration::days(30);
/// How far back requests are counted, whatever became of them.
pub(crate) const COUNTED: Duration = Duration::days(30);
/// How often a person asks in that time: each is something that an owner has to read.
pub(crate) const MAX_ACCESS_REQUESTS: i64 = 10;

/// A person's request to become a profile user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AccessRequest {
    pub(crate) organization: OrganizationId,
    pub(crate) id: AccessRequestId,
    /// By which the organization was asked.
    pub(crate) number: OrganizationNumber,
    pub(crate) asker: Asker,
    pub(crate) role: GivenRole,
    pub(crate) message: Option<ShortName>,
    pub(crate) state: AccessRequestState,
    /// Raised with every change; from 1.
    pub(crate) version: i64,
    pub(crate) create_time: OffsetDateTime,
    pub(crate) expire_time: OffsetDateTime,
    pub(crate) decide_time: Option<OffsetDateTime>,
    /// Who approved or denied it.
    pub(crate) decider: Option<PersonId>,
}

/// Who asks, as their own token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asker {
    pub(crate) person: PersonId,
    pub(crate) display_name: Option<String>,
    /// A verified one.
    pub(crate) address: EmailAddress,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) role: GivenRole,
    pub(crate) message: Option<ShortName>,
}

stored_enum! {
    /// Where a request stands.
    pub(crate) enum AccessRequestState {
        Pending = "PENDING",
        Approved = "APPROVED",
        Denied = "DENIED",
        Withdrawn = "WITHDRAWN",
        Expired = "EXPIRED",
    }
}

impl AccessRequest {
    /// Begun now.
    pub(crate) fn new(
        organization: (OrganizationId, OrganizationNumber),
        id: AccessRequestId,
        asker: Asker,
        wish: Wish,
        now: OffsetDateTime,
    ) -> Self {
        let ((organization, number), Wish { role, message }) = (organization, wish);
        Self {
            organization,
            id,
            number,
            asker,
            role,
            message,
            state: AccessRequestState::Pending,
            version: 1,
            create_time: now,
            expire_time: now + LIFETIME,
            decide_time: None,
            decider: None,
        }
    }

    /// Its resource name.
    pub(crate) fn name(&self) -> AccessRequestName {
        AccessRequestName {
            organization: self.organization,
            access_request: self.id,
        }
    }

    /// As it stands now: time passes without anybody writing it down.
    pub(crate) fn at(self, now: OffsetDateTime) -> Self {
        let is_over = self.state == AccessRequestState::Pending && self.expire_time <= now;
        Self {
            state: if is_over {
                AccessRequestState::Expired
            } else {
                self.state
            },
            ..self
        }
    }

    /// Until when its denial keeps the person from asking again; `None` when nothing does.
    pub(crate) fn cools_until(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let denied = self.state == AccessRequestState::Denied;
        let until = self.decide_time.filter(|_| denied)? + COOLING;
        (now < until).then_some(until)
    }

    /// PENDING becomes APPROVED.
    pub(crate) fn approve(self, by: PersonId, now: OffsetDateTime) -> Transition<Self, AccessRequestState> {
        self.becomes(AccessRequestState::Approved, Some(by), now)
    }

    /// PENDING becomes DENIED.
    pub(crate) fn deny(self, by: PersonId, now: OffsetDateTime) -> Transition<Self, AccessRequestState> {
        self.becomes(AccessRequestState::Denied, Some(by), now)
    }

    /// PENDING becomes WITHDRAWN.
    pub(crate) fn withdraw(self, now: OffsetDateTime) -> Transition<Self, AccessRequestState> {
        self.becomes(AccessRequestState::Withdrawn, None, now)
    }

    /// What has expired is written down as such, when another request takes its place.
    pub(crate) fn expire(self, now: OffsetDateTime) -> Transition<Self, AccessRequestState> {
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
        next: AccessRequestState,
        decider: Option<PersonId>,
        now: OffsetDateTime,
    ) -> Transition<Self, AccessRequestState> {
        let request = self.at(now);
        match request.state {
            AccessRequestState::Pending => Transition::Changed(Self {
                state: next,
                decide_time: Some(now),
                decider,
                version: request.version + 1,
                ..request
            }),
            state if state == next => Transition::AlreadyDone(request),
            state => Transition::Refused(state),
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    fn owner() -> PersonId {
        PersonId::derive("https://people.test", "owner")
    }

    fn request(state: AccessRequestState) -> AccessRequest {
        let asker = Asker {
            person: PersonId::derive("https://people.test", "ada"),
            display_name: None,
            address: EmailAddress::parse("ada@example.com").unwrap(),
        };
        let wish = Wish {
            role: GivenRole::Viewer,
            message: None,
        };
        let organization = (
            OrganizationId::from_uuid(Uuid::nil()),
            OrganizationNumber::draw(Uuid::nil()),
        );
        let new = AccessRequest::new(organization, Uuid::nil().into(), asker, wish, NOW);
        AccessRequest { state, ..new }
    }

    fn outcome(transition: Transition<AccessRequest, AccessRequestState>) -> String {
        match transition {
            Transition::Changed(changed) => {
                assert_eq!((changed.version, changed.decide_time), (2, Some(NOW)));
                changed.state.to_string()
            }
            Transition::AlreadyDone(same) => format!("{} already", same.state),
            Transition::Refused(state) => format!("{state} refused"),
        }
    }

    #[test]
    fn only_what_waits_is_decided_and_the_same_decision_changes_nothing() {
        let after = |act: fn(AccessRequest, OffsetDateTime) -> Transition<_, _>| {
            AccessRequestState::ALL.map(|state| outcome(act(request(state), NOW)))
        };
        assert_eq!(
            after(|request, now| request.approve(owner(), now)),
            [
                "APPROVED",
                "APPROVED already",
                "DENIED refused",
                "WITHDRAWN refused",
                "EXPIRED refused"
            ]
        );
        assert_eq!(
            after(|request, now| request.deny(owner(), now)),
            [
                "DENIED",
                "APPROVED refused",
                "DENIED already",
                "WITHDRAWN refused",
                "EXPIRED refused"
            ]
        );
        assert_eq!(
            after(AccessRequest::withdraw),
            [
                "WITHDRAWN",
                "APPROVED refused",
                "DENIED refused",
                "WITHDRAWN already",
                "EXPIRED refused"
            ]
        );
    }

    #[test]
    fn what_nobody_decides_expires_by_the_clock_and_is_decided_no_more() {
        let end = NOW + LIFETIME;
        let waiting = || request(AccessRequestState::Pending);
        assert_eq!(
            waiting().at(end - Duration::MICROSECOND).state,
            AccessRequestState::Pending
        );
        assert_eq!(waiting().at(end).state, AccessRequestState::Expired);
        assert_eq!(
            waiting().approve(owner(), end),
            Transition::Refused(AccessRequestState::Expired)
        );
        assert!(matches!(waiting().expire(end), Transition::Changed(expired) if expired.version == 2));
        assert_eq!(
            waiting().expire(NOW),
            Transition::Refused(AccessRequestState::Pending)
        );
    }

    #[test]
    fn a_denial_cools_for_its_time_and_nothing_else_does() {
        let Transition::Changed(denied) = request(AccessRequestState::Pending).deny(owner(), NOW) else {
            panic!("it waits")
        };
        let until = NOW + COOLING;
        assert_eq!(denied.cools_until(NOW), Some(until));
        assert_eq!(denied.cools_until(until), None);
        assert_eq!(request(AccessRequestState::Withdrawn).cools_until(NOW), None);
    }
}
