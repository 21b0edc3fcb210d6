//! Asking the source of a mail, the service that owns what it is about, just before it is sent: is it still wanted, where
//! does it go, what does it say. So no secret and no address is ever stored here, and nothing is sent after a cancel.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_address::EmailAddress;
use muster_clock::Zone;
use muster_database::{Together, deadline};
use muster_ids::OrganizationId;
use muster_language::Language;
use muster_proto::notification::v1::mail_source_internal_service_client::MailSourceInternalServiceClient;
use muster_proto::notification::v1::{
    BatchGetMailsRequest, GetMailRequest, GetMailResponse, MailAnswer, MailPurpose,
};
use muster_server::Peer;
use muster_server::convert::from_timestamp;
use tokio::time::{Instant, timeout_at};
use tonic::{Code, Response, Status};

use crate::domain::{MailRequest, Outcome};
use crate::mails::{Mail, Purpose};

/// As many mails as one question is about.
const BATCH_SIZE: usize = 100;

type Client = MailSourceInternalServiceClient<Peer>;
type Answer = Result<GetMailResponse, Status>;

/// The sources of mails, by the names of the services.
#[derive(Debug, Clone)]
pub struct MailSources {
    sources: BTreeMap<&'static str, Source>,
    /// For one question, its retries included.
    answer_limit: Duration,
}

/// A source.
#[derive(Debug, Clone)]
struct Source {
    client: Client,
    /// What is asked at the same time about mails of one organization is one question.
    together: Together<OrganizationId, GetMailRequest, Option<Answer>>,
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
        let sources = sources
            .into_iter()
            .map(|(name, peer)| (name, Source::new(MailSourceInternalServiceClient::new(peer))));
        let sources = Self {
            sources: sources.collect(),
            answer_limit,
        };
        for purpose in Purpose::ALL {
            let source = purpose.spec().source;
            anyhow::ensure!(
                sources.sources.contains_key(source),
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
        let source = self.sources.get(request.purpose.spec().source);
        let source = source.ok_or(Outcome::Unasked)?;
        let until = Instant::now() + self.answer_limit;
        let asking = deadline::scope(Some(until), source.ask(request));
        match timeout_at(until, asking).await {
            Ok(Ok(answer)) => mail_of(request.purpose, answer),
            Ok(Err(status)) => Err(outcome_of(&status)),
            Err(_late) => Err(Outcome::SourceAway),
        }
    }
}

impl Source {
    fn new(client: Client) -> Self {
        let asking = client.clone();
        Self {
            client,
            together: Together::new(BATCH_SIZE, move |_: &OrganizationId, questions| {
                ask_all(asking.clone(), questions)
            }),
        }
    }

    async fn ask(&self, request: &MailRequest) -> Answer {
        let question = GetMailRequest {
            subject: request.subject.to_string(),
            purpose: MailPurpose::from(request.purpose).into(),
            generation: request.generation,
        };
        let organization = request.subject.organization;
        match self.together.ask(organization, question.clone()).await {
            Some(Some(answer)) => answer,
            // Alone, the refusal is its own.
            _ => ask_one(self.client.clone(), question).await,
        }
    }
}

async fn ask_one(mut client: Client, question: GetMailRequest) -> Answer {
    client.get_mail(question).await.map(Response::into_inner)
}

/// `None` for those that are to be asked about alone.
async fn ask_all(mut client: Client, requests: Vec<GetMailRequest>) -> Vec<Option<Answer>> {
    if let [question] = &requests[..] {
        return vec![Some(ask_one(client, question.clone()).await)];
    }
    let count = requests.len();
    match client.batch_get_mails(BatchGetMailsRequest { requests }).await {
        Ok(answer) => {
            let answers = answer.into_inner().answers.into_iter();
            let answer = |answer: MailAnswer| answer.mail.map(Ok);
            let mut answers: Vec<_> = answers.map(answer).collect();
            answers.resize(count, None);
            answers
        }
        Err(status) if is_away(&status) => vec![Some(Err(status)); count],
        // Also when the source is of a release that knows no questions about many.
        Err(_) => vec![None; count],
    }
}

fn is_away(status: &Status) -> bool {
    matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded)
}

fn mail_of(purpose: Purpose, answer: GetMailResponse) -> Result<Mail, Outcome> {
    if !answer.wanted {
        return Err(Outcome::Unwanted);
    }
    Ok(Mail {
        purpose,
        address: EmailAddress::parse(&answer.address).map_err(|_| Outcome::Unmailable)?,
        expire_time: answer.expire_time.and_then(|at| from_timestamp(at).ok()),
        // UTC of what a source does not say, or what is no zone here: that is no reason to send nothing.
        zone: Zone::named(&answer.time_zone),
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
        code if is_away(status) => {
            tracing::debug!(code = ?code, "the source of a mail did not answer");
            Outcome::SourceAway
        }
        code => {
            tracing::warn!(code = ?code, "the source of a mail has none to give now");
            Outcome::Unasked
        }
    }
}
