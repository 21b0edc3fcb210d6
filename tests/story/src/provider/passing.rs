//! Time that no story waits for. Everything else here is done as anybody can do it, by RPCs and pages.

use anyhow::{Context, ensure};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::Provider;

/// The thirty days of an invitation are over. In the database of this very suite: nobody else can do that.
pub(super) async fn thirty_days(provider: &Provider<'_>, invitation: &str) -> anyhow::Result<()> {
    let url = provider.scenario.setting("invitation", "MUSTER_DATABASE_URL")?;
    let ids: Result<Vec<Uuid>, _> = invitation.split('/').skip(1).step_by(2).map(str::parse).collect();
    let ids = ids.with_context(|| format!("{invitation} is no name of an invitation"))?;
    let mut database = PgConnection::connect(&url).await?;
    let over =
        "UPDATE invitations SET expire_time = create_time WHERE organization_id = $1 AND invitation_id = $2";
    let done = sqlx::query(over)
        .bind(ids.first())
        .bind(ids.last())
        .execute(&mut database)
        .await?;
    ensure!(done.rows_affected() == 1, "{invitation} is not there");
    Ok(())
}
