//! The beginning of a conversation: connecting, greeting, hello, TLS, login.

use std::io;

use muster_server::settings::Secret;

use super::answer::Answer;
use super::connect::connect;
use super::extensions::Extensions;
use super::sasl::log_in;
use super::stream::Stream;
use super::tls::Tls;
use super::trouble::{Step, Trouble};
use super::url::Encryption;
use super::wire::Wire;
use super::{Conversation, SmtpUrl};
use crate::domain::Severity;

/// Who opens a conversation.
#[derive(Debug)]
pub(super) struct Opener<'a> {
    pub(super) server: &'a SmtpUrl,
    pub(super) tls: &'a Tls,
    /// The name in EHLO.
    pub(super) hello: &'a str,
    /// The secret of the server's login.
    pub(super) secret: Option<&'a Secret>,
}

impl Opener<'_> {
    /// Comes as far as where messages can be sent.
    pub(super) async fn open(&self) -> Result<Conversation, Trouble> {
        let mut wire = self.connect().await?;
        completed(Step::Greeting, wire.answer().await)?;
        let mut extensions = self.say_hello(&mut wire).await?;
        if self.starts_tls(&extensions)? {
            wire = self.start_tls(wire).await?;
            // What was said in clear text is forgotten (RFC 3207, section 4.2).
            extensions = self.say_hello(&mut wire).await?;
        }
        if let (Some(login), Some(secret)) = (&self.server.login, self.secret) {
            log_in(&mut wire, &extensions, login, secret).await?;
        }
        Ok(Conversation::new(wire, extensions))
    }

    async fn connect(&self) -> Result<Wire, Trouble> {
        let SmtpUrl {
            host,
            port,
            encryption,
            ..
        } = self.server;
        let socket = connect(host, *port).await?;
        Ok(Wire::new(if *encryption == Encryption::Implicit {
            let stream = self.tls.begin(host, socket).await.map_err(Trouble::Tls)?;
            Stream::encrypted(stream)
        } else {
            Stream::plain(socket)
        }))
    }

    /// EHLO; HELO when the server does not know it (RFC 5321, section 3.2).
    async fn say_hello(&self, wire: &mut Wire) -> Result<Extensions, Trouble> {
        let hello = self.hello;
        let answer = wire.ask(&format!("EHLO {hello}\r\n")).await;
        let answer = answer.map_err(|error| Trouble::Broken(Step::Hello, error))?;
        if answer.reply().severity() == Some(Severity::Permanent) {
            completed(Step::Hello, wire.ask(&format!("HELO {hello}\r\n")).await)?;
            return Ok(Extensions::default());
        }
        completed(Step::Hello, Ok(answer)).map(|answer| Extensions::of(&answer))
    }

    fn starts_tls(&self, extensions: &Extensions) -> Result<bool, Trouble> {
        match self.server.encryption {
            Encryption::None | Encryption::Implicit => Ok(false),
            Encryption::Opportunistic => Ok(extensions.start_tls),
            Encryption::Required if extensions.start_tls => Ok(true),
            Encryption::Required => Err(Trouble::NoTls),
        }
    }

    async fn start_tls(&self, mut wire: Wire) -> Result<Wire, Trouble> {
        completed(Step::StartTls, wire.ask("STARTTLS\r\n").await)?;
        let socket = wire.into_socket().ok_or(Trouble::Injected)?;
        let stream = self.tls.begin(&self.server.host, socket).await;
        stream
            .map(|stream| Wire::new(Stream::encrypted(stream)))
            .map_err(Trouble::Tls)
    }
}

/// The reply, if it says that the step is done.
fn completed(step: Step, answer: io::Result<Answer>) -> Result<Answer, Trouble> {
    let answer = answer.map_err(|error| Trouble::Broken(step, error))?;
    let reply = answer.reply();
    match reply.severity() {
        Some(Severity::Completion) => Ok(answer),
        _ => Err(Trouble::Refused(step, reply)),
    }
}
