//! Somebody's employment has changed: what came from it follows.

use muster_server::Failure;
use sqlx::PgConnection;

use crate::domain::EmploymentNews;
use crate::store::profile_user;

/// Ends access that came from an employment which is over. One that waits to be verified is asleep without any act, because
/// whoever reads access reads the employment with it.
pub(crate) async fn apply(tx: &mut PgConnection, news: EmploymentNews) -> Result<(), Failure> {
    if news.state.is_over() {
        profile_user::delete_employed(tx, news.organization, news.person).await?;
    }
    Ok(())
}
