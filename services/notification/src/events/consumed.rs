//! Requests for mail.

use std::sync::Arc;

use async_trait::async_trait;
use muster_clock::Clock;
use muster_messaging::{Handler, HandlingError, Received};
use muster_proto::notification::v1::MailRequestedEvent;
use sqlx::PgConnection;
use tokio::sync::Notify;

use crate::domain::{MailRequest, Sender};
use crate::mails::{Purpose, Subject};
use crate::ops::queue::{self, Asked};

/// Handles `mail.requested`: makes a delivery of every request for mail.
#[derive(Debug, Clone)]
pub struct MailRequested {
    /// Time and ids.
    pub clock: Clock,
    /// Who the mail comes from.
    pub sender: Sender,
    /// Wakes the worker.
    pub wake: Arc<Notify>,
}

#[async_trait]
impl Handler for MailRequested {
    type Event = MailRequestedEvent;
    type Prepared = MailRequest;

    async fn prepare(
        &self,
        event: &Received,
        message: MailRequestedEvent,
    ) -> Result<MailRequest, HandlingError> {
        request_of(event, &message)
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        event: &Received,
        request: MailRequest,
    ) -> Result<(), HandlingError> {
        let asked = Asked {
            request,
            traceparent: event.traceparent.clone(),
        };
        queue::queue(tx, &self.clock, &self.sender, asked).await?;
        // Before the commit: the worker looks a few times in quick succession.
        self.wake.notify_one();
        Ok(())
    }
}

fn request_of(event: &Received, asked: &MailRequestedEvent) -> Result<MailRequest, HandlingError> {
    let permanent = |text: &str| HandlingError::Permanent(text.to_owned());
    let subject: Subject = event.field("subject", &asked.subject)?;
    event.within(subject.organization)?;
    let purpose =
        Purpose::of_contract(asked.purpose()).ok_or_else(|| permanent("the purpose is not known"))?;
    if subject.collection != purpose.spec().collection {
        return Err(permanent(
            "the subject is not of the kind that the purpose is about",
        ));
    }
    if asked.generation < 1 {
        return Err(permanent("the generation is not positive"));
    }
    if asked.request < 1 {
        return Err(permanent("the number of the request is not positive"));
    }
    Ok(MailRequest {
        subject,
        purpose,
        generation: asked.generation,
        number: asked.request,
    })
}
