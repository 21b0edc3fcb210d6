//! Courses of the shared catalog.

use muster_ids::{PersonId, TrainingId};
use time::OffsetDateTime;

/// A course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Training {
    pub(crate) id: TrainingId,
    /// A short code, unique without regard to case.
    pub(crate) code: String,
    /// The exact name.
    pub(crate) display_name: String,
    /// What it is about; may be empty.
    pub(crate) description: String,
    pub(crate) create_time: OffsetDateTime,
}

/// A course to be put into the catalog; its texts keep the rules that stand in the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewTraining {
    /// A short code.
    pub(crate) code: String,
    /// The exact name.
    pub(crate) display_name: String,
    /// What it is about.
    pub(crate) description: String,
    /// The member of the registry's staff who puts it there.
    pub(crate) creator: PersonId,
}
