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
    /// In which people are told the times of the organization; empty when nobody tells.
    pub(crate) time_zone: String,
}

/// What is shown of an organization.
#[derive(Debug, Clone, Default)]
struct Told {
    display_name: String,
    time_zone: String,
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
        .map(async |organization| Ok::<_, Error>((organization, ask(context, organization).await?)));
    let told: HashMap<OrganizationId, Told> = stream::iter(asking)
        .buffer_unordered(CONCURRENCY)
        .try_collect()
        .await?;
    let seen = found.into_iter().map(|opt_out| {
        let known = told.get(&opt_out.invitation.organization).cloned();
        let Told {
            display_name,
            time_zone,
        } = known.unwrap_or_default();
        SeenOptOut {
            opt_out,
            organization_display_name: display_name,
            time_zone,
        }
    });
    Ok(seen.collect())
}

async fn ask(context: &Context, organization: OrganizationId) -> Result<Told, Error> {
    let nothing = ContextQuery::default();
    match context.organization.context_of(organization, &nothing).await {
        Ok(inviting) => Ok(Told {
            display_name: inviting.display_name,
            time_zone: inviting.time_zone,
        }),
        Err(Error::Failure(Failure::NotFound)) => Ok(Told::default()),
        Err(error) => Err(error),
    }
}
