//! Taking in, once, the employments that were there before the list of learners. Those since then are told by events, and whichever of
//! the two is older changes nothing.

use std::time::Duration;

use muster_ids::EmploymentName;
use muster_jobs::Periodic;
use muster_messaging::{EmploymentFacts, HandlingError};
use muster_server::Failure;
use sqlx::PgConnection;

use super::employ::{self, Employee, employment};
use crate::context::Context;
use crate::employees::Known;
use crate::store::learner::adoption::{self, Adoption};

/// As many as one transaction takes, which keeps each of their learners until it is done.
const BATCH_SIZE: usize = 100;

/// The job.
#[derive(Clone)]
pub(crate) struct Adopt(pub(crate) Context);

/// Why they could not be taken in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AdoptError {
    #[error(transparent)]
    Failure(#[from] Failure),
    /// The employment service told what cannot be.
    #[error(transparent)]
    Unreadable(#[from] HandlingError),
}

impl Periodic for Adopt {
    const NAME: &'static str = "adopt";
    const EVERY: Duration = Duration::from_secs(10 * 60);
    type Error = AdoptError;

    async fn run(&self) -> Result<(), AdoptError> {
        while let Adoption::After(after) = self.so_far().await? {
            let known = self.0.employees.known(&after).await?;
            if known.is_empty() {
                let (database, now) = (&self.0.database, self.0.clock.now());
                let finishing = database.write(async |tx| adoption::finish(tx, now).await);
                finishing.await.map_err(Failure::from)?;
            }
            for batch in known.chunks(BATCH_SIZE) {
                self.take_in(batch).await?;
            }
        }
        Ok(())
    }
}

impl Adopt {
    async fn so_far(&self) -> Result<Adoption, AdoptError> {
        let finding = self.0.database.read(async |db| adoption::find(db).await);
        Ok(finding.await.map_err(Failure::from)?)
    }

    async fn take_in(&self, batch: &[Known]) -> Result<(), AdoptError> {
        let read = |known: &Known| {
            let facts = EmploymentFacts::parse(known.facts.clone(), known.sequence)?;
            Ok::<_, HandlingError>((facts, known.person_display_name.clone()))
        };
        let batch: Vec<(EmploymentFacts, String)> = batch.iter().map(read).collect::<Result<_, _>>()?;
        let now = self.0.clock.now();
        let taking = self.0.database.write(async |tx: &mut PgConnection| {
            for (facts, display_name) in &batch {
                let employee = Employee::named(employment(facts, now), display_name.clone());
                employ::apply(tx, &employee).await?;
            }
            if let Some((last, _)) = batch.last() {
                let name = EmploymentName {
                    organization: last.organization,
                    employment: last.employment,
                };
                adoption::come_to(tx, name).await?;
            }
            Ok::<_, muster_database::DatabaseError>(())
        });
        Ok(taking.await.map_err(Failure::from)?)
    }
}
