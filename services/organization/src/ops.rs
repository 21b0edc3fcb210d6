//! What may be done: one verb a file, called alike by an RPC and a consumer. Each works in the transaction that it is given,
//! in which the fact, the event that tells of it and the answer to a repeated request commit together.

pub(crate) mod access_mail;
pub(crate) mod access_request;
pub(crate) mod catalog;
pub(crate) mod group;
pub(crate) mod join_page;
pub(crate) mod location;
pub(crate) mod organization;
pub(crate) mod ownership;
pub(crate) mod profile_user;
pub(crate) mod programme_load;
pub(crate) mod review;
pub(crate) mod session;
pub(crate) mod staff_read;
pub(crate) mod subscription;
pub(crate) mod usage;

use muster_ids::{OrganizationId, PersonId};
use muster_server::Failure;
use sqlx::PgConnection;

use crate::domain::Organization;
use crate::error::Error;
use crate::store;

/// Locks the profile in a state in which what belongs to it may change. Those who change what belongs to one profile take
/// turns.
async fn lock_open(tx: &mut PgConnection, id: OrganizationId) -> Result<(), Error> {
    let organization = store::organization::lock(tx, id)
        .await?
        .ok_or(Failure::NotFound)?;
    if organization.state.takes_changes() {
        Ok(())
    } else {
        Err(Error::OrganizationState(organization.state))
    }
}

/// Refuses what a member of registry staff is about to decide on an organization of their own: one that they own, or in which they
/// have been given access, whether it counts at the moment or not. The profile is locked: whoever makes them its owner waits.
async fn require_not_own(tx: &mut PgConnection, profile: &Organization, by: PersonId) -> Result<(), Error> {
    match store::profile_user::find(tx, profile.id, by).await? {
        Some(_) => Err(Error::OwnProfile),
        None => Ok(()),
    }
}

/// Locks the profile for its owner. The edge asked for the role a moment ago, and the ownership may have moved since: it decides
/// who is the owner here, where those who move it take turns.
async fn lock_owned(tx: &mut PgConnection, id: OrganizationId, by: PersonId) -> Result<Organization, Error> {
    let organization = store::organization::lock(tx, id)
        .await?
        .ok_or(Failure::NotFound)?;
    if organization.owner.person == by {
        Ok(organization)
    } else {
        Err(Error::NotTheirs)
    }
}

/// As [`lock_owned`], in a state in which what belongs to the profile may change.
async fn lock_open_owned(
    tx: &mut PgConnection,
    id: OrganizationId,
    by: PersonId,
) -> Result<Organization, Error> {
    let organization = lock_owned(tx, id, by).await?;
    if organization.state.takes_changes() {
        Ok(organization)
    } else {
        Err(Error::OrganizationState(organization.state))
    }
}
