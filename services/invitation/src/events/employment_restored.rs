//! `employment.restored`: an end was taken back.

use async_trait::async_trait;
use muster_messaging::{EmploymentFacts, Handler, HandlingError, Received};
use muster_proto::employment::v1::EmploymentRestoredEvent;
use muster_server::convert::from_timestamp;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::context::Context;
use crate::ops::invitation::restore::{Restored, restore};
use crate::ops::learner::employ::{self, Employee, employment};

/// Handles `employment.restored`: what was archived with the end is active again, and so is the learner.
#[derive(Clone)]
pub(crate) struct EmploymentRestored(pub(crate) Context);

#[async_trait]
impl Handler for EmploymentRestored {
    type Event = EmploymentRestoredEvent;
    type Prepared = (Restored, Employee);

    async fn prepare(
        &self,
        event: &Received,
        message: EmploymentRestoredEvent,
    ) -> Result<Self::Prepared, HandlingError> {
        let facts = EmploymentFacts::read(event, message.facts)?;
        let end = moment(message.end_time)?.ok_or_else(|| unreadable("end_time"))?;
        let restored = Restored {
            organization: facts.organization,
            person: facts.person,
            since: moment(message.former_end_time)?,
            end,
        };
        let employee = employ::prepare(&self.0, employment(&facts, event.time)).await?;
        Ok((restored, employee))
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        _: &Received,
        (restored, employee): Self::Prepared,
    ) -> Result<(), HandlingError> {
        // By now it may have ended anew.
        if !employ::is_outdated(tx, &employee).await? {
            restore(tx, restored, self.0.clock.now()).await?;
        }
        Ok(employ::apply(tx, &employee).await?)
    }
}

fn moment(time: Option<prost_types::Timestamp>) -> Result<Option<OffsetDateTime>, HandlingError> {
    let time = time.map(from_timestamp).transpose();
    time.map_err(|_| unreadable("a time"))
}

fn unreadable(what: &str) -> HandlingError {
    HandlingError::Permanent(format!("{what} is no time"))
}
