//! The row of an assignment: impossible combinations are errors.

use muster_database::DatabaseError;
use muster_ids::{AssignmentId, CertificateId, OrganizationId, PersonId, TrainingId};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::{Assignment, AssignmentState, Percent};
use crate::store::inconsistent;

#[derive(Debug, sqlx::FromRow)]
pub(super) struct AssignmentRow {
    person_id: Uuid,
    assignment_id: Uuid,
    organization_id: Uuid,
    training_id: Uuid,
    training_display_name: String,
    state: String,
    progress_percent: i16,
    certificate_id: Option<Uuid>,
    version: i64,
    assign_time: OffsetDateTime,
    start_time: Option<OffsetDateTime>,
    complete_time: Option<OffsetDateTime>,
}

impl AssignmentRow {
    fn state(&self) -> Option<AssignmentState> {
        let percent = Percent::try_from(i32::from(self.progress_percent)).ok()?;
        Some(match self.state.as_str() {
            "ASSIGNED" if percent == Percent::ZERO => AssignmentState::Assigned,
            "IN_PROGRESS" => AssignmentState::InProgress {
                percent,
                start_time: self.start_time?,
            },
            "COMPLETED" => AssignmentState::Completed {
                start_time: self.start_time?,
                complete_time: self.complete_time?,
                certificate: CertificateId::from_uuid(self.certificate_id?),
            },
            "CANCELLED" => AssignmentState::Cancelled {
                percent,
                start_time: self.start_time,
            },
            _ => return None,
        })
    }
}

impl TryFrom<AssignmentRow> for Assignment {
    type Error = DatabaseError;

    fn try_from(row: AssignmentRow) -> Result<Self, DatabaseError> {
        let state = row
            .state()
            .ok_or_else(|| inconsistent("an assignment is in no possible state"))?;
        Ok(Self {
            person: PersonId::from_uuid(row.person_id),
            id: AssignmentId::from_uuid(row.assignment_id),
            organization: OrganizationId::from_uuid(row.organization_id),
            training: TrainingId::from_uuid(row.training_id),
            training_display_name: row.training_display_name,
            state,
            version: row.version,
            assign_time: row.assign_time,
        })
    }
}

pub(super) fn parse_all(rows: Vec<AssignmentRow>) -> Result<Vec<Assignment>, DatabaseError> {
    rows.into_iter().map(Assignment::try_from).collect()
}
