//! An administrator ends an employment.

use muster_ids::EmploymentName;
use muster_server::Failure;
use sqlx::PgConnection;

use super::change::settle;
use super::owner;
use crate::context::Context;
use crate::domain::{Employment, End};
use crate::error::Error;
use crate::store::employment;

/// Which employment, why, and who ends it.
#[derive(Debug, Clone)]
pub(crate) struct Ending {
    pub(crate) employment: EmploymentName,
    pub(crate) reason: String,
    /// `person:<uuid>`.
    pub(crate) actor: String,
}

/// Asks whether the person owns the organization.
pub(crate) async fn prepare(context: &Context, ending: &Ending) -> Result<(), Error> {
    owner::spare(context, ending.employment).await
}

/// Ends it, and publishes that; one that has ended already is answered as it is.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    ending: Ending,
) -> Result<Employment, Error> {
    let time = context.clock.now();
    let Ending {
        employment: name,
        reason,
        actor,
    } = ending;
    let found = employment::lock(tx, name).await?;
    let ended = found.ok_or(Failure::NotFound)?.end(End { time, reason });
    settle(tx, context, ended, actor, time).await
}
