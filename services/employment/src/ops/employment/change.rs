//! What every change of an employment ends with.

use muster_states::Transition;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::context::Context;
use crate::domain::{Employment, EmploymentState};
use crate::error::Error;
use crate::events::{self, Act};
use crate::store::employment;

/// Stores what a transition changed, and publishes it; what was done before is answered as it is.
pub(super) async fn settle<R>(
    tx: &mut PgConnection,
    context: &Context,
    transition: Transition<Employment, R>,
    actor: String,
    time: OffsetDateTime,
) -> Result<Employment, Error>
where
    Error: From<R>,
{
    match transition {
        Transition::Changed(changed) => {
            employment::update(tx, &changed, time).await?;
            publish(tx, context, changed, Act { actor, time }).await
        }
        Transition::AlreadyDone(same) => Ok(same),
        Transition::Refused(why) => Err(why.into()),
    }
}

/// As [`settle`], of a transition that may open an employment which was over.
///
/// # Errors
/// As [`store_open`].
pub(super) async fn settle_open<R>(
    tx: &mut PgConnection,
    context: &Context,
    transition: Transition<Employment, R>,
    actor: String,
    time: OffsetDateTime,
) -> Result<Employment, Error>
where
    Error: From<R>,
{
    match transition {
        Transition::Changed(changed) => {
            let from = changed.state.predecessors();
            let stored = store_open(tx, from, changed, time).await?;
            publish(tx, context, stored, Act { actor, time }).await
        }
        Transition::AlreadyDone(same) => Ok(same),
        Transition::Refused(why) => Err(why.into()),
    }
}

/// Stores an employment that is open by its change, where it may have been over, in one of the states `from`. Others keep of the two what
/// has the highest version: it is raised above those of whatever began, and was over, since this one was. To be asked after the change,
/// from which on nobody begins another one.
///
/// # Errors
/// [`Error::Superseded`] while another employment of the person is open there.
pub(super) async fn store_open(
    tx: &mut PgConnection,
    from: &[EmploymentState],
    changed: Employment,
    time: OffsetDateTime,
) -> Result<Employment, Error> {
    let stored = employment::update_from(tx, from, &changed, time).await;
    stored.map_err(|error| Error::from(error).of_second_open())?;
    let others = employment::version_of_others(tx, &changed).await?;
    if others < changed.version {
        return Ok(changed);
    }
    let (version, raised) = (changed.version, others + 1);
    let raised = Employment {
        version: raised,
        ..changed
    };
    employment::raise(tx, &raised, version).await?;
    Ok(raised)
}

async fn publish(
    tx: &mut PgConnection,
    context: &Context,
    changed: Employment,
    act: Act,
) -> Result<Employment, Error> {
    events::publish(tx, &context.clock, std::slice::from_ref(&changed), act).await?;
    Ok(changed)
}
