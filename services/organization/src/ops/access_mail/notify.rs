//! Somebody asks to be let in: the owner is to be mailed.

use muster_ids::OrganizationId;
use muster_states::Transition;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::AccessNotice;
use crate::error::Error;
use crate::events;
use crate::store::access_mail;

/// Asks for a mail to the owner, where none is due that will tell them of this request too. The profile is locked.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    organization: OrganizationId,
) -> Result<(), Error> {
    let now = context.clock.now();
    let new = AccessNotice::new(organization, context.clock.new_id());
    let notice = access_mail::notice_or_insert(tx, new).await?;
    match notice.ask(now) {
        Transition::Changed(asked) => {
            access_mail::update_notice(tx, &asked).await?;
            events::access_requested(tx, context.clock.new_id(), &asked, now).await?;
        }
        Transition::AlreadyDone(_) => {}
        Transition::Refused(never) => match never {},
    }
    Ok(())
}
