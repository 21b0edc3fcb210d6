//! Cancels the invitations and stops the imports of organizations that were closed.

use muster_ids::{ImportId, InvitationId, OrganizationId};
use muster_jobs::Batch;
use muster_states::Transition;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::context::Context;
use crate::error::Error;
use crate::store::invitation::{lock, update};
use crate::store::{closing, import};

/// Few enough for one transaction, which others may have to wait for.
const BATCH_SIZE: i64 = 100;

/// Ends some of what one closed organization has open; when nothing is left, the closing is done. What was accepted is
/// archived here and not with the employment that followed: none did, if the acceptance came just before the end. Imports
/// that are being applied stop by themselves, at their next rows.
#[derive(Clone)]
pub(crate) struct CarryOut(pub(crate) Context);

impl Batch for CarryOut {
    const NAME: &'static str = "closings";
    type Error = Error;

    async fn step(&self) -> Result<usize, Error> {
        let now = self.0.clock.now();
        let step = async |tx: &mut PgConnection| match closing::lock_next(tx).await? {
            Some(organization) => end_some(tx, organization, now).await,
            None => Ok(0),
        };
        self.0.database.write(step).await
    }
}

/// Tells how many it looked at, and one when there was nothing left: there may be another closing.
async fn end_some(
    tx: &mut PgConnection,
    organization: OrganizationId,
    now: OffsetDateTime,
) -> Result<usize, Error> {
    let open = closing::list_invitations(tx, organization, BATCH_SIZE).await?;
    for &invitation in &open {
        end(tx, organization, invitation, now).await?;
    }
    let undecided = closing::list_imports(tx, organization, now, BATCH_SIZE).await?;
    for &import in &undecided {
        stop(tx, organization, import, now).await?;
    }
    let looked_at = open.len() + undecided.len();
    if looked_at == 0 {
        closing::finish(tx, organization, now).await?;
    }
    Ok(looked_at.max(1))
}

async fn end(
    tx: &mut PgConnection,
    organization: OrganizationId,
    id: InvitationId,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let Some(found) = lock(tx, organization, id).await? else {
        return Ok(());
    };
    let mut ended = match found.clone().cancel(now) {
        Transition::Changed(cancelled) => cancelled,
        Transition::AlreadyDone(_) => return Ok(()),
        Transition::Refused(_) => match found.archive(now) {
            Transition::Changed(archived) => archived,
            Transition::AlreadyDone(_) => return Ok(()),
            Transition::Refused(never) => match never {},
        },
    };
    update(tx, &mut ended).await?;
    Ok(())
}

async fn stop(
    tx: &mut PgConnection,
    organization: OrganizationId,
    id: ImportId,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let found = import::lock(tx, organization, id).await?;
    if let Some(Transition::Changed(mut stopped)) = found.map(|found| found.disapprove(now)) {
        import::update(tx, &mut stopped).await?;
    }
    Ok(())
}
