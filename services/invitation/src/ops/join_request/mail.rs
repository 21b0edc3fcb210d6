//! What the mail worker asks before it mails somebody who asked to join.

use muster_ids::JoinRequestName;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::join_request::JoinRequest;
use crate::error::Error;
use crate::organization::ContextQuery;
use crate::store::{invitation, join_request};

/// A mail that is still wanted.
#[derive(Debug)]
pub(crate) struct JoinMail {
    pub(crate) request: JoinRequest,
    pub(crate) organization_display_name: String,
    /// In which times are said.
    pub(crate) time_zone: String,
    /// Whether the address is that of an active learner. Only the mail says so, to whoever has the address.
    pub(crate) is_learner: bool,
    /// Where the address is confirmed; of a learner, where they sign in.
    pub(crate) link: String,
}

/// The mail of a request, or `None` when it is no longer wanted: confirmed, too late, or the organization is closed. A
/// suspended organization's mail waits.
///
/// # Errors
/// The database's, the organization service's, and [`Error::OrganizationNotActive`] while the organization is suspended.
pub(crate) async fn mail(context: &Context, name: JoinRequestName) -> Result<Option<JoinMail>, Error> {
    let organization = name.organization;
    let finding = async |c: &mut PgConnection| join_request::find(c, organization, name.join_request).await;
    let found = context.database.read(finding).await?;
    let now = context.clock.now();
    let Some(request) = found.filter(|request| request.is_open(now)) else {
        return Ok(None);
    };
    let nothing = ContextQuery::default();
    let asking = context.organization.context_of_mail(organization, &nothing);
    let Some(inviting) = asking.await? else {
        return Ok(None);
    };
    let address = [request.address.canonical().to_owned()];
    let looking = async |c: &mut PgConnection| invitation::active_among(c, organization, &address).await;
    let is_learner = !context.database.read(looking).await?.is_empty();
    Ok(Some(JoinMail {
        link: if is_learner {
            context.links.account_url()
        } else {
            context.links.join_url(name)
        },
        request,
        organization_display_name: inviting.display_name,
        time_zone: inviting.time_zone,
        is_learner,
    }))
}
