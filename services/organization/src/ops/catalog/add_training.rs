//! An organization takes a training from the shared catalog into its own.

use muster_ids::{OrganizationId, TrainingId};
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::{CatalogTraining, CatalogTrainingState};
use crate::error::Error;
use crate::ops::lock_open;
use crate::store::catalog;

/// Asks whether there is such a training: only about those that are new here, so that one which was retired meanwhile can be
/// added again.
pub(crate) async fn prepare(
    context: &Context,
    organization: OrganizationId,
    training: TrainingId,
) -> Result<(), Error> {
    let find = async |db: &mut PgConnection| catalog::find(db, organization, training).await;
    let held = context.database.read(find).await?;
    if held.is_none() && !context.shared_catalog.has(training).await? {
        return Err(Error::TrainingUnknown);
    }
    Ok(())
}

/// Adds a training that exists.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    organization: OrganizationId,
    training: TrainingId,
) -> Result<CatalogTraining, Error> {
    lock_open(tx, organization).await?;
    if let Some(held) = catalog::find(tx, organization, training).await? {
        return Ok(held);
    }
    let added = CatalogTraining {
        organization,
        training,
        state: CatalogTrainingState::Active,
        version: 1,
        create_time: context.clock.now(),
    };
    catalog::insert(tx, &added).await?;
    Ok(added)
}
