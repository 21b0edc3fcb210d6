//! Counting mails that somebody asks for by hand: against the plan of the organization, and against what one person may have it send.

use std::collections::BTreeMap;

use muster_ids::{OrganizationId, PersonId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::context::Context;
use crate::error::Error;
use crate::store::quota::{self, Hour, Slot};

/// A mail that is asked for: by whom, and when it is due.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) by: PersonId,
    pub(super) due: OffsetDateTime,
}

/// Counts them. The last thing that a transaction does: the rows it counts in are those of all who invite for the organization.
///
/// # Errors
/// [`Error::MessagesUsedUp`] with what `plan` lets go out in a day, [`Error::InviterUsedUp`], and the database's.
pub(super) async fn count(
    tx: &mut PgConnection,
    context: &Context,
    organization: OrganizationId,
    mails: impl IntoIterator<Item = Asked>,
    plan: i64,
    slot: Slot,
) -> Result<(), Error> {
    // In the order of the hours, as all who count in several.
    let mut asked: BTreeMap<(Hour, PersonId), i64> = BTreeMap::new();
    for Asked { by, due } in mails {
        *asked.entry((Hour::of(due), by)).or_default() += 1;
    }
    for ((hour, by), messages) in asked {
        let (used, of_inviter) = match context.limits.messages_of_inviter {
            Some(limit) => {
                let used = quota::add_by(tx, organization, by, hour, messages, slot).await?;
                (used.of_organization, Some((used.of_inviter, limit)))
            }
            None => (quota::add(tx, organization, hour, messages, slot).await?, None),
        };
        if used.saturating_add(messages) > plan {
            return Err(Error::MessagesUsedUp { used, limit: plan });
        }
        if let Some((used, limit)) = of_inviter.filter(|(used, limit)| used.saturating_add(messages) > *limit)
        {
            return Err(Error::InviterUsedUp { used, limit });
        }
    }
    Ok(())
}
