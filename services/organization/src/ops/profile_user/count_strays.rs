//! Looking whether access lives on although the employment that it comes from is over.

use std::time::Duration;

use muster_database::Database;
use muster_jobs::Periodic;
use sqlx::PgConnection;

use crate::error::Error;
use crate::store::stray;

/// Counts what should not be there, for whoever watches: `muster_strays_total` grows by what is found at each look. News of an
/// employment takes away what came from it; this would show access that stayed. It opens nothing: whoever reads access reads
/// the employment with it.
pub(crate) struct CountStrays(Database);

impl CountStrays {
    pub(crate) fn new(database: Database) -> Self {
        // From the beginning on, so that the first ones found are an increase.
        tell(0);
        Self(database)
    }
}

fn tell(found: i64) {
    metrics::counter!("muster_strays_total", "kind" => "profile_users").increment(found.unsigned_abs());
}

impl Periodic for CountStrays {
    const NAME: &'static str = "count-strays";
    const EVERY: Duration = Duration::from_secs(60 * 60);
    type Error = Error;

    async fn run(&self) -> Result<(), Error> {
        let count = async |db: &mut PgConnection| Ok::<_, Error>(stray::count(db).await?);
        let strays = self.0.read(count).await?;
        tell(strays);
        if strays > 0 {
            tracing::error!(strays, "access lives on although its employment is over");
        }
        Ok(())
    }
}
