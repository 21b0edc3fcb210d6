//! What is written into files.

use std::collections::HashMap;

use muster_ids::{OrganizationId, PersonId};
use muster_states::stored_enum;

use super::{Assignment, Placement};

stored_enum! {
    /// The kind of a file.
    pub(crate) enum ExportFormat {
        Csv = "CSV",
        CsvExcel = "CSV_EXCEL",
        CsvExcelSemicolon = "CSV_EXCEL_SEMICOLON",
        Xlsx = "XLSX",
        Pdf = "PDF",
        Json = "JSON",
    }
}

/// Who somebody is at an organization, as the employment service says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Employee {
    /// May be empty.
    pub(crate) display_name: String,
    /// The first day, as it is written; empty when not said.
    pub(crate) start_date: String,
    pub(crate) position_titles: Vec<String>,
    /// Where they are placed; `None` when an earlier version told of them.
    pub(crate) placement: Option<Placement>,
}

/// Those who are known, by who they are.
pub(crate) type Employees = HashMap<PersonId, Employee>;

/// What people are told of an organization.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct OrganizationTold {
    /// What they call it.
    pub(crate) display_name: String,
    /// The time zone in which they are told its times, as the IANA calls it; `None` when nobody says.
    pub(crate) time_zone: Option<String>,
}

/// The names of organizations.
pub(crate) type OrganizationNames = HashMap<OrganizationId, String>;

/// A line of a learning record: an assignment, with the number of its certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordLine {
    pub(crate) assignment: Assignment,
    pub(crate) certificate_number: Option<String>,
}
