//! What workers that are gone have left behind, and how much waits.

use muster_jobs::Batch;
use muster_server::Failure;
use tokio::sync::watch;

use crate::context::Context;
use crate::measures;
use crate::ops::delivery::recover;
use crate::store::delivery;

/// Recovers deliveries that nobody holds any more, and counts those that wait.
pub(super) struct Recovery(pub(super) Context);

impl Batch for Recovery {
    const NAME: &'static str = "mail-recovery";
    type Error = Failure;

    async fn step(&self) -> Result<usize, Failure> {
        let recover = async |tx: &mut _| recover::apply(tx, &self.0).await;
        let recovered = self.0.database.write(recover).await?;
        if recovered == 0 {
            self.count().await?;
        }
        Ok(recovered)
    }

    fn freed(&self) -> Option<watch::Receiver<()>> {
        Some(self.0.database.freed())
    }
}

impl Recovery {
    async fn count(&self) -> Result<(), Failure> {
        let now = self.0.clock.now();
        let count = async |db: &mut _| Ok::<_, Failure>(delivery::backlog(db, now).await?);
        measures::backlog(&self.0.database.read(count).await?);
        Ok(())
    }
}
