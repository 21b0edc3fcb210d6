//! What will become of each row of a spreadsheet, with every problem of every row.
//!
//! The very same check runs when the file is uploaded and when a preview is made again; what it lets through is what
//! the applying works on.
//!
//! Rows come block after block, in the order of the file, and leave as they are to be stored. What is kept of them is where
//! the first good row of each address is: some twenty bytes a row, whatever stands in it. How long the blocks are makes no difference to
//! what a file becomes.

mod lookup;
pub(super) mod near;

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};

use muster_address::{AddressProblem, EmailAddress};
use muster_ids::{GroupId, LocationId};
use sha2::{Digest, Sha256};

use super::fault::Fault;
use super::import::{Counts, Outcome, Row};
use super::invitation::MAX_GROUPS;
use super::inviting::InvitingContext;
use super::problem::{GroupWarning, Problem, Reason, Severity};
use super::spreadsheet::RawRow;
use lookup::Lookup;

/// What a file will become, beside its rows.
#[derive(Debug)]
pub(crate) struct Preview {
    pub(crate) counts: Counts,
    /// What holds for whole groups, and is told of no row.
    pub(crate) group_warnings: Vec<GroupWarning>,
    /// Digest of all of it, and of what it was made from.
    pub(crate) sha256: [u8; 32],
    /// Digest of the groups and locations it was made with.
    pub(crate) context_sha256: [u8; 32],
}

/// What is known of the rows so far.
pub(crate) struct Previewer {
    lookup: Lookup,
    /// On which line the first good row of each address is.
    first: HashMap<AddressDigest, i32>,
    counts: Counts,
    digest: Sha256,
    context_sha256: [u8; 32],
}

/// The beginning of the SHA-256 of a canonical address: so much that nobody finds two addresses with the same.
type AddressDigest = [u8; 16];

/// Rows that are to be checked, and what must be known before.
pub(crate) struct Block {
    rows: Vec<(RawRow, Result<EmailAddress, AddressProblem>)>,
    /// Their canonical addresses, for asking which of them belong to active learners.
    pub(crate) addresses: Vec<String>,
    /// Lines of rows in earlier blocks that have one of the addresses, for these may have to take in later ones.
    pub(crate) earlier: Vec<i32>,
}

/// What became of a block.
pub(crate) struct Checked {
    /// Its rows.
    pub(crate) rows: Vec<Row>,
    /// Rows of earlier blocks that have other groups or another location by now.
    pub(crate) changed: Vec<Row>,
}

impl Previewer {
    /// Knows no row yet.
    pub(crate) fn new(context: &InvitingContext) -> Self {
        let context_sha256 = context.fingerprint();
        Self {
            lookup: Lookup::new(context),
            first: HashMap::new(),
            counts: Counts::default(),
            digest: Sha256::new_with_prefix(context_sha256),
            context_sha256,
        }
    }

    /// Reads the addresses of the next rows.
    pub(crate) fn read(&self, rows: Vec<RawRow>) -> Block {
        let parsed = |row: RawRow| {
            let address = row.address.parse::<EmailAddress>();
            (row, address)
        };
        let rows: Vec<_> = rows.into_iter().map(parsed).collect();
        let addresses = rows.iter().filter_map(|(_, address)| address.as_ref().ok());
        let addresses: Vec<String> = addresses.map(|address| address.canonical().to_owned()).collect();
        let earlier = addresses
            .iter()
            .filter_map(|address| self.first.get(&digest_of(address)));
        let earlier: BTreeSet<i32> = earlier.copied().collect();
        Block {
            rows,
            addresses,
            earlier: earlier.into_iter().collect(),
        }
    }

    /// Checks them. `active` holds those of the addresses that belong to active learners, `earlier` the rows that were asked for.
    pub(crate) fn check(&mut self, block: Block, active: &HashSet<String>, earlier: Vec<Row>) -> Checked {
        let mut earlier: HashMap<i32, Row> = earlier.into_iter().map(|row| (row.raw.line, row)).collect();
        let mut changed = BTreeSet::new();
        let mut rows: Vec<Row> = Vec::with_capacity(block.rows.len());
        for (raw, address) in block.rows {
            let (mut row, address) = check(raw, address, &mut self.lookup, active);
            let place = address
                .filter(|_| row.outcome == Outcome::Valid)
                .and_then(|address| self.place(address.canonical(), row.raw.line));
            if let Some(line) = place
                && let Some(first) = on_line(line, &mut rows, &mut earlier)
                && merge(first, &mut row)
            {
                changed.insert(line);
            }
            self.counts.add(&row);
            tell(&mut self.digest, &row);
            rows.push(row);
        }
        earlier.retain(|line, _| changed.contains(line));
        Checked {
            rows,
            changed: earlier.into_values().collect(),
        }
    }

    /// On which line the first good row of this address is; `None` where it is this one.
    fn place(&mut self, canonical: &str, line: i32) -> Option<i32> {
        match self.first.entry(digest_of(canonical)) {
            Entry::Occupied(first) => Some(*first.get()),
            Entry::Vacant(none) => {
                none.insert(line);
                None
            }
        }
    }

    /// What all of them come to.
    pub(crate) fn end(self) -> Preview {
        Preview {
            counts: self.counts,
            group_warnings: self.lookup.warnings(),
            sha256: self.digest.finalize().into(),
            context_sha256: self.context_sha256,
        }
    }
}

fn digest_of(canonical: &str) -> AddressDigest {
    let mut beginning = AddressDigest::default();
    beginning.copy_from_slice(&Sha256::digest(canonical)[..16]);
    beginning
}

/// The row on this line: of the block, whose rows are in the order of the file, or of an earlier one.
fn on_line<'r>(line: i32, rows: &'r mut [Row], earlier: &'r mut HashMap<i32, Row>) -> Option<&'r mut Row> {
    match rows.binary_search_by_key(&line, |row| row.raw.line) {
        Ok(place) => rows.get_mut(place),
        Err(_) => earlier.get_mut(&line),
    }
}

/// All that can be said of one row alone, and its address.
fn check(
    raw: RawRow,
    address: Result<EmailAddress, AddressProblem>,
    lookup: &mut Lookup,
    active: &HashSet<String>,
) -> (Row, Option<EmailAddress>) {
    if raw.faults.contains(&Fault::HiddenRow) {
        let problems = vec![Fault::HiddenRow.problem(&raw)];
        return (new_row(raw, Outcome::Skipped, problems, Vec::new(), None), None);
    }
    let mut problems = Vec::new();
    let address = check_address(&raw.address, address, active, &mut problems);
    let groups = lookup.groups(raw.place(), &raw.groups, &mut problems);
    let location = lookup.location(&raw.location, &mut problems);
    problems.extend(raw.faults.iter().map(|fault| fault.problem(&raw)));
    let is_lost = problems.iter().any(|problem| problem.severity == Severity::Error);
    let outcome = if is_lost { Outcome::Invalid } else { Outcome::Valid };
    (new_row(raw, outcome, problems, groups, location), address)
}

/// What stands before a text so that a spreadsheet program does not take it for a number or a formula. It may begin an
/// address, so that mail would go there.
const TEXT_MARKS: [char; 2] = ['\'', '`'];

fn check_address(
    given: &str,
    address: Result<EmailAddress, AddressProblem>,
    active: &HashSet<String>,
    problems: &mut Vec<Problem>,
) -> Option<EmailAddress> {
    let (reason, text) = match address {
        Ok(address) if address.as_given().starts_with(TEXT_MARKS) => {
            let text =
                "the address begins with a mark that spreadsheet programs put before text; remove the mark";
            (Reason::AddressMarked, text.to_owned())
        }
        Ok(address) if active.contains(address.canonical()) => {
            let text = "the address belongs to an active learner already; remove the row";
            problems.push(Problem::error(Reason::AddressOfLearner, "email", text).of(given));
            return Some(address);
        }
        Ok(address) => return Some(address),
        Err(problem) => (Reason::AddressInvalid, format!("the address {problem}")),
    };
    let meant = muster_address::meant(given);
    let problem = Problem::error(reason, "email", text).of(given);
    problems.push(problem.suggest(meant.as_ref().map(EmailAddress::as_given)));
    None
}

/// The later row joins the earlier one: its groups are added there, unless they are too many together. Tells whether the earlier
/// one is another by that.
fn merge(earlier: &mut Row, later: &mut Row) -> bool {
    let place = earlier.raw.place();
    let new: Vec<GroupId> = later
        .groups
        .iter()
        .copied()
        .filter(|id| !earlier.groups.contains(id))
        .collect();
    if earlier.groups.len() + new.len() > MAX_GROUPS {
        let text =
            format!("with the groups of {place}, which has the same address, more than 50; name fewer");
        let problem = Problem::error(Reason::TooManyGroupsTogether, "groups", text);
        let given = later.raw.groups.joined("; ");
        later.problems.push(problem.of(&given).about(place));
        later.outcome = Outcome::Invalid;
        return false;
    }
    let said = if new.is_empty() {
        format!("the same address as in {place}; it is invited once")
    } else {
        format!("the same address as in {place} with other groups; it is invited once, to all of them")
    };
    let problem = Problem::warning(Reason::SameAddress, "email", said);
    later.problems.push(problem.of(&later.raw.address).about(place));
    let mut is_changed = !new.is_empty();
    if later.location.is_some() && later.location != earlier.location {
        if earlier.location.is_none() {
            earlier.location = later.location;
            is_changed = true;
        } else {
            let text = format!("another location than in {place}, which counts");
            let problem = Problem::warning(Reason::OtherLocation, "location", text);
            later.problems.push(problem.of(&later.raw.location).about(place));
        }
    }
    earlier.groups.extend(new);
    later.outcome = Outcome::Merged(place.line);
    is_changed
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

impl Counts {
    /// With one row more.
    fn add(&mut self, row: &Row) {
        let is_lost = row.outcome == Outcome::Invalid;
        self.rows += 1;
        self.valid += i32::from(row.outcome == Outcome::Valid);
        self.warnings += i32::from(!is_lost && !row.problems.is_empty());
        self.errors += i32::from(is_lost);
    }
}

/// What a preview says of a row, as far as that is known when the row has its turn. What later rows give it follows from these.
fn tell(digest: &mut Sha256, row: &Row) {
    digest.update(row.raw.line.to_be_bytes());
    digest.update(row.raw.number.to_be_bytes());
    for text in [
        row.raw.address.as_str(),
        row.raw.groups.as_lines(),
        &row.raw.location,
    ] {
        digest.update(text.as_bytes());
        digest.update([0]);
    }
    digest.update(row.outcome.state().as_str());
    for problem in &row.problems {
        digest.update(problem.description.as_bytes());
    }
    for group in &row.groups {
        digest.update(group.as_uuid().as_bytes());
    }
}

#[cfg(test)]
mod tests;
