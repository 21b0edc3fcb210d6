//! The preview of an import whose groups have changed since.

use super::super::preview::make;
use crate::context::Context;
use crate::domain::spreadsheet::RawRow;
use crate::error::Error;
use crate::store::import::claim::{self, Job};
use crate::store::import::rows;

const ROWS_A_PAGE: i64 = 5_000;

pub(super) async fn make_again(context: &Context, job: &Job) -> Result<(), Error> {
    let _reading = context.uploads.reader(job.organization).await?;
    let rows = raw_rows(context, job).await?;
    let inviting = context.organization.context(job.organization).await?;
    let preview = make(&context.database, job.organization, inviting, rows).await?;
    let saving = context.database.write(async |tx| {
        if claim::hold(tx, job, job.lease).await?.is_some() {
            rows::replace(tx, job.organization, job.import, &preview.rows).await?;
            claim::save_preview(tx, job, &preview).await?;
        }
        Ok::<_, Error>(())
    });
    saving.await
}

async fn raw_rows(context: &Context, job: &Job) -> Result<Vec<RawRow>, Error> {
    let (organization, import) = (job.organization, job.import);
    let mut raw: Vec<RawRow> = Vec::new();
    loop {
        let after = raw.last().map_or(0, |row| row.line);
        let reading = context
            .database
            .read(async |c| rows::page(c, organization, import, &[], after, ROWS_A_PAGE).await);
        let page = reading.await?;
        if page.is_empty() {
            return Ok(raw);
        }
        raw.extend(page.into_iter().map(|row| row.raw));
    }
}
