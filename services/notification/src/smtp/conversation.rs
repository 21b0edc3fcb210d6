//! One conversation: envelope, message, the server's word on it.

use std::io;
use std::time::Duration;

use lettre::Address;
use tokio::time::timeout;

use super::answer::Answer;
use super::extensions::{Extensions, Size};
use super::stream::Overheard;
use super::transparency::{FINAL_DOT, transparent};
use super::wire::Wire;
use crate::domain::{Outcome, Reply, Severity};
use crate::mails::Rendered;

/// Saying goodbye is a courtesy.
const GOODBYE: Duration = Duration::from_secs(1);

/// A connection to a mail server on which one message after the other may be sent.
#[derive(Debug)]
pub struct Conversation {
    wire: Wire,
    extensions: Extensions,
    /// The place of the server among all.
    server: usize,
    used: bool,
    /// The server waits for a message, or for the rest of one.
    in_message: bool,
}

impl Conversation {
    /// After greeting, hello and login.
    pub(super) fn new(wire: Wire, extensions: Extensions) -> Self {
        Self {
            wire,
            extensions,
            server: 0,
            used: false,
            in_message: false,
        }
    }

    /// The same with the server at this place.
    pub(super) fn with(self, server: usize) -> Self {
        Self { server, ..self }
    }

    /// The place of the server among all.
    pub(super) fn server(&self) -> usize {
        self.server
    }

    /// Whether it has been used for another message: a server may have hung up since.
    pub(super) fn was_used(&self) -> bool {
        self.used
    }

    /// Whether the server has neither hung up nor said anything since its last reply.
    pub(super) fn is_idle(&mut self) -> bool {
        self.wire.overhear() == Overheard::Nothing
    }

    /// Gives the envelope and announces the message: MAIL, RCPT, DATA. Whatever ends it is definite.
    pub(super) async fn envelope(&mut self, mail: &Rendered) -> Result<(), Outcome> {
        let announced = self.announced(mail).await;
        announced.map_err(|outcome| masked(outcome, mail))
    }

    async fn announced(&mut self, mail: &Rendered) -> Result<(), Outcome> {
        let [from, to, data] = [self.mail_from(mail)?, self.rcpt_to(mail), "DATA\r\n".to_owned()];
        if self.extensions.pipelining {
            self.wire
                .send([from, to, data].concat().as_bytes())
                .await
                .map_err(|_| Outcome::Broken)?;
            return self.three_answers().await;
        }
        accepted(self.wire.ask(&from).await)?;
        accepted(self.wire.ask(&to).await)?;
        let answer = self.wire.ask(&data).await;
        self.go_ahead(answer)
    }

    /// The replies to commands that were sent together. The first refusal is what counts (RFC 2920, section 3.1).
    async fn three_answers(&mut self) -> Result<(), Outcome> {
        let from = accepted(self.wire.answer().await);
        let to = accepted(self.wire.answer().await);
        let answer = self.wire.answer().await;
        let data = self.go_ahead(answer);
        from.and(to).and(data)
    }

    /// Whether the server waits for the message.
    fn go_ahead(&mut self, answer: io::Result<Answer>) -> Result<(), Outcome> {
        let reply = answer.map_err(|_| Outcome::Broken)?.reply();
        self.in_message = reply.severity() == Some(Severity::Intermediate);
        if self.in_message {
            Ok(())
        } else {
            Err(refusal(reply))
        }
    }

    /// Sends the message. `at_dot` runs when the operating system has everything but the final dot; unless it answers
    /// `Ok`, the dot is never written, and the server throws the message away.
    ///
    /// Within `wait` of the dot the server must have answered (RFC 5321, section 4.5.3.2.6: ten minutes). It is what
    /// the server has for reading the message, too.
    pub async fn message<F, E>(&mut self, mail: &Rendered, at_dot: F, wait: Duration) -> Outcome
    where
        F: Future<Output = Result<(), E>>,
    {
        masked(self.sent(mail, at_dot, wait).await, mail)
    }

    async fn sent<F, E>(&mut self, mail: &Rendered, at_dot: F, wait: Duration) -> Outcome
    where
        F: Future<Output = Result<(), E>>,
    {
        self.used = true;
        let message = transparent(&mail.bytes);
        let written = timeout(wait, self.wire.send(&message)).await;
        if !matches!(written, Ok(Ok(()))) {
            return Outcome::Broken;
        }
        if at_dot.await.is_err() {
            return Outcome::Stopped;
        }
        match self.wire.overhear() {
            Overheard::Nothing => self.dot(wait).await,
            Overheard::Speech => self.early_answer().await,
            Overheard::End => Outcome::Broken,
        }
    }

    /// Writes the final dot and waits for the server's word. Once the operating system has got the dot, or a part of it,
    /// no word means nothing definite.
    async fn dot(&mut self, wait: Duration) -> Outcome {
        let before = self.wire.written();
        let answer = timeout(wait, async {
            self.wire.send(FINAL_DOT).await?;
            self.wire.answer().await
        });
        match answer.await {
            Ok(Ok(answer)) => {
                self.in_message = false;
                final_word(answer.reply())
            }
            _ if self.wire.written() > before => Outcome::Ambiguous,
            _ => Outcome::Broken,
        }
    }

    /// What the server says before it has got the dot can only be that it does not take the message; the dot is not
    /// written any more.
    async fn early_answer(&mut self) -> Outcome {
        match timeout(GOODBYE, self.wire.answer()).await {
            Ok(Ok(answer)) => refusal(answer.reply()),
            _ => Outcome::Broken,
        }
    }

    /// Makes it ready for another message, if it can be.
    pub(super) async fn reset(mut self) -> Option<Self> {
        if self.in_message {
            return None;
        }
        let reset = timeout(GOODBYE, self.wire.ask("RSET\r\n")).await;
        let reset = reset.ok()?.ok()?.reply();
        (reset.severity() == Some(Severity::Completion)).then_some(self)
    }

    /// Hangs up in order.
    pub(super) async fn quit(mut self) {
        drop(timeout(GOODBYE, self.wire.ask("QUIT\r\n")).await);
    }

    /// An address outside ASCII needs a server that knows such addresses (RFC 6531); messages are ASCII otherwise.
    fn mail_from(&self, mail: &Rendered) -> Result<String, Outcome> {
        let mut command = format!("MAIL FROM:<{}>", mail.from);
        let extensions = &self.extensions;
        let size = mail.bytes.len();
        match extensions.size {
            Some(Size::AtMost(limit)) if size as u64 > limit => return Err(Outcome::Unmailable),
            Some(_) => command.push_str(&format!(" SIZE={size}")),
            None => {}
        }
        if !(is_ascii(&mail.to) && is_ascii(&mail.from) && mail.bytes.is_ascii()) {
            if !(extensions.smtp_utf8 && extensions.eight_bit_mime) {
                return Err(Outcome::Unmailable);
            }
            command.push_str(" SMTPUTF8 BODY=8BITMIME");
        }
        if self.asks_for_reports(mail) {
            // The message holds a link that is a secret.
            command.push_str(" RET=HDRS");
        }
        command.push_str("\r\n");
        Ok(command)
    }

    fn rcpt_to(&self, mail: &Rendered) -> String {
        let notify = if self.asks_for_reports(mail) {
            " NOTIFY=FAILURE"
        } else {
            ""
        };
        format!("RCPT TO:<{}>{notify}\r\n", mail.to)
    }

    /// Of failures, and without the message in them (RFC 3461, section 4).
    fn asks_for_reports(&self, mail: &Rendered) -> bool {
        mail.reports_are_read && self.extensions.dsn
    }
}

fn is_ascii(address: &Address) -> bool {
    let text: &str = address.as_ref();
    text.is_ascii()
}

/// Whether a command has done what it should.
fn accepted(answer: io::Result<Answer>) -> Result<(), Outcome> {
    let reply = answer.map_err(|_| Outcome::Broken)?.reply();
    match reply.severity() {
        Some(Severity::Completion) => Ok(()),
        _ => Err(refusal(reply)),
    }
}

/// What a reply means that is not the hoped-for one, before the final dot.
fn refusal(reply: Reply) -> Outcome {
    match reply.severity() {
        _ if is_about_us(&reply) => Outcome::Unreachable(Some(reply)),
        Some(Severity::Permanent) => Outcome::Refused(reply),
        Some(Severity::Transient) => Outcome::Postponed(reply),
        _ => Outcome::Broken,
    }
}

/// What the server said of a message, in words without the address that it is for, and without what signs its return path: whoever
/// knows that can say that it came back.
fn masked(outcome: Outcome, mail: &Rendered) -> Outcome {
    let recipient = (mail.to.user(), mail.to.domain());
    let token = mail.from.user().rsplit('+').next().unwrap_or_default();
    let both = [recipient, (token, token)];
    let masked = if mail.reports_are_read {
        both.as_slice()
    } else {
        std::slice::from_ref(&recipient)
    };
    match outcome {
        Outcome::Refused(reply) => Outcome::Refused(reply.masked(masked)),
        Outcome::Postponed(reply) => Outcome::Postponed(reply.masked(masked)),
        other => other,
    }
}

/// Whether a server asks for a login, or for another one (RFC 4954, section 6): no message is to blame for that.
fn is_about_us(reply: &Reply) -> bool {
    matches!(reply.code(), 530 | 534 | 535 | 538)
}

/// What the reply to the message means.
fn final_word(reply: Reply) -> Outcome {
    match reply.severity() {
        Some(Severity::Completion) => Outcome::Taken(reply),
        Some(Severity::Permanent) => Outcome::Refused(reply),
        Some(Severity::Transient) => Outcome::Postponed(reply),
        Some(Severity::Intermediate) | None => Outcome::Ambiguous,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_neither_the_recipient_nor_the_return_path() {
        let mail = |reports_are_read| Rendered {
            from: "bounces+Ae2tq7@bounces.muster.example".parse().unwrap(),
            reports_are_read,
            to: "ada@learners.example".parse().unwrap(),
            bytes: Vec::new(),
        };
        let shown = |outcome: Outcome, reports_are_read| {
            let masked = masked(outcome, &mail(reports_are_read));
            masked.reply().unwrap().to_string()
        };
        let reply = |code| Reply::new(code, "5.1.8 bounces+ae2TQ7 may not write to ada, bounces may");
        let refused = Outcome::Refused(reply(550));
        let expected = "550 5.1.8 [...] may not write to [...] bounces may";
        assert_eq!(shown(refused.clone(), true), expected);
        let expected = "550 5.1.8 bounces+ae2TQ7 may not write to [...] bounces may";
        assert_eq!(shown(refused, false), expected);
        let expected = "450 [...] may not write to [...] bounces may";
        let text = "bounces+ae2TQ7 may not write to <ada> bounces may";
        assert_eq!(shown(Outcome::Postponed(Reply::new(450, text)), true), expected);
    }
}
