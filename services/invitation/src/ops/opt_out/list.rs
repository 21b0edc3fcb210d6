//! Where a person wants no further invitation.

use std::collections::HashMap;

use futures::{StreamExt, TryStreamExt, stream};
use muster_identity::PersonCaller;
use muster_ids::{InvitationId, OrganizationId};
use muster_server::Failure;

use crate::context::Context;
use crate::domain::opt_out::OptOut;
use crate::error::Error;
use crate::organization::ContextQuery;
use crate::store::opt_out;

/// How many organizations are asked at a time.
const CONCURRENCY: usize = 8;

/// A wish, with the name to show.
#[derive(Debug, Clone)]
pub(crate) struct SeenOptOut {
    pub(crate) opt_out: OptOut,
    pub(crate) organization_display_name: String,
}

/// At most `limit`, the latest first, those after `after` in the list. Of an organization that is there no more the name is
/// empty: the wish is shown, so that no page has a gap.
///
/// # Errors
/// The database's, and the organization service's.
pub(crate) async fn page(
    context: &Context,
    person: &PersonCaller,
    after: Option<InvitationId>,
    limit: i64,
) -> Result<Vec<SeenOptOut>, Error> {
    let finding = async |c: &mut _| opt_out::page(c, &person.emails, after, limit).await;
    let found: Vec<OptOut> = context.database.read(finding).await?;
    let mut organizations: Vec<_> = found.iter().map(|found| found.invitation.organization).collect();
    organizations.sort_unstable();
    organizations.dedup();
    let asking = organizations
        .into_iter()
        .map(async |organization| Ok::<_, Error>((organization, name_of(context, organization).await?)));
    let names: HashMap<OrganizationId, String> = stream::iter(asking)
        .buffer_unordered(CONCURRENCY)
        .try_collect()
        .await?;
    let seen = found.into_iter().map(|opt_out| SeenOptOut {
        organization_display_name: names
            .get(&opt_out.invitation.organization)
            .cloned()
            .unwrap_or_default(),
        opt_out,
    });
    Ok(seen.collect())
}

async fn name_of(context: &Context, organization: OrganizationId) -> Result<String, Error> {
    let nothing = ContextQuery::default();
    match context.organization.context_of(organization, &nothing).await {
        Ok(inviting) => Ok(inviting.display_name),
        Err(Error::Failure(Failure::NotFound)) => Ok(String::new()),
        Err(error) => Err(error),
    }
}
