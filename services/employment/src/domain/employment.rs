//! The employment: its states, and how it comes from one to another.

mod consent;
mod days;
mod end;
mod hiring;
mod position;
mod rejection;

use std::collections::BTreeSet;

use muster_ids::{EmploymentId, EmploymentName, GroupId, InvitationId, LocationId, OrganizationId, PersonId};
use muster_states::{Transition, stored_enum};
use time::{Date, OffsetDateTime};

pub(crate) use consent::{Consent, Terms};
pub(crate) use days::Days;
pub(crate) use end::{AskedEnd, End, EndTime, Kept, NotEndable, NotUndone, Settled, Side};
pub(crate) use hiring::{Acceptance, Hiring, InvitationSource, VerificationBasis};
use position::late;
pub(crate) use position::{DAYS, Position, early};
pub(crate) use rejection::{MAX_REJECTIONS, Rejection, RejectionReason};

/// One employment of one person at one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Employment {
    pub(crate) organization: OrganizationId,
    pub(crate) id: EmploymentId,
    pub(crate) person: PersonId,
    /// The person's name, from their own token; may be empty.
    pub(crate) person_display_name: String,
    pub(crate) state: EmploymentState,
    /// The groups the learner is in.
    pub(crate) groups: BTreeSet<GroupId>,
    /// The place of work.
    pub(crate) location: Option<LocationId>,
    /// The invitation it came from; `None` for the director's.
    pub(crate) source_invitation: Option<InvitationId>,
    /// Raised with every change.
    pub(crate) version: i64,
    pub(crate) create_time: OffsetDateTime,
    /// When it was verified; `None` while it waits, also again.
    pub(crate) verify_time: Option<OffsetDateTime>,
    /// When it was verified for the first time: what ever was is ended, and not taken back.
    pub(crate) first_verify_time: Option<OffsetDateTime>,
    /// When it last came to wait; said only while it does ([`Employment::waits_since`]).
    pub(crate) wait_time: Option<OffsetDateTime>,
    /// How it ended, or is to end.
    pub(crate) end: Option<End>,
    /// The last days that were settled before, and stand again when that end is taken back.
    pub(crate) kept: Kept,
    /// How often an end that had come was corrected: nothing that others order by the version.
    pub(crate) corrections: i32,
    /// Oldest first; they stay. Never more than [`MAX_REJECTIONS`].
    pub(crate) rejections: Vec<Rejection>,
    /// The first day; `None` when not said.
    pub(crate) start: Option<Date>,
    /// What the person does there, as they say.
    pub(crate) positions: Vec<Position>,
    /// What they granted with their claim, the last time that they did.
    pub(crate) consent: Option<Consent>,
}

/// What the person says anew of their employment; `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Edit {
    /// The first day, or that it is not said.
    pub(crate) start: Option<Option<Date>>,
    pub(crate) positions: Option<Vec<Position>>,
}

stored_enum! {
    /// Where an employment stands.
    pub(crate) enum EmploymentState {
        /// Claimed; waits for an administrator.
        PendingVerification = "PENDING_VERIFICATION",
        /// Confirmed by the organization.
        Verified = "VERIFIED",
        /// Refused by the organization.
        Rejected = "REJECTED",
        /// Taken back by the person.
        Withdrawn = "WITHDRAWN",
        /// Over.
        Ended = "ENDED",
    }
}

/// Why a start or positions are not changed as it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotEditable {
    State(EmploymentState),
    /// It was rejected as often as one may be.
    Rejections,
    /// The employment would begin after its last day, or these positions would.
    AfterLastDay {
        start: bool,
        /// Their places.
        positions: Vec<usize>,
    },
    /// It has ended, and positions at these places would end later.
    EndAfterLastDay(Vec<usize>),
}

/// Why a claim is not handed in again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotCorrectable {
    State(EmploymentState),
    /// It was rejected as often as one may be.
    Rejections,
}

/// Why a claim is not taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotWithdrawable {
    State(EmploymentState),
    /// It was verified before it came to wait again.
    WasVerified,
}

/// Why an employment cannot be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotVerifiable {
    /// It is the verifying person's own.
    Own,
    /// It is not open.
    State(EmploymentState),
}

impl EmploymentState {
    /// The states of which a person has one employment at an organization.
    pub(crate) const OPEN: [Self; 2] = [Self::PendingVerification, Self::Verified];
    /// The others: what a person had accepted by then is archived.
    pub(crate) const CLOSED: [Self; 3] = [Self::Rejected, Self::Withdrawn, Self::Ended];
    /// Those of them after which an older invitation verifies nothing any more.
    pub(crate) const OVERRULING: [Self; 2] = [Self::Rejected, Self::Ended];

    /// Whether it is one of [`EmploymentState::OPEN`].
    pub(crate) fn is_open(self) -> bool {
        Self::OPEN.contains(&self)
    }

    /// The states that an employment in this one may have been in before its last change, unless that took an end back.
    pub(crate) const fn predecessors(self) -> &'static [Self] {
        match self {
            Self::PendingVerification => &[Self::PendingVerification, Self::Verified, Self::Rejected],
            Self::Verified => &Self::OPEN,
            Self::Rejected | Self::Withdrawn => &[Self::PendingVerification],
            // A claim ends with the organization, or because it was verified when its last day was settled.
            Self::Ended => &Self::OPEN,
        }
    }
}

impl Employment {
    /// A new one. `former_version`: the highest version of the person's former employments here, 0 without one; what
    /// others keep about the two is ordered by version, so a new employment continues where the former one stopped.
    pub(crate) fn begin(id: EmploymentId, hiring: &Hiring, former_version: i64, now: OffsetDateTime) -> Self {
        let (state, verify_time, wait_time) = match hiring.basis {
            VerificationBasis::Vouched => (EmploymentState::Verified, Some(now), None),
            VerificationBasis::SelfAsserted => (EmploymentState::PendingVerification, None, Some(now)),
        };
        Self {
            organization: hiring.organization,
            id,
            person: hiring.person,
            person_display_name: hiring.person_display_name.clone(),
            state,
            groups: hiring.groups.clone(),
            location: hiring.location,
            source_invitation: hiring.invitation,
            version: former_version + 1,
            create_time: now,
            verify_time,
            first_verify_time: verify_time,
            wait_time,
            end: None,
            kept: Kept::default(),
            corrections: 0,
            rejections: Vec::new(),
            start: hiring.start,
            positions: hiring.positions.clone(),
            consent: hiring.consent.clone(),
        }
    }

    /// This open employment after a further hiring: an open claim is verified if somebody vouches and the person says nothing
    /// of their own, since when and as what, for which an invitation does not vouch; and a last day that the organization has settled is
    /// gone, as it wants the person; groups are merged, a place that was not said before is. Nothing is ever taken away: a
    /// self-asserted acceptance leaves a verified employment verified.
    pub(crate) fn join(self, hiring: &Hiring, now: OffsetDateTime) -> Transition<Self> {
        let mut next = self.clone();
        if hiring.basis == VerificationBasis::Vouched {
            next = next.without_end_by_organization();
        }
        let says_nothing = self.start.is_none() && self.positions.is_empty();
        // Registry staff who approve a profile have looked at who directs it; an invitation has looked at an address.
        let is_covered = says_nothing || hiring.invitation.is_none();
        let waits = self.state == EmploymentState::PendingVerification;
        if waits && is_covered && hiring.basis == VerificationBasis::Vouched {
            next = next.verified(now);
            next.source_invitation = self.source_invitation.or(hiring.invitation);
        }
        next.groups.extend(&hiring.groups);
        next.location = self.location.or(hiring.location);
        next.consent = hiring.consent.clone().or(next.consent);
        if next.person_display_name.is_empty() {
            next.person_display_name.clone_from(&hiring.person_display_name);
        }
        if next == self {
            return Transition::AlreadyDone(self);
        }
        next.version += 1;
        Transition::Changed(next)
    }

    /// PENDING_VERIFICATION → VERIFIED, by an administrator. `by`: who verifies; nobody verifies their own.
    pub(crate) fn verify(self, by: PersonId, now: OffsetDateTime) -> Transition<Self, NotVerifiable> {
        match self.state {
            _ if self.person == by => Transition::Refused(NotVerifiable::Own),
            EmploymentState::PendingVerification => {
                let version = self.version + 1;
                Transition::Changed(Self {
                    version,
                    ..self.verified(now)
                })
            }
            EmploymentState::Verified => Transition::AlreadyDone(self),
            EmploymentState::Rejected | EmploymentState::Withdrawn | EmploymentState::Ended => {
                Transition::Refused(NotVerifiable::State(self.state))
            }
        }
    }

    /// PENDING_VERIFICATION → REJECTED, by an administrator. The first reason stays.
    pub(crate) fn reject(mut self, rejection: Rejection) -> Transition<Self, EmploymentState> {
        match self.state {
            EmploymentState::PendingVerification => {
                self.rejections.push(rejection);
                Transition::Changed(self.without_end().to(EmploymentState::Rejected))
            }
            EmploymentState::Rejected => Transition::AlreadyDone(self),
            EmploymentState::Verified | EmploymentState::Withdrawn | EmploymentState::Ended => {
                Transition::Refused(self.state)
            }
        }
    }

    /// REJECTED → PENDING_VERIFICATION, by the person. What was said against the claim stays with it; so it is not handed in again for ever.
    pub(crate) fn correct(self, now: OffsetDateTime) -> Transition<Self, NotCorrectable> {
        match self.state {
            EmploymentState::Rejected if self.is_rejected_for_good() => {
                Transition::Refused(NotCorrectable::Rejections)
            }
            EmploymentState::Rejected => Transition::Changed(self.waiting(now)),
            EmploymentState::PendingVerification => Transition::AlreadyDone(self),
            EmploymentState::Verified | EmploymentState::Withdrawn | EmploymentState::Ended => {
                Transition::Refused(NotCorrectable::State(self.state))
            }
        }
    }

    /// Another start or other positions, by the person. What was verified waits again, unless positions were closed and no
    /// more; what was rejected is handed in again. Nothing begins after a last day that is settled. Of what has ended, positions are dated
    /// and no more ([`Self::date_positions`]).
    pub(crate) fn edit(self, edit: Edit, now: OffsetDateTime) -> Transition<Self, NotEditable> {
        match self.state {
            EmploymentState::Withdrawn => return Transition::Refused(NotEditable::State(self.state)),
            EmploymentState::Ended => return self.date_positions(edit),
            EmploymentState::PendingVerification | EmploymentState::Verified | EmploymentState::Rejected => {}
        }
        let mut next = self.clone();
        next.start = edit.start.unwrap_or(self.start);
        next.positions = edit.positions.unwrap_or(next.positions);
        if next == self {
            return Transition::AlreadyDone(self);
        }
        if self.is_rejected_for_good() {
            return Transition::Refused(NotEditable::Rejections);
        }
        if let Some(last_day) = self.end.as_ref().and_then(|end| end.last_day) {
            let start = next.start != self.start && next.start > Some(last_day);
            let positions = late(last_day, &self.positions, &next.positions);
            if start || !positions.is_empty() {
                return Transition::Refused(NotEditable::AfterLastDay { start, positions });
            }
        }
        let stays = next.start == self.start && position::only_closed(&self.positions, &next.positions);
        if self.state == EmploymentState::Verified && stays {
            return Transition::Changed(next.to(EmploymentState::Verified));
        }
        if self.state == EmploymentState::PendingVerification {
            return Transition::Changed(next.to(self.state));
        }
        next.verify_time = None;
        Transition::Changed(next.waiting(now))
    }

    /// Other groups or another location, by an administrator, of an open one.
    pub(crate) fn place(
        self,
        groups: Option<BTreeSet<GroupId>>,
        location: Option<Option<LocationId>>,
    ) -> Transition<Self, EmploymentState> {
        if !self.state.is_open() {
            return Transition::Refused(self.state);
        }
        let mut next = self.clone();
        next.groups = groups.unwrap_or(next.groups);
        next.location = location.unwrap_or(next.location);
        if next == self {
            return Transition::AlreadyDone(self);
        }
        Transition::Changed(next.to(self.state))
    }

    /// PENDING_VERIFICATION → WITHDRAWN, by the person; not of what was verified before, which is left.
    pub(crate) fn withdraw(self) -> Transition<Self, NotWithdrawable> {
        match self.state {
            EmploymentState::PendingVerification if self.was_verified() => {
                Transition::Refused(NotWithdrawable::WasVerified)
            }
            EmploymentState::PendingVerification => {
                Transition::Changed(self.without_end().to(EmploymentState::Withdrawn))
            }
            EmploymentState::Withdrawn => Transition::AlreadyDone(self),
            EmploymentState::Verified | EmploymentState::Rejected | EmploymentState::Ended => {
                Transition::Refused(NotWithdrawable::State(self.state))
            }
        }
    }

    /// Whether it is rejected, and was as often as one may be.
    fn is_rejected_for_good(&self) -> bool {
        self.state == EmploymentState::Rejected && self.rejections.len() >= MAX_REJECTIONS
    }

    /// Whether the organization has ever verified it.
    pub(crate) fn was_verified(&self) -> bool {
        self.first_verify_time.is_some()
    }

    /// Since when it waits to be verified; `None` when it does not.
    pub(crate) fn waits_since(&self) -> Option<OffsetDateTime> {
        let waits = self.state == EmploymentState::PendingVerification;
        self.wait_time.filter(|_| waits)
    }

    /// Its first day: as the person says, or that of the first of its positions; `None` when neither is said.
    pub(crate) fn first_day(&self) -> Option<Date> {
        let positions = self.positions.iter().map(|position| position.start);
        self.start.or(positions.min())
    }

    /// Changes with every change, also with one that is no new version.
    pub(crate) fn etag(&self) -> String {
        match self.corrections {
            0 => format!("{:x}", self.version),
            corrections => format!("{:x}.{corrections:x}", self.version),
        }
    }

    fn verified(self, now: OffsetDateTime) -> Self {
        Self {
            state: EmploymentState::Verified,
            verify_time: Some(now),
            first_verify_time: self.first_verify_time.or(Some(now)),
            ..self
        }
    }

    fn waiting(self, now: OffsetDateTime) -> Self {
        Self {
            wait_time: Some(now),
            ..self.to(EmploymentState::PendingVerification)
        }
    }

    fn to(self, state: EmploymentState) -> Self {
        let version = self.version + 1;
        Self {
            state,
            version,
            ..self
        }
    }

    /// Its resource name.
    pub(crate) fn name(&self) -> EmploymentName {
        EmploymentName {
            organization: self.organization,
            employment: self.id,
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

    fn hiring(basis: VerificationBasis, groups: &[u128]) -> Hiring {
        Hiring {
            organization: Uuid::from_u128(1).into(),
            person: Uuid::from_u128(2).into(),
            person_display_name: "Ada".to_owned(),
            basis,
            vouch_time: Some(NOW),
            groups: groups
                .iter()
                .map(|group| Uuid::from_u128(*group).into())
                .collect(),
            location: None,
            invitation: Some(Uuid::from_u128(3).into()),
            accept_time: Some(NOW),
            verifiers: BTreeSet::new(),
            start: None,
            positions: Vec::new(),
            consent: None,
        }
    }

    fn begun(basis: VerificationBasis) -> Employment {
        Employment::begin(Uuid::from_u128(9).into(), &hiring(basis, &[1]), 4, NOW)
    }

    fn joined(begun: Employment, hiring: &Hiring) -> Employment {
        match begun.join(hiring, LATER) {
            Transition::Changed(joined) => joined,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_new_employment_continues_the_versions_of_the_former_one() {
        let vouched = begun(VerificationBasis::Vouched);
        assert_eq!((vouched.version, vouched.state), (5, EmploymentState::Verified));
        let claimed = begun(VerificationBasis::SelfAsserted);
        assert_eq!(claimed.state, EmploymentState::PendingVerification);
    }

    #[test]
    fn an_open_claim_is_verified_when_somebody_vouches() {
        let joined = joined(
            begun(VerificationBasis::SelfAsserted),
            &hiring(VerificationBasis::Vouched, &[2]),
        );
        assert_eq!(joined.state, EmploymentState::Verified);
        assert_eq!(joined.verify_time, Some(LATER));
        assert_eq!(joined.groups.len(), 2);
        assert_eq!(joined.version, 6);
    }

    #[test]
    fn nobody_vouches_for_what_the_person_says_of_their_own() {
        let claim = begun(VerificationBasis::SelfAsserted);
        let position = Position {
            code: "director".to_owned(),
            title: "Director".to_owned(),
            start: NOW.date(),
            end: None,
        };
        let start = Some(NOW.date());
        for said in [
            Employment {
                start,
                ..claim.clone()
            },
            Employment {
                positions: vec![position],
                ..claim
            },
        ] {
            let joined = joined(said, &hiring(VerificationBasis::Vouched, &[2]));
            assert_eq!(joined.state, EmploymentState::PendingVerification);
            assert_eq!(joined.groups.len(), 2);
        }
    }

    #[test]
    fn who_approves_a_profile_has_looked_at_its_director() {
        let claim = Employment {
            start: Some(NOW.date()),
            ..begun(VerificationBasis::SelfAsserted)
        };
        let approval = Hiring {
            invitation: None,
            vouch_time: None,
            ..hiring(VerificationBasis::Vouched, &[])
        };
        assert_eq!(joined(claim, &approval).state, EmploymentState::Verified);
    }

    #[test]
    fn an_unproven_acceptance_takes_nothing_away() {
        let joined = joined(
            begun(VerificationBasis::Vouched),
            &hiring(VerificationBasis::SelfAsserted, &[2]),
        );
        assert_eq!(joined.state, EmploymentState::Verified);
        assert_eq!(joined.verify_time, Some(NOW));
        assert_eq!(joined.groups.len(), 2);
    }

    #[test]
    fn what_is_open_ends_with_the_organization() {
        for basis in [VerificationBasis::Vouched, VerificationBasis::SelfAsserted] {
            let close = |open: Employment| open.close("closed".to_owned(), LATER.date(), LATER);
            let Transition::Changed(closed) = close(begun(basis)) else {
                panic!("it was open");
            };
            assert_eq!((closed.state, closed.version), (EmploymentState::Ended, 6));
            let end = closed.end.clone().unwrap();
            assert_eq!((end.by, end.last_day), (Side::Organization, Some(LATER.date())));
            assert_eq!(close(closed.clone()), Transition::AlreadyDone(closed));
        }
    }

    #[test]
    fn only_what_is_open_is_placed() {
        let location = Some(Uuid::from_u128(8).into());
        for basis in [VerificationBasis::Vouched, VerificationBasis::SelfAsserted] {
            let before = begun(basis);
            let placed = before.clone().place(Some(BTreeSet::new()), Some(location));
            let Transition::Changed(placed) = placed else {
                panic!("{placed:?}");
            };
            assert_eq!((placed.state, placed.version), (before.state, 6));
            assert_eq!((placed.groups.len(), placed.location), (0, location));
            let (groups, same) = (placed.groups.clone(), placed.clone());
            assert_eq!(
                placed.clone().place(Some(groups), None),
                Transition::AlreadyDone(same)
            );
            let Transition::Changed(closed) = placed.close("closed".to_owned(), LATER.date(), LATER) else {
                panic!("it was open");
            };
            let refused = closed.place(None, Some(None));
            assert_eq!(refused, Transition::Refused(EmploymentState::Ended));
        }
    }

    #[test]
    fn what_says_nothing_new_changes_nothing() {
        for (basis, groups) in [
            (VerificationBasis::Vouched, &[1][..]),
            (VerificationBasis::SelfAsserted, &[]),
        ] {
            let before = begun(basis);
            let after = before.clone().join(&hiring(basis, groups), LATER);
            assert_eq!(after, Transition::AlreadyDone(before));
        }
    }

    #[test]
    fn a_further_claim_carries_its_own_consent_and_one_without_takes_none_away() {
        let consent = |number: u128| Consent {
            grant: Uuid::from_u128(number).into(),
            time: NOW,
            terms: Terms {
                expire_time: None,
                wording: String::new(),
            },
        };
        let claim = |consent: Option<Consent>| Hiring {
            consent,
            vouch_time: None,
            invitation: None,
            accept_time: None,
            ..hiring(VerificationBasis::SelfAsserted, &[])
        };
        let first = Employment::begin(Uuid::from_u128(9).into(), &claim(Some(consent(1))), 4, NOW);
        assert_eq!(first.consent, Some(consent(1)));
        assert_eq!(
            first.clone().join(&claim(None), NOW),
            Transition::AlreadyDone(first.clone())
        );
        let Transition::Changed(second) = first.join(&claim(Some(consent(2))), NOW) else {
            panic!("it is another consent")
        };
        assert_eq!((&second.consent, second.version), (&Some(consent(2)), 6));

        let Transition::Changed(verified) = second.verify(Uuid::from_u128(8).into(), NOW) else {
            panic!("it waited")
        };
        let asked = |due| AskedEnd {
            reason: "moved".to_owned(),
            by: Side::Organization,
            last_day: Some(LATER.date()),
            today: NOW.date(),
            due,
            now: NOW,
        };
        let undone = |ended: Transition<Employment, NotEndable>| match ended {
            Transition::Changed(ended) => ended.undo_end(Side::Organization, NOW, |_| None),
            other => panic!("{other:?}"),
        };
        let Transition::Changed(stays) = undone(verified.clone().end(asked(Some(LATER)))) else {
            panic!("it was to come")
        };
        assert_eq!(stays.consent, Some(consent(2)), "it has never been over");
        let Transition::Changed(restored) = undone(verified.end(asked(None))) else {
            panic!("it was over")
        };
        assert_eq!(restored.consent, None, "what lapsed comes back by a new act");
    }
}
