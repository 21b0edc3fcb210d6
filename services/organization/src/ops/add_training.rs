//! An organization takes a training from the shared catalog into its own.

use muster_database::idempotency::{self, Key};
use muster_ids::{OrganizationId, TrainingId};

use super::{Answer, Desk, hold_open};
use crate::domain::CatalogTraining;
use crate::error::Error;
use crate::store::catalog;

/// Adds a training. The shared catalog is asked before the transaction, and only about trainings that are new here: so
/// a repeated request gets its answer also when the training was retired meanwhile.
pub(crate) async fn add_training<A: Answer<CatalogTraining>>(
    desk: &Desk,
    key: Key,
    organization: OrganizationId,
    training: TrainingId,
) -> Result<A, Error> {
    let held = desk
        .read(move |c| Box::pin(catalog::get(c, organization, training)))
        .await?;
    if held.is_none() && !desk.shared_catalog.has(training).await? {
        return Err(Error::TrainingUnknown);
    }
    let now = desk.clock.now();
    let added = CatalogTraining {
        organization,
        training,
        created: now,
    };
    idempotency::run(&desk.database, key, now, move |tx| {
        Box::pin(async move {
            hold_open(tx, organization).await?;
            catalog::insert(tx, &added).await?;
            let stands = catalog::get(tx, organization, training).await?;
            Ok(A::from(stands.unwrap_or(added)))
        })
    })
    .await
}
