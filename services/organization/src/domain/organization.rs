//! The profile and its way to approval.

use muster_ids::{OrganizationId, OrganizationName, ProgrammeId};
use muster_language::Language;
use muster_states::{Transition, stored_enum};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    License, LicenseNumber, LicenseRules, LicenseStatus, Licensing, LicensingProblem, LicensingUpdate, Owner,
    ProgrammeAddress, ProgrammeType, PublicName,
};

/// A profile: one site with one current license number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Organization {
    pub(crate) id: OrganizationId,
    pub(crate) number: OrganizationNumber,
    pub(crate) owner: Owner,
    pub(crate) display_name: PublicName,
    /// In which people are written to on its behalf, unless something else is said.
    pub(crate) language: Language,
    pub(crate) licensing: Licensing,
    /// How the license stands, as the authority tells it of the programme or staff wrote it down; `None` when nobody said.
    pub(crate) license_status: Option<LicenseStatus>,
    /// Where the site is, as the authority tells it of the programme or the organization says; `None` when nobody does.
    pub(crate) address: Option<ProgrammeAddress>,
    /// What it was made of; then name, type, license and address are those of the programme.
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
    /// `Some(None)`: it has none any more.
    pub(crate) address: Option<Option<ProgrammeAddress>>,
    /// `None`: nothing of it.
    pub(crate) licensing: Option<LicensingUpdate>,
}

/// What strangers see of a profile that its owner may change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicFace {
    pub(crate) display_name: PublicName,
    pub(crate) address: Option<ProgrammeAddress>,
}

/// A number that registry staff give an approved profile.
#[derive(Debug, Clone)]
pub(crate) struct Renewal {
    pub(crate) number: LicenseNumber,
    /// What the license is for; `None`: what the former one was.
    pub(crate) kind: Option<ProgrammeType>,
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

    /// With other values. Type and license are what registry staff decide on: they change only before it is handed in, and
    /// nothing does while staff look.
    ///
    /// # Errors
    /// Type and license do not go together, or the number is not written as its authority writes them.
    pub(crate) fn update(
        self,
        update: OrganizationUpdate,
        rules: &LicenseRules,
    ) -> Result<Transition<Self, OrganizationState>, LicensingProblem> {
        if !self.state.takes_changes()
            || self.state == OrganizationState::Submitted
            || (update.licensing.is_some() && !self.state.is_being_filled_in())
        {
            return Ok(Transition::Refused(self.state));
        }
        let mut next = self.clone();
        next.display_name = update.display_name.unwrap_or(next.display_name);
        next.language = update.language.unwrap_or(next.language);
        next.address = update.address.unwrap_or(next.address);
        if let Some(update) = update.licensing {
            next.licensing = next.licensing.changed(update, rules)?;
        }
        if next == self {
            return Ok(Transition::AlreadyDone(self));
        }
        next.version += 1;
        Ok(Transition::Changed(next))
    }

    /// With another number of the same authority, or the first one, given by registry staff: only an approved profile gets one.
    ///
    /// # Errors
    /// The number is not written as the authority writes them, or is a start-up's first one and nobody says what it is for.
    pub(crate) fn renew(
        self,
        renewal: Renewal,
        rules: &LicenseRules,
    ) -> Result<Transition<Self, OrganizationState>, LicensingProblem> {
        let Renewal { number, kind } = renewal;
        let (kind, license) = self.licensing.clone().renewed(kind, number, rules)?;
        if !matches!(
            self.state,
            OrganizationState::Active | OrganizationState::Suspended
        ) {
            return Ok(Transition::Refused(self.state));
        }
        let is_same = |held: &License| held.normalized() == license.normalized();
        if self.licensing.kind() == kind.into() && self.licensing.license().is_some_and(is_same) {
            return Ok(Transition::AlreadyDone(self));
        }
        // How another number stands, nobody has said.
        let status = self
            .license_status
            .filter(|_| self.licensing.license().is_some_and(is_same));
        Ok(Transition::Changed(Self {
            licensing: Licensing::Licensed { kind, license },
            license_status: status,
            version: self.version + 1,
            ..self
        }))
    }

    /// With this status of its license, written down by registry staff: only an approved profile has one.
    pub(crate) fn with_license_status(self, status: LicenseStatus) -> Transition<Self, OrganizationState> {
        match self.state {
            OrganizationState::Active | OrganizationState::Suspended
                if self.license_status == Some(status) =>
            {
                Transition::AlreadyDone(self)
            }
            OrganizationState::Active | OrganizationState::Suspended => Transition::Changed(Self {
                license_status: Some(status),
                version: self.version + 1,
                ..self
            }),
            other => Transition::Refused(other),
        }
    }

    /// Whether anybody may find it: it was approved, and is not closed.
    pub(crate) fn is_public(&self) -> bool {
        self.approve_time.is_some() && self.state != OrganizationState::Closed
    }

    /// Whether the next one says of name, type, license and address what an authority tells of this one.
    pub(crate) fn keeps_what_is_told(&self, next: &Self) -> bool {
        self.programme.is_none()
            || (self.display_name == next.display_name
                && self.licensing == next.licensing
                && self.address == next.address)
    }

    /// What strangers see of it that its owner may change.
    pub(crate) fn face(&self) -> PublicFace {
        PublicFace {
            display_name: self.display_name.clone(),
            address: self.address.clone(),
        }
    }

    /// The text of whose words it is found, as the table puts it together.
    pub(crate) fn found_by(&self) -> String {
        let city = self.address.as_ref().map_or("", |address| address.city.as_str());
        format!("{} {city}", self.display_name)
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

    use super::super::{LicenseNumber, LicenseRules, LicensingAuthority, OrganizationType};
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
            licensing: Licensing::new(
                OrganizationType::DirectCare,
                authority,
                Some(number),
                &LicenseRules::default(),
            )
            .unwrap(),
            license_status: None,
            address: None,
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
            licensing: Some(LicensingUpdate {
                authority: LicensingAuthority::parse("us-ny").ok(),
                ..LicensingUpdate::default()
            }),
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
            address: Some(None),
            display_name: PublicName::parse("Sunshine").ok(),
            licensing: Some(LicensingUpdate {
                kind: Some(OrganizationType::DirectCare),
                authority: LicensingAuthority::parse("us-mi").ok(),
                number: Some(LicenseNumber::parse("DC 1").ok()),
            }),
        };
        let unchanged = profile(OrganizationState::Draft).update(same, &LicenseRules::default());
        assert_eq!(
            unchanged,
            Ok(Transition::AlreadyDone(profile(OrganizationState::Draft)))
        );
    }

    #[test]
    fn only_an_approved_profile_has_a_number_to_be_renewed() {
        let renewal = |number: &str| Renewal {
            number: LicenseNumber::parse(number).unwrap(),
            kind: None,
        };
        let outcomes = |number: &str| {
            OrganizationState::ALL.map(|state| {
                let renewed = profile(state).renew(renewal(number), &LicenseRules::default());
                outcome(renewed.unwrap())
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
        let active = || profile(OrganizationState::Active);
        assert!(active().renew(renewal("QX 2"), &rules).is_err());
        let corrected = Renewal {
            kind: Some(ProgrammeType::NonDirectCare),
            ..renewal("DC 1")
        };
        let corrected = active().renew(corrected, &LicenseRules::default()).unwrap();
        assert_eq!(outcome(corrected), "ACTIVE", "the number is for something else");
    }

    #[test]
    fn a_number_moves_with_its_authority_and_is_padded_as_the_new_one_pads() {
        let rules = "us-ny=@@####,us-pa=####".parse().unwrap();
        let authority = LicensingAuthority::parse("us-ny").ok();
        let license = profile(OrganizationState::Draft)
            .licensing
            .license()
            .cloned()
            .unwrap();
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
