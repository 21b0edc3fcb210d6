//! A join page gets a logo.

use muster_ids::{OrganizationId, PersonId};
use sqlx::PgConnection;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::context::Context;
use crate::domain::{Logo, Picture, PictureProblem};
use crate::error::Error;
use crate::ops::lock_open;
use crate::store::logo;

/// One picture is unpacked at a time: each may take some tens of MiB and a processor for a moment.
static DRAWING: Semaphore = Semaphore::const_new(1);

/// Makes the picture that is shown of a file.
///
/// # Errors
/// [`Error::Picture`].
pub(crate) async fn prepare(file: Vec<u8>) -> Result<Picture, Error> {
    // It is never closed.
    let turn = DRAWING.acquire().await;
    // The turn ends with the work, also where nobody waits for it any more. What a library should fall over is as damaged as what it
    // refuses.
    let drawn = spawn_blocking(move || {
        let _turn = turn;
        Picture::of(&file)
    })
    .await;
    let drawn = drawn.unwrap_or_else(|error| {
        tracing::error!(%error, "a library fell over a picture");
        Err(PictureProblem::Damaged)
    });
    drawn.map_err(Error::Picture)
}

/// Shows a picture as the logo of an organization. The same one again changes nothing.
///
/// # Errors
/// [`Error::OrganizationState`]; the database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    (organization, set_by): (OrganizationId, PersonId),
    picture: Picture,
) -> Result<Logo, Error> {
    lock_open(tx, organization).await?;
    if let Some(same) = logo::describe(tx, organization).await?
        && same.picture.digest == picture.digest
    {
        return Ok(same);
    }
    let new = Logo {
        organization,
        picture,
        set_by,
        set_time: context.clock.now(),
    };
    logo::put(tx, &new).await?;
    Ok(new)
}
