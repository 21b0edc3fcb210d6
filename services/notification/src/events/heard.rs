//! Requests for mail.

use std::sync::Arc;

use async_trait::async_trait;
use muster_clock::Clock;
use muster_ids::InvitationName;
use muster_messaging::{EventType, Handler, HandlingError, Received};
use muster_proto::invitation::v1::{InvitationMailRequestedEvent, MailPurpose};
use sqlx::PgConnection;
use tokio::sync::Notify;

use crate::domain::{MailRequest, Purpose, Sender};
use crate::ops::queue::{self, Asked};

/// Makes a delivery of every request for mail.
#[derive(Debug, Clone)]
pub struct MailRequests {
    /// Time and ids.
    pub clock: Clock,
    /// Who the mail comes from.
    pub sender: Sender,
    /// Wakes the worker.
    pub wake: Arc<Notify>,
}

#[async_trait]
impl Handler for MailRequests {
    type Prepared = ();

    async fn apply(&self, tx: &mut PgConnection, event: &Received, (): ()) -> Result<(), HandlingError> {
        let request = match event.event_type {
            EventType::InvitationMailRequested => request_of(event)?,
            other => {
                return Err(HandlingError::Permanent(format!(
                    "{other} is not for this service"
                )));
            }
        };
        let asked = Asked {
            request,
            traceparent: event.traceparent.clone(),
        };
        queue::queue(tx, &self.clock, &self.sender, asked).await?;
        // Before the commit, alas: the worker looks a few times in quick succession.
        self.wake.notify_one();
        Ok(())
    }
}

fn request_of(event: &Received) -> Result<MailRequest, HandlingError> {
    let permanent = |text: &str| HandlingError::Permanent(text.to_owned());
    let asked: InvitationMailRequestedEvent = event.decode()?;
    let subject: InvitationName = asked
        .invitation
        .parse()
        .map_err(|_| permanent("the invitation has no proper name"))?;
    if subject.organization != event.organization {
        return Err(permanent(
            "the invitation is of another organization than the event",
        ));
    }
    let purpose = match asked.purpose() {
        MailPurpose::Invite => Purpose::Invite,
        MailPurpose::Unspecified => return Err(permanent("the purpose is not known")),
    };
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
