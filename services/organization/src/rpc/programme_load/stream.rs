//! `LoadProgrammes`: a stream of rows, of which each message is stored before the next one is read. So a load takes the
//! memory of one message, and what was cut off goes on.

use muster_proto::organization::v1 as pb;
use muster_server::StreamCall;
use tonic::Status;

use super::parse;
use crate::context::Context;
use crate::domain::ProgrammeLoad;
use crate::error::Error;
use crate::ops::programme_load::{begin, take};

pub(super) async fn load(
    context: &Context,
    mut call: StreamCall<pb::LoadProgrammesRequest>,
) -> Result<ProgrammeLoad, Status> {
    let first = call.next().await?.unwrap_or_default();
    let beginning = parse::beginning(&call.caller, &first)?;
    let actor = call.caller.actor();
    let write = async |tx: &mut _| begin::apply(tx, context, beginning).await;
    let mut load = context.database.write_as(&actor, write).await?;
    let (mut message, mut next) = (Some(first), 1);
    while let Some(given) = message {
        let rows = parse::rows(load.id, given, next)?;
        // Bounded by the rules of the fields: a million and a thousand.
        next = rows.first + i32::try_from(rows.rows.len()).unwrap_or_default();
        let write = async |tx: &mut _| take::apply(tx, context, rows).await;
        load = context.database.write_as::<_, Error, _>(&actor, write).await?;
        message = call.next().await?;
    }
    Ok(load)
}
