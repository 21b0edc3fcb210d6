//! Ends the employments of organizations that were closed, whoever's they are.

use muster_ids::EmploymentName;
use muster_jobs::Batch;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::Closing;
use crate::error::Error;
use crate::events::Act;
use crate::ops::employment::batch;
use crate::store::closing;

/// Few enough for one transaction, which others may have to wait for.
const BATCH_SIZE: i64 = 200;
/// Why they ended, for those whose they were.
const REASON: &str = "The organization was closed.";

/// Ends some employments of one closed organization; when none is left, the closing is done.
#[derive(Debug, Clone)]
pub(crate) struct CarryOut(pub(crate) Context);

impl Batch for CarryOut {
    const NAME: &'static str = "closings";
    type Error = Error;

    async fn step(&self) -> Result<usize, Error> {
        let step = async |tx: &mut PgConnection| match closing::lock_next(tx).await? {
            Some(closing) => end_some(tx, &self.0, closing).await,
            None => Ok(0),
        };
        self.0.database.write(step).await
    }
}

/// Tells how many it looked at, and one when there was nothing left: there may be another closing.
async fn end_some(tx: &mut PgConnection, context: &Context, closing: Closing) -> Result<usize, Error> {
    let (organization, time) = (closing.organization, context.clock.now());
    let open = closing::list_open(tx, organization, BATCH_SIZE).await?;
    if open.is_empty() {
        closing::finish(tx, &closing, time).await?;
        return Ok(1);
    }
    let name = |employment| EmploymentName {
        organization,
        employment,
    };
    let names: Vec<_> = open.into_iter().map(name).collect();
    let today = context.time_zones.today(&closing.authority, time);
    let act = Act {
        actor: closing.actor,
        time,
    };
    batch::settle(tx, context, organization, &names, act, |found| {
        found
            .close(REASON.to_owned(), today, time)
            .refused_as(Error::from)
    })
    .await?;
    Ok(names.len())
}
