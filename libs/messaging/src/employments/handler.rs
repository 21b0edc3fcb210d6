//! One handler for all events of an employment that a service answers with the same work.

use std::marker::PhantomData;

use async_trait::async_trait;
use muster_proto::employment::v1 as pb;
use sqlx::PgConnection;

use super::EmploymentFacts;
use crate::{Event, Handler, HandlingError, Received};

/// An event whose first field is the facts of an employment.
pub trait EmploymentEvent: Event {
    /// What it says.
    fn facts(self) -> Option<pb::EmploymentFacts>;
}

macro_rules! employment_events {
    ($($message:ident),+ $(,)?) => {$(
        impl EmploymentEvent for pb::$message {
            fn facts(self) -> Option<pb::EmploymentFacts> {
                self.facts
            }
        }
    )+};
}

employment_events! {
    EmploymentVerifiedEvent, EmploymentChangedEvent, EmploymentEndedEvent, EmploymentRestoredEvent,
}

/// What a service does about an employment of which an event tells, whichever event it is: most keep a projection.
#[async_trait]
pub trait EmploymentWork: Send + Sync + 'static {
    /// As [`Handler::apply`]: in the transaction that also records the event.
    async fn apply(
        &self,
        tx: &mut PgConnection,
        event: &Received,
        facts: EmploymentFacts,
    ) -> Result<(), HandlingError>;
}

/// Does the work `W` for the events `E`.
///
/// ```
/// # use muster_messaging::{EmploymentHandler, EmploymentWork, Handlers, topology};
/// # use muster_proto::employment::v1::{EmploymentEndedEvent, EmploymentVerifiedEvent};
/// # fn example(projection: impl EmploymentWork + Copy) -> Handlers {
/// Handlers::of(&topology::ORGANIZATION)
///     .on(EmploymentHandler::<EmploymentVerifiedEvent, _>::new(projection))
///     .on(EmploymentHandler::<EmploymentEndedEvent, _>::new(projection))
/// # }
/// ```
#[derive(Debug)]
pub struct EmploymentHandler<E, W> {
    work: W,
    event: PhantomData<fn() -> E>,
}

impl<E: EmploymentEvent, W: EmploymentWork> EmploymentHandler<E, W> {
    /// Does this work.
    pub const fn new(work: W) -> Self {
        let event = PhantomData;
        Self { work, event }
    }
}

#[async_trait]
impl<E: EmploymentEvent, W: EmploymentWork> Handler for EmploymentHandler<E, W> {
    type Event = E;
    type Prepared = EmploymentFacts;

    async fn prepare(&self, event: &Received, message: E) -> Result<EmploymentFacts, HandlingError> {
        EmploymentFacts::read(event, message.facts())
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        event: &Received,
        facts: EmploymentFacts,
    ) -> Result<(), HandlingError> {
        self.work.apply(tx, event, facts).await
    }
}
