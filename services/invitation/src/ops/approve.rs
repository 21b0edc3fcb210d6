//! Approving a preview: its rows become invitations.

use muster_database::idempotency::{self, Key};
use muster_ids::{ImportId, OrganizationId, PersonId};
use muster_proto::invitation::v1::ApproveImportResponse;
use muster_telemetry::propagation;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::upload::require_subscription;
use crate::convert;
use crate::domain::context::Context;
use crate::domain::import::{Import, ImportState};
use crate::error::Error;
use crate::parts::Parts;
use crate::store::import_rows;
use crate::store::imports::{self, Approval};

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Approve {
    pub(crate) organization: OrganizationId,
    pub(crate) import: ImportId,
    /// The preview that was looked at.
    pub(crate) etag: String,
    pub(crate) approver: PersonId,
    pub(crate) key: Key,
}

/// Approves. A preview that no longer tells the truth is not approved, but made again in the background.
///
/// # Errors
/// What `ApproveImport` refuses.
pub(crate) async fn approve(parts: &Parts, command: Approve) -> Result<ApproveImportResponse, Error> {
    let context = parts.organization.active_context(command.organization).await;
    let now = parts.clock.now();
    let traceparent = propagation::current_traceparent();
    let (organization, id) = (command.organization, command.import);
    let done = idempotency::run(&parts.database, command.key.clone(), now, move |tx| {
        Box::pin(async move {
            let import = decide(tx, &command, context, now, traceparent.as_deref()).await?;
            Ok(ApproveImportResponse {
                import: Some(convert::import(&import, now)),
            })
        })
    })
    .await;
    if matches!(done, Err(Error::PreviewStale)) {
        // The caller is told that the preview is stale, whatever comes of this.
        if let Err(error) = look_again(parts, organization, id).await {
            let cause = &error as &dyn std::error::Error;
            tracing::warn!(import = %id, error = cause, "a stale preview is not made again yet");
        }
    }
    parts.import_waits.notify_one();
    done
}

async fn decide(
    tx: &mut PgConnection,
    command: &Approve,
    context: Result<Context, Error>,
    now: OffsetDateTime,
    traceparent: Option<&str>,
) -> Result<Import, Error> {
    let import = imports::find(tx, command.organization, command.import)
        .await?
        .ok_or(Error::NotFound)?;
    if import.standing(now) != ImportState::Ready {
        return already_approved(import, &command.etag, now);
    }
    let context = context?;
    require_subscription(&context)?;
    let has_new_learners = import_rows::any_became_active(tx, command.organization, command.import).await?;
    if import.etag() != command.etag || import.context_sha256 != context.fingerprint() || has_new_learners {
        return Err(Error::PreviewStale);
    }
    let approval = Approval {
        approver: command.approver,
        time: now,
        traceparent,
        context_sha256: &import.context_sha256,
    };
    if !imports::approve(tx, &import, &approval).await? {
        // Somebody decided between the two statements.
        let import = imports::find(tx, command.organization, command.import)
            .await?
            .ok_or(Error::NotFound)?;
        return already_approved(import, &command.etag, now);
    }
    imports::find(tx, command.organization, command.import)
        .await?
        .ok_or(Error::NotFound)
}

/// Of two approvals of one preview the second gets the first one's result.
fn already_approved(import: Import, etag: &str, now: OffsetDateTime) -> Result<Import, Error> {
    match import.standing(now) {
        ImportState::Approved
        | ImportState::Applying
        | ImportState::Applied
        | ImportState::AppliedWithErrors
        | ImportState::Failed
            if import.etag() == etag && import.decide_time.is_some() =>
        {
            Ok(import)
        }
        state => Err(Error::ImportState(state)),
    }
}

/// Has the preview made again when it is really out of date, and not only the caller's copy of it.
async fn look_again(parts: &Parts, organization: OrganizationId, id: ImportId) -> Result<(), Error> {
    let context_sha256 = parts
        .organization
        .active_context(organization)
        .await?
        .fingerprint();
    parts
        .database
        .write_boxed(move |tx| {
            Box::pin(async move {
                let Some(import) = imports::find(tx, organization, id).await? else {
                    return Ok(());
                };
                let is_true = import.context_sha256 == context_sha256
                    && !import_rows::any_became_active(tx, organization, id).await?;
                if !is_true {
                    imports::look_again(tx, &import).await?;
                }
                Ok(())
            })
        })
        .await
}
