//! The organization's own catalog.

use muster_ids::{CatalogTrainingName, OrganizationId, TrainingId};
use muster_states::{Transition, stored_enum};
use time::OffsetDateTime;

/// A training that an organization took from the shared catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CatalogTraining {
    pub(crate) organization: OrganizationId,
    pub(crate) training: TrainingId,
    pub(crate) state: CatalogTrainingState,
    /// Raised with every change; from 1.
    pub(crate) version: i64,
    pub(crate) create_time: OffsetDateTime,
}

stored_enum! {
    /// Whether a training of the catalog is assigned.
    pub(crate) enum CatalogTrainingState {
        Active = "ACTIVE",
        Inactive = "INACTIVE",
    }
}

impl CatalogTraining {
    /// Whether it is assigned from now on.
    pub(crate) fn switch(self, state: CatalogTrainingState) -> Transition<Self> {
        if self.state == state {
            return Transition::AlreadyDone(self);
        }
        Transition::Changed(Self {
            state,
            version: self.version + 1,
            ..self
        })
    }

    /// Its resource name.
    pub(crate) fn name(&self) -> CatalogTrainingName {
        CatalogTrainingName {
            organization: self.organization,
            training: self.training,
        }
    }
}
