//! The organization's own catalog.

use muster_ids::{OrganizationId, TrainingId};
use time::OffsetDateTime;

/// A training that an organization took from the shared catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CatalogTraining {
    pub(crate) organization: OrganizationId,
    pub(crate) training: TrainingId,
    pub(crate) create_time: OffsetDateTime,
}
