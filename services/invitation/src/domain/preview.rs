//! What will become of each row of a spreadsheet, with every problem of every row.
//!
//! The very same check runs when the file is uploaded and when a preview is made again; what it lets through is what
//! the applying works on.

mod lookup;
mod near;

use std::collections::{HashMap, HashSet};

use muster_address::EmailAddress;
use muster_ids::{GroupId, LocationId};
use sha2::{Digest, Sha256};

use super::fault::Fault;
use super::import::{Counts, Outcome, Row};
use super::invitation::MAX_GROUPS;
use super::inviting::InvitingContext;
use super::problem::{GroupWarning, Problem, Severity};
use super::spreadsheet::RawRow;
use lookup::Lookup;

/// What a file will become.
#[derive(Debug)]
pub(crate) struct Preview {
    pub(crate) rows: Vec<Row>,
    pub(crate) counts: Counts,
    /// What holds for whole groups, and is told of no row.
    pub(crate) group_warnings: Vec<GroupWarning>,
    /// Digest of all of it, and of what it was made from.
    pub(crate) sha256: [u8; 32],
    /// Digest of the groups and locations it was made with.
    pub(crate) context_sha256: [u8; 32],
}

/// Checks every row. `active` holds the canonical addresses that belong to active learners.
pub(crate) fn preview(raw: Vec<RawRow>, context: &InvitingContext, active: &HashSet<String>) -> Preview {
    let mut lookup = Lookup::new(context);
    let mut rows: Vec<Row> = Vec::with_capacity(raw.len());
    // Canonical address to the place in `rows` of the first good row that has it.
    let mut first: HashMap<String, usize> = HashMap::new();
    for raw in raw {
        let mut checked = check(raw, &mut lookup, active);
        let earlier = checked
            .address
            .as_ref()
            .and_then(|address| first.get(address.canonical()).copied());
        match (earlier, checked.address) {
            _ if matches!(checked.row.outcome, Outcome::Invalid | Outcome::Skipped) => {}
            (Some(place), _) => merge(&mut rows[place], &mut checked.row),
            (None, Some(address)) => {
                first.insert(address.canonical().to_owned(), rows.len());
            }
            (None, None) => {}
        }
        rows.push(checked.row);
    }
    let context_sha256 = context.fingerprint();
    Preview {
        counts: count(&rows),
        group_warnings: lookup.warnings(),
        sha256: digest(&rows, &context_sha256),
        rows,
        context_sha256,
    }
}

/// The canonical addresses of a file, for asking which of them are active.
pub(crate) fn canonical_addresses(rows: &[RawRow]) -> Vec<String> {
    let parsed = rows
        .iter()
        .filter_map(|row| row.address.parse::<EmailAddress>().ok());
    parsed.map(|address| address.canonical().to_owned()).collect()
}

struct Checked {
    row: Row,
    address: Option<EmailAddress>,
}

/// All that can be said of one row alone.
fn check(raw: RawRow, lookup: &mut Lookup<'_>, active: &HashSet<String>) -> Checked {
    if raw.faults.contains(&Fault::HiddenRow) {
        let problems = vec![Fault::HiddenRow.problem()];
        return Checked {
            row: new_row(raw, Outcome::Skipped, problems, Vec::new(), None),
            address: None,
        };
    }
    let mut problems = Vec::new();
    let address = check_address(&raw.address, active, &mut problems);
    let groups = lookup.groups(raw.line, &raw.groups, &mut problems);
    let location = lookup.location(&raw.location, &mut problems);
    problems.extend(raw.faults.iter().map(Fault::problem));
    let is_lost = problems.iter().any(|problem| problem.severity == Severity::Error);
    let outcome = if is_lost { Outcome::Invalid } else { Outcome::Valid };
    Checked {
        row: new_row(raw, outcome, problems, groups, location),
        address,
    }
}

/// What stands before a text so that a spreadsheet program does not take it for a number or a formula. It may begin an
/// address, so that mail would go there.
const TEXT_MARKS: [char; 2] = ['\'', '`'];

fn check_address(given: &str, active: &HashSet<String>, problems: &mut Vec<Problem>) -> Option<EmailAddress> {
    let problem = match given.parse::<EmailAddress>() {
        Ok(address) if address.as_given().starts_with(TEXT_MARKS) => {
            "the address begins with a mark that spreadsheet programs put before text; remove the mark"
                .to_owned()
        }
        Ok(address) if active.contains(address.canonical()) => {
            problems.push(Problem::error(
                "email",
                "the address belongs to an active learner already; remove the row",
            ));
            return Some(address);
        }
        Ok(address) => return Some(address),
        Err(problem) => format!("the address {problem}"),
    };
    let meant = muster_address::meant(given);
    problems.push(Problem::error("email", problem).suggest(meant.as_ref().map(EmailAddress::as_given)));
    None
}

/// The later row joins the earlier one: its groups are added there, unless they are too many together.
fn merge(earlier: &mut Row, later: &mut Row) {
    let line = earlier.raw.line;
    let new: Vec<GroupId> = later
        .groups
        .iter()
        .copied()
        .filter(|id| !earlier.groups.contains(id))
        .collect();
    if earlier.groups.len() + new.len() > MAX_GROUPS {
        let text =
            format!("with the groups of line {line}, which has the same address, more than 50; name fewer");
        later.problems.push(Problem::error("groups", text));
        later.outcome = Outcome::Invalid;
        return;
    }
    let said = if new.is_empty() {
        format!("the same address as on line {line}; it is invited once")
    } else {
        format!("the same address as on line {line} with other groups; it is invited once, to all of them")
    };
    later.problems.push(Problem::warning("email", said));
    if later.location.is_some() && later.location != earlier.location {
        if earlier.location.is_none() {
            earlier.location = later.location;
        } else {
            let text = format!("another location than on line {line}, which counts");
            later.problems.push(Problem::warning("location", text));
        }
    }
    earlier.groups.extend(new);
    later.outcome = Outcome::Merged(line);
}

fn new_row(
    raw: RawRow,
    outcome: Outcome,
    problems: Vec<Problem>,
    groups: Vec<GroupId>,
    location: Option<LocationId>,
) -> Row {
    Row {
        raw,
        outcome,
        problems,
        groups,
        location,
        invitation: None,
        trace_id: String::new(),
    }
}

fn count(rows: &[Row]) -> Counts {
    let number = |is: &dyn Fn(&Row) -> bool| {
        i32::try_from(rows.iter().filter(|row| is(row)).count()).unwrap_or(i32::MAX)
    };
    Counts {
        rows: number(&|_| true),
        valid: number(&|row| row.outcome == Outcome::Valid),
        warnings: number(&|row| row.outcome != Outcome::Invalid && !row.problems.is_empty()),
        errors: number(&|row| row.outcome == Outcome::Invalid),
    }
}

fn digest(rows: &[Row], context_sha256: &[u8; 32]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(context_sha256);
    for row in rows {
        hash.update(row.raw.line.to_be_bytes());
        for text in [
            row.raw.address.as_str(),
            row.raw.groups.as_lines(),
            &row.raw.location,
        ] {
            hash.update(text.as_bytes());
            hash.update([0]);
        }
        hash.update(row.outcome.state().as_str());
        for problem in &row.problems {
            hash.update(problem.description.as_bytes());
        }
        for group in &row.groups {
            hash.update(group.as_uuid().as_bytes());
        }
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests;
