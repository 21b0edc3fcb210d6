//! The preview of an import whose groups have changed since.

use muster_ids::ImportName;
use sqlx::PgConnection;

use super::super::preview::check;
use crate::context::Context;
use crate::domain::inviting::InvitingContext;
use crate::domain::preview::Previewer;
use crate::error::Error;
use crate::store::import::claim::{self, Job};
use crate::store::import::rows;

/// As many as a block of a file has at most.
const ROWS_A_PAGE: i64 = 2_000;

/// Makes it from the rows that are stored. Whoever wants to decide on the import meanwhile waits for its row.
pub(super) async fn make_again(context: &Context, job: &Job) -> Result<(), Error> {
    let _reading = context.uploads.reader(job.organization).await?;
    let inviting = context.organization.context(job.organization).await?;
    let making = context.database.write(async |tx| {
        if claim::hold(tx, job, job.lease).await?.is_some() {
            let import = ImportName {
                organization: job.organization,
                import: job.import,
            };
            previewed(tx, import, &inviting).await?;
        }
        Ok::<_, Error>(())
    });
    making.await
}

/// Block after block, each written over what stood there.
async fn previewed(
    tx: &mut PgConnection,
    import: ImportName,
    inviting: &InvitingContext,
) -> Result<(), Error> {
    let (mut previewer, mut after) = (Previewer::new(inviting), 0);
    loop {
        let page = rows::page(tx, import.organization, import.import, &[], after, ROWS_A_PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.raw.line;
        let raw = page.into_iter().map(|row| row.raw).collect();
        let (next, checked) = check(tx, import, previewer, raw).await?;
        previewer = next;
        rows::replace(tx, import, &checked.rows).await?;
        rows::save_merged(tx, import, &checked.changed).await?;
    }
    claim::save_preview(tx, import, &previewer.end()).await?;
    Ok(())
}
