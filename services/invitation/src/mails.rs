//! Looks for the invitations of mails that are wanted at the same time, and writes down that the worker is told to send them: one
//! statement for all of them.

use std::collections::HashMap;
use std::slice;

use muster_database::{Database, DatabaseError, Together};
use muster_ids::{InvitationId, InvitationName, OrganizationId};
use muster_states::Transition;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::invitation::{Invitation, NotWanted};
use crate::store::invitation;

/// Looks that are one statement, and mails that are handed over by one.
const BATCH_SIZE: usize = 100;

/// Finds invitations that are to be mailed. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Mails {
    looks: Together<OrganizationId, Look, Option<Option<Invitation>>>,
    handovers: Together<OrganizationId, Handover, bool>,
}

/// A look for an invitation.
struct Look {
    database: Database,
    invitation: InvitationId,
}

/// A mail that the worker is about to be told to send, and its invitation as it was found.
struct Handover {
    database: Database,
    mail: Mail,
    found: Invitation,
}

/// The mail of this generation of an invitation, and when the worker asked about it.
#[derive(Clone, Copy)]
struct Mail {
    invitation: InvitationId,
    generation: i32,
    now: OffsetDateTime,
}

impl Mails {
    /// Nobody looks yet.
    pub(crate) fn new() -> Self {
        Self {
            looks: Together::new(BATCH_SIZE, |organization: &OrganizationId, looks| {
                look(*organization, looks)
            }),
            handovers: Together::new(BATCH_SIZE, |organization: &OrganizationId, mails| {
                hand_over(*organization, mails)
            }),
        }
    }

    /// Writes down that the worker is told to send the mail of this invitation, and tells whether it is: not when it is not wanted any
    /// more. Committed when this answers.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn hand_over(
        &self,
        database: &Database,
        found: &Invitation,
        generation: i32,
        now: OffsetDateTime,
    ) -> Result<bool, DatabaseError> {
        let organization = found.organization;
        let mail = Mail {
            invitation: found.id,
            generation,
            now,
        };
        let handover = Handover {
            database: database.clone(),
            mail,
            found: found.clone(),
        };
        if let Some(true) = self.handovers.ask(organization, handover).await {
            return Ok(true);
        }
        // It has changed since it was found, or is changing; or nothing is known of the others' statement. Saying it once more changes
        // nothing.
        let writing = async |tx: &mut _| hand_over_one(tx, organization, mail).await;
        database.write(writing).await
    }

    /// The invitation, if it exists and is not to somebody who wants none.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn find(
        &self,
        database: &Database,
        name: InvitationName,
    ) -> Result<Option<Invitation>, DatabaseError> {
        let look = Look {
            database: database.clone(),
            invitation: name.invitation,
        };
        if let Some(Some(found)) = self.looks.ask(name.organization, look).await {
            return Ok(found);
        }
        // Nothing came of looking together: alone, the error is its own.
        let find = async |c: &mut _| wanted_all(c, name.organization, &[name.invitation]).await;
        let found = database.read(find).await?;
        Ok(found.into_values().next())
    }
}

/// `None` for each: could not look.
async fn look(organization: OrganizationId, looks: Vec<Look>) -> Vec<Option<Option<Invitation>>> {
    let Some(database) = looks.first().map(|look| look.database.clone()) else {
        return Vec::new();
    };
    let ids: Vec<InvitationId> = looks.iter().map(|look| look.invitation).collect();
    let find = async |c: &mut _| wanted_all(c, organization, &ids).await;
    match database.read(find).await {
        Ok(found) => ids.iter().map(|id| Some(found.get(id).cloned())).collect(),
        Err(_) => vec![None; ids.len()],
    }
}

/// Whether each of them was written: those whose invitations are as they were found. One statement, which waits for nobody and commits by
/// itself.
async fn hand_over(organization: OrganizationId, handovers: Vec<Handover>) -> Vec<bool> {
    let Some(database) = handovers.first().map(|first| first.database.clone()) else {
        return Vec::new();
    };
    let told: Vec<Option<Invitation>> = handovers
        .into_iter()
        .map(|handover| told(handover.found, handover.mail))
        .collect();
    let as_found: Vec<Option<(InvitationId, i64)>> = told
        .iter()
        .map(|told| told.as_ref().map(|told| (told.id, told.version)))
        .collect();
    let told: Vec<Invitation> = told.into_iter().flatten().collect();
    let write = async |c: &mut _| invitation::update_handed_over(c, organization, &told).await;
    let written = database.read(write).await.unwrap_or_default();
    as_found
        .iter()
        .map(|found| found.is_some_and(|found| written.contains(&found)))
        .collect()
}

/// Whoever changes an invitation locks it first: they come before this, and it is not wanted any more, or after it, and see that it
/// may be on its way.
async fn hand_over_one(
    tx: &mut PgConnection,
    organization: OrganizationId,
    mail: Mail,
) -> Result<bool, DatabaseError> {
    let locked = invitation::lock(tx, organization, mail.invitation).await?;
    match locked.and_then(|locked| told(locked, mail)) {
        Some(told) => {
            let written = invitation::update_handed_over(tx, organization, slice::from_ref(&told)).await?;
            Ok(!written.is_empty())
        }
        None => Ok(false),
    }
}

/// The invitation once the worker is told to send the mail, if it is still wanted.
fn told(found: Invitation, mail: Mail) -> Option<Invitation> {
    match found.hand_over(mail.generation, mail.now) {
        Transition::Changed(told) | Transition::AlreadyDone(told) => Some(told),
        Transition::Refused(NotWanted) => None,
    }
}

/// Those of the invitations that exist, and that are not to somebody who wants none. That may have been said while the
/// invitation was made.
async fn wanted_all(
    c: &mut PgConnection,
    organization: OrganizationId,
    ids: &[InvitationId],
) -> Result<HashMap<InvitationId, Invitation>, DatabaseError> {
    let found = invitation::find_wanted(c, organization, ids).await?;
    Ok(found.into_iter().map(|found| (found.id, found)).collect())
}
