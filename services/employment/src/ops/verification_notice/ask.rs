//! Somebody claims: who can verify it is to be mailed.

use std::collections::BTreeSet;

use muster_ids::PersonId;
use muster_states::Transition;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::{Employment, VerificationNotice};
use crate::error::Error;
use crate::events;
use crate::store::verification_notice;

/// Asks for a mail to each of the verifiers, where none is due that will tell them of this claim too. In their order, so
/// that two claims at once do not wait for each other.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    claim: &Employment,
    verifiers: &BTreeSet<PersonId>,
) -> Result<(), Error> {
    for &verifier in verifiers {
        let new = VerificationNotice::new(claim.organization, context.clock.new_id(), verifier);
        let notice = verification_notice::lock_or_insert(tx, new).await?;
        match notice.ask(context.clock.now()) {
            Transition::Changed(asked) => {
                verification_notice::update(tx, &asked).await?;
                events::mail_requested(tx, context, &asked).await?;
            }
            Transition::AlreadyDone(_) => {}
            Transition::Refused(never) => match never {},
        }
    }
    Ok(())
}
