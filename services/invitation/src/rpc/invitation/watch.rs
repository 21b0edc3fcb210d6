//! The stream of changes, as messages.

use futures::stream::{BoxStream, StreamExt as _};
use muster_proto::codec::Parts;
use muster_proto::invitation::v1 as pb;
use muster_refusal::Refusal;
use muster_server::Call;
use tonic::Status;

use crate::context::Context;
use crate::error::Error;
use crate::ops::At;
use crate::ops::watch::{Update, watch};
use crate::watching::Batch;

/// What a watcher gets.
pub(crate) type Changes = BoxStream<'static, Result<Parts<pb::WatchInvitationsResponse>, Status>>;

/// The changes since the token of the request, or from now on.
pub(super) async fn changes(
    context: &Context,
    call: &Call<pb::WatchInvitationsRequest>,
) -> Result<Changes, Refusal> {
    let seal = call.seal(&context.page_key, call.message.parent.as_bytes());
    let resumed = match call.message.resume_token.as_str() {
        "" => None,
        token => Some(seal.open(token).ok_or(Error::WatchHistoryLost)?),
    };
    let updates = watch(context, call.organization()?, resumed).await?;
    let message = move |update: Result<Update, Error>| {
        let update = update.map_err(|error| Status::from(Refusal::from(error)))?;
        Ok(Parts {
            shared: update.batch.shown(shown),
            own: pb::WatchInvitationsResponse {
                resume_token: seal.seal(&update.resumption),
                ..Default::default()
            },
        })
    };
    Ok(updates.map(message).boxed())
}

/// Everything but how far a stream has come.
fn shown(batch: &Batch) -> pb::WatchInvitationsResponse {
    let time = batch.time;
    let shown = batch.changes.iter().map(|change| {
        let thing = change.invitation.clone();
        At { thing, time }.into()
    });
    pb::WatchInvitationsResponse {
        invitations: shown.collect(),
        ..Default::default()
    }
}
