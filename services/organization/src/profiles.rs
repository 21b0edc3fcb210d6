//! Looks for the profiles that are asked for at the same time: one statement for all of them.

use std::collections::HashMap;

use muster_database::{Database, DatabaseError, Together};
use muster_ids::OrganizationId;

use crate::domain::Organization;
use crate::store::organization;

/// Looks that are one statement.
const BATCH_SIZE: usize = 100;

/// Finds profiles. What it finds was there after it was asked for. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Profiles {
    looks: Together<(), Look, Option<Option<Organization>>>,
}

/// A look for a profile.
struct Look {
    database: Database,
    organization: OrganizationId,
}

impl Profiles {
    /// Nobody looks yet.
    pub(crate) fn new() -> Self {
        Self {
            looks: Together::new(BATCH_SIZE, |(): &(), looks| look(looks)),
        }
    }

    /// The profile, if it exists.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn find(
        &self,
        database: &Database,
        organization: OrganizationId,
    ) -> Result<Option<Organization>, DatabaseError> {
        let look = Look {
            database: database.clone(),
            organization,
        };
        if let Some(Some(found)) = self.looks.ask((), look).await {
            return Ok(found);
        }
        // Nothing came of looking together: alone, the error is its own.
        let find = async |db: &mut _| organization::find(db, organization).await;
        database.read(find).await
    }
}

/// `None` for each: could not look.
async fn look(looks: Vec<Look>) -> Vec<Option<Option<Organization>>> {
    let Some(database) = looks.first().map(|look| look.database.clone()) else {
        return Vec::new();
    };
    let asked: Vec<OrganizationId> = looks.iter().map(|look| look.organization).collect();
    let mut ids = asked.clone();
    ids.sort_unstable();
    ids.dedup();
    let find = async |db: &mut _| organization::find_all(db, &ids).await;
    let found: Result<HashMap<_, _>, DatabaseError> = database.read(find).await;
    match found {
        Ok(found) => asked.iter().map(|id| Some(found.get(id).cloned())).collect(),
        Err(_) => vec![None; asked.len()],
    }
}
