//! Invitations that calls of one organization make at the same time, as long as nothing stands in the way of any.

use muster_database::Insertion;
use muster_ids::OrganizationId;
use sqlx::PgConnection;

use super::{Create, Prepared, count, suppress};
use crate::context::Context;
use crate::domain::invitation::{DeliveryState, Invitation, MailRequest};
use crate::error::Error;
use crate::events::{self, Act};
use crate::ops::closing;
use crate::store::invitation::insert_and_look;

/// Makes the invitations of calls that invite one address each, in a transaction that began with
/// [`keep_open`](crate::store::closing::keep_open); `None` where the address is not free, of which nothing is
/// stored. What that comes to is for [`super::apply`] to say, as is what an error is about: then nothing of any is stored.
///
/// # Errors
/// The database's, [`Error::MailboxFull`], [`Error::MessagesUsedUp`], [`Error::InviterUsedUp`], or that the organization was closed.
pub(crate) async fn apply_all(
    tx: &mut PgConnection,
    context: &Context,
    organization: OrganizationId,
    calls: Vec<(Create, Prepared)>,
) -> Result<Vec<Option<Invitation>>, Error> {
    let mut answers = vec![None; calls.len()];
    let limits = calls.iter().map(|(_, prepared)| prepared.messages_per_day);
    let limit = limits.min().unwrap_or_default();
    let (whose, mut drafts) = by_address(calls);
    let inserted = insert_and_look(tx, &mut drafts).await?;
    closing::refuse_if(inserted.is_closed)?;
    let is_new = inserted
        .insertions
        .into_iter()
        .map(|stored| stored == Insertion::Stored);
    let mut made: Vec<(Invitation, bool)> = drafts.into_iter().zip(is_new).collect();
    if let Some(full) = suppress(tx, context, organization, &mut made)
        .await?
        .into_values()
        .next()
    {
        return Err(full.into());
    }
    let mailed = made
        .iter()
        .filter(|(made, is_new)| *is_new && made.delivery != DeliveryState::Suppressed);
    let mailed: Vec<&Invitation> = mailed.map(|(made, _)| made).collect();
    let asked: Vec<(&Act, MailRequest)> = whose
        .iter()
        .zip(&made)
        .filter(|(_, (made, is_new))| *is_new && made.delivery == DeliveryState::Queued)
        .map(|((_, act), (made, _))| (act, made.mail_request()))
        .collect();
    events::mails_requested(tx, &context.clock, asked.iter().map(|(act, mail)| (*act, mail))).await?;
    count(tx, context, organization, mailed.into_iter(), limit).await?;
    for ((place, _), (made, is_new)) in whose.into_iter().zip(made) {
        if let Some(answer) = answers.get_mut(place).filter(|_| is_new) {
            *answer = Some(made);
        }
    }
    Ok(answers)
}

/// The drafts in the order of their addresses, as all who invite many; of each, which call's it is and who acts.
fn by_address(calls: Vec<(Create, Prepared)>) -> (Vec<(usize, Act)>, Vec<Invitation>) {
    let drafts = calls
        .into_iter()
        .enumerate()
        .flat_map(|(place, (command, prepared))| {
            let act = Act {
                actor: command.actor,
                time: prepared.now,
            };
            let drafts = prepared.drafts.into_iter();
            drafts.map(move |draft| ((place, act.clone()), draft))
        });
    let mut drafts: Vec<_> = drafts.collect();
    drafts.sort_by(|(_, left), (_, right)| left.address.canonical().cmp(right.address.canonical()));
    drafts.into_iter().unzip()
}
