//! Consenting, asked or not.

use super::live;
use crate::context::Context;
use crate::domain::{COUNTED, Grant, GrantStateName, Parties, Terms};
use crate::error::Error;
use crate::ops::learner::know;
use crate::store::{employment_projection, grant};
use muster_database::Insertion;
use muster_ids::{EmploymentId, GrantName, OrganizationId, PersonId};
use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;
use time::OffsetDateTime;

/// Each loser of a race finds the winner's grant at its next look, unless that is revoked meanwhile.
const MAX_ATTEMPTS: usize = 3;

/// Who consents, to which organization, and to what.
#[derive(Debug, Clone)]
pub(crate) struct Consent {
    pub(crate) person: PersonId,
    pub(crate) organization: OrganizationId,
    pub(crate) terms: Terms,
}

/// Asks for an employment that no event has told of yet.
///
/// # Errors
/// Of a peer; the database's.
pub(crate) async fn prepare(context: &Context, consent: &Consent) -> Result<(), Error> {
    know::prepare(context, consent.organization, consent.person).await
}

/// Grants the organization access to the person's record; one that is in force on these terms is the answer, one that was asked for
/// is granted, and one on other terms ends: a consent is never rewritten. The employment is open when this commits: whatever ends it waits for the lock.
///
/// # Errors
/// [`Error::NotEmployed`], [`Error::GrantedTooOften`]; the database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    consent: Consent,
) -> Result<Grant, Error> {
    let Consent {
        person,
        organization,
        terms,
    } = consent;
    let parties = Parties {
        person,
        organization,
        employment: employed(tx, organization, person).await?,
    };
    let now = context.clock.now();
    for _ in 0..MAX_ATTEMPTS {
        let live = live::lock(tx, person, organization, now).await?;
        match live {
            Some(live) if live.is_other(&terms, now) => {
                if let Transition::Changed(revoked) = live.revoke(now) {
                    grant::update(tx, &revoked).await?;
                }
            }
            Some(live) => return decide(tx, live.approve(terms, now)).await,
            None => {}
        }
        refuse_too_many(tx, context, parties, now).await?;
        let new = Grant::give(context.clock.new_id(), parties, terms.clone(), now);
        if grant::insert(tx, &new).await? == Insertion::Stored {
            return Ok(new);
        }
    }
    Err(Failure::Contended.into())
}

/// Each of them stays in the histories for ever: who grants on other terms again and again has to stop.
async fn refuse_too_many(
    tx: &mut PgConnection,
    context: &Context,
    parties: Parties,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let allowed = context.grants_at_organization;
    let times = grant::list_times(tx, parties.person, parties.organization, now - COUNTED).await?;
    let used = times.len();
    let Some(in_the_way) = used.checked_sub(allowed) else {
        return Ok(());
    };
    let free = times.get(in_the_way).or(times.last()).map_or(now, |time| *time) + COUNTED;
    Err(Error::GrantedTooOften {
        used,
        allowed,
        wait: (free - now).unsigned_abs(),
    })
}

/// Grants what was asked for by this name.
///
/// # Errors
/// [`Failure::NotFound`], [`Error::NotEmployed`], [`Error::GrantState`]; the database's.
pub(crate) async fn approve(
    tx: &mut PgConnection,
    context: &Context,
    name: GrantName,
    terms: Terms,
) -> Result<Grant, Error> {
    // The employment is locked before the grant, as by whoever reads: which one it is, never changes.
    let found = grant::find(tx, name.person, name.grant).await?;
    let organization = found.ok_or(Failure::NotFound)?.organization;
    let employed = employed(tx, organization, name.person).await;
    let locked = grant::lock(tx, name.person, name.grant).await?;
    let approved = locked
        .ok_or(Failure::NotFound)?
        .approve(terms, context.clock.now());
    if matches!(approved, Transition::Changed(_)) {
        employed?;
    }
    decide(tx, approved).await
}

/// Says no to what was asked for by this name.
///
/// # Errors
/// [`Failure::NotFound`], [`Error::GrantState`]; the database's.
pub(crate) async fn deny(tx: &mut PgConnection, context: &Context, name: GrantName) -> Result<Grant, Error> {
    let locked = grant::lock(tx, name.person, name.grant).await?;
    decide(tx, locked.ok_or(Failure::NotFound)?.deny(context.clock.now())).await
}

async fn decide(tx: &mut PgConnection, decided: Transition<Grant, GrantStateName>) -> Result<Grant, Error> {
    match decided {
        Transition::Changed(decided) => {
            grant::update(tx, &decided).await?;
            Ok(decided)
        }
        Transition::AlreadyDone(same) => Ok(same),
        Transition::Refused(state) => Err(Error::GrantState(state)),
    }
}

/// The open employment, which stays so until the transaction ends.
async fn employed(
    tx: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
) -> Result<EmploymentId, Error> {
    let employment = employment_projection::lock(tx, organization, person).await?;
    let open = employment.filter(|employment| employment.state.is_open());
    Ok(open.ok_or(Error::NotEmployed)?.employment)
}
