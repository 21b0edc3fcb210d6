//! What the mail worker asks just before it sends.

use std::collections::BTreeSet;

use muster_identity::Role;
use muster_ids::{AcceptanceNoticeName, GroupId};
use muster_language::Language;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::inviting::InvitingContext;
use crate::error::Error;
use crate::organization::ContextQuery;
use crate::store::acceptance_notice;

/// As many groups are named: a mail is no list.
const MAX_GROUPS: usize = 10;

/// A mail that is still wanted.
#[derive(Debug)]
pub(crate) struct Mail {
    pub(crate) address: String,
    pub(crate) organization_display_name: String,
    pub(crate) language: Language,
    /// The names of the groups that take no learners any more.
    pub(crate) groups: Vec<String>,
}

/// The mail of this notice, or `None` when it is no longer wanted: whoever could not accept can by now, or not any more; whom it tells may
/// invite nobody any more, or their address is not known; or the organization is closed. A suspended organization's mail waits.
///
/// # Errors
/// The database's, the organization service's, and [`Error::OrganizationNotActive`] while the organization is suspended.
pub(crate) async fn get_mail(context: &Context, name: AcceptanceNoticeName) -> Result<Option<Mail>, Error> {
    let now = context.clock.now();
    let look = async |db: &mut PgConnection| -> Result<_, Error> {
        let Some(notice) = acceptance_notice::find(db, name).await? else {
            return Ok(None);
        };
        let groups = acceptance_notice::groups(db, &notice, now).await?;
        Ok(Some((notice.person, groups)))
    };
    let Some((person, groups)) = context.database.read(look).await? else {
        return Ok(None);
    };
    let query = ContextQuery::groups(&groups.concat());
    let asking = context.organization.context_of_mail(name.organization, &query);
    let Some(inviting) = asking.await? else {
        return Ok(None);
    };
    let groups = inactive(&inviting, &groups);
    let contact = context.organization.contact(name.organization, person).await?;
    let contact = contact.filter(|contact| contact.role >= Role::Admin && !groups.is_empty());
    Ok(contact.map(|contact| Mail {
        address: contact.address,
        organization_display_name: inviting.display_name,
        language: inviting.language,
        groups,
    }))
}

/// The names of the groups of those invitations of which none is active, sorted.
fn inactive(inviting: &InvitingContext, invitations: &[Vec<GroupId>]) -> Vec<String> {
    let unmet = invitations
        .iter()
        .filter(|groups| inviting.active_among(groups).is_empty());
    let names: BTreeSet<&str> = unmet
        .flatten()
        .filter_map(|group| inviting.groups.get(group))
        .map(|group| group.display_name.as_str())
        .collect();
    names.into_iter().take(MAX_GROUPS).map(str::to_owned).collect()
}
