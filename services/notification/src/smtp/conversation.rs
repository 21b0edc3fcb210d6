//! One conversation: envelope, message, the server's word on it.

use std::error::Error as _;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::{Response, Severity};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::SmtpUrl;
use super::wire::{Gate, Wire};
use crate::domain::{Outcome, Rendered, Reply};

/// Saying goodbye is a courtesy.
const GOODBYE: Duration = Duration::from_secs(1);

/// A connection to the mail server on which one message after the other may be sent.
pub struct Conversation {
    connection: AsyncSmtpConnection,
    gate: Arc<Gate>,
    used: bool,
}

impl Conversation {
    /// Connects, waits for the greeting and says hello.
    pub(super) async fn open(server: &SmtpUrl, hello: &ClientId) -> Result<Self, Outcome> {
        let socket = TcpStream::connect((server.host.as_str(), server.port));
        let socket = socket.await.map_err(|_| Outcome::Unreachable(None))?;
        // Every command waits for its reply: with Nagle's algorithm each mail would take 40 ms.
        socket.set_nodelay(true).map_err(|_| Outcome::Unreachable(None))?;
        let (wire, gate) = Wire::new(socket);
        let connection = AsyncSmtpConnection::connect_with_transport(Box::new(wire), hello).await;
        let connection = connection.map_err(|error| Outcome::Unreachable(reply_of_error(&error)))?;
        Ok(Self {
            connection,
            gate,
            used: false,
        })
    }

    /// Whether it has been used for another message: a server may have hung up since.
    pub(super) fn was_used(&self) -> bool {
        self.used
    }

    /// Gives the envelope and announces the message: MAIL, RCPT, DATA. Whatever ends it is definite.
    pub(super) async fn envelope(&mut self, mail: &Rendered) -> Result<(), Outcome> {
        let parameters = self.parameters(mail)?;
        self.command(Mail::new(Some(mail.from.clone()), parameters))
            .await?;
        self.command(Rcpt::new(mail.to.clone(), Vec::new())).await?;
        let go_ahead = self.command(Data).await?;
        if go_ahead.code().severity == Severity::PositiveIntermediate {
            Ok(())
        } else {
            Err(Outcome::Broken)
        }
    }

    /// Sends the message. `at_dot` runs when everything but the final dot has been written; unless it answers `Ok`, the
    /// dot is never written, and the server throws the message away.
    ///
    /// Within `wait` of the dot the server must have answered (RFC 5321, section 4.5.3.2.6: ten minutes).
    pub async fn message<F, E>(&mut self, mail: &Rendered, at_dot: F, wait: Duration) -> Outcome
    where
        F: Future<Output = Result<(), E>>,
    {
        self.used = true;
        self.gate.close();
        let gate = Arc::clone(&self.gate);
        let mut sending = pin!(self.connection.message(&mail.bytes));
        let early = tokio::select! {
            early = &mut sending => Some(early),
            () = gate.reached() => None,
        };
        if let Some(early) = early {
            // Without the dot there is no reply to it: the connection broke.
            return early.map_or_else(|error| outcome_of_error(&error), |_| Outcome::Broken);
        }
        if at_dot.await.is_err() {
            return Outcome::Stopped;
        }
        gate.open();
        let answer = timeout(wait, sending).await;
        match answer {
            Ok(Ok(response)) if response.code().severity == Severity::PositiveCompletion => {
                Outcome::Taken(reply_of(&response))
            }
            Ok(Err(error)) if error.status().is_some() => outcome_of_error(&error),
            // No reply, or none that can be understood.
            _ if gate.has_passed() => Outcome::Ambiguous,
            _ => Outcome::Broken,
        }
    }

    /// Makes it ready for another message, if it can be.
    pub(super) async fn reset(mut self) -> Option<Self> {
        let reset = timeout(GOODBYE, self.connection.command(Rset)).await;
        matches!(reset, Ok(Ok(_))).then_some(self)
    }

    /// Hangs up in order.
    pub(super) async fn quit(mut self) {
        drop(timeout(GOODBYE, self.connection.command(Quit)).await);
    }

    async fn command<C: std::fmt::Display>(&mut self, command: C) -> Result<Response, Outcome> {
        self.connection
            .command(command)
            .await
            .map_err(|error| outcome_of_error(&error))
    }

    /// An address outside ASCII needs a server that knows such addresses (RFC 6531); the message is ASCII otherwise.
    fn parameters(&self, mail: &Rendered) -> Result<Vec<MailParameter>, Outcome> {
        if is_ascii(&mail.to) && mail.bytes.is_ascii() {
            return Ok(Vec::new());
        }
        let server = self.connection.server_info();
        if !server.supports_feature(Extension::SmtpUtfEight)
            || !server.supports_feature(Extension::EightBitMime)
        {
            return Err(Outcome::Unmailable);
        }
        Ok(vec![
            MailParameter::SmtpUtfEight,
            MailParameter::Body(MailBodyParameter::EightBitMime),
        ])
    }
}

fn is_ascii(address: &Address) -> bool {
    let text: &str = address.as_ref();
    text.is_ascii()
}

fn reply_of(response: &Response) -> Reply {
    Reply::new(response.code().into(), response.first_line().unwrap_or_default())
}

fn reply_of_error(error: &Error) -> Option<Reply> {
    let text = error.source().map(ToString::to_string).unwrap_or_default();
    error.status().map(|code| Reply::new(code.into(), &text))
}

/// What an error before the dot, or a reply after it, means.
fn outcome_of_error(error: &Error) -> Outcome {
    match reply_of_error(error) {
        Some(reply) if error.is_permanent() => Outcome::Refused(reply),
        Some(reply) => Outcome::Postponed(reply),
        None => Outcome::Broken,
    }
}
