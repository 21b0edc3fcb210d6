//! Under what a site is run: a license, or none yet.

use muster_states::stored_enum;
use thiserror::Error;

use super::{License, LicenseNumber, LicenseRules, LicensingAuthority, Misfit, ProgrammeType};

/// What a profile says of its license. A site without one is a start-up, and no other is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Licensing {
    Licensed {
        kind: ProgrammeType,
        license: License,
    },
    /// It has no license yet, and will ask this authority for one.
    StartUp(LicensingAuthority),
}

stored_enum! {
    /// What a site is.
    pub(crate) enum OrganizationType {
        DirectCare = "DIRECT_CARE",
        NonDirectCare = "NON_DIRECT_CARE",
        TrainingSponsor = "TRAINING_SPONSOR",
        /// It has no license yet.
        StartUp = "START_UP",
    }
}

/// What is to be changed; `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct LicensingUpdate {
    pub(crate) kind: Option<OrganizationType>,
    pub(crate) authority: Option<LicensingAuthority>,
    /// `Some(None)`: there is none.
    pub(crate) number: Option<Option<LicenseNumber>>,
}

/// Why type, authority and number do not go together.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum LicensingProblem {
    #[error(transparent)]
    Number(#[from] Misfit),
    #[error("must be given: only a start-up has no license yet")]
    NumberMissing,
    #[error("must be empty: a start-up has no license yet; once it has one, its type says what that is for")]
    NumberOfStartUp,
    #[error("must say what the license is for: the site was a start-up until now")]
    TypeMissing,
}

impl LicensingProblem {
    /// Which field of a profile it is about.
    pub(crate) fn field(&self) -> &'static str {
        match self {
            Self::Number(_) | Self::NumberMissing | Self::NumberOfStartUp => "license_number",
            Self::TypeMissing => "type",
        }
    }
}

impl OrganizationType {
    /// What a license is for; `None`: there is none.
    pub(crate) fn licensed(self) -> Option<ProgrammeType> {
        match self {
            Self::DirectCare => Some(ProgrammeType::DirectCare),
            Self::NonDirectCare => Some(ProgrammeType::NonDirectCare),
            Self::TrainingSponsor => Some(ProgrammeType::TrainingSponsor),
            Self::StartUp => None,
        }
    }

    /// Whether a number goes with it, whoever issued that.
    ///
    /// # Errors
    /// It has one and must not, or has none and must.
    pub(crate) fn goes_with(self, number: Option<&LicenseNumber>) -> Result<(), LicensingProblem> {
        match (self.licensed(), number) {
            (Some(_), Some(_)) | (None, None) => Ok(()),
            (Some(_), None) => Err(LicensingProblem::NumberMissing),
            (None, Some(_)) => Err(LicensingProblem::NumberOfStartUp),
        }
    }
}

impl From<ProgrammeType> for OrganizationType {
    fn from(kind: ProgrammeType) -> Self {
        match kind {
            ProgrammeType::DirectCare => Self::DirectCare,
            ProgrammeType::NonDirectCare => Self::NonDirectCare,
            ProgrammeType::TrainingSponsor => Self::TrainingSponsor,
        }
    }
}

impl Licensing {
    /// # Errors
    /// The number does not go with the type, or is not written as the authority writes them.
    pub(crate) fn new(
        kind: OrganizationType,
        authority: LicensingAuthority,
        number: Option<LicenseNumber>,
        rules: &LicenseRules,
    ) -> Result<Self, LicensingProblem> {
        kind.goes_with(number.as_ref())?;
        Ok(match kind.licensed().zip(number) {
            Some((kind, number)) => Self::Licensed {
                kind,
                license: License::new(authority, number, rules)?,
            },
            None => Self::StartUp(authority),
        })
    }

    /// With another type, authority or number. What a type needs, or must not have, is said along with it.
    ///
    /// # Errors
    /// As [`Licensing::new`].
    pub(crate) fn changed(
        self,
        update: LicensingUpdate,
        rules: &LicenseRules,
    ) -> Result<Self, LicensingProblem> {
        let LicensingUpdate {
            kind,
            authority,
            number,
        } = update;
        let kind = kind.unwrap_or_else(|| self.kind());
        match (kind.licensed(), self, number) {
            (Some(kind), Self::Licensed { license, .. }, None) => Ok(Self::Licensed {
                kind,
                license: license.changed(authority, None, rules)?,
            }),
            (None, Self::StartUp(former), None) => Ok(Self::StartUp(authority.unwrap_or(former))),
            (Some(_), Self::StartUp(_), None) => Err(LicensingProblem::NumberMissing),
            (None, Self::Licensed { .. }, None) => Err(LicensingProblem::NumberOfStartUp),
            (_, former, Some(number)) => {
                let authority = authority.unwrap_or_else(|| former.authority().clone());
                Self::new(kind, authority, number, rules)
            }
        }
    }

    /// With this number of the same authority, and what it is for: of a licensed site that may stay as it is.
    ///
    /// # Errors
    /// A start-up that gets a license is of some type; the number is not written as the authority writes them.
    pub(crate) fn renewed(
        self,
        kind: Option<ProgrammeType>,
        number: LicenseNumber,
        rules: &LicenseRules,
    ) -> Result<(ProgrammeType, License), LicensingProblem> {
        match self {
            Self::Licensed {
                kind: former,
                license,
            } => {
                let license = license.changed(None, Some(number), rules)?;
                Ok((kind.unwrap_or(former), license))
            }
            Self::StartUp(authority) => {
                let kind = kind.ok_or(LicensingProblem::TypeMissing)?;
                Ok((kind, License::new(authority, number, rules)?))
            }
        }
    }

    pub(crate) fn kind(&self) -> OrganizationType {
        match self {
            Self::Licensed { kind, .. } => (*kind).into(),
            Self::StartUp(_) => OrganizationType::StartUp,
        }
    }

    /// Who issued the license, or will.
    pub(crate) fn authority(&self) -> &LicensingAuthority {
        match self {
            Self::Licensed { license, .. } => license.authority(),
            Self::StartUp(authority) => authority,
        }
    }

    /// `None`: it has none yet.
    pub(crate) fn license(&self) -> Option<&License> {
        match self {
            Self::Licensed { license, .. } => Some(license),
            Self::StartUp(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> LicenseNumber {
        LicenseNumber::parse(text).unwrap()
    }

    fn authority() -> LicensingAuthority {
        LicensingAuthority::parse("us-mi").unwrap()
    }

    fn made(kind: OrganizationType, given: Option<&str>) -> Result<Licensing, LicensingProblem> {
        Licensing::new(kind, authority(), given.map(number), &LicenseRules::default())
    }

    fn start_up() -> Licensing {
        Licensing::StartUp(authority())
    }

    fn licensed() -> Licensing {
        made(OrganizationType::DirectCare, Some("DC 1")).unwrap()
    }

    #[test]
    fn every_type_but_a_start_up_has_a_number() {
        for kind in OrganizationType::ALL {
            let is_start_up = kind == OrganizationType::StartUp;
            let with = made(kind, Some("DC 1"));
            let without = made(kind, None);
            assert_eq!(
                (with.is_err(), without.is_err()),
                (is_start_up, !is_start_up),
                "{kind}"
            );
            for made in [with, without].into_iter().flatten() {
                assert_eq!((made.kind(), made.license().is_none()), (kind, is_start_up));
            }
        }
    }

    #[test]
    fn a_start_up_becomes_licensed_by_type_and_number_together_and_so_back() {
        let rules = LicenseRules::default();
        let kind = Some(OrganizationType::TrainingSponsor);
        let number_of = |text: &str| Some(Some(number(text)));
        let changed = |licensing: Licensing, kind, number| {
            let update = LicensingUpdate {
                kind,
                authority: None,
                number,
            };
            licensing.changed(update, &rules)
        };
        let both = changed(start_up(), kind, number_of("TS 1")).unwrap();
        assert_eq!(both.kind(), OrganizationType::TrainingSponsor);
        assert_eq!(both.license().map(License::normalized), Some("TS1"));
        assert_eq!(
            changed(start_up(), kind, None),
            Err(LicensingProblem::NumberMissing)
        );
        assert_eq!(
            changed(start_up(), None, number_of("TS 1")),
            Err(LicensingProblem::NumberOfStartUp)
        );

        let none = Some(OrganizationType::StartUp);
        assert_eq!(changed(licensed(), none, Some(None)), Ok(start_up()));
        assert_eq!(
            changed(licensed(), none, None),
            Err(LicensingProblem::NumberOfStartUp)
        );
        assert_eq!(
            changed(licensed(), None, Some(None)),
            Err(LicensingProblem::NumberMissing)
        );
        let other = changed(licensed(), kind, None).unwrap();
        assert_eq!(other.license(), licensed().license(), "the number stays as it is");
        assert_eq!(other.kind(), OrganizationType::TrainingSponsor);
        assert_eq!(changed(start_up(), None, None), Ok(start_up()));
    }

    #[test]
    fn the_first_number_of_a_start_up_says_what_it_is_for() {
        let rules = LicenseRules::default();
        let renewed = |licensing: Licensing, kind| licensing.renewed(kind, number("DC 2"), &rules);
        let kind = ProgrammeType::NonDirectCare;
        assert_eq!(renewed(start_up(), None), Err(LicensingProblem::TypeMissing));
        assert_eq!(renewed(start_up(), Some(kind)).unwrap().0, kind);
        assert_eq!(renewed(licensed(), None).unwrap().0, ProgrammeType::DirectCare);
        assert_eq!(renewed(licensed(), Some(kind)).unwrap().0, kind);
    }
}
