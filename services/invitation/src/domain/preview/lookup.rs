//! Names of groups and locations, looked up: exactly, case and spaces included.

use std::cmp::Reverse;
use std::collections::HashMap;

use muster_ids::{GroupId, LocationId};
use muster_text::is_blank;

use super::super::invitation::MAX_GROUPS;
use super::super::inviting::{Group, InvitingContext, Location};
use super::super::problem::{GroupWarning, Place, Problem, Reason};
use super::super::spreadsheet::Names;
use super::near::{Known, disguise};

/// How many groups of a row are each told what is wrong with them; the others are told together.
pub(super) const TOLD_A_ROW: usize = 10;
/// How many are told in a whole file; in the rows after that, one a row.
const TOLD_A_FILE: usize = 20_000;
/// How many groups that require no trainings are told of a file.
const WARNED_A_FILE: usize = 100;
/// How much of a name is repeated, in characters: no group or location has a longer one.
const REPEATED: usize = 80;

/// The groups and locations of an organization by name.
pub(super) struct Lookup {
    groups: HashMap<String, (GroupId, Group)>,
    locations: HashMap<String, (LocationId, Location)>,
    known_groups: Known,
    known_locations: Known,
    /// Problems of groups told so far.
    told: usize,
    /// Of groups that require no trainings.
    warnings: HashMap<GroupId, GroupWarning>,
}

/// What is wrong with the groups of a row.
struct Telling<'n> {
    problems: Vec<Problem>,
    most: usize,
    /// The names that are told together.
    others: Vec<&'n str>,
}

impl Lookup {
    pub(super) fn new(context: &InvitingContext) -> Self {
        let groups = context
            .groups
            .iter()
            .map(|(id, group)| (group.display_name.clone(), (*id, group.clone())));
        let active = context.groups.values().filter(|group| group.is_active);
        let locations = context
            .locations
            .iter()
            .map(|(id, location)| (location.display_name.clone(), (*id, location.clone())));
        let open = context.locations.values().filter(|location| location.is_active);
        Self {
            groups: groups.collect(),
            locations: locations.collect(),
            known_groups: Known::new(active.map(|group| group.display_name.as_str())),
            known_locations: Known::new(open.map(|location| location.display_name.as_str())),
            told: 0,
            warnings: HashMap::new(),
        }
    }

    /// What holds for whole groups, however many rows name them: those first that most rows name.
    pub(super) fn warnings(self) -> Vec<GroupWarning> {
        let mut warnings: Vec<GroupWarning> = self.warnings.into_values().collect();
        warnings.sort_by_key(|warning| (Reverse(warning.rows), warning.first_line));
        warnings.truncate(WARNED_A_FILE);
        warnings
    }

    /// The groups of the row at this place.
    pub(super) fn groups(
        &mut self,
        place: Place,
        given: &Names,
        problems: &mut Vec<Problem>,
    ) -> Vec<GroupId> {
        let names = self.split(given);
        if names.is_empty() {
            let text = "name at least one group";
            problems.push(Problem::error(Reason::GroupsMissing, "groups", text));
        }
        if names.len() > MAX_GROUPS {
            let problem = Problem::error(Reason::TooManyGroups, "groups", "name at most 50 groups");
            problems.push(problem.of(&given.joined("; ")));
            return Vec::new();
        }
        let mut telling = Telling {
            problems: Vec::new(),
            most: if self.told < TOLD_A_FILE { TOLD_A_ROW } else { 1 },
            others: Vec::new(),
        };
        let mut found = Vec::with_capacity(names.len());
        for name in names {
            self.group((place, name), &mut found, &mut telling);
        }
        self.told += telling.problems.len();
        problems.extend(telling.all());
        found
    }

    /// Each name once, at most one too many. One that holds a `|` and is no group's is taken for several.
    fn split<'n>(&self, given: &'n Names) -> Vec<&'n str> {
        let mut names = Vec::new();
        for name in given.iter() {
            let parts: &mut dyn Iterator<Item = &str> = if self.groups.contains_key(name) {
                &mut std::iter::once(name)
            } else {
                &mut name.split('|')
            };
            for part in parts.filter(|part| !is_blank(part)) {
                if names.len() <= MAX_GROUPS && !names.contains(&part) {
                    names.push(part);
                }
            }
        }
        names
    }

    fn group<'n>(
        &mut self,
        (place, name): (Place, &'n str),
        found: &mut Vec<GroupId>,
        telling: &mut Telling<'n>,
    ) {
        match self.groups.get(name) {
            Some((id, group)) if group.is_active => {
                if !group.has_trainings {
                    let warning = self.warnings.entry(*id).or_insert_with(|| GroupWarning {
                        group: *id,
                        display_name: name.to_owned(),
                        rows: 0,
                        first_line: place.line,
                        first_row: Some(place.row),
                    });
                    warning.rows += 1;
                }
                found.push(*id);
            }
            Some(_) => telling.error(name, || {
                let text = format!("the group {} is not active; name another one", quoted(name));
                Problem::error(Reason::GroupInactive, "groups", text)
            }),
            None => telling.error(name, || unknown(GROUP, name, self.known_groups.nearest(name))),
        }
    }

    /// The location of a row.
    pub(super) fn location(&mut self, given: &str, problems: &mut Vec<Problem>) -> Option<LocationId> {
        if is_blank(given) {
            return None;
        }
        match self.locations.get(given) {
            Some((id, location)) if location.is_active => return Some(*id),
            Some(_) => {
                let text = format!(
                    "the location {} is not active; name another one, or none",
                    quoted(given)
                );
                problems.push(Problem::error(Reason::LocationInactive, "location", text).of(given));
            }
            None => {
                let meant = self.known_locations.nearest(given);
                problems.push(unknown(LOCATION, given, meant).of(given));
            }
        }
        None
    }
}

impl<'n> Telling<'n> {
    fn error(&mut self, name: &'n str, problem: impl FnOnce() -> Problem) {
        if self.problems.len() < self.most {
            self.problems.push(problem().of(name));
        } else {
            self.others.push(name);
        }
    }

    fn all(self) -> impl Iterator<Item = Problem> {
        let others = (!self.others.is_empty()).then(|| {
            let text = format!(
                "{} more of the named groups do not exist or are not active",
                self.others.len()
            );
            Problem::error(Reason::MoreGroups, "groups", text).of(&self.others.join("; "))
        });
        self.problems.into_iter().chain(others)
    }
}

/// What is looked up, where it is unknown: the reason, the column, and what people call it.
type Unknown = (Reason, &'static str, &'static str);

const GROUP: Unknown = (Reason::GroupUnknown, "groups", "group");
const LOCATION: Unknown = (Reason::LocationUnknown, "location", "location");

/// There is no such thing; what was meant, if anything is near, and how that differs where nobody could see it.
fn unknown((reason, column, thing): Unknown, name: &str, meant: Option<&str>) -> Problem {
    let why = match meant.and_then(|meant| Some((meant, disguise(name, meant)?))) {
        Some((meant, disguise)) => format!("it looks like {}, but {disguise}", quoted(meant)),
        None => "upper and lower case and spaces count".to_owned(),
    };
    let text = format!("there is no {thing} {}; {why}", quoted(name));
    Problem::error(reason, column, text).suggest(meant)
}

/// The beginning of a name, between quotation marks.
fn quoted(name: &str) -> String {
    let mut shown: String = name.chars().take(REPEATED).collect();
    if shown.len() < name.len() {
        shown.push('\u{2026}');
    }
    format!("\u{201c}{shown}\u{201d}")
}
