//! The people who can sign in here.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::bail;
use muster_engines::write_private;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::suite::STAFF_ROLE;

/// Those who are always there: short name (and `sub`), full name, what they are for.
pub(crate) const BUILT_IN: [(&str, &str, &str); 15] = [
    ("owner", "Olive Owner", "owns an organization"),
    ("admin", "Adam Admin", "has no role yet"),
    ("viewer", "Vera Viewer", "has no role yet"),
    ("learner-1", "Lea One", "may be invited"),
    ("learner-2", "Leo Two", "may be invited"),
    ("learner-3", "Lia Three", "may be invited"),
    ("learner-4", "Lou Four", "may be invited"),
    ("learner-5", "Lin Five", "may be invited"),
    ("learner-6", "Lex Six", "may be invited"),
    ("learner-7", "Lyn Seven", "may be invited"),
    ("learner-8", "Liv Eight", "may be invited"),
    ("learner-9", "Len Nine", "may be invited"),
    ("staff", "Stella Staff", "is registry staff"),
    ("outsider", "Otto Outsider", "owns another organization"),
    (UNVERIFIED, "Una Unverified", "has not confirmed her address"),
];

/// Whose address the tokens do not vouch for.
const UNVERIFIED: &str = "unverified";

/// A person as their tokens tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Person {
    pub(crate) sub: String,
    pub(crate) name: String,
    pub(crate) email: String,
}

impl Person {
    /// Who registers with an address, whether they have or not.
    pub(crate) fn of_address(address: &str, name: Option<&str>) -> anyhow::Result<Self> {
        let (local, domain) = address.split_once('@').unwrap_or_default();
        if local.is_empty() || domain.is_empty() || address.contains(char::is_whitespace) {
            bail!("there is nobody called “{address}”: use a name like owner or learner-1, or any address");
        }
        let given = name.map(str::trim).filter(|name| !name.is_empty());
        Ok(Self {
            sub: subject(address),
            name: given.unwrap_or(local).to_owned(),
            email: address.to_owned(),
        })
    }

    /// What the staff claim holds, for registry staff.
    pub(crate) fn staff_role(&self) -> Option<&'static str> {
        (self.sub == "staff").then_some(STAFF_ROLE)
    }

    /// Whether the issuer has seen that the address is theirs.
    pub(crate) fn email_verified(&self) -> bool {
        self.sub != UNVERIFIED
    }
}

/// The built-in people and those who registered, who are kept in a file.
#[derive(Debug)]
pub(crate) struct People {
    file: PathBuf,
    registered: Vec<Person>,
}

impl People {
    /// Opens the file; an absent one is an empty one.
    pub(crate) fn open(file: &Path) -> Self {
        let text = fs::read(file).unwrap_or_default();
        Self {
            file: file.to_path_buf(),
            registered: serde_json::from_slice(&text).unwrap_or_default(),
        }
    }

    /// Those who registered.
    pub(crate) fn registered(&self) -> &[Person] {
        &self.registered
    }

    /// The person of this short name or address. An unknown address registers a further person.
    pub(crate) fn find_or_register(&mut self, who: &str, name: Option<&str>) -> anyhow::Result<Person> {
        let who = who.trim();
        let built_in = BUILT_IN.iter().map(built_in);
        let is = |person: &Person| person.sub == who || person.email.eq_ignore_ascii_case(who);
        if let Some(person) = built_in.chain(self.registered.iter().cloned()).find(is) {
            return Ok(person);
        }
        let person = Person::of_address(who, name)?;
        self.registered.push(person.clone());
        write_private(&self.file, &serde_json::to_vec_pretty(&self.registered)?)?;
        Ok(person)
    }
}

fn built_in((short, name, _): &(&str, &str, &str)) -> Person {
    Person {
        sub: (*short).to_owned(),
        name: (*name).to_owned(),
        email: format!("{short}@example.test"),
    }
}

/// The same address is the same person, also after the file was forgotten.
fn subject(email: &str) -> String {
    let digest = format!("{:x}", Sha256::digest(email.to_lowercase()));
    format!("registered-{}", digest.get(..16).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anybody_can_register_once_and_nobody_without_an_address() {
        let file = std::env::temp_dir().join(format!("muster-people-{}.json", std::process::id()));
        let mut people = People::open(&file);
        let person = people
            .find_or_register("user-7@School.test", Some("Una Seven"))
            .unwrap();
        let again = People::open(&file)
            .find_or_register("USER-7@school.test", None)
            .unwrap();
        assert_eq!(again, person);
        assert_eq!(
            people.find_or_register("owner@example.test", None).unwrap().sub,
            "owner"
        );
        assert!(people.find_or_register("nobody", None).is_err());
        let _ = fs::remove_file(&file);
    }
}
