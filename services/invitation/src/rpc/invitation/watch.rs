//! The stream of changes, as messages.

use futures::stream::{BoxStream, StreamExt as _};
use muster_proto::invitation::v1 as pb;
use muster_refusal::Refusal;
use muster_server::Call;
use tonic::Status;

use crate::context::Context;
use crate::error::Error;
use crate::ops::At;
use crate::ops::watch::{Update, watch};

/// What a watcher gets.
pub(crate) type Changes = BoxStream<'static, Result<pb::WatchInvitationsResponse, Status>>;

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
        let time = update.time;
        let shown = update
            .invitations
            .into_iter()
            .map(|thing| At { thing, time }.into());
        Ok(pb::WatchInvitationsResponse {
            invitations: shown.collect(),
            resume_token: seal.seal(&update.resumption),
        })
    };
    Ok(updates.map(message).boxed())
}
