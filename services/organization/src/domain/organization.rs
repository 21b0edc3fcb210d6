//! The profile and its way to approval.

use muster_ids::{OrganizationId, OrganizationName, ProgrammeId};
use muster_language::Language;
use muster_states::{Transition, stored_enum};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{License, LicenseNumber, LicenseRules, LicensingAuthority, Misfit, Owner, PublicName};

/// A profile: one site with one current license number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Organization {
    pub(crate) id: OrganizationId,
    pub(crate) number: OrganizationNumber,
    pub(crate) owner: Owner,
    pub(crate) display_name: PublicName,
    /// In which people are written to on its behalf, unless something else is said.
    pub(crate) language: Language,
    pub(crate) license: License,
    /// What it was made of; then name and license are those of the programme.
    pub(crate) programme: Option<ProgrammeId>,
    pub(crate) state: OrganizationState,
    /// Raised with every change; from 1.
    pub(crate) version: i64,
    pub(crate) create_time: OffsetDateTime,
    pub(crate) submit_time: Option<OffsetDateTime>,
    pub(crate) approve_time: Option<OffsetDateTime>,
    /// Why it was given back; empty unless it is RETURNED.
    pub(crate) return_reasons: Vec<ReturnReason>,
    /// What registry staff stated with their latest decision, or whoever closed it; empty before the first one, and once it was
    /// handed in again.
    pub(crate) decision_reason: String,
    pub(crate) close_time: Option<OffsetDateTime>,
}

stored_enum! {
    /// Where a profile stands.
    pub(crate) enum OrganizationState {
        Draft = "DRAFT",
        Submitted = "SUBMITTED",
        Active = "ACTIVE",
        Returned = "RETURNED",
        Rejected = "REJECTED",
        Suspended = "SUSPENDED",
        Closed = "CLOSED",
    }
}

stored_enum! {
    /// Why a profile was given back.
    pub(crate) enum ReturnReason {
        /// Another profile with its license number was approved.
        LicenseNumberTaken = "LICENSE_NUMBER_TAKEN",
        /// The authority knows no such number, or it is that of another site.
        LicenseNumberUnknown = "LICENSE_NUMBER_UNKNOWN",
        /// The license was issued to another name.
        NameMismatch = "NAME_MISMATCH",
        /// What staff stated in words.
        Other = "OTHER",
    }
}

/// Eight digits for people to say and type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OrganizationNumber(String);

/// What is to be changed of a profile; `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct OrganizationUpdate {
    pub(crate) display_name: Option<PublicName>,
    pub(crate) language: Option<Language>,
    pub(crate) authority: Option<LicensingAuthority>,
    pub(crate) number: Option<LicenseNumber>,
}

impl Organization {
    /// DRAFT or RETURNED becomes SUBMITTED.
    pub(crate) fn submit(self, now: OffsetDateTime) -> Transition<Self, OrganizationState> {
        match self.state {
            OrganizationState::Draft | OrganizationState::Returned => Transition::Changed(Self {
                state: OrganizationState::Submitted,
                submit_time: Some(now),
                return_reasons: Vec::new(),
                decision_reason: String::new(),
                version: self.version + 1,
                ..self
            }),
            OrganizationState::Submitted => Transition::AlreadyDone(self),
            other => Transition::Refused(other),
        }
    }

    /// SUBMITTED becomes ACTIVE.
    pub(crate) fn approve(self, now: OffsetDateTime) -> Transition<Self, OrganizationState> {
        match self.state {
            OrganizationState::Submitted => Transition::Changed(Self {
                state: OrganizationState::Active,
                approve_time: Some(now),
                version: self.version + 1,
                ..self
            }),
            OrganizationState::Active => Transition::AlreadyDone(self),
            other => Transition::Refused(other),
        }
    }

    /// SUBMITTED becomes RETURNED, for these reasons.
    pub(crate) fn give_back(mut self, why: Vec<ReturnReason>) -> Transition<Self, OrganizationState> {
        match self.state {
            OrganizationState::Submitted => {
                self.return_reasons = why;
                self.becomes(OrganizationState::Returned)
            }
            OrganizationState::Returned if self.return_reasons == why => Transition::AlreadyDone(self),
            other => Transition::Refused(other),
        }
    }

    /// SUBMITTED becomes REJECTED.
    pub(crate) fn reject(self) -> Transition<Self, OrganizationState> {
        match self.state {
            OrganizationState::Submitted => self.becomes(OrganizationState::Rejected),
            OrganizationState::Rejected => Transition::AlreadyDone(self),
            other => Transition::Refused(other),
        }
    }

    /// ACTIVE becomes SUSPENDED.
    pub(crate) fn suspend(self) -> Transition<Self, OrganizationState> {
        match self.state {
            OrganizationState::Active => self.becomes(OrganizationState::Suspended),
            OrganizationState::Suspended => Transition::AlreadyDone(self),
            other => Transition::Refused(other),
        }
    }

    /// SUSPENDED becomes ACTIVE. It held its license number all the while.
    pub(crate) fn reinstate(self) -> Transition<Self, OrganizationState> {
        match self.state {
            OrganizationState::Suspended => self.becomes(OrganizationState::Active),
            OrganizationState::Active => Transition::AlreadyDone(self),
            other => Transition::Refused(other),
        }
    }

    /// Any state becomes CLOSED, for good.
    pub(crate) fn close(mut self, now: OffsetDateTime) -> Transition<Self> {
        if self.state == OrganizationState::Closed {
            return Transition::AlreadyDone(self);
        }
        self.close_time = Some(now);
        self.return_reasons.clear();
        self.becomes(OrganizationState::Closed)
    }

    fn becomes<R>(mut self, state: OrganizationState) -> Transition<Self, R> {
        self.state = state;
        self.version += 1;
        Transition::Changed(self)
    }

    /// In the hands of another owner.
    pub(crate) fn owned_by(self, next: Owner) -> Transition<Self> {
        if self.owner.person == next.person {
            return Transition::AlreadyDone(self);
        }
        Transition::Changed(Self {
            owner: next,
            version: self.version + 1,
            ..self
        })
    }

    /// With other values. The license is what registry staff decide on: it changes only before it is handed in, and nothing
    /// does while they look.
    ///
    /// # Errors
    /// The license number is not written as its authority writes them.
    pub(crate) fn update(
        self,
        update: OrganizationUpdate,
        rules: &LicenseRules,
    ) -> Result<Transition<Self, OrganizationState>, Misfit> {
        let changes_license = update.authority.is_some() || update.number.is_some();
        if !self.state.takes_changes()
            || self.state == OrganizationState::Submitted
            || (changes_license && !self.state.is_being_filled_in())
        {
            return Ok(Transition::Refused(self.state));
        }
        let mut next = self.clone();
        next.display_name = update.display_name.unwrap_or(next.display_name);
        next.language = update.language.unwrap_or(next.language);
        next.license = next.license.changed(update.authority, update.number, rules)?;
        if next == self {
            return Ok(Transition::AlreadyDone(self));
        }
        next.version += 1;
        Ok(Transition::Changed(next))
    }

    /// With another number of the same authority, given by registry staff: only an approved profile has one to be renewed.
    ///
    /// # Errors
    /// The number is not written as the authority writes them.
    pub(crate) fn renew(
        self,
        number: LicenseNumber,
        rules: &LicenseRules,
    ) -> Result<Transition<Self, OrganizationState>, Misfit> {
        let license = self.license.clone().changed(None, Some(number), rules)?;
        if !matches!(
            self.state,
            OrganizationState::Active | OrganizationState::Suspended
        ) {
            return Ok(Transition::Refused(self.state));
        }
        if license.normalized() == self.license.normalized() {
            return Ok(Transition::AlreadyDone(self));
        }
        Ok(Transition::Changed(Self {
            license,
            version: self.version + 1,
            ..self
        }))
    }

    /// Whether anybody may find it: it was approved, and is not closed.
    pub(crate) fn is_public(&self) -> bool {
        self.approve_time.is_some() && self.state != OrganizationState::Closed
    }

    /// Whether the next one says of name and license what an authority tells of this one.
    pub(crate) fn keeps_what_is_told(&self, next: &Self) -> bool {
        self.programme.is_none() || (self.display_name == next.display_name && self.license == next.license)
    }

    /// Its resource name.
    pub(crate) fn name(&self) -> OrganizationName {
        OrganizationName {
            organization: self.id,
        }
    }
}

impl OrganizationState {
    /// The states of a profile on which nobody has decided yet: of these a person has few.
    pub(crate) const OPEN: [Self; 3] = [Self::Draft, Self::Submitted, Self::Returned];

    /// Whether its groups, locations and catalog may change: nobody furnishes a house that was torn down.
    pub(crate) fn takes_changes(self) -> bool {
        !matches!(self, Self::Rejected | Self::Closed)
    }

    /// Whether registry staff have it before them, or gave it back.
    pub(crate) fn waits_or_waited(self) -> bool {
        matches!(self, Self::Submitted | Self::Returned)
    }

    /// Whether its owner is still writing down what registry staff will decide on.
    fn is_being_filled_in(self) -> bool {
        matches!(self, Self::Draft | Self::Returned)
    }
}

impl OrganizationNumber {
    const SMALLEST: u128 = 10_000_000;
    const COUNT: u128 = 90_000_000;

    /// A number from the random bits of a fresh UUIDv7. It may be taken.
    pub(crate) fn draw(fresh: Uuid) -> Self {
        let random = fresh.as_u128() & u128::from(u32::MAX);
        Self((Self::SMALLEST + random % Self::COUNT).to_string())
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use muster_ids::PersonId;
    use time::macros::datetime;

    use super::super::{LicenseNumber, LicenseRules, LicensingAuthority};
    use super::*;

    const CREATED: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);
    const LATER: OffsetDateTime = datetime!(2026-03-02 12:00 UTC);

    fn profile(state: OrganizationState) -> Organization {
        let authority = LicensingAuthority::parse("us-mi").unwrap();
        let number = LicenseNumber::parse("DC 1").unwrap();
        Organization {
            id: OrganizationId::from_uuid(Uuid::nil()),
            number: OrganizationNumber::parse("48213077").unwrap(),
            owner: Owner {
                person: PersonId::derive("i", "s"),
                display_name: None,
            },
            display_name: PublicName::parse("Sunshine").unwrap(),
            language: Language::English,
            license: License::new(authority, number, &LicenseRules::default()).unwrap(),
            programme: None,
            state,
            version: 4,
            create_time: CREATED,
            submit_time: None,
            approve_time: None,
            return_reasons: Vec::new(),
            decision_reason: String::new(),
            close_time: None,
        }
    }

    /// State after the transition, or why there is none.
    fn outcome(transition: Transition<Organization, OrganizationState>) -> String {
        match transition {
            Transition::Changed(changed) => {
                assert_eq!(changed.version, 5, "a change that nobody can see");
                changed.state.to_string()
            }
            Transition::AlreadyDone(profile) => format!("{} already", profile.state),
            Transition::Refused(state) => format!("{state} refused"),
        }
    }

    #[test]
    fn only_drafts_and_returned_profiles_are_submitted() {
        let outcomes = OrganizationState::ALL.map(|state| outcome(profile(state).submit(LATER)));
        assert_eq!(
            outcomes,
            [
                "SUBMITTED",
                "SUBMITTED already",
                "ACTIVE refused",
                "SUBMITTED",
                "REJECTED refused",
                "SUSPENDED refused",
                "CLOSED refused"
            ]
        );
    }

    #[test]
    fn only_submitted_profiles_are_approved() {
        let outcomes = OrganizationState::ALL.map(|state| outcome(profile(state).approve(LATER)));
        assert_eq!(
            outcomes,
            [
                "DRAFT refused",
                "ACTIVE",
                "ACTIVE already",
                "RETURNED refused",
                "REJECTED refused",
                "SUSPENDED refused",
                "CLOSED refused"
            ]
        );
    }

    #[test]
    fn only_what_waits_is_given_back_and_says_why_until_it_is_handed_in_again() {
        let taken = ReturnReason::LicenseNumberTaken;
        let outcomes = OrganizationState::ALL.map(|state| outcome(profile(state).give_back(vec![taken])));
        assert_eq!(
            outcomes,
            [
                "DRAFT refused",
                "RETURNED",
                "ACTIVE refused",
                "RETURNED refused",
                "REJECTED refused",
                "SUSPENDED refused",
                "CLOSED refused"
            ]
        );
        let Transition::Changed(returned) = profile(OrganizationState::Submitted).give_back(vec![taken])
        else {
            panic!("it waits");
        };
        assert_eq!(returned.return_reasons, [taken]);
        let Transition::Changed(again) = returned.submit(LATER) else {
            panic!("it was given back");
        };
        assert!(again.return_reasons.is_empty());
    }

    #[test]
    fn a_decision_is_taken_from_one_state_and_is_done_already_in_another() {
        type Decision = fn(Organization) -> Transition<Organization, OrganizationState>;
        let decisions: [(Decision, &str, &str); 3] = [
            (Organization::reject, "SUBMITTED", "REJECTED"),
            (Organization::suspend, "ACTIVE", "SUSPENDED"),
            (Organization::reinstate, "SUSPENDED", "ACTIVE"),
        ];
        for (decision, from, to) in decisions {
            for state in OrganizationState::ALL {
                let expected = match state.as_str() {
                    state if state == from => to.to_owned(),
                    state if state == to => format!("{to} already"),
                    state => format!("{state} refused"),
                };
                assert_eq!(outcome(decision(profile(state))), expected);
            }
        }
    }

    #[test]
    fn whatever_stands_is_closed_once() {
        for state in OrganizationState::ALL {
            match profile(state).close(LATER) {
                Transition::Changed(closed) => {
                    assert_eq!((closed.state, closed.version), (OrganizationState::Closed, 5));
                    assert_eq!(closed.close_time, Some(LATER), "{state}");
                    assert_eq!(closed.clone().close(CREATED), Transition::AlreadyDone(closed));
                }
                Transition::AlreadyDone(closed) => assert_eq!(state, closed.state),
                Transition::Refused(never) => match never {},
            }
        }
    }

    #[test]
    fn a_name_changes_in_most_states_and_a_license_only_before_it_is_handed_in() {
        let renamed = OrganizationUpdate {
            display_name: PublicName::parse("Moonlight").ok(),
            ..OrganizationUpdate::default()
        };
        let moved = OrganizationUpdate {
            authority: LicensingAuthority::parse("us-ny").ok(),
            ..OrganizationUpdate::default()
        };
        let outcomes = OrganizationState::ALL.map(|state| {
            let update = |update: &OrganizationUpdate| {
                let rules = LicenseRules::default();
                outcome(profile(state).update(update.clone(), &rules).unwrap())
            };
            (update(&renamed), update(&moved))
        });
        let expected = [
            ("DRAFT", "DRAFT"),
            ("SUBMITTED refused", "SUBMITTED refused"),
            ("ACTIVE", "ACTIVE refused"),
            ("RETURNED", "RETURNED"),
            ("REJECTED refused", "REJECTED refused"),
            ("SUSPENDED", "SUSPENDED refused"),
            ("CLOSED refused", "CLOSED refused"),
        ];
        assert_eq!(
            outcomes,
            expected.map(|(name, license)| (name.to_owned(), license.to_owned()))
        );
    }

    #[test]
    fn an_update_to_what_is_there_changes_nothing() {
        let same = OrganizationUpdate {
            language: Some(profile(OrganizationState::Draft).language),
            display_name: PublicName::parse("Sunshine").ok(),
            authority: LicensingAuthority::parse("us-mi").ok(),
            number: LicenseNumber::parse("DC 1").ok(),
        };
        let unchanged = profile(OrganizationState::Draft).update(same, &LicenseRules::default());
        assert_eq!(
            unchanged,
            Ok(Transition::AlreadyDone(profile(OrganizationState::Draft)))
        );
    }

    #[test]
    fn only_an_approved_profile_has_a_number_to_be_renewed() {
        let outcomes = |number: &str| {
            OrganizationState::ALL.map(|state| {
                let number = LicenseNumber::parse(number).unwrap();
                outcome(profile(state).renew(number, &LicenseRules::default()).unwrap())
            })
        };
        let refused = |state: &str| format!("{state} refused");
        let expected = |active: &str, suspended: &str| {
            [
                refused("DRAFT"),
                refused("SUBMITTED"),
                active.to_owned(),
                refused("RETURNED"),
                refused("REJECTED"),
                suspended.to_owned(),
                refused("CLOSED"),
            ]
        };
        assert_eq!(outcomes("DC 2"), expected("ACTIVE", "SUSPENDED"));
        assert_eq!(outcomes("dc1"), expected("ACTIVE already", "SUSPENDED already"));
        let rules = "us-mi=DC####".parse().unwrap();
        let number = LicenseNumber::parse("QX 2").unwrap();
        assert!(profile(OrganizationState::Active).renew(number, &rules).is_err());
    }

    #[test]
    fn a_number_moves_with_its_authority_and_is_padded_as_the_new_one_pads() {
        let rules = "us-ny=@@####,us-pa=####".parse().unwrap();
        let authority = LicensingAuthority::parse("us-ny").ok();
        let license = profile(OrganizationState::Draft).license;
        let moved = license.clone().changed(authority, None, &rules).unwrap();
        assert_eq!((moved.as_given(), moved.normalized()), ("DC 1", "DC0001"));
        let authority = LicensingAuthority::parse("us-pa").ok();
        assert!(
            license.changed(authority, None, &rules).is_err(),
            "it is none of theirs"
        );
    }

    #[test]
    fn a_number_has_eight_digits_whatever_was_drawn() {
        for bits in [0, 1, u128::from(u32::MAX), u128::MAX] {
            let number = OrganizationNumber::draw(Uuid::from_u128(bits));
            assert_eq!(OrganizationNumber::parse(number.as_str()), Some(number));
        }
        assert_eq!(OrganizationNumber::parse("1234567"), None);
    }
}
