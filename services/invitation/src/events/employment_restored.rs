//! `employment.restored`: an end was taken back.

use async_trait::async_trait;
use muster_messaging::{EmploymentFacts, Handler, HandlingError, Received};
use muster_proto::employment::v1::EmploymentRestoredEvent;
use muster_server::convert::from_timestamp;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::ops::invitation::restore::{Restored, restore};

/// Handles `employment.restored`: what was archived with the end is active again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EmploymentRestored;

#[async_trait]
impl Handler for EmploymentRestored {
    type Event = EmploymentRestoredEvent;
    type Prepared = Restored;

    async fn prepare(
        &self,
        event: &Received,
        message: EmploymentRestoredEvent,
    ) -> Result<Restored, HandlingError> {
        let facts = EmploymentFacts::read(event, message.facts)?;
        let end = moment(message.end_time)?.ok_or_else(|| unreadable("end_time"))?;
        Ok(Restored {
            organization: facts.organization,
            person: facts.person,
            since: moment(message.former_end_time)?,
            end,
        })
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        _: &Received,
        restored: Restored,
    ) -> Result<(), HandlingError> {
        Ok(restore(tx, restored).await?)
    }
}

fn moment(time: Option<prost_types::Timestamp>) -> Result<Option<OffsetDateTime>, HandlingError> {
    let time = time.map(from_timestamp).transpose();
    time.map_err(|_| unreadable("a time"))
}

fn unreadable(what: &str) -> HandlingError {
    HandlingError::Permanent(format!("{what} is no time"))
}
