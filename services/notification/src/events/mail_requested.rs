//! `mail.requested`: a delivery is made.

use std::sync::Arc;

use async_trait::async_trait;
use muster_database::wake_after_commit;
use muster_messaging::{Handler, HandlingError, Received};
use muster_proto::notification::v1::MailRequestedEvent;
use muster_server::convert::from_timestamp;
use muster_telemetry::propagation;
use sqlx::PgConnection;
use time::OffsetDateTime;
use tokio::sync::Notify;

use crate::context::Context;
use crate::domain::MailRequest;
use crate::mails::{Purpose, Subject};
use crate::ops::delivery::request::{self, RequestedMail};

/// Handles `mail.requested`: makes a delivery of every request for mail.
#[derive(Clone)]
pub(crate) struct MailRequested {
    pub(crate) context: Context,
    /// Wakes the worker.
    pub(crate) wake: Arc<Notify>,
}

#[async_trait]
impl Handler for MailRequested {
    type Event = MailRequestedEvent;
    type Prepared = RequestedMail;
    const BATCH_SIZE: usize = 100;

    async fn prepare(
        &self,
        event: &Received,
        message: MailRequestedEvent,
    ) -> Result<RequestedMail, HandlingError> {
        Ok(RequestedMail {
            request: request_of(event, &message)?,
            not_before: not_before(&message)?,
            traceparent: propagation::current_traceparent().or_else(|| event.traceparent.clone()),
        })
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        _: &Received,
        mail: RequestedMail,
    ) -> Result<(), HandlingError> {
        self.make(tx, vec![mail]).await
    }

    async fn apply_all(
        &self,
        tx: &mut PgConnection,
        events: Vec<(Arc<Received>, RequestedMail)>,
    ) -> Result<(), HandlingError> {
        self.make(tx, events.into_iter().map(|(_, mail)| mail).collect())
            .await
    }
}

impl MailRequested {
    async fn make(&self, tx: &mut PgConnection, mails: Vec<RequestedMail>) -> Result<(), HandlingError> {
        let asked = mails.len();
        let made = request::apply(tx, &self.context, mails).await?;
        if made > 0 {
            wake_after_commit(&self.wake);
        }
        if made < asked {
            tracing::info!(mails = asked - made, "mails have been asked for before");
        }
        Ok(())
    }
}

fn request_of(event: &Received, message: &MailRequestedEvent) -> Result<MailRequest, HandlingError> {
    let permanent = |text: &str| HandlingError::Permanent(text.to_owned());
    let subject: Subject = event.field("subject", &message.subject)?;
    event.within(subject.organization)?;
    let purpose =
        Purpose::of_contract(message.purpose()).ok_or_else(|| permanent("the purpose is not known"))?;
    if subject.collection != purpose.spec().collection {
        return Err(permanent(
            "the subject is not of the kind that the purpose is about",
        ));
    }
    if message.generation < 1 {
        return Err(permanent("the generation is not positive"));
    }
    if message.request < 1 {
        return Err(permanent("the number of the request is not positive"));
    }
    Ok(MailRequest {
        subject,
        purpose,
        generation: message.generation,
        number: message.request,
    })
}

fn not_before(message: &MailRequestedEvent) -> Result<Option<OffsetDateTime>, HandlingError> {
    let time = message.not_before.map(from_timestamp).transpose();
    time.map_err(|_| HandlingError::Permanent("not_before is no time".to_owned()))
}
