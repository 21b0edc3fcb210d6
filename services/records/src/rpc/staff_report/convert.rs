//! From the domain to messages, exhaustively.

use muster_ids::{LearnerName, OrganizationId};
use muster_proto::records::v1 as pb;
use muster_server::convert::timestamp;

use crate::domain::{Employee, OwnTrainings, StaffReportEntry, TrainingYear};

/// What is reported of one employee of the organization, and who they are there.
pub(super) fn entry(
    organization: OrganizationId,
    entry: StaffReportEntry,
    employee: Employee,
) -> pb::StaffReportEntry {
    let StaffReportEntry {
        person,
        own,
        is_shared,
        certificate_count,
        certificates,
        years,
        expiring_count,
        expiring,
    } = entry;
    let OwnTrainings {
        assigned,
        in_progress,
        completed,
        latest_complete_time,
    } = own;
    let Employee {
        display_name,
        start_date,
        position_titles,
        placement: _,
    } = employee;
    pb::StaffReportEntry {
        learner: LearnerName { organization, person }.to_string(),
        assigned_count: count(assigned),
        in_progress_count: count(in_progress),
        completed_count: count(completed),
        latest_complete_time: latest_complete_time.map(timestamp),
        is_shared,
        certificate_count: count(certificate_count),
        certificates: certificates.into_iter().map(Into::into).collect(),
        training_years: years.into_iter().map(Into::into).collect(),
        expiring_count: count(expiring_count),
        expiring_certificates: expiring.into_iter().map(Into::into).collect(),
        learner_display_name: display_name,
        position_titles,
        start_date,
    }
}

impl From<TrainingYear> for pb::TrainingYear {
    fn from(year: TrainingYear) -> Self {
        let TrainingYear {
            year,
            duration_minutes,
        } = year;
        Self {
            year,
            duration_minutes,
        }
    }
}

fn count(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
