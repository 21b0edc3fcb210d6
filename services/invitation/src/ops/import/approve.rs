//! Approving a preview: its rows become invitations.

use muster_ids::{ImportId, OrganizationId, PersonId};
use muster_server::Failure;
use muster_telemetry::propagation;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::upload::require_subscription;
use crate::context::Context;
use crate::domain::import::{Approval, Import};
use crate::domain::inviting::InvitingContext;
use crate::error::Error;
use crate::ops::At;
use crate::store::import::{lock, rows, update};
use muster_states::Transition;

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Approve {
    pub(crate) organization: OrganizationId,
    pub(crate) import: ImportId,
    /// The preview that was looked at.
    pub(crate) etag: String,
    pub(crate) approver: PersonId,
    /// Not before this time the mails go out; `None`: at once.
    pub(crate) send_time: Option<OffsetDateTime>,
}

/// What the organization says; it counts only for an import that is not decided on.
pub(crate) type OrganizationAnswer = Result<InvitingContext, Error>;

/// Asks the organization.
pub(crate) async fn prepare(context: &Context, command: &Approve) -> OrganizationAnswer {
    context.organization.active_context(command.organization).await
}

/// Approves a preview that still tells the truth.
///
/// # Errors
/// What `ApproveImport` refuses.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    command: &Approve,
    asked: OrganizationAnswer,
) -> Result<At<Import>, Error> {
    let time = context.clock.now();
    let approval = Approval {
        approver: command.approver,
        traceparent: propagation::current_traceparent(),
        send_time: command.send_time,
    };
    let thing = decide(tx, command, asked, approval, time).await?;
    Ok(At { thing, time })
}

async fn decide(
    tx: &mut PgConnection,
    command: &Approve,
    inviting: Result<InvitingContext, Error>,
    approval: Approval,
    now: OffsetDateTime,
) -> Result<Import, Error> {
    let import = lock(tx, command.organization, command.import)
        .await?
        .ok_or(Failure::NotFound)?;
    let mut approved = match import.approve(&command.etag, approval, now) {
        Transition::Changed(approved) => approved,
        Transition::AlreadyDone(import) => return Ok(import),
        Transition::Refused(state) => return Err(Error::ImportState(state)),
    };
    let inviting = inviting?;
    require_subscription(&inviting)?;
    if approved.etag() != command.etag || !is_current(tx, &approved, &inviting).await? {
        return Err(Error::PreviewStale);
    }
    if !update(tx, &mut approved).await? {
        return Err(Failure::Contended.into());
    }
    Ok(approved)
}

/// Whether the preview still tells the truth: neither groups nor locations nor learners are others by now.
async fn is_current(
    tx: &mut PgConnection,
    import: &Import,
    inviting: &InvitingContext,
) -> Result<bool, Error> {
    let is_same = import.context_sha256 == inviting.fingerprint();
    Ok(is_same && !rows::any_became_active(tx, import.organization, import.id).await?)
}

/// Has a preview that is really out of date, and not only the caller's copy of it, made again in the background. The caller
/// is told that it is stale, whatever comes of this.
pub(crate) async fn make_again(context: &Context, command: &Approve) {
    if let Err(error) = outdate(context, command.organization, command.import).await {
        let cause = &error as &dyn std::error::Error;
        tracing::warn!(import = %command.import, error = cause, "a stale preview is not made again yet");
    }
}

async fn outdate(context: &Context, organization: OrganizationId, id: ImportId) -> Result<(), Error> {
    let inviting = context.organization.active_context(organization).await?;
    context
        .database
        .write(async |tx| {
            let Some(import) = lock(tx, organization, id).await? else {
                return Ok(());
            };
            if is_current(tx, &import, &inviting).await? {
                return Ok(());
            }
            if let Transition::Changed(mut outdated) = import.outdate() {
                update(tx, &mut outdated).await?;
            }
            Ok(())
        })
        .await
}
