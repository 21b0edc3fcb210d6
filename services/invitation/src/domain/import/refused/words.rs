//! What the file says, in the language of who opens it. In English it says of a problem what the contract tells; in another language
//! the same, by what row and problem know.

use std::sync::LazyLock;

use muster_address::{AddressProblem, EmailAddress};
use muster_language::{Language, Texts};

use super::super::Row;
use super::super::template::columns;
use crate::domain::fault::Fault;
use crate::domain::preview::near::{Disguise, disguise};
use crate::domain::problem::{Place, Problem, Reason, Severity, repeated};
use crate::domain::spreadsheet::RawRow;

const ENGLISH: &str = include_str!("../../../../locales/refused.en.ftl");
const SPANISH: &str = include_str!("../../../../locales/refused.es.ftl");
const PROBLEMS_IN_SPANISH: &str = include_str!("../../../../locales/problems.es.ftl");

static TEXTS: LazyLock<Texts> = LazyLock::new(|| Texts::built_in(ENGLISH, SPANISH));
/// In English nothing is said by these.
static PROBLEMS: LazyLock<Texts> = LazyLock::new(|| Texts::built_in("", PROBLEMS_IN_SPANISH));

/// What the file is called that is about this one.
pub(super) fn file_name(about: &str, language: Language) -> String {
    TEXTS.say(language, "file", &[("file", about)])
}

/// Where the row stood, and all that costs it. What was only warned of is told in the preview.
pub(super) fn costs_of(row: &Row, language: Language) -> String {
    let costs = row
        .problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error);
    let told = costs.map(|problem| {
        let row = &row.raw;
        Telling {
            problem,
            row,
            language,
        }
        .told()
    });
    let problems: Vec<String> = told.collect();
    format!("{}: {}", place(row.raw.place(), language), problems.join("; "))
}

fn place(place: Place, language: Language) -> String {
    let (row, line) = (place.row.to_string(), place.line.to_string());
    if row == line {
        TEXTS.say(language, "row", &[("row", &row)])
    } else {
        TEXTS.say(language, "row-and-line", &[("row", &row), ("line", &line)])
    }
}

/// What a column is called in the file.
fn column(name: &str, language: Language) -> &str {
    let [email, groups, location, _] = columns(language);
    match name {
        "email" => email,
        "groups" => groups,
        "location" => location,
        other => other,
    }
}

/// A problem of a row, to be told in a language.
struct Telling<'a> {
    problem: &'a Problem,
    row: &'a RawRow,
    language: Language,
}

impl Telling<'_> {
    /// With the column that it is about, and what was probably meant.
    fn told(&self) -> String {
        let Problem {
            column: name,
            suggestion,
            ..
        } = self.problem;
        let mut text = self.described();
        if !name.is_empty() {
            text = format!("{}: {text}", column(name, self.language));
        }
        if !suggestion.is_empty() {
            let meant = TEXTS.say(self.language, "meant", &[("suggestion", suggestion)]);
            text.push_str(&format!(" ({meant})"));
        }
        text
    }

    fn described(&self) -> String {
        let words = match self.language {
            Language::English => None,
            Language::Spanish => self.words(),
        };
        // Of what an earlier release has written nobody knows the reason.
        words.unwrap_or_else(|| self.problem.description.clone())
    }

    fn say(&self, key: &str, values: &[(&str, &str)]) -> String {
        PROBLEMS.say(self.language, key, values)
    }

    /// What is wrong and what to do; `None` where that is not known, or costs no row.
    fn words(&self) -> Option<String> {
        let value = ("value", self.problem.value.as_str());
        Some(match self.problem.reason? {
            Reason::AddressInvalid => return self.address(),
            Reason::AddressMarked => self.say("address-marked", &[]),
            // When the row was applied it was about no column.
            Reason::AddressOfLearner if self.problem.column.is_empty() => {
                self.say("address-of-learner-by-now", &[])
            }
            Reason::AddressOfLearner => self.say("address-of-learner", &[]),
            Reason::GroupsMissing => self.say("groups-missing", &[]),
            Reason::TooManyGroups => self.say("too-many-groups", &[]),
            Reason::TooManyGroupsTogether => match self.problem.earlier {
                Some(earlier) => {
                    let place = place(earlier, self.language);
                    self.say("too-many-groups-together", &[("place", &place)])
                }
                None => self.say("too-many-groups-invited", &[]),
            },
            Reason::GroupUnknown => {
                let why = self.why_unknown(self.group());
                self.say("group-unknown", &[value, ("why", &why)])
            }
            Reason::GroupInactive => self.say("group-inactive", &[value]),
            Reason::MoreGroups => self.say("more-groups", &[value]),
            Reason::LocationUnknown => {
                let why = self.why_unknown(Some(&self.row.location));
                self.say("location-unknown", &[value, ("why", &why)])
            }
            Reason::LocationInactive => self.say("location-inactive", &[value]),
            Reason::SurplusCells
            | Reason::CellTooLong
            | Reason::SpaceBeforeMark
            | Reason::MarkNotClosed
            | Reason::TextAfterMark
            | Reason::DoubtfulLine
            | Reason::CellError
            | Reason::NotComputed
            | Reason::BeyondColumns
            | Reason::LinkedAddress => return self.fault(),
            Reason::MailboxFull => self.say("mailbox-full", &[]),
            Reason::MessagesUsedUp => self.say("messages-used-up", &[]),
            Reason::OrganizationNotActive => self.say("not-active", &[]),
            Reason::GroupsInactive => self.say("groups-inactive", &[]),
            // Warnings.
            Reason::SameAddress | Reason::OtherLocation | Reason::HiddenRow => return None,
        })
    }

    fn address(&self) -> Option<String> {
        let problem = self.row.address.parse::<EmailAddress>().err()?;
        Some(match problem {
            AddressProblem::Empty => self.say("address-empty", &[]),
            AddressProblem::Form => self.say("address-form", &[]),
            AddressProblem::TooLong => self.say("address-too-long", &[]),
            AddressProblem::Unseen(c) => self.say("address-unseen", &[("character", &c.to_string())]),
            AddressProblem::Local => self.say("address-local", &[]),
            AddressProblem::Domain => self.say("address-domain", &[]),
        })
    }

    /// The name of a group that the problem is about, as it was given: what nobody sees in it is in it.
    fn group(&self) -> Option<&str> {
        let given = self.row.groups.iter();
        let mut names = given.flat_map(|name| std::iter::once(name).chain(name.split('|')));
        names.find(|name| repeated(name) == self.problem.value)
    }

    /// Why a name is none, where another one is near.
    fn why_unknown(&self, name: Option<&str>) -> String {
        let meant = self.problem.suggestion.as_str();
        let differs = name
            .filter(|_| !meant.is_empty())
            .and_then(|name| disguise(name, meant));
        let meant = ("meant", meant);
        match differs {
            None => self.say("exactly", &[]),
            Some(Disguise::Unseen(c)) => {
                self.say("looks-like-unseen", &[meant, ("character", &c.to_string())])
            }
            Some(Disguise::Written(Some(here), Some(there))) => {
                let (here, there) = (here.to_string(), there.to_string());
                self.say("looks-like-but", &[meant, ("here", &here), ("there", &there)])
            }
            Some(Disguise::Written(..)) => self.say("looks-like", &[meant]),
        }
    }

    /// What the row was read with.
    fn fault(&self) -> Option<String> {
        let is_it = |fault: &&Fault| {
            Some(fault.reason()) == self.problem.reason && fault.column() == self.problem.column
        };
        Some(match self.row.faults.iter().find(is_it)? {
            Fault::SurplusCells { .. } => self.say("surplus-cells", &[]),
            Fault::CellTooLong { .. } => self.say("cell-too-long", &[]),
            Fault::SpaceBeforeMark { .. } => self.say("space-before-mark", &[]),
            Fault::MarkNotClosed { line, .. } => self.say("mark-not-closed", &[("line", &line.to_string())]),
            Fault::TextAfterMark { begin, end, .. } if begin == end => {
                self.say("text-after-mark", &[("line", &begin.to_string())])
            }
            Fault::TextAfterMark { begin, end, .. } => {
                let (begin, end) = (begin.to_string(), end.to_string());
                self.say("text-after-mark-below", &[("begin", &begin), ("end", &end)])
            }
            Fault::DoubtfulLine { begin } => self.say("doubtful-line", &[("line", &begin.to_string())]),
            Fault::CellError { cell, error, .. } => {
                self.say("cell-error", &[("cell", cell), ("error", error)])
            }
            Fault::NotComputed { cell, .. } => self.say("not-computed", &[("cell", cell)]),
            Fault::BeyondColumns { cell, .. } => self.say("beyond-columns", &[("cell", cell)]),
            Fault::LinkedAddress { .. } => self.say("linked-address", &[]),
            Fault::HiddenRow => return None,
        })
    }
}

#[cfg(test)]
mod tests;
