//! A person reminds those who can verify their employment.

use std::collections::BTreeSet;

use muster_ids::PersonId;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use super::own_employment::{self, OwnEmployment};
use crate::context::Context;
use crate::domain::EmploymentState;
use crate::error::Error;
use crate::ops::verification_notice::ask;
use crate::store::employment;

/// Between two reminders of one employment: who waits is heard, and nobody is nagged.
const INTERVAL: Duration = Duration::days(3);

/// Asks who can verify it.
///
/// # Errors
/// Of a peer.
pub(crate) async fn prepare(context: &Context, own: &OwnEmployment) -> Result<BTreeSet<PersonId>, Error> {
    context
        .peers
        .verifiers(own.employment.organization, own.person)
        .await
}

/// Who hears of a claim.
#[derive(Debug)]
pub(crate) struct Reminded {
    pub(crate) verifiers: usize,
    /// From when on they may be reminded again.
    pub(crate) next: OffsetDateTime,
}

/// Asks for the mails, where there is anybody to remind. The employment stays as it is: nothing is published.
///
/// # Errors
/// [`muster_server::Failure::NotFound`], [`Error::State`], [`Error::RemindedLately`]; the database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    own: OwnEmployment,
    verifiers: &BTreeSet<PersonId>,
) -> Result<Reminded, Error> {
    let found = own_employment::lock(tx, &own).await?;
    if found.state != EmploymentState::PendingVerification {
        return Err(Error::State(found.state));
    }
    let now = context.clock.now();
    if verifiers.is_empty() {
        return Ok(Reminded {
            verifiers: 0,
            next: now,
        });
    }
    if let Some(last) = employment::remind_time(tx, own.employment).await? {
        let next = last + INTERVAL;
        if next > now {
            return Err(Error::RemindedLately {
                wait: (next - now).unsigned_abs(),
            });
        }
    }
    employment::remind(tx, own.employment, now).await?;
    ask::apply(tx, context, &found, verifiers).await?;
    Ok(Reminded {
        verifiers: verifiers.len(),
        next: now + INTERVAL,
    })
}
