//! Somebody's employment has changed: what came from it follows.

use muster_server::Failure;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::{EmploymentNews, EmploymentState};
use crate::ops::ownership::lapse;
use crate::store::profile_user;

/// Ends access that came from an employment which is over: this one, or a former one, of whose end nothing may have been heard
/// yet. One that waits to be verified is asleep without any act, because
/// whoever reads access reads the employment with it. An offer of the ownership ends with either.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    news: EmploymentNews,
    now: OffsetDateTime,
) -> Result<(), Failure> {
    let EmploymentNews {
        organization,
        person,
        employment,
        state,
    } = news;
    let is_former = profile_user::delete_formerly_employed(tx, organization, person, employment).await?;
    let is_gone = match state {
        _ if is_former => true,
        EmploymentState::Verified => false,
        EmploymentState::PendingVerification => profile_user::lock_employed(tx, organization, person).await?,
        EmploymentState::Rejected | EmploymentState::Withdrawn | EmploymentState::Ended => {
            profile_user::delete_employed(tx, organization, person).await?
        }
    };
    if is_gone {
        lapse::of_person(tx, organization, person, now).await?;
    }
    Ok(())
}
