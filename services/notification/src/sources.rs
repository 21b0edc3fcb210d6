//! Asking the source of a mail, the service that owns what it is about, just before it is sent: is it still wanted, where
//! does it go, what does it say. So no secret and no address is ever stored here, and nothing is sent after a cancel.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_address::EmailAddress;
use muster_database::deadline;
use muster_language::Language;
use muster_proto::notification::v1::mail_source_internal_service_client::MailSourceInternalServiceClient;
use muster_proto::notification::v1::{GetMailRequest, GetMailResponse, MailPurpose};
use muster_server::Peer;
use muster_server::convert::from_timestamp;
use tokio::time::Instant;
use tonic::{Code, Status};

use crate::domain::{MailRequest, Outcome};
use crate::mails::{Mail, Purpose};

/// The sources of mails, by the names of the services.
#[derive(Debug, Clone)]
pub struct MailSources {
    clients: BTreeMap<&'static str, MailSourceInternalServiceClient<Peer>>,
    /// For one question, its retries included.
    answer_limit: Duration,
}

impl MailSources {
    /// Asks these services, each by its name, and waits for an answer for so long.
    ///
    /// # Errors
    /// When the source of some mail is not among them: its mail could never be sent.
    pub fn new(
        sources: impl IntoIterator<Item = (&'static str, Peer)>,
        answer_limit: Duration,
    ) -> anyhow::Result<Self> {
        let clients = sources
            .into_iter()
            .map(|(name, peer)| (name, MailSourceInternalServiceClient::new(peer)));
        let sources = Self {
            clients: clients.collect(),
            answer_limit,
        };
        for purpose in Purpose::ALL {
            let source = purpose.spec().source;
            anyhow::ensure!(
                sources.clients.contains_key(source),
                "{purpose} mail comes from the {source} service, which this service does not know"
            );
        }
        Ok(sources)
    }

    /// The mail as it is now.
    ///
    /// # Errors
    /// [`Outcome::Unwanted`], [`Outcome::Unmailable`], [`Outcome::Unasked`] when the source has
    /// none to give now, or [`Outcome::SourceAway`] when it did not answer.
    pub async fn mail(&self, request: &MailRequest) -> Result<Mail, Outcome> {
        let question = GetMailRequest {
            subject: request.subject.to_string(),
            purpose: MailPurpose::from(request.purpose).into(),
            generation: request.generation,
        };
        let source = self.clients.get(request.purpose.spec().source);
        let mut source = source.ok_or(Outcome::Unasked)?.clone();
        let until = Some(Instant::now() + self.answer_limit);
        match deadline::scope(until, source.get_mail(question)).await {
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
        // What a newer source speaks is said in English, as what it does not say.
        language: Language::of_tag(&answer.locale).unwrap_or_default(),
        variables: answer.variables.ok_or(Outcome::Unmailable)?,
    })
}

/// What does not exist is not wanted. Anything else is the source's trouble, and is over some day: with this mail, or with
/// all of them.
fn outcome_of(status: &Status) -> Outcome {
    match status.code() {
        Code::NotFound => Outcome::Unwanted,
        code @ (Code::Unavailable | Code::DeadlineExceeded) => {
            tracing::debug!(code = ?code, "the source of a mail did not answer");
            Outcome::SourceAway
        }
        code => {
            tracing::warn!(code = ?code, "the source of a mail has none to give now");
            Outcome::Unasked
        }
    }
}
