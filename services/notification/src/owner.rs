//! Asking the owner of a thing about its mail, just before it is sent: is it still wanted, where does it go, what link
//! does it carry. So no secret and no address is ever stored here, and nothing is sent after a cancel.

use std::time::Duration;

use muster_address::EmailAddress;
use muster_database::deadline;
use muster_proto::invitation::v1::mail_source_internal_service_client::MailSourceInternalServiceClient;
use muster_proto::invitation::v1::{GetMailRequest, GetMailResponse, MailPurpose};
use muster_server::Peer;
use muster_server::convert::from_timestamp;
use tokio::time::Instant;
use tonic::{Code, Status};

use crate::domain::{Mail, MailRequest, Outcome, Purpose};

/// For one question, its retries included.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// The owner of invitations.
#[derive(Debug, Clone)]
pub struct Owner {
    invitations: MailSourceInternalServiceClient<Peer>,
}

impl Owner {
    /// Asks the service at `peer`.
    #[must_use]
    pub fn new(peer: Peer) -> Self {
        Self {
            invitations: MailSourceInternalServiceClient::new(peer),
        }
    }

    /// The mail as it is now.
    ///
    /// # Errors
    /// [`Outcome::Unwanted`], [`Outcome::Unmailable`], or [`Outcome::Unasked`] when the owner did not answer.
    pub async fn mail(&self, request: &MailRequest) -> Result<Mail, Outcome> {
        let purpose = match request.purpose {
            Purpose::Invite => MailPurpose::Invite,
        };
        let question = GetMailRequest {
            subject: request.subject.to_string(),
            purpose: purpose.into(),
            generation: request.generation,
        };
        let mut invitations = self.invitations.clone();
        let until = Some(Instant::now() + ANSWER_LIMIT);
        match deadline::scope(until, invitations.get_mail(question)).await {
            Ok(answer) => mail_of(answer.into_inner()),
            Err(status) => Err(outcome_of(&status)),
        }
    }
}

fn mail_of(answer: GetMailResponse) -> Result<Mail, Outcome> {
    if !answer.wanted {
        return Err(Outcome::Unwanted);
    }
    let expire_time = answer.expire_time.and_then(|at| from_timestamp(at).ok());
    Ok(Mail {
        address: EmailAddress::parse(&answer.address).map_err(|_| Outcome::Unmailable)?,
        link: answer.link,
        organization: answer.organization_display_name,
        groups: answer.groups,
        expire_time,
    })
}

/// What does not exist is not wanted. Anything else is the owner's trouble, and is over some day.
fn outcome_of(status: &Status) -> Outcome {
    match status.code() {
        Code::NotFound => Outcome::Unwanted,
        code => {
            tracing::warn!(code = ?code, "the owner of a mail could not be asked");
            Outcome::Unasked
        }
    }
}
