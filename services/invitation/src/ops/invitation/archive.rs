//! Archiving what a learner had accepted who left.

use muster_database::DatabaseError;
use muster_ids::{OrganizationId, PersonId};
use muster_states::Transition;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::invitation::StateName;
use crate::store::invitation::{lock_accepted_by, update};

/// Archives every invitation of the organization that the person had accepted by the time their employment ended.
///
/// # Errors
/// The database's.
pub(crate) async fn archive(
    tx: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
    end: OffsetDateTime,
) -> Result<(), DatabaseError> {
    for invitation in lock_accepted_by(tx, organization, person, StateName::Active).await? {
        match invitation.archive(end) {
            Transition::Changed(mut archived) => {
                update(tx, &mut archived).await?;
            }
            Transition::AlreadyDone(_) => {}
            Transition::Refused(never) => match never {},
        }
    }
    Ok(())
}
