//! Somebody signs out.

use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::EndedSession;
use crate::error::Error;
use crate::store::session;

/// Writes down that the session has ended, and forgets some of those that would be over by now.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    ended: EndedSession,
) -> Result<(), Error> {
    session::delete_over(tx, context.clock.now()).await?;
    session::insert(tx, &ended).await?;
    Ok(())
}
