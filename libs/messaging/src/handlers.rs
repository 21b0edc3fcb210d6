//! The handlers of one queue: one for each type of event that is bound to it.

mod batch;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use muster_database::{Database, origin};
use thiserror::Error;

use crate::inbox::{self, Claim};
use crate::{EventType, Handler, HandlingError, QueueSpec, Received};
use batch::Batches;

/// The handlers of one queue.
///
/// ```
/// # use muster_messaging::{Handler, Handlers, topology};
/// # fn example(accepted: impl Handler, approved: impl Handler) -> Handlers {
/// Handlers::of(&topology::EMPLOYMENT).on(accepted).on(approved)
/// # }
/// ```
pub struct Handlers {
    queue: &'static QueueSpec,
    by_type: Vec<(EventType, Arc<dyn Attempt>)>,
}

/// The handlers of a queue are not those of its bindings.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{queue} is not consumed as it is bound: {}", problems.join("; "))]
pub struct UnhandledBinding {
    /// The queue.
    pub queue: &'static str,
    /// Everything that is wrong, one phrase each.
    pub problems: Vec<String>,
}

impl Handlers {
    /// Handles nothing of `queue` yet.
    #[must_use]
    pub fn of(queue: &'static QueueSpec) -> Self {
        Self {
            queue,
            by_type: Vec::new(),
        }
    }

    /// Does `handler`'s work for the events of its type.
    #[must_use]
    pub fn on<H: Handler>(mut self, handler: H) -> Self {
        let event = <H::Event as crate::Event>::TYPE;
        self.by_type.push((event, Arc::new(Typed::new(handler))));
        self
    }

    /// The queue.
    #[must_use]
    pub fn queue(&self) -> &'static QueueSpec {
        self.queue
    }

    /// Compares the handlers with the bindings of the queue: exactly one handler for each. A service does not start
    /// otherwise.
    ///
    /// # Errors
    /// Every binding without a handler, every handler without a binding, every second handler of a type.
    pub fn check(&self) -> Result<(), UnhandledBinding> {
        let handlers = |event| self.by_type.iter().filter(|(own, _)| *own == event).count();
        let problems: Vec<String> = EventType::ALL
            .iter()
            .filter_map(|&event| {
                let bound = self.queue.events().any(|own| own == event);
                match (bound, handlers(event)) {
                    (true, 1) | (false, 0) => None,
                    (true, 0) => Some(format!("{event} is bound and has no handler")),
                    (true, _) => Some(format!("{event} has several handlers")),
                    (false, _) => Some(format!("{event} has a handler and is not bound")),
                }
            })
            .collect();
        if problems.is_empty() {
            Ok(())
        } else {
            Err(UnhandledBinding {
                queue: self.queue.name,
                problems,
            })
        }
    }

    /// One attempt at an event: reads it, prepares, and applies it in the transaction that records it.
    pub(crate) async fn attempt(
        &self,
        database: &Database,
        event: &Received,
    ) -> Result<Claim, HandlingError> {
        match self.handler(event.event_type) {
            Some(handler) => handler.attempt(database, event).await,
            // A binding that an older version has left in the broker.
            None => Err(HandlingError::Permanent(format!(
                "{} is not for this service",
                event.event_type
            ))),
        }
    }

    /// An attempt in one transaction with others that wait. `None` when that is not how this type of event is handled, or
    /// when the transaction failed, for whichever of them: nothing came of it.
    pub(crate) async fn attempt_together(
        &self,
        database: &Database,
        event: &Arc<Received>,
    ) -> Option<Result<Claim, HandlingError>> {
        let handler = self.handler(event.event_type)?;
        handler.attempt_together(database, event).await
    }

    fn handler(&self, event_type: EventType) -> Option<&dyn Attempt> {
        let own = |(own, _): &&(EventType, _)| *own == event_type;
        let (_, handler) = self.by_type.iter().find(own)?;
        Some(handler.as_ref())
    }
}

impl fmt::Debug for Handlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let events: Vec<EventType> = self.by_type.iter().map(|(event, _)| *event).collect();
        f.debug_struct("Handlers")
            .field("queue", &self.queue.name)
            .field("events", &events)
            .finish()
    }
}

/// A handler whose types are forgotten.
#[async_trait]
trait Attempt: Send + Sync {
    async fn attempt(&self, database: &Database, event: &Received) -> Result<Claim, HandlingError>;

    async fn attempt_together(
        &self,
        database: &Database,
        event: &Arc<Received>,
    ) -> Option<Result<Claim, HandlingError>>;
}

struct Typed<H: Handler> {
    handler: Arc<H>,
    batches: Option<Batches<H>>,
}

impl<H: Handler> Typed<H> {
    fn new(handler: H) -> Self {
        let handler = Arc::new(handler);
        let batches = (H::BATCH_SIZE > 1).then(|| batch::batches(Arc::clone(&handler)));
        Self { handler, batches }
    }

    async fn alone(&self, database: &Database, event: &Received) -> Result<Claim, HandlingError> {
        let prepared = self.handler.prepare(event, event.decode()?).await?;
        database
            .write(async |tx| {
                if inbox::claim(tx, event).await? == Claim::AlreadyApplied {
                    return Ok(Claim::AlreadyApplied);
                }
                self.handler.apply(tx, event, prepared).await?;
                Ok(Claim::New)
            })
            .await
    }
}

#[async_trait]
impl<H: Handler> Attempt for Typed<H> {
    async fn attempt(&self, database: &Database, event: &Received) -> Result<Claim, HandlingError> {
        origin::scope(event.origin(), self.alone(database, event)).await
    }

    async fn attempt_together(
        &self,
        database: &Database,
        event: &Arc<Received>,
    ) -> Option<Result<Claim, HandlingError>> {
        let batches = self.batches.as_ref()?;
        let preparing = async { self.handler.prepare(event, event.decode()?).await };
        match preparing.await {
            Ok(prepared) => batch::join(batches, database, event, prepared).await.map(Ok),
            Err(error) => Some(Err(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::marker::PhantomData;

    use muster_proto::invitation::v1::InvitationAcceptedEvent;
    use muster_proto::organization::v1::{OrganizationApprovedEvent, OrganizationClosedEvent};
    use sqlx::PgConnection;

    use super::*;
    use crate::{Event, topology};

    struct Nothing<E>(PhantomData<E>);

    fn nothing<E>() -> Nothing<E> {
        Nothing(PhantomData)
    }

    #[async_trait]
    impl<E: Event> Handler for Nothing<E> {
        type Event = E;
        type Prepared = ();

        async fn prepare(&self, _: &Received, _: E) -> Result<(), HandlingError> {
            Ok(())
        }

        async fn apply(&self, _: &mut PgConnection, _: &Received, (): ()) -> Result<(), HandlingError> {
            Ok(())
        }
    }

    #[test]
    fn each_binding_has_exactly_one_handler() {
        let accepted = || nothing::<InvitationAcceptedEvent>();
        let approved = || nothing::<OrganizationApprovedEvent>();
        let employment = || Handlers::of(&topology::EMPLOYMENT).on(nothing::<OrganizationClosedEvent>());
        assert_eq!(employment().on(accepted()).on(approved()).check(), Ok(()));
        for (handlers, problems) in [
            (employment().on(accepted()), 1),
            (employment().on(accepted()).on(approved()).on(approved()), 1),
            // None of its own, and one that is not bound.
            (
                Handlers::of(&topology::RECORDS).on(accepted()),
                topology::RECORDS.events().count() + 1,
            ),
        ] {
            assert_eq!(
                handlers.check().unwrap_err().problems.len(),
                problems,
                "{handlers:?}"
            );
        }
    }
}
