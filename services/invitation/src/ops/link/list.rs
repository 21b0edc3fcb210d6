//! The invitations that a person finds in their own account.

use std::collections::{BTreeSet, HashMap};

use futures::{StreamExt, TryStreamExt, stream};
use muster_identity::PersonCaller;
use muster_ids::{InvitationId, OrganizationId};
use muster_server::Failure;

use super::lookup::Seen;
use crate::context::Context;
use crate::domain::invitation::Invitation;
use crate::domain::inviting::InvitingContext;
use crate::error::Error;
use crate::organization::ContextQuery;
use crate::store::invitation::invitee;

/// How many organizations are asked at a time.
const CONCURRENCY: usize = 8;

/// At most `limit`, newest first, those after `after` in the list, with the names to show. What an organization sent that is
/// there no more is passed over.
///
/// # Errors
/// The database's, and the organization service's.
pub(crate) async fn page(
    context: &Context,
    person: &PersonCaller,
    after: Option<InvitationId>,
    limit: i64,
) -> Result<Vec<Seen>, Error> {
    let now = context.clock.now();
    let finding = async |c: &mut _| invitee::page(c, &person.emails, after, limit, now).await;
    let found: Vec<Invitation> = context.database.read(finding).await?;
    let inviting = ask(context, &found).await?;
    let seen = found.into_iter().filter_map(|invitation| {
        let inviting = inviting.get(&invitation.organization)?.clone();
        Some(Seen { invitation, inviting })
    });
    Ok(seen.collect())
}

/// Asks each organization once, about all groups that it invites to here.
async fn ask(
    context: &Context,
    found: &[Invitation],
) -> Result<HashMap<OrganizationId, InvitingContext>, Error> {
    let organizations: BTreeSet<_> = found.iter().map(|invitation| invitation.organization).collect();
    let asking = organizations.into_iter().map(async |organization| {
        let theirs = found.iter().filter(|found| found.organization == organization);
        let groups: Vec<_> = theirs.flat_map(|found| &found.groups).copied().collect();
        let query = ContextQuery::groups(&groups);
        match context.organization.context_of(organization, &query).await {
            Ok(inviting) => Ok(Some((organization, inviting))),
            Err(Error::Failure(Failure::NotFound)) => Ok(None),
            Err(error) => Err(error),
        }
    });
    let answers = stream::iter(asking).buffer_unordered(CONCURRENCY);
    answers
        .try_filter_map(async |answer| Ok(answer))
        .try_collect()
        .await
}
