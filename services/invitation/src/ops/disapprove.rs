//! Dropping an import: nothing of it becomes an invitation.

use muster_database::idempotency::{self, Key};
use muster_ids::{ImportId, OrganizationId};
use muster_proto::invitation::v1::DisapproveImportResponse;

use crate::convert;
use crate::domain::import::ImportState;
use crate::error::Error;
use crate::parts::Parts;
use crate::store::imports;

/// Drops an import that nobody decided on; one that is dropped already is answered as it is.
///
/// # Errors
/// What `DisapproveImport` refuses.
pub(crate) async fn disapprove(
    parts: &Parts,
    organization: OrganizationId,
    id: ImportId,
    key: Key,
) -> Result<DisapproveImportResponse, Error> {
    let now = parts.clock.now();
    idempotency::run(&parts.database, key, now, move |tx| {
        Box::pin(async move {
            let did_it = imports::disapprove(tx, organization, id, now).await?;
            let import = imports::find(tx, organization, id)
                .await?
                .ok_or(Error::NotFound)?;
            match import.standing(now) {
                _ if did_it => {}
                ImportState::Disapproved => {}
                state => return Err(Error::ImportState(state)),
            }
            Ok(DisapproveImportResponse {
                import: Some(convert::import(&import, now)),
            })
        })
    })
    .await
}
