//! A person takes their own claim back.

use sqlx::PgConnection;

use super::change::settle;
use super::own::{self, OwnEmployment};
use crate::context::Context;
use crate::domain::Employment;
use crate::error::Error;

/// Withdraws it, and publishes that; one that is withdrawn already is answered as it is.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    own: OwnEmployment,
) -> Result<Employment, Error> {
    let withdrawn = own::lock(tx, &own).await?.withdraw();
    settle(tx, context, withdrawn, own.actor, context.clock.now()).await
}
