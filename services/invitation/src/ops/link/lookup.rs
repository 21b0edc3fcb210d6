//! What the holder of a link may see. Changes nothing.

use super::open::{Opener, open};
use crate::context::Context;
use crate::domain::invitation::Invitation;
use crate::domain::inviting::InvitingContext;
use crate::error::Error;
use crate::organization::ContextQuery;

/// An invitation with the names to show.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) invitation: Invitation,
    pub(crate) inviting: InvitingContext,
}

/// Looks up the invitation of a link.
///
/// # Errors
/// What `LookupInvitation` refuses.
pub(crate) async fn lookup(context: &Context, token: &str) -> Result<Seen, Error> {
    let link = Opener::Link(context.links.keys.verify(token)?);
    let now = context.clock.now();
    let invitation = context.database.read(async |c| open(c, &link, now).await).await?;
    let query = ContextQuery::groups(&invitation.groups);
    let inviting = context
        .organization
        .context_of(invitation.organization, &query)
        .await?;
    Ok(Seen { invitation, inviting })
}
