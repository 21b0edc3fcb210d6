//! Looks for the invitations of mails that are wanted at the same time: one statement for all of them.

use std::collections::{HashMap, HashSet};

use muster_database::{Database, DatabaseError, Together};
use muster_ids::{InvitationId, InvitationName, OrganizationId};
use sqlx::PgConnection;

use crate::domain::invitation::Invitation;
use crate::store::{invitation, opt_out};

/// Looks that are one statement.
const LOOKS_AT_ONCE: usize = 100;

/// Finds invitations that are to be mailed. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Mails(Together<OrganizationId, Look, Option<Option<Invitation>>>);

/// A look for an invitation.
struct Look {
    database: Database,
    invitation: InvitationId,
}

impl Mails {
    /// Nobody looks yet.
    pub(crate) fn new() -> Self {
        Self(Together::new(
            LOOKS_AT_ONCE,
            |organization: &OrganizationId, looks| look(*organization, looks),
        ))
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
        if let Some(Some(found)) = self.0.ask(name.organization, look).await {
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
