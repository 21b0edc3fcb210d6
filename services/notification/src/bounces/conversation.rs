//! One conversation with a mail server that hands reports in. Whatever it says, it is answered in order, or hung up on.

use std::io::{self, ErrorKind};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::command::{Command, Dialect, Misunderstood};
use super::incoming::{Incoming, MAX_MESSAGE, Message};
use crate::domain::SentCopy;

/// How long is waited for a command, and for a reply to be taken. The servers of operators are near.
const COMMAND_LIMIT: Duration = Duration::from_secs(60);
/// How long a message may take.
const MESSAGE_LIMIT: Duration = Duration::from_secs(300);
/// How long somebody may go on, and how many commands they may say, without handing in a mail: places are few.
const IDLE_LIMIT: Duration = Duration::from_secs(120);
const MAX_COMMANDS: u32 = 1_000;
/// How long is listened to somebody who is hung up on, so that they hear why.
const PARTING_LIMIT: Duration = Duration::from_secs(5);
/// How many recipients a mail may have (RFC 5321, section 4.5.3.1.8: 100 at least).
const MAX_RECIPIENTS: usize = 100;
/// How many commands are answered that come to nothing.
const PATIENCE: u32 = 20;

/// What takes the mails.
pub(super) trait Mailbox: Sync {
    /// The copy of a message whose return path this address is.
    fn copy_of(&self, address: &str) -> Option<SentCopy>;

    /// Takes a mail to the return path of a copy.
    fn take(&self, mail: Returned<'_>) -> impl Future<Output = Taken> + Send;
}

/// A mail to a return path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Returned<'a> {
    /// Whose return path it is.
    pub(super) copy: SentCopy,
    /// The return path.
    pub(super) address: &'a str,
    /// Whether it comes from nobody, `<>`, as reports do (RFC 3464, section 2).
    pub(super) from_nobody: bool,
    /// Its beginning.
    pub(super) mail: &'a [u8],
}

/// What became of such a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// It is done with.
    Done,
    /// It is to come again.
    Later,
}

/// Who says what on this side.
#[derive(Debug, Clone, Copy)]
pub(super) struct Session<'a> {
    /// What this machine is called.
    pub(super) name: &'a str,
    pub(super) tls: TlsState,
}

/// What is encrypted, and what is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TlsState {
    /// There is no certificate.
    None,
    /// It may begin.
    Offered,
    /// It has to begin before anything is said.
    Required,
    /// It has begun.
    Begun,
}

/// How a conversation ended.
#[derive(Debug)]
pub(super) enum Ended<S> {
    /// There is nothing more to be said.
    Over,
    /// TLS is to begin.
    StartTls(S),
}

/// Speaks until one of both has had enough, or `stop` is cancelled.
///
/// # Errors
/// The connection's.
pub(super) async fn converse<S, M>(
    stream: S,
    session: Session<'_>,
    mailbox: &M,
    stop: &CancellationToken,
) -> io::Result<Ended<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
    M: Mailbox,
{
    let mut conversation = Conversation {
        wire: Incoming::new(stream),
        session,
        mailbox,
        dialect: None,
        mail: None,
        misses: 0,
        idle_since: Instant::now(),
        idle_commands: 0,
    };
    let next = conversation.run(stop).await?;
    Ok(match next {
        Next::StartTls => Ended::StartTls(conversation.wire.into_stream()),
        Next::Command | Next::HangUp => {
            conversation.hang_up(stop).await?;
            Ended::Over
        }
    })
}

struct Conversation<'a, S, M> {
    wire: Incoming<S>,
    session: Session<'a>,
    mailbox: &'a M,
    /// After hello.
    dialect: Option<Dialect>,
    /// After MAIL.
    mail: Option<Envelope>,
    misses: u32,
    /// Since when no mail was handed in, and how many commands were said since.
    idle_since: Instant,
    idle_commands: u32,
}

#[derive(Debug)]
struct Envelope {
    from_nobody: bool,
    recipients: Vec<(SentCopy, String)>,
}

/// What follows a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Command,
    StartTls,
    HangUp,
}

const OK: &str = "250 2.0.0 Ok";
const CLOSING: &str = "421 4.3.2 Closing for now, come again";

impl<S, M> Conversation<'_, S, M>
where
    S: AsyncRead + AsyncWrite + Unpin,
    M: Mailbox,
{
    async fn run(&mut self, stop: &CancellationToken) -> io::Result<Next> {
        // After STARTTLS nothing is said until it is asked for (RFC 3207, section 4.2).
        if self.session.tls != TlsState::Begun {
            self.say(&format!("220 {} Muster takes reports of mail", self.session.name))
                .await?;
        }
        loop {
            let line = tokio::select! {
                biased;
                () = stop.cancelled() => {
                    self.say(CLOSING).await?;
                    return Ok(Next::HangUp);
                }
                line = timeout(COMMAND_LIMIT, self.wire.line()) => line,
            };
            self.idle_commands += 1;
            let next = match line {
                Ok(Ok(_)) if self.is_idle_for_too_long() => {
                    self.say("421 4.7.0 No mail was handed in for too long").await?;
                    Next::HangUp
                }
                Ok(Ok(line)) => self.obey(&line, stop).await?,
                Ok(Err(error)) if error.kind() == ErrorKind::InvalidData => {
                    self.say("500 5.5.2 The line is too long").await?;
                    Next::HangUp
                }
                Ok(Err(error)) if error.kind() == ErrorKind::UnexpectedEof => Next::HangUp,
                Ok(Err(error)) => return Err(error),
                Err(_late) => {
                    self.say("421 4.4.2 Nothing was said for too long").await?;
                    Next::HangUp
                }
            };
            if next != Next::Command {
                return Ok(next);
            }
        }
    }

    /// Whoever says something now and then could stay for as long as they like.
    fn is_idle_for_too_long(&self) -> bool {
        self.idle_commands > MAX_COMMANDS || self.idle_since.elapsed() >= IDLE_LIMIT
    }

    async fn obey(&mut self, line: &[u8], stop: &CancellationToken) -> io::Result<Next> {
        let command = match Command::parse(line) {
            Ok(command) => command,
            Err(Misunderstood(reply)) => return self.miss(reply).await,
        };
        let is_spoken_to = matches!(
            command,
            Command::Hello(_) | Command::StartTls | Command::Noop | Command::Quit
        );
        if self.session.tls == TlsState::Required && !is_spoken_to {
            return self.miss("530 5.7.0 Must issue a STARTTLS command first").await;
        }
        match command {
            Command::Hello(dialect) => self.hello(dialect).await,
            Command::StartTls => self.start_tls().await,
            Command::Mail { from_nobody, size } => self.mail(from_nobody, size).await,
            Command::Rcpt(address) => self.rcpt(address).await,
            Command::Data => self.data(stop).await,
            Command::Rset => {
                self.mail = None;
                self.reply(OK).await
            }
            Command::Noop => self.reply(OK).await,
            Command::Vrfy => {
                self.reply("252 2.5.0 Nobody is told who has an address here")
                    .await
            }
            Command::Quit => {
                self.say("221 2.0.0 Bye").await?;
                Ok(Next::HangUp)
            }
        }
    }

    async fn hello(&mut self, dialect: Dialect) -> io::Result<Next> {
        self.dialect = Some(dialect);
        self.mail = None;
        let name = self.session.name;
        if dialect == Dialect::Smtp {
            return self.reply(&format!("250 {name}")).await;
        }
        let size = format!("SIZE {MAX_MESSAGE}");
        let mut lines = vec![name, "PIPELINING", "8BITMIME", "SMTPUTF8", &size];
        if matches!(self.session.tls, TlsState::Offered | TlsState::Required) {
            lines.push("STARTTLS");
        }
        let told: Vec<String> = lines.iter().map(|line| format!("250-{line}\r\n")).collect();
        self.reply(&format!("{}250 ENHANCEDSTATUSCODES", told.concat()))
            .await
    }

    async fn start_tls(&mut self) -> io::Result<Next> {
        match self.session.tls {
            TlsState::None => self.miss("502 5.5.1 There is no TLS here").await,
            TlsState::Begun => self.miss("503 5.5.1 TLS has begun").await,
            // It would be taken for something said under TLS.
            TlsState::Offered | TlsState::Required if self.wire.is_ahead() => {
                self.say("501 5.5.4 Nothing may follow before TLS has begun")
                    .await?;
                Ok(Next::HangUp)
            }
            TlsState::Offered | TlsState::Required => {
                self.say("220 2.0.0 Ready to start TLS").await?;
                Ok(Next::StartTls)
            }
        }
    }

    async fn mail(&mut self, from_nobody: bool, size: u64) -> io::Result<Next> {
        if self.dialect.is_none() {
            return self.miss("503 5.5.1 Say who you are first: LHLO name").await;
        }
        if self.mail.is_some() {
            return self.miss("503 5.5.1 A mail has begun").await;
        }
        if size > MAX_MESSAGE {
            return self.miss("552 5.3.4 The mail is too large").await;
        }
        self.mail = Some(Envelope {
            from_nobody,
            recipients: Vec::new(),
        });
        self.reply("250 2.1.0 Ok").await
    }

    async fn rcpt(&mut self, address: String) -> io::Result<Next> {
        let copy = self.mailbox.copy_of(&address);
        let Some(mail) = &mut self.mail else {
            return self.miss("503 5.5.1 No mail has begun: MAIL FROM:<>").await;
        };
        let Some(copy) = copy else {
            return self.reply("550 5.1.1 No such address here").await;
        };
        if mail.recipients.len() >= MAX_RECIPIENTS {
            return self
                .miss("452 4.5.3 Too many recipients, send the others apart")
                .await;
        }
        mail.recipients.push((copy, address));
        self.reply("250 2.1.5 Ok").await
    }

    async fn data(&mut self, stop: &CancellationToken) -> io::Result<Next> {
        let mail = match self.mail.take() {
            Some(mail) if !mail.recipients.is_empty() => mail,
            Some(mail) => {
                self.mail = Some(mail);
                return self.miss("554 5.5.1 No recipient has been taken").await;
            }
            None => return self.miss("503 5.5.1 No mail has begun: MAIL FROM:<>").await,
        };
        self.say("354 End with a dot on a line of its own").await?;
        let message = tokio::select! {
            biased;
            () = stop.cancelled() => {
                self.say(CLOSING).await?;
                return Ok(Next::HangUp);
            }
            message = timeout(MESSAGE_LIMIT, self.wire.message()) => message,
        };
        match message {
            Ok(Ok(Message::Kept(bytes))) => {
                let next = self.take(&mail, &bytes).await?;
                (self.idle_since, self.idle_commands) = (Instant::now(), 0);
                Ok(next)
            }
            Ok(Ok(Message::TooLarge)) => {
                self.say("552 5.3.4 The mail is too large").await?;
                Ok(Next::HangUp)
            }
            Ok(Err(error)) if error.kind() == ErrorKind::UnexpectedEof => Ok(Next::HangUp),
            Ok(Err(error)) => Err(error),
            Err(_late) => {
                self.say("421 4.4.2 The mail took too long").await?;
                Ok(Next::HangUp)
            }
        }
    }

    /// For each recipient by itself, and for one who is named again as the first time; who speaks SMTP hears of all of them together, and
    /// does no harm by coming again with all.
    async fn take(&mut self, mail: &Envelope, bytes: &[u8]) -> io::Result<Next> {
        let mut answered: Vec<(SentCopy, Taken)> = Vec::new();
        for (copy, address) in &mail.recipients {
            let before = answered.iter().find(|(of, _)| of == copy);
            let taken = if let Some((_, taken)) = before {
                *taken
            } else {
                let returned = Returned {
                    copy: *copy,
                    address,
                    from_nobody: mail.from_nobody,
                    mail: bytes,
                };
                self.mailbox.take(returned).await
            };
            answered.push((*copy, taken));
        }
        let replies = answered.iter().map(|(_, taken)| match taken {
            Taken::Done => OK,
            Taken::Later => "451 4.3.0 Not now, come again",
        });
        let mut replies: Vec<&str> = replies.collect();
        if self.dialect != Some(Dialect::Lmtp) {
            let later = replies.iter().position(|reply| *reply != OK).unwrap_or(0);
            replies = replies.get(later..=later).unwrap_or_default().to_vec();
        }
        self.reply(&replies.join("\r\n")).await
    }

    async fn reply(&mut self, reply: &str) -> io::Result<Next> {
        self.say(reply).await?;
        Ok(Next::Command)
    }

    /// To what came to nothing: not for ever.
    async fn miss(&mut self, reply: &str) -> io::Result<Next> {
        self.misses += 1;
        self.say(reply).await?;
        if self.misses < PATIENCE {
            return Ok(Next::Command);
        }
        self.say("421 4.7.0 Too much has come to nothing").await?;
        Ok(Next::HangUp)
    }

    /// Neither a process that stops waits for it, nor anybody for long.
    async fn hang_up(&mut self, stop: &CancellationToken) -> io::Result<()> {
        let hung_up = timeout(PARTING_LIMIT, self.wire.hang_up());
        match stop.run_until_cancelled(hung_up).await {
            Some(Ok(hung_up)) => hung_up,
            Some(Err(_)) | None => Ok(()),
        }
    }

    async fn say(&mut self, reply: &str) -> io::Result<()> {
        let said = timeout(COMMAND_LIMIT, self.wire.send(&format!("{reply}\r\n"))).await;
        said.unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()))
    }
}

#[cfg(test)]
mod tests;
