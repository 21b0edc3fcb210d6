//! Taking in, twice, the employments that were there before the list of learners. Those since then are told by events, and whichever of
//! the two is older changes nothing.

use std::time::Duration;

use muster_jobs::Periodic;
use muster_messaging::EmploymentFacts;
use muster_server::Failure;
use sqlx::PgConnection;
use tonic::Status;

use super::employ::{self, Employee, employment};
use crate::context::Context;
use crate::employees::Known;
use crate::store::learner::adoption::{self, Adoption};

/// As many as one transaction takes, which keeps each of their learners until it is done: few, there is no hurry.
const BATCH_SIZE: usize = 10;

/// The job.
#[derive(Clone)]
pub(crate) struct Adopt(pub(crate) Context);

impl Periodic for Adopt {
    const NAME: &'static str = "adopt";
    const EVERY: Duration = Duration::from_secs(10 * 60);
    type Error = Failure;

    async fn run(&self) -> Result<(), Failure> {
        while let Adoption::After(after) = self.so_far().await? {
            let known = self.0.employees.known(&after).await?;
            if known.is_empty() {
                let (database, now) = (&self.0.database, self.0.clock.now());
                let finishing = database.write(async |tx| adoption::finish(tx, now).await);
                finishing.await?;
            }
            for batch in known.chunks(BATCH_SIZE) {
                self.take_in(batch).await?;
            }
        }
        Ok(())
    }
}

impl Adopt {
    async fn so_far(&self) -> Result<Adoption, Failure> {
        let now = self.0.clock.now();
        let finding = self.0.database.read(async |db| adoption::find(db, now).await);
        Ok(finding.await?)
    }

    async fn take_in(&self, batch: &[Known]) -> Result<(), Failure> {
        let mut names = batch.iter().map(name_of);
        let Some(last) = names.rfind(|name| !name.is_empty()) else {
            // Without one it would not get any further.
            let unnamed = Status::internal("employments came without their names");
            return Err(Failure::Peer(Box::new(unnamed)));
        };
        let batch: Vec<(EmploymentFacts, String)> = batch.iter().filter_map(read).collect();
        let now = self.0.clock.now();
        let taking = self.0.database.write(async |tx: &mut PgConnection| {
            for (facts, display_name) in &batch {
                let employee = Employee::named(employment(facts, now), display_name.clone());
                employ::apply(tx, &employee).await?;
            }
            adoption::come_to(tx, last).await
        });
        Ok(taking.await?)
    }
}

fn name_of(known: &Known) -> &str {
    let facts = known.facts.as_ref();
    facts.map_or("", |facts| &facts.employment)
}

/// As an event that cannot be read is put aside, and keeps nobody after it waiting.
fn read(known: &Known) -> Option<(EmploymentFacts, String)> {
    match EmploymentFacts::parse(known.facts.clone(), known.sequence) {
        Ok(facts) => Some((facts, known.person_display_name.clone())),
        Err(error) => {
            let employment = name_of(known);
            tracing::error!(employment, %error, "an employment is not taken into the list of learners");
            None
        }
    }
}
