//! The mail servers together: which one takes the next message.

use std::time::Duration;

use futures::future::join_all;

use super::server::Server;
use super::trouble::Trouble;
use super::{Conversation, SmtpUrl, Tls};
use crate::domain::Outcome;
use crate::mails::Rendered;

/// How to talk to the mail servers.
#[derive(Debug, Clone)]
pub struct SmtpOptions {
    /// Where they are, the preferred one first. The next one is used while one cannot be.
    pub servers: Vec<SmtpUrl>,
    /// For those that are talked to under TLS.
    pub tls: Tls,
    /// What we say our name is (RFC 5321, section 4.1.1.1): a domain, or an address in brackets.
    pub hello: String,
    /// How long each may take until it can take a message.
    pub connect_limit: Duration,
    /// How long to wait for the reply after the final dot.
    pub reply_wait: Duration,
}

/// The mail servers, and the connections to them. As many are open as messages are being sent.
pub struct Smtp {
    options: SmtpOptions,
    servers: Vec<Server>,
}

impl Smtp {
    /// Connects to nothing yet.
    #[must_use]
    pub fn new(options: SmtpOptions) -> Self {
        let servers = options.servers.iter().cloned().map(Server::new).collect();
        Self { options, servers }
    }

    /// Its settings.
    #[must_use]
    pub fn options(&self) -> &SmtpOptions {
        &self.options
    }

    /// The server at the other end of a conversation.
    #[must_use]
    pub fn server_of(&self, conversation: &Conversation) -> Option<&SmtpUrl> {
        self.servers.get(conversation.server()).map(Server::url)
    }

    /// A connection that waits, or a new one, to the first server that can be used.
    ///
    /// # Errors
    /// [`Outcome::Unreachable`] when there is no server, or none wants to talk.
    pub async fn connection(&self) -> Result<Conversation, Outcome> {
        self.first(Server::take_idle).await
    }

    async fn first(
        &self,
        waiting: impl Fn(&Server) -> Option<Conversation>,
    ) -> Result<Conversation, Outcome> {
        let mut end = Outcome::Unreachable(None);
        for (place, server) in self.in_order() {
            if let Some(conversation) = waiting(server) {
                return Ok(conversation);
            }
            match server.open(&self.options).await {
                Ok(conversation) => return Ok(conversation.with(place)),
                // A reply says more than none.
                Err(trouble) if end.reply().is_none() => end = trouble.outcome(),
                Err(_) => {}
            }
        }
        Err(end)
    }

    /// The servers with their places, those that could not be used lately last.
    fn in_order(&self) -> Vec<(usize, &Server)> {
        let places = self.servers.iter().enumerate();
        let (here, away): (Vec<_>, Vec<_>) = places.partition(|(_, server)| server.is_worth_trying());
        [here, away].concat()
    }

    /// Gives the envelope; on a new connection when the server has hung up on the old one since its last message.
    ///
    /// # Errors
    /// How the attempt ended.
    pub async fn envelope(
        &self,
        mut conversation: Conversation,
        mail: &Rendered,
    ) -> Result<Conversation, Outcome> {
        let outcome = match conversation.envelope(mail).await {
            Ok(()) => return Ok(conversation),
            Err(outcome) => outcome,
        };
        if !(conversation.was_used() && has_hung_up(&outcome)) {
            self.settle(conversation, &outcome).await;
            return Err(outcome);
        }
        drop(conversation);
        let mut conversation = self.first(|_| None).await?;
        match conversation.envelope(mail).await {
            Ok(()) => Ok(conversation),
            Err(outcome) => {
                self.settle(conversation, &outcome).await;
                Err(outcome)
            }
        }
    }

    /// Keeps a connection for the next message, unless this outcome says that it is of no use any more.
    pub async fn settle(&self, conversation: Conversation, outcome: &Outcome) {
        let Some(server) = self.servers.get(conversation.server()) else {
            return;
        };
        if let Outcome::Unreachable(Some(reply)) = outcome {
            server.fails(&Trouble::NotAllowed(reply.clone()));
        }
        let usable = match outcome {
            Outcome::Taken(_) => Some(conversation),
            _ if has_hung_up(outcome) => None,
            Outcome::Refused(_) | Outcome::Postponed(_) | Outcome::Unmailable => conversation.reset().await,
            // Nothing was said on it.
            Outcome::Unwanted | Outcome::Unasked | Outcome::SourceAway => Some(conversation),
            Outcome::Unreachable(_) | Outcome::Broken | Outcome::Ambiguous | Outcome::Stopped => None,
        };
        if let Some(conversation) = usable {
            server.keep(conversation);
        }
    }

    /// Hangs up on all that wait.
    pub async fn close(&self) {
        let idle: Vec<Conversation> = self.servers.iter().flat_map(Server::take_all).collect();
        join_all(idle.into_iter().map(Conversation::quit)).await;
    }
}

/// 421 closes the connection (RFC 5321, section 3.8).
fn has_hung_up(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Broken => true,
        Outcome::Postponed(reply) => reply.code() == 421,
        _ => false,
    }
}
