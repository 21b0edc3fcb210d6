//! One connection to the server.

use std::io::{Error, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::{Fault, Mode, Phase, ReceivedMail, State};

/// With or without TLS.
trait Bytes: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Bytes for T {}

type Wire = BufReader<Box<dyn Bytes>>;

pub(super) async fn converse(state: Arc<State>, socket: TcpStream) {
    socket.set_nodelay(true).unwrap();
    let mut session = Session {
        state: &state,
        wire: BufReader::new(Box::new(socket)),
        encrypted: false,
        fault: Fault::None,
        to: None,
        logged_in: false,
    };
    drop(session.run().await);
    drop(session);
    state.ended.notify_one();
}

struct Session<'a> {
    state: &'a State,
    wire: Wire,
    encrypted: bool,
    fault: Fault,
    /// The recipient, when it was accepted.
    to: Option<String>,
    logged_in: bool,
}

impl Session<'_> {
    /// Ends with the first error, and by hanging up.
    async fn run(&mut self) -> std::io::Result<()> {
        if self.state.mode == Mode::Implicit {
            self.begin_tls().await?;
        }
        let greeting = *self.state.greeting.lock().unwrap();
        let greeting = greeting.unwrap_or("220 test ESMTP");
        if !self.answer(Phase::Greeting, greeting).await? {
            return Ok(());
        }
        loop {
            let command = self.line().await?;
            self.obey(&command).await?;
        }
    }

    async fn line(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        if self.wire.read_line(&mut line).await? == 0 {
            return Err(hung_up());
        }
        let command = line.trim_end().to_owned();
        self.state.commands.lock().unwrap().push(command.clone());
        if !self.encrypted {
            self.state.readable.lock().unwrap().push(command.clone());
        }
        Ok(command)
    }

    async fn begin_tls(&mut self) -> std::io::Result<()> {
        // What came too early is lost, as it should be.
        let nothing: Box<dyn Bytes> = Box::new(tokio::io::empty());
        let socket = std::mem::replace(&mut self.wire, BufReader::new(nothing)).into_inner();
        let stream = self.state.acceptor.accept(socket).await?;
        self.wire = BufReader::new(Box::new(stream));
        self.encrypted = true;
        Ok(())
    }

    /// Whom it does not let in, and what is asked for first.
    fn keeps_out(&self) -> Option<&'static str> {
        if self.state.mode == Mode::StartTls && !self.encrypted {
            Some("530 5.7.0 Must issue a STARTTLS command first")
        } else if self.state.user.lock().unwrap().is_some() && !self.logged_in {
            Some("530 5.7.0 Authentication required")
        } else {
            None
        }
    }

    async fn log_in(&mut self, command: &str) -> std::io::Result<()> {
        let mut words = command.split(' ').skip(1);
        let (mechanism, initial) = (words.next().unwrap_or_default(), words.next().map(str::to_owned));
        let user = self.state.user.lock().unwrap().clone().unwrap();
        let (given, expected) = match mechanism {
            "PLAIN" => (
                self.response(initial, "").await?,
                format!("\0{}\0{}", user.name, user.secret),
            ),
            "LOGIN" => {
                let name = self.response(None, "VXNlcm5hbWU6").await?;
                let secret = self.response(None, "UGFzc3dvcmQ6").await?;
                (
                    format!("{name} {secret}"),
                    format!("{} {}", user.name, user.secret),
                )
            }
            _ => (
                self.response(initial, "").await?,
                format!("user={}\x01auth=Bearer {}\x01\x01", user.name, user.secret),
            ),
        };
        self.logged_in = given == expected;
        if self.logged_in {
            return say(&mut self.wire, "235 2.7.0 welcome").await;
        }
        if mechanism == "XOAUTH2" {
            say(&mut self.wire, "334 eyJzdGF0dXMiOiI0MDAifQ==").await?;
            assert_eq!(self.line().await?, "");
        }
        say(&mut self.wire, "535 5.7.8 not you").await
    }

    /// What was given with the command, or is given when it is asked for.
    async fn response(&mut self, initial: Option<String>, question: &str) -> std::io::Result<String> {
        let response = match initial {
            Some(response) => response,
            None => {
                say(&mut self.wire, &format!("334 {question}")).await?;
                self.line().await?
            }
        };
        Ok(String::from_utf8(STANDARD.decode(response).unwrap()).unwrap())
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
            ("STARTTLS", _) if self.state.mode == Mode::StartTls => {
                if self.answer(Phase::StartTls, "220 go").await? {
                    self.begin_tls().await?;
                }
            }
            ("AUTH", _) => self.log_in(command).await?,
            ("MAIL", _) if self.keeps_out().is_some() => {
                let first = self.keeps_out().unwrap();
                say(&mut self.wire, first).await?;
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
                let address = command.trim_start_matches(|c| c != '<').trim_matches(['<', '>']);
                let is_unknown = self
                    .state
                    .unknown
                    .lock()
                    .unwrap()
                    .iter()
                    .any(|one| one == address);
                let reply = match fault {
                    Fault::Rcpt(reply) => reply,
                    _ if is_unknown => "554 5.7.1 nobody of that name",
                    _ => "250 2.1.5 ok",
                };
                self.to = self.answer(Phase::Rcpt, reply).await?.then(|| address.to_owned());
            }
            ("DATA", Fault::Data(reply)) => say(&mut self.wire, reply).await?,
            ("DATA", Fault::HeldAtData) => {
                self.state.holding.notify_one();
                self.state.released.notified().await;
                self.data().await?;
            }
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
        let mut offered: Vec<String> = offered
            .unwrap_or_else(|| vec!["8BITMIME", "ENHANCEDSTATUSCODES"])
            .into_iter()
            .map(str::to_owned)
            .collect();
        if self.state.mode == Mode::StartTls && !self.encrypted {
            offered.push("STARTTLS".to_owned());
        } else if let Some(user) = &*self.state.user.lock().unwrap() {
            offered.push(format!("AUTH {}", user.mechanisms));
        }
        let lines: Vec<String> = offered.iter().map(|one| format!("250-{one}\r\n")).collect();
        format!("250-test\r\n{}250 HELP", lines.concat())
    }

    /// Answers, and tells whether it was a yes.
    async fn answer(&mut self, phase: Phase, usual: &str) -> std::io::Result<bool> {
        let bytes = self.reply(phase, usual);
        tell(&mut self.wire, &bytes).await?;
        Ok(is_yes(&bytes))
    }

    /// What is answered, when nothing else is wanted than the usual.
    fn reply(&self, phase: Phase, usual: &str) -> Vec<u8> {
        let special = self.state.answers.lock().unwrap().get(&phase).cloned();
        special.unwrap_or_else(|| format!("{usual}\r\n").into_bytes())
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
        self.finish(ReceivedMail { to, bytes }).await
    }

    /// Answers a message.
    async fn finish(&mut self, message: ReceivedMail) -> std::io::Result<()> {
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
                // Taken before the answer: whoever has got it looks.
                let reply = self.reply(Phase::AfterDot, "250 2.0.0 taken");
                if is_yes(&reply) {
                    self.take(message);
                }
                tell(&mut self.wire, &reply).await
            }
        }
    }

    fn take_if(&self, reply: &str, message: ReceivedMail) {
        if reply.starts_with('2') {
            self.take(message);
        }
    }

    fn take(&self, message: ReceivedMail) {
        self.state.taken.lock().unwrap().push(message);
    }
}

fn is_yes(reply: &[u8]) -> bool {
    matches!(reply.first(), Some(b'2' | b'3'))
}

fn hung_up() -> Error {
    ErrorKind::ConnectionAborted.into()
}

async fn say(wire: &mut Wire, reply: &str) -> std::io::Result<()> {
    tell(wire, format!("{reply}\r\n").as_bytes()).await
}

async fn tell(wire: &mut Wire, bytes: &[u8]) -> std::io::Result<()> {
    wire.get_mut().write_all(bytes).await?;
    wire.get_mut().flush().await
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
