//! Asking the owner of a thing about its mail, just before it is sent: is it still wanted, where does it go, what does it
//! say. So no secret and no address is ever stored here, and nothing is sent after a cancel.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_address::EmailAddress;
use muster_database::deadline;
use muster_proto::notification::v1::mail_source_internal_service_client::MailSourceInternalServiceClient;
use muster_proto::notification::v1::{GetMailRequest, GetMailResponse, MailPurpose};
use muster_server::Peer;
use muster_server::convert::from_timestamp;
use tokio::time::Instant;
use tonic::{Code, Status};

use crate::domain::{Mail, MailRequest, Outcome};
use crate::mails::Purpose;

/// For one question, its retries included.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// The services that own what mails are about.
#[derive(Debug, Clone)]
pub struct MailSources(BTreeMap<&'static str, MailSourceInternalServiceClient<Peer>>);

impl MailSources {
    /// Asks these services, each by its name.
    ///
    /// # Errors
    /// When the owner of some mail is not among them: its mail could never be sent.
    pub fn new(owners: impl IntoIterator<Item = (&'static str, Peer)>) -> anyhow::Result<Self> {
        let owners = owners.into_iter();
        let sources = Self(
            owners
                .map(|(owner, peer)| (owner, MailSourceInternalServiceClient::new(peer)))
                .collect(),
        );
        for purpose in Purpose::ALL {
            let owner = purpose.spec().owner;
            anyhow::ensure!(
                sources.0.contains_key(owner),
                "{purpose} mail belongs to the {owner} service, which this service does not know"
            );
        }
        Ok(sources)
    }

    /// The mail as it is now.
    ///
    /// # Errors
    /// [`Outcome::Unwanted`], [`Outcome::Unmailable`], [`Outcome::Unasked`] when the owner has
    /// none to give now, or [`Outcome::OwnerAway`] when it did not answer.
    pub async fn mail(&self, request: &MailRequest) -> Result<Mail, Outcome> {
        let question = GetMailRequest {
            subject: request.subject.to_string(),
            purpose: MailPurpose::from(request.purpose).into(),
            generation: request.generation,
        };
        let owner = self.0.get(request.purpose.spec().owner);
        let mut owner = owner.ok_or(Outcome::Unasked)?.clone();
        let until = Some(Instant::now() + ANSWER_LIMIT);
        match deadline::scope(until, owner.get_mail(question)).await {
            Ok(answer) => mail_of(request.purpose, answer.into_inner()),
            Err(status) => Err(outcome_of(&status)),
        }
    }
}

fn mail_of(purpose: Purpose, answer: GetMailResponse) -> Result<Mail, Outcome> {
    if !answer.wanted {
        return Err(Outcome::Unwanted);
    }
    Ok(Mail {
        purpose,
        address: EmailAddress::parse(&answer.address).map_err(|_| Outcome::Unmailable)?,
        expire_time: answer.expire_time.and_then(|at| from_timestamp(at).ok()),
        variables: answer.variables.ok_or(Outcome::Unmailable)?,
    })
}

/// What does not exist is not wanted. Anything else is the owner's trouble, and is over some day: with this mail, or with
/// all of them.
fn outcome_of(status: &Status) -> Outcome {
    match status.code() {
        Code::NotFound => Outcome::Unwanted,
        code @ (Code::Unavailable | Code::DeadlineExceeded) => {
            tracing::debug!(code = ?code, "the owner of a mail did not answer");
            Outcome::OwnerAway
        }
        code => {
            tracing::warn!(code = ?code, "the owner of a mail has none to give now");
            Outcome::Unasked
        }
    }
}
