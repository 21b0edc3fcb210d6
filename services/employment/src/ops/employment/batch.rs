//! The same act on many employments of an organization, each with an outcome of its own.

use std::collections::HashMap;

use muster_ids::{EmploymentId, EmploymentName, OrganizationId};
use muster_states::Transition;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::Employment;
use crate::error::Error;
use crate::events::{self, Act};
use crate::store::employment;

/// What became of one: the employment, with why nothing was done, when nothing was.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) employment: Employment,
    pub(crate) refused: Option<Error>,
}

/// What became of those that the organization has.
pub(crate) type Outcomes = HashMap<EmploymentId, Outcome>;

impl Outcome {
    fn done(employment: Employment) -> Self {
        let refused = None;
        Self { employment, refused }
    }
}

/// Carries `decide` out on each, in one statement a table. All rows are locked in the order of their ids: batches wait for
/// each other, and never in a circle.
pub(crate) async fn settle(
    tx: &mut PgConnection,
    context: &Context,
    organization: OrganizationId,
    names: &[EmploymentName],
    act: Act,
    decide: impl Fn(Employment) -> Transition<Employment, Error>,
) -> Result<Outcomes, Error> {
    let own = names.iter().filter(|name| name.organization == organization);
    let ids: Vec<EmploymentId> = own.map(|name| name.employment).collect();
    let (mut changed, mut outcomes) = (Vec::new(), Outcomes::new());
    for found in employment::lock_all(tx, organization, &ids).await? {
        let before = found.clone();
        let outcome = match decide(found) {
            Transition::Changed(next) => {
                changed.push(next.clone());
                Outcome::done(next)
            }
            Transition::AlreadyDone(same) => Outcome::done(same),
            Transition::Refused(why) => Outcome {
                employment: before,
                refused: Some(why),
            },
        };
        outcomes.insert(outcome.employment.id, outcome);
    }
    employment::update_all(tx, organization, &changed, act.time).await?;
    events::publish(tx, &context.clock, &changed, act).await?;
    Ok(outcomes)
}
