//! An organization asks for consent.

use muster_database::Insertion;
use muster_ids::LearnerName;
use muster_server::Failure;
use sqlx::PgConnection;

use super::live;
use crate::context::Context;
use crate::domain::{Grant, Parties, Wish};
use crate::error::Error;
use crate::ops::learner::know;
use crate::store::{employment_projection, grant};

/// As of consents: the loser finds the winner's.
const MAX_ATTEMPTS: usize = 3;

/// Whom an organization asks, and what it says.
#[derive(Debug, Clone)]
pub(crate) struct Asking {
    pub(crate) learner: LearnerName,
    pub(crate) wish: Wish,
}

/// Asks for an employment that no event has told of yet.
///
/// # Errors
/// Of a peer; the database's.
pub(crate) async fn prepare(context: &Context, asking: &Asking) -> Result<(), Error> {
    know::prepare(context, asking.learner.organization, asking.learner.person).await
}

/// Asks; what is granted or asked for already is the answer.
///
/// # Errors
/// [`Failure::NotFound`] when the person never was a learner there; [`Error::NotEmployed`], [`Error::Denied`]; the database's.
pub(crate) async fn apply(tx: &mut PgConnection, context: &Context, asking: Asking) -> Result<Grant, Error> {
    let LearnerName { organization, person } = asking.learner;
    let employment = employment_projection::lock(tx, organization, person).await?;
    let employment = employment.ok_or(Failure::NotFound)?;
    if !employment.state.is_open() {
        return Err(Error::NotEmployed);
    }
    let parties = Parties {
        person,
        organization,
        employment: employment.employment,
    };
    let now = context.clock.now();
    for _ in 0..MAX_ATTEMPTS {
        if let Some(live) = live::lock(tx, person, organization, now).await? {
            return Ok(live);
        }
        let denied = grant::find_denied(tx, person, organization).await?;
        if denied.is_some_and(|denied| denied.forbids_asking(now)) {
            return Err(Error::Denied);
        }
        let id = context.clock.new_id();
        let new = Grant::ask(id, parties, asking.wish.clone(), now);
        if grant::insert(tx, &new).await? == Insertion::Stored {
            return Ok(new);
        }
    }
    Err(Failure::Contended.into())
}
