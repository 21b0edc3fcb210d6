//! Asking once where those are placed of whom only a former version has heard.

use muster_ids::OrganizationId;

use crate::context::Context;
use crate::domain::Placement;
use crate::error::Error;
use crate::store::employment_projection;

/// As many as are asked about in one call.
const BATCH_SIZE: i64 = 1000;

/// Makes sure that it is known in which groups the learners of the organization are. To be called before the transaction that goes
/// by groups.
///
/// # Errors
/// Of a peer, when the employment service does not answer; the database's.
pub(crate) async fn prepare(context: &Context, organization: OrganizationId) -> Result<(), Error> {
    loop {
        let list =
            async |db: &mut _| employment_projection::list_unplaced(db, organization, BATCH_SIZE).await;
        let persons = context.database.read(list).await?;
        if persons.is_empty() {
            return Ok(());
        }
        let employees = context.peers.employees(organization, &persons).await?;
        // Who has no open employment any more is in no group.
        let placements = persons.into_iter().filter_map(|person| {
            let placement = match employees.get(&person) {
                Some(employee) => employee.placement.clone()?,
                None => Placement {
                    groups: Vec::new(),
                    location: None,
                },
            };
            Some((person, placement))
        });
        let placements: Vec<_> = placements.collect();
        if placements.is_empty() {
            return Ok(());
        }
        let place = async |tx: &mut _| {
            for (person, placement) in &placements {
                employment_projection::place(tx, organization, *person, placement).await?;
            }
            Ok::<_, Error>(())
        };
        context.database.write(place).await?;
    }
}
