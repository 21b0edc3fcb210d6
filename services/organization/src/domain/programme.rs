//! Programmes that authorities have licensed, as registry staff tell of them.

use std::fmt::Display;

use muster_states::stored_enum;

use super::{License, LicenseNumber, LicenseRules, LicensingAuthority, PublicName, ShortName};

/// A licensed programme, as its authority tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Programme {
    pub(crate) license: License,
    pub(crate) display_name: PublicName,
    pub(crate) address: ProgrammeAddress,
    pub(crate) kind: ProgrammeType,
    pub(crate) license_status: LicenseStatus,
}

/// Where a programme is. Of homes, authorities tell no street.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProgrammeAddress {
    pub(crate) street_address: Option<ShortName>,
    pub(crate) city: ShortName,
    pub(crate) region: Option<ShortName>,
    pub(crate) postal_code: Option<ShortName>,
}

stored_enum! {
    /// What is licensed.
    pub(crate) enum ProgrammeType {
        DirectCare = "DIRECT_CARE",
        NonDirectCare = "NON_DIRECT_CARE",
        TrainingSponsor = "TRAINING_SPONSOR",
    }

    /// How a license stands with its authority.
    pub(crate) enum LicenseStatus {
        Active = "ACTIVE",
        Provisional = "PROVISIONAL",
        Suspended = "SUSPENDED",
        Revoked = "REVOKED",
        Expired = "EXPIRED",
    }
}

impl LicenseStatus {
    /// With these a site may be run.
    pub(crate) const IN_FORCE: [Self; 2] = [Self::Active, Self::Provisional];
}

/// What a row says of a programme, whatever it says.
#[derive(Debug, Clone, Default)]
pub(crate) struct ToldProgramme {
    pub(crate) authority: String,
    pub(crate) number: String,
    pub(crate) display_name: String,
    pub(crate) address: ToldAddress,
    pub(crate) kind: Option<ProgrammeType>,
    pub(crate) license_status: Option<LicenseStatus>,
}

/// What somebody says of where a site is, whatever they say.
#[derive(Debug, Clone, Default)]
pub(crate) struct ToldAddress {
    pub(crate) street_address: String,
    pub(crate) city: String,
    pub(crate) region: String,
    pub(crate) postal_code: String,
}

/// One thing that is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowProblem {
    /// As in the contract, such as `address.city`.
    pub(crate) field: String,
    pub(crate) description: String,
}

impl Programme {
    /// The text of whose words it is found, as the table puts it together.
    pub(crate) fn found_by(&self) -> String {
        format!("{} {}", self.display_name, self.address.city.as_str())
    }
}

impl ToldProgramme {
    /// The programme, or everything that is wrong with the row.
    pub(crate) fn read(&self, rules: &LicenseRules) -> Result<Programme, Vec<RowProblem>> {
        let mut problems = Problems(Vec::new());
        let authority = problems.of(
            "licensing_authority",
            sized(&self.authority, 2, 40).and_then(|text| in_words(LicensingAuthority::parse(text))),
        );
        let number = problems.of("license_number", LicenseNumber::parse(&self.number));
        let display_name = problems.of(
            "display_name",
            sized(&self.display_name, 1, 120).and_then(|text| in_words(PublicName::parse(text))),
        );
        let address = self.address.read();
        let address = address.map_err(|wrong| problems.0.extend(wrong)).ok();
        let kind = problems.of("type", self.kind.ok_or("must be chosen"));
        let status = self.license_status.ok_or("must be chosen");
        let license_status = problems.of("license_status", status);
        let license = authority.zip(number).and_then(|(authority, number)| {
            problems.of("license_number", License::new(authority, number, rules))
        });
        let programme = (|| {
            Some(Programme {
                license: license?,
                display_name: display_name?,
                address: address?,
                kind: kind?,
                license_status: license_status?,
            })
        })();
        programme.ok_or(problems.0)
    }
}

impl ToldAddress {
    /// The address, or everything that is wrong with it.
    pub(crate) fn read(&self) -> Result<ProgrammeAddress, Vec<RowProblem>> {
        let mut problems = Problems(Vec::new());
        let street_address = problems.of("address.street_address", line(&self.street_address, 200));
        let city = sized(&self.city, 1, 100).and_then(|text| in_words(ShortName::parse(text)));
        let city = problems.of("address.city", city);
        let region = problems.of("address.region", line(&self.region, 100));
        let postal_code = problems.of("address.postal_code", line(&self.postal_code, 20));
        let address = (|| {
            Some(ProgrammeAddress {
                street_address: street_address?,
                city: city?,
                region: region?,
                postal_code: postal_code?,
            })
        })();
        address.ok_or(problems.0)
    }

    /// Its lines, each by its field.
    pub(crate) fn lines(&self) -> [(&'static str, &str); 4] {
        [
            ("address.street_address", &self.street_address),
            ("address.city", &self.city),
            ("address.region", &self.region),
            ("address.postal_code", &self.postal_code),
        ]
    }
}

struct Problems(Vec<RowProblem>);

impl Problems {
    fn of<T, E: Display>(&mut self, field: &str, read: Result<T, E>) -> Option<T> {
        read.map_err(|problem| {
            self.0.push(RowProblem {
                field: field.to_owned(),
                description: problem.to_string(),
            });
        })
        .ok()
    }
}

fn in_words<T, E: Display>(read: Result<T, E>) -> Result<T, String> {
    read.map_err(|problem| problem.to_string())
}

/// A text of so many characters.
fn sized(text: &str, least: usize, most: usize) -> Result<&str, String> {
    if (least..=most).contains(&text.chars().take(most + 1).count()) {
        Ok(text)
    } else if least == 0 {
        Err(format!("must have at most {most} characters"))
    } else {
        Err(format!("must have {least} to {most} characters"))
    }
}

/// One line that may be left out.
fn line(text: &str, most: usize) -> Result<Option<ShortName>, String> {
    match sized(text, 0, most)? {
        "" => Ok(None),
        text => in_words(ShortName::parse(text)).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address() -> ToldAddress {
        ToldAddress {
            street_address: "12 Main Street".to_owned(),
            city: "Ann Arbor".to_owned(),
            region: "MI".to_owned(),
            postal_code: "48103".to_owned(),
        }
    }

    fn told() -> ToldProgramme {
        ToldProgramme {
            authority: "us-mi".to_owned(),
            number: "DC-630 012345".to_owned(),
            display_name: "Sunshine Day Care".to_owned(),
            address: address(),
            kind: Some(ProgrammeType::DirectCare),
            license_status: Some(LicenseStatus::Active),
        }
    }

    fn wrong(told: &ToldProgramme) -> Vec<String> {
        let problems = told.read(&LicenseRules::default()).unwrap_err();
        problems.into_iter().map(|problem| problem.field).collect()
    }

    #[test]
    fn a_row_says_what_a_programme_is() {
        let programme = told().read(&LicenseRules::default()).unwrap();
        assert_eq!(programme.license.normalized(), "DC630012345");
        assert_eq!(programme.address.city.as_str(), "Ann Arbor");
        let home = ToldProgramme {
            address: ToldAddress {
                city: "Ann Arbor".to_owned(),
                ..ToldAddress::default()
            },
            ..told()
        };
        let home = home.read(&LicenseRules::default()).unwrap();
        assert_eq!(home.address.street_address, None);
    }

    #[test]
    fn everything_that_is_wrong_with_a_row_is_told_at_once() {
        assert_eq!(
            wrong(&ToldProgramme::default()),
            [
                "licensing_authority",
                "license_number",
                "display_name",
                "address.city",
                "type",
                "license_status"
            ]
        );
        let long = ToldProgramme {
            authority: "x".repeat(41),
            number: "1".repeat(41),
            display_name: "x".repeat(121),
            address: ToldAddress {
                street_address: "x".repeat(201),
                city: "x".repeat(101),
                region: "x".repeat(101),
                postal_code: "x".repeat(21),
            },
            ..told()
        };
        assert_eq!(wrong(&long).len(), 7);
    }

    #[test]
    fn what_nobody_sees_and_what_mail_programs_make_a_link_of_is_in_no_programme() {
        for (field, row) in [
            (
                "display_name",
                ToldProgramme {
                    display_name: "www.sunshine.example".to_owned(),
                    ..told()
                },
            ),
            (
                "address.city",
                ToldProgramme {
                    address: ToldAddress {
                        city: "Ann\nArbor".to_owned(),
                        ..address()
                    },
                    ..told()
                },
            ),
            (
                "address.street_address",
                ToldProgramme {
                    address: ToldAddress {
                        street_address: "12 \u{202e}Main".to_owned(),
                        ..address()
                    },
                    ..told()
                },
            ),
            (
                "license_number",
                ToldProgramme {
                    number: "DC №1".to_owned(),
                    ..told()
                },
            ),
        ] {
            assert_eq!(wrong(&row), [field]);
        }
    }

    #[test]
    fn the_longest_of_everything_is_taken() {
        let long = ToldProgramme {
            authority: "x".repeat(40),
            number: "1".repeat(40),
            display_name: "\u{e9}".repeat(120),
            address: ToldAddress {
                street_address: "x".repeat(200),
                city: "x".repeat(100),
                region: "x".repeat(100),
                postal_code: "x".repeat(20),
            },
            ..told()
        };
        assert!(long.read(&LicenseRules::default()).is_ok());
    }
}
