//! Which column is which, by the names in the header.

use super::super::import::RawRow;
use super::SheetProblem;
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
/// Between the names of groups in one cell. A name of a group cannot hold them; one that holds a `|` is found before
/// the cell is split at it.
const BETWEEN_GROUPS: [char; 3] = [';', '\n', '\r'];

/// Where the columns are.
pub(super) struct Columns {
    email: usize,
    groups: usize,
    location: Option<usize>,
    width: usize,
}

impl Columns {
    /// How many names of the header are known.
    pub(super) fn known_in(header: &Record) -> usize {
        [EMAIL, GROUPS, LOCATION]
            .iter()
            .filter(|names| positions(header, names).next().is_some())
            .count()
    }

    /// The columns of a header.
    pub(super) fn find(header: &Record) -> Result<Self, SheetProblem> {
        let email = one(header, "email", EMAIL)?.ok_or(SheetProblem::NoColumn("email"))?;
        let groups = one(header, "groups", GROUPS)?.ok_or(SheetProblem::NoColumn("groups"))?;
        let location = one(header, "location", LOCATION)?;
        Ok(Self {
            email,
            groups,
            location,
            width: header.cells.len(),
        })
    }

    /// A record as a row. A short one has empty cells; cells beyond the header are not dropped without a word.
    pub(super) fn row(&self, record: &Record) -> RawRow {
        let groups = record.cell(self.groups).split(BETWEEN_GROUPS);
        RawRow {
            line: record.line,
            address: record.cell(self.email).to_owned(),
            groups: groups
                .filter(|name| !name.trim().is_empty())
                .map(str::to_owned)
                .collect(),
            location: self.location.map_or("", |column| record.cell(column)).to_owned(),
            has_surplus_cells: record
                .cells
                .iter()
                .skip(self.width)
                .any(|cell| !cell.trim().is_empty()),
        }
    }
}

fn one(header: &Record, name: &'static str, aliases: &[&str]) -> Result<Option<usize>, SheetProblem> {
    let mut found = positions(header, aliases);
    match (found.next(), found.next()) {
        (_, Some(_)) => Err(SheetProblem::DoubledColumn(name)),
        (first, None) => Ok(first),
    }
}

fn positions<'a>(header: &'a Record, aliases: &'a [&str]) -> impl Iterator<Item = usize> + 'a {
    let is_alias = |cell: &str| aliases.contains(&cell.trim().to_lowercase().as_str());
    header
        .cells
        .iter()
        .enumerate()
        .filter(move |(_, cell)| is_alias(cell))
        .map(|(column, _)| column)
}
