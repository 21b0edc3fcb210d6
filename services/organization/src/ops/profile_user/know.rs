//! Asking once for a verification that no event has told of yet.

use muster_ids::{OrganizationId, PersonId};
use muster_server::Failure;
use sqlx::PgConnection;

use super::follow_employment;
use crate::context::Context;
use crate::domain::EmploymentNews;
use crate::error::Error;
use crate::store::employment_projection;

/// Makes sure that the projection knows of the person's verified employment at the organization, if there is one: of whoever was
/// verified a moment ago, the event may be on its way. To be called before the transaction that decides by it: that one looks again,
/// under a lock. What comes with the event comes with this too.
///
/// # Errors
/// Of a peer, when the employment service does not answer; the database's.
pub(crate) async fn prepare(
    context: &Context,
    organization: OrganizationId,
    person: PersonId,
) -> Result<(), Error> {
    let find = async |db: &mut PgConnection| {
        let known = employment_projection::is_verified(db, organization, person).await;
        known.map_err(Failure::from)
    };
    if context.database.read(find).await? {
        return Ok(());
    }
    let Some(facts) = context.employments.latest(organization, person).await? else {
        return Ok(());
    };
    let Ok(state) = facts.state_word().parse() else {
        return Ok(());
    };
    let news = EmploymentNews {
        organization,
        person,
        employment: facts.employment,
        state,
    };
    let now = context.clock.now();
    let learn = async |tx: &mut PgConnection| {
        if employment_projection::learn(tx, &facts, now).await? {
            follow_employment::apply(tx, news, now).await?;
        }
        Ok::<_, Failure>(())
    };
    Ok(context.database.write(learn).await?)
}
