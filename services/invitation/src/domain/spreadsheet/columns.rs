//! Which column is which, by the names in the header.

use super::super::import::RawRow;
use super::SheetProblem;
use super::names::Names;
use super::records::Record;

const EMAIL: &[&str] = &[
    "email",
    "e-mail",
    "mail",
    "email address",
    "e-mail address",
    "email_address",
    "address",
];
const GROUPS: &[&str] = &["groups", "group", "group name", "group names", "group(s)"];
const LOCATION: &[&str] = &["location", "locations", "site", "location name"];

/// Where the columns are.
pub(super) struct Columns {
    email: usize,
    groups: usize,
    location: Option<usize>,
    width: usize,
}

impl Columns {
    /// How many names of the header are known.
    pub(super) fn known_in(header: &Record<'_>) -> usize {
        [EMAIL, GROUPS, LOCATION]
            .iter()
            .filter(|names| positions(header, names).next().is_some())
            .count()
    }

    /// The columns of a header.
    pub(super) fn find(header: &Record<'_>) -> Result<Self, SheetProblem> {
        let email = one(header, "email", EMAIL)?.ok_or(SheetProblem::NoColumn("email"))?;
        let groups = one(header, "groups", GROUPS)?.ok_or(SheetProblem::NoColumn("groups"))?;
        let location = one(header, "location", LOCATION)?;
        Ok(Self {
            email,
            groups,
            location,
            width: header.width(),
        })
    }

    /// A record as a row. A short one has empty cells; cells beyond the header are not dropped without a word.
    pub(super) fn row(&self, record: &Record<'_>) -> RawRow {
        RawRow {
            line: record.line,
            address: record.cell(self.email).to_owned(),
            groups: Names::of_cell(record.cell(self.groups)),
            location: self.location.map_or("", |column| record.cell(column)).to_owned(),
            has_surplus_cells: record
                .cells()
                .skip(self.width)
                .any(|cell| !cell.trim().is_empty()),
        }
    }
}

fn one(header: &Record<'_>, name: &'static str, aliases: &[&str]) -> Result<Option<usize>, SheetProblem> {
    let mut found = positions(header, aliases);
    match (found.next(), found.next()) {
        (_, Some(_)) => Err(SheetProblem::DoubledColumn(name)),
        (first, None) => Ok(first),
    }
}

fn positions<'a>(header: &'a Record<'_>, aliases: &'a [&str]) -> impl Iterator<Item = usize> + 'a {
    let is_alias = |cell: &str| aliases.contains(&cell.trim().to_lowercase().as_str());
    header
        .cells()
        .enumerate()
        .filter(move |(_, cell)| is_alias(cell))
        .map(|(column, _)| column)
}
