//! Looks for the invitations of mails that are wanted at the same time, and writes down that the worker is told to send them: one
//! statement, or one transaction, for all of them.

use std::collections::{HashMap, HashSet};

use muster_database::{Database, DatabaseError, Together};
use muster_ids::{InvitationId, InvitationName, OrganizationId};
use muster_states::Transition;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::invitation::{Invitation, NotWanted};
use crate::store::{invitation, opt_out};

/// Looks that are one statement, and mails that are handed over by one transaction.
const BATCH_SIZE: usize = 100;

/// Finds invitations that are to be mailed. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Mails {
    looks: Together<OrganizationId, Look, Option<Option<Invitation>>>,
    handovers: Together<OrganizationId, Handover, Option<bool>>,
}

/// A look for an invitation.
struct Look {
    database: Database,
    invitation: InvitationId,
}

/// A mail that the worker is about to be told to send.
struct Handover {
    database: Database,
    mail: Mail,
}

/// The mail of this generation of an invitation, and when the worker asked about it.
#[derive(Clone, Copy)]
struct Mail {
    invitation: InvitationId,
    generation: i32,
    now: OffsetDateTime,
}

impl Mail {
    fn is_among(&self, handed_over: &HashMap<InvitationId, i32>) -> bool {
        handed_over.get(&self.invitation) == Some(&self.generation)
    }
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

    /// Writes down that the worker is told to send the mail, and tells whether it is: not when it is not wanted any more.
    /// Committed when this answers.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn hand_over(
        &self,
        database: &Database,
        name: InvitationName,
        generation: i32,
        now: OffsetDateTime,
    ) -> Result<bool, DatabaseError> {
        let mail = Mail {
            invitation: name.invitation,
            generation,
            now,
        };
        let handover = Handover {
            database: database.clone(),
            mail,
        };
        if let Some(Some(is_handed_over)) = self.handovers.ask(name.organization, handover).await {
            return Ok(is_handed_over);
        }
        // Nothing is known of the others' transaction. Saying it once more changes nothing.
        let writing = async |tx: &mut _| hand_over_all(tx, name.organization, &[mail]).await;
        let handed_over = database.write(writing).await?;
        Ok(mail.is_among(&handed_over))
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

/// `None` for each: could not be written.
async fn hand_over(organization: OrganizationId, mails: Vec<Handover>) -> Vec<Option<bool>> {
    let Some(database) = mails.first().map(|first| first.database.clone()) else {
        return Vec::new();
    };
    let mails: Vec<Mail> = mails.iter().map(|handover| handover.mail).collect();
    let writing = async |tx: &mut _| hand_over_all(tx, organization, &mails).await;
    match database.write(writing).await {
        Ok(handed_over) => {
            let answer = |mail: &Mail| Some(mail.is_among(&handed_over));
            mails.iter().map(answer).collect()
        }
        Err(_) => vec![None; mails.len()],
    }
}

/// Those of which the worker is told to send the mail, each with its generation. Whoever changes an invitation locks it first: they
/// come before this, and it is not wanted any more, or after it, and see that it may be on its way.
async fn hand_over_all(
    tx: &mut PgConnection,
    organization: OrganizationId,
    mails: &[Mail],
) -> Result<HashMap<InvitationId, i32>, DatabaseError> {
    let ids = mails.iter().map(|mail| mail.invitation).collect();
    let locked = invitation::lock_all(tx, organization, ids).await?;
    let told = locked.into_iter().filter_map(|found| {
        // Of several generations of a link that are asked about one at most is the current one.
        let asked = mails.iter().filter(|mail| mail.invitation == found.id);
        let wanted = asked
            .copied()
            .find(|mail| found.is_wanted(mail.generation, mail.now))?;
        match found.hand_over(wanted.generation, wanted.now) {
            Transition::Changed(told) | Transition::AlreadyDone(told) => Some(told),
            Transition::Refused(NotWanted) => None,
        }
    });
    let told: Vec<Invitation> = told.collect();
    if !told.is_empty() {
        invitation::update_handed_over(tx, organization, &told).await?;
    }
    Ok(told.into_iter().map(|told| (told.id, told.generation)).collect())
}

/// Those of the invitations that exist, and that are not to somebody who wants none. That may have been said while the
/// invitation was made.
async fn wanted_all(
    c: &mut PgConnection,
    organization: OrganizationId,
    ids: &[InvitationId],
) -> Result<HashMap<InvitationId, Invitation>, DatabaseError> {
    let mut found = invitation::find_all(c, organization, ids).await?;
    if !found.is_empty() {
        let addresses: Vec<&str> = found.iter().map(|found| found.address.canonical()).collect();
        let unwanted: HashSet<String> = opt_out::among(c, organization, &addresses)
            .await?
            .into_iter()
            .collect();
        found.retain(|found| !unwanted.contains(found.address.canonical()));
    }
    Ok(found.into_iter().map(|found| (found.id, found)).collect())
}
