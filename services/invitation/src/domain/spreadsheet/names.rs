//! The names of groups in one cell.

use super::super::invitation::MAX_GROUPS;

/// Between the names of groups in one cell. A name of a group cannot hold them; one that holds a `|` is found before
/// the cell is split at it.
const BETWEEN: [char; 3] = [';', '\n', '\r'];
/// One too many, which the preview tells; what comes after is not kept.
const MAX_NAMES: usize = MAX_GROUPS + 1;

/// Names of groups as given, each once. One text, a name a line: a file may hold a hundred thousand cells of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Names(String);

impl Names {
    /// The names in a cell; those in which there is nothing to see are none.
    pub(super) fn of_cell(cell: &str) -> Self {
        cell.split(BETWEEN).collect()
    }

    /// The names, in the order of the cell.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.lines()
    }

    /// All of them, with this between two.
    pub(crate) fn joined(&self, between: &str) -> String {
        self.0.replace('\n', between)
    }

    /// All of them, a name a line.
    pub(crate) fn as_lines(&self) -> &str {
        &self.0
    }
}

impl<T: AsRef<str>> FromIterator<T> for Names {
    fn from_iter<I: IntoIterator<Item = T>>(given: I) -> Self {
        let (mut names, mut count) = (Names::default(), 0);
        for name in given {
            let name = name.as_ref();
            if muster_text::is_blank(name) || names.iter().any(|other| other == name) {
                continue;
            }
            if count > 0 {
                names.0.push('\n');
            }
            names.0.push_str(name);
            count += 1;
            if count == MAX_NAMES {
                break;
            }
        }
        names
    }
}
