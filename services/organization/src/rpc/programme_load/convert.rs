//! From the domain to messages, exhaustively.

use muster_ids::PersonName;
use muster_proto::organization::v1 as pb;
use muster_server::convert::timestamp;

use crate::domain::{LicenseStatus, ProgrammeLoad, ProgrammeType, RefusedRow, RowCounts, RowProblem};

impl From<ProgrammeLoad> for pb::ProgrammeLoad {
    fn from(load: ProgrammeLoad) -> Self {
        let name = load.name().to_string();
        let ProgrammeLoad {
            id: _,
            row_count,
            taken,
            creator,
            reason,
            create_time,
            finish_time,
        } = load;
        let taken_count = taken.count();
        let RowCounts {
            added,
            changed,
            unchanged,
            refused,
        } = taken;
        let state = match finish_time {
            None => pb::ProgrammeLoadState::Open,
            Some(_) => pb::ProgrammeLoadState::Done,
        };
        Self {
            name,
            state: state.into(),
            row_count,
            taken_count,
            added_count: added,
            changed_count: changed,
            unchanged_count: unchanged,
            refused_count: refused,
            reason,
            creator: PersonName { person: creator }.to_string(),
            create_time: Some(timestamp(create_time)),
            finish_time: finish_time.map(timestamp),
        }
    }
}

impl From<RefusedRow> for pb::RefusedProgrammeRow {
    fn from(row: RefusedRow) -> Self {
        let RefusedRow {
            number,
            authority,
            license_number,
            problems,
        } = row;
        Self {
            row: number,
            licensing_authority: authority,
            license_number,
            problems: problems.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<RowProblem> for pb::ProgrammeRowProblem {
    fn from(problem: RowProblem) -> Self {
        let RowProblem { field, description } = problem;
        Self { field, description }
    }
}

muster_proto::same_values! {
    ProgrammeType = pb::ProgrammeType { DirectCare, NonDirectCare, TrainingSponsor }
}

muster_proto::same_values! {
    LicenseStatus = pb::LicenseStatus { Active, Provisional, Suspended, Revoked, Expired }
}
