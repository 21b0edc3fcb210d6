//! Looking whether anything lives on although its employment is over.

use std::time::Duration;

use muster_ids::{OrganizationId, PersonId};
use muster_jobs::Periodic;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::EmploymentState;
use crate::error::Error;
use crate::ops::learner::know;
use crate::store::{employment_projection, grant, stray};

/// Of whom at each look is asked: there are some only where events were late.
const AT_ONCE: i64 = 1_000;

/// Ends what was granted after an employment was over and before that was heard of, unless it was given to a next one; that is asked
/// for. Then it counts what should not be there, for whoever watches: `muster_strays_total`, by kind, grows by what is found at each look.
/// Every event takes away what hangs on an employment; this would show one that did not.
pub(crate) struct SettleStrays(Context);

impl SettleStrays {
    pub(crate) fn new(context: Context) -> Self {
        // From the beginning on, so that the first ones found are an increase.
        tell("grants", 0);
        tell("assignments", 0);
        Self(context)
    }

    async fn settle(&self, organization: OrganizationId, person: PersonId) -> Result<(), Error> {
        know::ask(&self.0, organization, person).await?;
        let now = self.0.clock.now();
        let settle = async |tx: &mut _| {
            let known = employment_projection::lock(tx, organization, person).await?;
            if known.is_some_and(|known| EmploymentState::OVER.contains(&known.state)) {
                grant::lapse(tx, person, organization, now).await?;
            }
            Ok::<_, Error>(())
        };
        self.0.database.write(settle).await
    }
}

fn tell(kind: &'static str, found: i64) {
    metrics::counter!("muster_strays_total", "kind" => kind).increment(found.unsigned_abs());
}

impl Periodic for SettleStrays {
    const NAME: &'static str = "settle-strays";
    const EVERY: Duration = Duration::from_secs(60 * 60);
    type Error = Error;

    async fn run(&self) -> Result<(), Error> {
        let database = &self.0.database;
        let find = async |db: &mut PgConnection| stray::find_grants(db, AT_ONCE).await;
        let mut asked = Ok(());
        for (organization, person) in database.read(find).await? {
            let settled = self.settle(organization, person).await;
            asked = asked.and(settled);
        }
        // Whoever could not be asked about is soon again, and is no stray until then.
        asked?;
        let count = async |db: &mut PgConnection| stray::count(db).await;
        let strays = database.read(count).await?;
        tell("grants", strays.grants);
        tell("assignments", strays.assignments);
        if strays.grants + strays.assignments > 0 {
            tracing::error!(?strays, "something lives on although its employment is over");
        }
        Ok(())
    }
}
