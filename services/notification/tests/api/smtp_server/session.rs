//! One connection to the server.

use std::io::{Error, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::{Fault, Phase, State, Taken};

type Wire = BufReader<TcpStream>;

pub(super) async fn converse(state: Arc<State>, socket: TcpStream) {
    socket.set_nodelay(true).unwrap();
    let mut session = Session {
        state: &state,
        wire: BufReader::new(socket),
        fault: Fault::None,
        to: None,
    };
    drop(session.run().await);
    drop(session);
    state.ended.notify_one();
}

struct Session<'a> {
    state: &'a State,
    wire: Wire,
    fault: Fault,
    /// The recipient, when it was accepted.
    to: Option<String>,
}

impl Session<'_> {
    /// Ends with the first error, and by hanging up.
    async fn run(&mut self) -> std::io::Result<()> {
        let greeting = *self.state.greeting.lock().unwrap();
        let greeting = greeting.unwrap_or("220 test ESMTP");
        if !self.answer(Phase::Greeting, greeting).await? {
            return Ok(());
        }
        loop {
            let mut line = String::new();
            if self.wire.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let command = line.trim_end().to_owned();
            self.state.commands.lock().unwrap().push(command.clone());
            self.obey(&command).await?;
        }
    }

    async fn obey(&mut self, command: &str) -> std::io::Result<()> {
        let verb = command.split([' ', ':']).next().unwrap_or_default();
        match (verb.to_ascii_uppercase().as_str(), self.fault) {
            ("EHLO", _) => {
                let extensions = self.extensions();
                self.answer(Phase::Ehlo, &extensions).await?;
            }
            ("HELO", _) => {
                self.answer(Phase::Helo, "250 test").await?;
            }
            ("MAIL", _) => {
                self.fault = self
                    .state
                    .script
                    .lock()
                    .unwrap()
                    .pop_front()
                    .unwrap_or(Fault::None);
                self.to = None;
                let reply = match self.fault {
                    Fault::Mail(reply) => reply,
                    _ => "250 2.1.0 ok",
                };
                self.answer(Phase::Mail, reply).await?;
            }
            ("RCPT", Fault::CutAtRcpt) => return Err(hung_up()),
            ("RCPT", fault) => {
                let reply = match fault {
                    Fault::Rcpt(reply) => reply,
                    _ => "250 2.1.5 ok",
                };
                let address = command.trim_start_matches(|c| c != '<').trim_matches(['<', '>']);
                self.to = self.answer(Phase::Rcpt, reply).await?.then(|| address.to_owned());
            }
            ("DATA", Fault::Data(reply)) => say(&mut self.wire, reply).await?,
            ("DATA", _) => self.data().await?,
            ("RSET" | "NOOP", _) => say(&mut self.wire, "250 ok").await?,
            ("QUIT", _) => {
                say(&mut self.wire, "221 bye").await?;
                return Err(hung_up());
            }
            _ => say(&mut self.wire, "500 what?").await?,
        }
        Ok(())
    }

    fn extensions(&self) -> String {
        let offered = self.state.extensions.lock().unwrap().clone();
        let offered = offered.unwrap_or_else(|| vec!["8BITMIME", "ENHANCEDSTATUSCODES"]);
        let lines: Vec<String> = offered.iter().map(|one| format!("250-{one}\r\n")).collect();
        format!("250-test\r\n{}250 HELP", lines.concat())
    }

    /// Answers, and tells whether it was a yes.
    async fn answer(&mut self, phase: Phase, usual: &str) -> std::io::Result<bool> {
        let special = self.state.answers.lock().unwrap().get(&phase).cloned();
        let bytes = special.unwrap_or_else(|| format!("{usual}\r\n").into_bytes());
        self.wire.get_mut().write_all(&bytes).await?;
        Ok(matches!(bytes.first(), Some(b'2' | b'3')))
    }

    async fn data(&mut self) -> std::io::Result<()> {
        let nobody = self.state.takes_nobody.load(Ordering::Relaxed).then(String::new);
        let Some(to) = self.to.clone().or(nobody) else {
            return say(&mut self.wire, "503 5.5.1 first MAIL and RCPT").await;
        };
        if !self.answer(Phase::Data, "354 go").await? {
            return Ok(());
        }
        if self.fault == Fault::CutBeforeDot {
            self.wire.read_exact(&mut [0; 100]).await?;
            self.wire.get_mut().shutdown().await?;
            self.state.cut.notify_one();
            return Err(hung_up());
        }
        let bytes = message(&mut self.wire).await?;
        self.finish(Taken { to, bytes }).await
    }

    /// Answers a message.
    async fn finish(&mut self, message: Taken) -> std::io::Result<()> {
        match self.fault {
            Fault::CutAfterDot => {
                self.take(message);
                Err(hung_up())
            }
            Fault::CutAfterDotNotTaken => Err(hung_up()),
            Fault::AfterDot(reply) => {
                self.take_if(reply, message);
                say(&mut self.wire, reply).await
            }
            Fault::Held(reply) => {
                self.take_if(reply, message);
                self.state.holding.notify_one();
                self.state.released.notified().await;
                say(&mut self.wire, reply).await
            }
            Fault::Slow(delay) => {
                self.take(message);
                tokio::time::sleep(delay).await;
                say(&mut self.wire, "250 2.0.0 taken at last").await
            }
            Fault::Nonsense => {
                say(&mut self.wire, "HTTP/1.1 400 Bad Request").await?;
                Err(hung_up())
            }
            _ => {
                if self.answer(Phase::AfterDot, "250 2.0.0 taken").await? {
                    self.take(message);
                }
                Ok(())
            }
        }
    }

    fn take_if(&self, reply: &str, message: Taken) {
        if reply.starts_with('2') {
            self.take(message);
        }
    }

    fn take(&self, message: Taken) {
        self.state.taken.lock().unwrap().push(message);
    }
}

fn hung_up() -> Error {
    ErrorKind::ConnectionAborted.into()
}

async fn say(wire: &mut Wire, reply: &str) -> std::io::Result<()> {
    wire.get_mut().write_all(format!("{reply}\r\n").as_bytes()).await
}

/// Reads up to the final dot; the dots that were doubled on the way are single again.
async fn message(wire: &mut Wire) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let mut line = Vec::new();
        if wire.read_until(b'\n', &mut line).await? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok(bytes);
        }
        bytes.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}
