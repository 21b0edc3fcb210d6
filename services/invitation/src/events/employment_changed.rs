//! Where employments stand: of one that is over, and of a claim that is taken back or rejected, what the person had accepted is
//! archived. A claim that is corrected waits again, and what it came from is active with it. And the list of learners knows.

use std::marker::PhantomData;

use async_trait::async_trait;
use muster_database::DatabaseError;
use muster_messaging::{EmploymentEvent, EmploymentFacts, Handler, HandlingError, Received};
use muster_proto::employment::v1::EmploymentState;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::context::Context;
use crate::ops::invitation::archive::archive;
use crate::ops::invitation::restore::reopen;
use crate::ops::learner::employ::{self, Employee, employment};

/// Handles the events `E` of employments.
#[derive(Clone)]
pub(crate) struct EmploymentChanged<E> {
    context: Context,
    event: PhantomData<fn() -> E>,
}

impl<E> EmploymentChanged<E> {
    pub(crate) fn new(context: Context) -> Self {
        let event = PhantomData;
        Self { context, event }
    }
}

#[async_trait]
impl<E: EmploymentEvent> Handler for EmploymentChanged<E> {
    type Event = E;
    type Prepared = (EmploymentFacts, Employee);

    async fn prepare(&self, event: &Received, message: E) -> Result<Self::Prepared, HandlingError> {
        let facts = EmploymentFacts::read(event, message.facts())?;
        let employee = employ::prepare(&self.context, employment(&facts, event.time)).await?;
        Ok((facts, employee))
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        event: &Received,
        (facts, employee): Self::Prepared,
    ) -> Result<(), HandlingError> {
        // Of an end that is heard of after it was taken back, nothing is archived.
        if !employ::is_outdated(tx, &employee).await? {
            answer(tx, event, &facts, self.context.clock.now()).await?;
        }
        Ok(employ::apply(tx, &employee).await?)
    }
}

/// What became of what the person had accepted by the time of the event.
async fn answer(
    tx: &mut PgConnection,
    event: &Received,
    facts: &EmploymentFacts,
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    match facts.state {
        EmploymentState::Ended | EmploymentState::Withdrawn | EmploymentState::Rejected => {
            archive(tx, facts.organization, facts.person, event.time).await
        }
        EmploymentState::PendingVerification => match facts.source_invitation {
            Some(invitation) => reopen(tx, facts.organization, invitation, event.time, now).await,
            None => Ok(()),
        },
        EmploymentState::Verified | EmploymentState::Unspecified => Ok(()),
    }
}
