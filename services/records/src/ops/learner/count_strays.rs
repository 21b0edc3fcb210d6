//! Looking whether anything lives on although its employment is over.

use std::time::Duration;

use muster_database::Database;
use muster_jobs::Periodic;
use sqlx::PgConnection;

use crate::error::Error;
use crate::store::stray;

/// Counts what should not be there, for whoever watches: `muster_strays_total`, by kind, grows by what is found at each look. Every event
/// takes away what hangs on an employment; this would show one that did not.
pub(crate) struct CountStrays(Database);

impl CountStrays {
    pub(crate) fn new(database: Database) -> Self {
        // From the beginning on, so that the first ones found are an increase.
        tell("grants", 0);
        tell("assignments", 0);
        Self(database)
    }
}

fn tell(kind: &'static str, found: i64) {
    metrics::counter!("muster_strays_total", "kind" => kind).increment(found.unsigned_abs());
}

impl Periodic for CountStrays {
    const NAME: &'static str = "count-strays";
    const EVERY: Duration = Duration::from_secs(60 * 60);
    type Error = Error;

    async fn run(&self) -> Result<(), Error> {
        let count = async |db: &mut PgConnection| stray::count(db).await;
        let strays = self.0.read(count).await?;
        tell("grants", strays.grants);
        tell("assignments", strays.assignments);
        if strays.grants + strays.assignments > 0 {
            tracing::error!(?strays, "something lives on although its employment is over");
        }
        Ok(())
    }
}
