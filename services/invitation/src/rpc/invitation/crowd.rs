//! Calls that invite at the same time: those of one organization are one transaction.

use muster_database::Together;
use muster_database::idempotency::{self, Key};
use muster_ids::{GroupName, OrganizationId};
use muster_proto::invitation::v1::CreateInvitationResponse;
use prost::Message;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::invitation::Invitation;
use crate::error::Error;
use crate::ops::At;
use crate::ops::invitation::create::together::apply_all;
use crate::ops::invitation::create::{Create, Made, Prepared};
use crate::store::closing::keep_open;

/// As many as one transaction makes.
const BATCH_SIZE: usize = 100;

/// Calls of one organization that invite one address each, done together. `None`: nothing came of the call, and it is to be
/// done alone. Nobody waits for others, and nobody pays for what is wrong with another but by being done alone.
pub(crate) type Crowd = Together<OrganizationId, Inviting, Option<CreateInvitationResponse>>;

/// A call that invites one address.
pub(crate) struct Inviting {
    pub(super) context: Context,
    pub(super) command: Create,
    pub(super) prepared: Prepared,
    /// Under which its answer is stored.
    pub(super) key: Key,
}

/// Nobody yet.
pub(crate) fn crowd() -> Crowd {
    Together::new(BATCH_SIZE, |organization: &OrganizationId, calls| {
        invite_all(*organization, calls)
    })
}

async fn invite_all(
    organization: OrganizationId,
    calls: Vec<Inviting>,
) -> Vec<Option<CreateInvitationResponse>> {
    let Some(context) = calls.first().map(|call| call.context.clone()) else {
        return Vec::new();
    };
    let count = calls.len();
    let inviting = async |tx: &mut _| invite_and_answer(tx, &context, organization, calls).await;
    let begin = keep_open(organization);
    let made = context.database.write_after(&begin, inviting).await;
    made.unwrap_or_else(|error| {
        // Each is told by its own transaction what is in its way.
        tracing::debug!(%error, count, "invitations could not be made together");
        vec![None; count]
    })
}

async fn invite_and_answer(
    tx: &mut PgConnection,
    context: &Context,
    organization: OrganizationId,
    calls: Vec<Inviting>,
) -> Result<Vec<Option<CreateInvitationResponse>>, Error> {
    let time = context.clock.now();
    let (keys, commands): (Vec<Key>, Vec<(Create, Prepared)>) = calls
        .into_iter()
        .map(|call| (call.key, (call.command, call.prepared)))
        .unzip();
    let untrained: Vec<Vec<GroupName>> = commands
        .iter()
        .map(|(_, prepared)| prepared.untrained.clone())
        .collect();
    let invited = apply_all(tx, context, organization, commands).await?;
    let answer = |(invited, untrained): (Option<Invitation>, Vec<GroupName>)| {
        let thing = Made {
            invitations: vec![invited?],
            untrained,
        };
        Some(CreateInvitationResponse::from(At { thing, time }))
    };
    let answers: Vec<Option<CreateInvitationResponse>> =
        invited.into_iter().zip(untrained).map(answer).collect();
    let given = keys.into_iter().zip(&answers);
    let given = given.filter_map(|(key, answer)| Some((key, answer.as_ref()?.encode_to_vec())));
    idempotency::keep_all(tx, given.collect(), time).await?;
    Ok(answers)
}
