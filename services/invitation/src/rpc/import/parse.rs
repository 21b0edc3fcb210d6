//! The rows of an import that a request asks for.

use muster_ids::ImportName;
use muster_proto::invitation::v1 as pb;
use muster_refusal::Violations;
use muster_server::{Call, Parsed};

use crate::domain::import::RowState;
use crate::rpc::parse::filter;

/// The import whose rows are listed, and the states of rows to filter by.
pub(super) fn listed_rows(
    call: &Call<pb::ListImportRowsRequest>,
    violations: &mut Violations,
) -> Parsed<(ImportName, Vec<RowState>)> {
    let name = call.name(violations);
    let states = filter::<pb::ImportRowState, _>(violations, "states", &call.message.states);
    Ok(name.zip(states))
}
