//! What the holder of a link may see. Changes nothing.

use crate::domain::context::Context;
use crate::domain::invitation::Invitation;
use crate::error::Error;
use crate::organization::Named;
use crate::parts::Parts;

/// An invitation with the names to show.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) invitation: Invitation,
    pub(crate) context: Context,
}

/// Looks up the invitation of a link.
///
/// # Errors
/// What `LookupInvitation` refuses.
pub(crate) async fn lookup(parts: &Parts, token: &str) -> Result<Seen, Error> {
    let link = parts.links.keys.verify(token)?;
    let now = parts.clock.now();
    let invitation = parts
        .database
        .read_boxed(move |c| Box::pin(super::open::open(c, link, now)))
        .await?;
    let named = Named::groups(&invitation.groups);
    let context = parts
        .organization
        .context_of(invitation.organization, &named)
        .await?;
    Ok(Seen { invitation, context })
}
