//! What is told of a row, and of the groups of a file.

use std::fmt;

use muster_ids::GroupId;
use serde::{Deserialize, Serialize};

/// One problem of one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Problem {
    pub(crate) severity: Severity,
    pub(crate) column: String,
    /// What is wrong and what to do.
    pub(crate) description: String,
    /// What was probably meant; empty when there is nothing near.
    pub(crate) suggestion: String,
    /// What it is, for programs; `None` where the release before has written it.
    #[serde(default)]
    pub(crate) reason: Option<Reason>,
    /// The cell, or the part of it, that is wrong, as [`repeated`]; empty where it is the row.
    #[serde(default)]
    pub(crate) value: String,
    /// The earlier row of the same address that it speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) earlier: Option<Place>,
}

/// What is wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Reason {
    AddressInvalid,
    AddressMarked,
    AddressOfLearner,
    SameAddress,
    OtherLocation,
    GroupsMissing,
    TooManyGroups,
    TooManyGroupsTogether,
    GroupUnknown,
    GroupInactive,
    MoreGroups,
    LocationUnknown,
    LocationInactive,
    // Faults of the file; see there.
    SurplusCells,
    CellTooLong,
    SpaceBeforeMark,
    MarkNotClosed,
    TextAfterMark,
    DoubtfulLine,
    CellError,
    NotComputed,
    BeyondColumns,
    LinkedAddress,
    HiddenRow,
    // When the row is applied.
    MailboxFull,
    MessagesUsedUp,
    OrganizationNotActive,
    GroupsInactive,
}

/// How much of what is wrong is repeated, in characters.
const REPEATED: usize = 200;

/// What is wrong, as it is told: its beginning, on one line.
pub(crate) fn repeated(value: &str) -> String {
    muster_text::shown(value, REPEATED)
}

/// Where a row stands in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// The line of the text on which it begins; of a workbook the number of the row.
    pub(crate) line: i32,
    /// Its number as spreadsheet programs show it.
    pub(crate) row: i32,
}

/// By its number, which is what people see; by its line as well where that is another one, which is what editors show.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, row } = self;
        if line == row {
            write!(f, "row {row}")
        } else {
            write!(f, "row {row} (line {line} of the file)")
        }
    }
}

/// A group that requires no trainings yet: whoever accepts is assigned none by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GroupWarning {
    pub(crate) group: GroupId,
    /// Its name when the file was looked at.
    pub(crate) display_name: String,
    /// How many rows name it.
    pub(crate) rows: i32,
    /// The first line that does.
    pub(crate) first_line: i32,
    /// The number of that row; `None` where the release before has written it.
    #[serde(default)]
    pub(crate) first_row: Option<i32>,
}

/// Whether a problem costs the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Severity {
    Warning,
    Error,
}

impl Problem {
    /// A problem that costs the row.
    pub(crate) fn error(reason: Reason, column: &str, description: impl Into<String>) -> Self {
        Self::new(Severity::Error, reason, column, description.into())
    }

    /// A problem that does not.
    pub(crate) fn warning(reason: Reason, column: &str, description: impl Into<String>) -> Self {
        Self::new(Severity::Warning, reason, column, description.into())
    }

    /// The same with what is wrong.
    pub(crate) fn of(self, value: &str) -> Self {
        let value = repeated(value);
        Self { value, ..self }
    }

    /// The same with what was probably meant.
    pub(crate) fn suggest(self, suggestion: Option<&str>) -> Self {
        Self {
            suggestion: suggestion.unwrap_or_default().to_owned(),
            ..self
        }
    }

    /// The same, about this earlier row.
    pub(crate) fn about(self, earlier: Place) -> Self {
        Self {
            earlier: Some(earlier),
            ..self
        }
    }

    fn new(severity: Severity, reason: Reason, column: &str, description: String) -> Self {
        Self {
            severity,
            column: column.to_owned(),
            description,
            suggestion: String::new(),
            reason: Some(reason),
            value: String::new(),
            earlier: None,
        }
    }
}
