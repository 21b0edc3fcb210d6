//! Resource names in requests, for what handlers parse in [`Call::read`]: a name that cannot be read is a violation of its
//! field, and whoever speaks of themself may say `persons/me`.
//!
//! ```
//! use muster_ids::{GroupName, OrganizationName};
//! use muster_refusal::Violations;
//! use muster_server::names::{all_named, named};
//!
//! let mut violations = Violations::new();
//! let parent = named::<OrganizationName>(&mut violations, "parent", "organizations/x");
//! let groups = all_named::<GroupName>(&mut violations, "groups", &["groups/y".to_owned()]);
//! assert!(parent.is_none() && groups.is_none());
//! // Both are told: `parent` and `groups[0]`.
//! assert!(violations.finish().is_err());
//! ```

use std::fmt::Display;
use std::str::FromStr;

use muster_identity::Caller;
use muster_ids::{CertificateName, GrantName, PersonAssignmentName, PersonId, PersonName, resolve_me};
use muster_refusal::{Refusal, Violations};

#[cfg(doc)]
use crate::Call;
use crate::Parsed;

/// The name in a field, or nothing and one violation more.
pub fn named<N>(violations: &mut Violations, field: &str, text: &str) -> Option<N>
where
    N: FromStr<Err: Display>,
{
    violations.check(field, text.parse())
}

/// The name in a field that may be empty: `Some(None)` when it is. Nothing, and one violation more, when it cannot be read.
pub fn optional_named<N>(violations: &mut Violations, field: &str, text: &str) -> Option<Option<N>>
where
    N: FromStr<Err: Display>,
{
    let name = (!text.is_empty()).then(|| text.parse::<N>());
    violations.check(field, name.transpose())
}

/// The names in a repeated field, or nothing and a violation for each that cannot be read.
pub fn all_named<N>(violations: &mut Violations, field: &str, texts: &[String]) -> Option<Vec<N>>
where
    N: FromStr<Err: Display>,
{
    let each = texts.iter().enumerate();
    let names: Vec<_> = each
        .map(|(place, text)| named(violations, &format!("{field}[{place}]"), text))
        .collect();
    names.into_iter().collect()
}

/// The caller, when the field names exactly them.
///
/// # Errors
/// `PERMISSION_DENIED` when it names somebody else, or no person calls.
pub fn oneself(caller: &Caller, violations: &mut Violations, field: &str, text: &str) -> Parsed<PersonId> {
    Ok(own::<PersonName>(caller, violations, field, text)?.map(|name| name.person))
}

/// The name of something that is a person's.
pub trait Owned: FromStr<Err: Display> {
    /// Whose it is.
    fn person(&self) -> PersonId;
}

macro_rules! owned {
    ($($name:ident),+) => {$(
        impl Owned for $name {
            fn person(&self) -> PersonId {
                self.person
            }
        }
    )+};
}

owned!(PersonName, PersonAssignmentName, CertificateName, GrantName);

/// The name of something of the caller's own.
///
/// # Errors
/// `PERMISSION_DENIED` when it is somebody else's, or no person calls.
pub fn own<N: Owned>(caller: &Caller, violations: &mut Violations, field: &str, text: &str) -> Parsed<N> {
    let caller = caller.person().ok_or_else(Refusal::permission_denied)?.id;
    match named::<N>(violations, field, &resolve_me(text, caller)) {
        Some(name) if name.person() != caller => Err(Refusal::permission_denied()),
        own => Ok(own),
    }
}

#[cfg(test)]
mod tests {
    use muster_identity::PersonCaller;
    use muster_ids::OrganizationName;
    use muster_refusal::{ErrorReason, fields_of};

    use super::*;

    #[test]
    fn a_name_that_is_not_given_breaks_no_rule() {
        let read = |text| {
            let mut violations = Violations::new();
            let name = optional_named::<OrganizationName>(&mut violations, "parent", text);
            (name.map(|name| name.is_some()), violations.finish().is_ok())
        };
        assert_eq!(read(""), (Some(false), true));
        assert_eq!(
            read("organizations/0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88"),
            (Some(true), true)
        );
        assert_eq!(read("x"), (None, false));
    }

    #[test]
    fn every_name_that_cannot_be_read_is_told_with_its_place() {
        let good = "organizations/0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88".to_owned();
        let texts = [good.clone(), "x".to_owned(), good, String::new()];
        let mut violations = Violations::new();
        assert!(all_named::<OrganizationName>(&mut violations, "names", &texts).is_none());
        let status = tonic::Status::from(violations.into_refusal());
        let fields = fields_of(&status);
        assert_eq!(fields, ["names[1]", "names[3]"]);
    }

    #[test]
    fn only_the_caller_is_oneself() {
        let id = PersonId::derive("https://id.example.org", "ada");
        let ada = Caller::Person(PersonCaller {
            id,
            name: None,
            emails: Vec::new(),
            staff: false,
            access: None,
        });
        let asked = |caller: &Caller, text: &str| {
            let mut violations = Violations::new();
            let person = oneself(caller, &mut violations, "parent", text);
            (person.map_err(|refusal| refusal.reason()), violations.is_empty())
        };
        let own = PersonName { person: id }.to_string();
        let person = PersonId::derive("https://id.example.org", "bob");
        let other = PersonName { person }.to_string();
        let workload = Caller::Workload {
            name: "records".to_owned(),
        };
        assert_eq!(asked(&ada, "persons/me"), (Ok(Some(id)), true));
        assert_eq!(asked(&ada, &own), (Ok(Some(id)), true));
        assert_eq!(asked(&ada, "persons/x"), (Ok(None), false));
        assert_eq!(asked(&ada, &other), (Err(ErrorReason::PermissionDenied), true));
        assert_eq!(asked(&workload, &own), (Err(ErrorReason::PermissionDenied), true));
    }
}
