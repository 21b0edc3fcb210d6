//! A mail server that does as it is told: it takes messages, and plays one fault after the other.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// What goes wrong with one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// MAIL is answered like this.
    Mail(&'static str),
    /// RCPT is answered like this.
    Rcpt(&'static str),
    /// The server hangs up instead of answering RCPT.
    CutAtRcpt,
    /// DATA is answered like this.
    Data(&'static str),
    /// The server hangs up when it has read a part of the message.
    CutBeforeDot,
    /// The server takes the message and hangs up without a reply.
    CutAfterDot,
    /// The server throws the message away and hangs up without a reply.
    CutAfterDotNotTaken,
    /// The message is answered like this; a 2xx takes it.
    AfterDot(&'static str),
    /// The server takes the message and answers when it is released.
    Held(&'static str),
    /// The server takes the message and answers this much later.
    Slow(Duration),
    /// The message is answered with something that is no reply.
    Nonsense,
}

/// A message that the server took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) to: String,
    pub(crate) bytes: Vec<u8>,
}

impl Taken {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.bytes.clone()).unwrap()
    }
}

/// The server. Ends with this value.
pub(crate) struct SmtpServer {
    address: SocketAddr,
    state: Arc<State>,
    accepting: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct State {
    script: Mutex<VecDeque<Fault>>,
    greeting: Mutex<Option<&'static str>>,
    taken: Mutex<Vec<Taken>>,
    commands: Mutex<Vec<String>>,
    connections: Mutex<usize>,
    cut: Notify,
    ended: Notify,
    holding: Notify,
    released: Notify,
}

impl SmtpServer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Self {
            address,
            state: Arc::default(),
            accepting: Mutex::default(),
        };
        server.serve(listener);
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// The faults of the next messages, counted from MAIL on.
    pub(crate) fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state.script.lock().unwrap().extend(faults);
    }

    /// Greets like this from now on.
    pub(crate) fn greet(&self, greeting: Option<&'static str>) {
        *self.state.greeting.lock().unwrap() = greeting;
    }

    /// Everything that it took.
    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.state.taken.lock().unwrap().clone()
    }

    /// The commands that it got.
    pub(crate) fn commands(&self) -> Vec<String> {
        self.state.commands.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        *self.state.connections.lock().unwrap()
    }

    /// Waits until it has hung up in the middle of a message.
    pub(crate) async fn has_cut(&self) {
        self.state.cut.notified().await;
    }

    /// Waits until a connection has ended.
    pub(crate) async fn has_ended(&self) {
        self.state.ended.notified().await;
    }

    /// Waits until it holds a reply back.
    pub(crate) async fn is_holding(&self) {
        self.state.holding.notified().await;
    }

    /// Lets one held reply go.
    pub(crate) fn release(&self) {
        self.state.released.notify_one();
    }

    /// Nobody listens any more.
    pub(crate) async fn close(&self) {
        let accepting = self.accepting.lock().unwrap().take().unwrap();
        accepting.abort();
        drop(accepting.await);
    }

    /// Listens again, on the same port.
    pub(crate) async fn reopen(&self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.serve(listener);
    }

    fn serve(&self, listener: TcpListener) {
        let state = Arc::clone(&self.state);
        let accepting = tokio::spawn(async move {
            // Connections end with the listener.
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                *state.connections.lock().unwrap() += 1;
                connections.spawn(converse(Arc::clone(&state), socket));
            }
        });
        *self.accepting.lock().unwrap() = Some(accepting);
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        if let Some(accepting) = self.accepting.lock().unwrap().take() {
            accepting.abort();
        }
    }
}

async fn converse(state: Arc<State>, socket: TcpStream) {
    socket.set_nodelay(true).unwrap();
    drop(conversation(&state, BufReader::new(socket)).await);
    state.ended.notify_one();
}

/// Ends with the first error, and by hanging up.
async fn conversation(state: &State, mut wire: BufReader<TcpStream>) -> std::io::Result<()> {
    let greeting = *state.greeting.lock().unwrap();
    say(&mut wire, greeting.unwrap_or("220 test ESMTP")).await?;
    if greeting.is_some_and(|greeting| !greeting.starts_with('2')) {
        return Ok(());
    }
    let (mut fault, mut to) = (Fault::None, String::new());
    loop {
        let mut line = String::new();
        if wire.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let command = line.trim_end().to_owned();
        state.commands.lock().unwrap().push(command.clone());
        let verb = command
            .split([' ', ':'])
            .next()
            .unwrap_or_default()
            .to_ascii_uppercase();
        match (verb.as_str(), fault) {
            ("EHLO", _) => say(&mut wire, "250-test\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES").await?,
            ("MAIL", _) => {
                fault = state.script.lock().unwrap().pop_front().unwrap_or(Fault::None);
                match fault {
                    Fault::Mail(reply) => say(&mut wire, reply).await?,
                    _ => say(&mut wire, "250 2.1.0 ok").await?,
                }
            }
            ("RCPT", Fault::Rcpt(reply)) => say(&mut wire, reply).await?,
            ("RCPT", Fault::CutAtRcpt) => return Ok(()),
            ("RCPT", _) => {
                to = command
                    .trim_start_matches(|c| c != '<')
                    .trim_matches(['<', '>'])
                    .to_owned();
                say(&mut wire, "250 2.1.5 ok").await?;
            }
            ("DATA", Fault::Data(reply)) => say(&mut wire, reply).await?,
            ("DATA", Fault::CutBeforeDot) => {
                say(&mut wire, "354 go").await?;
                wire.read_exact(&mut [0; 100]).await?;
                drop(wire);
                state.cut.notify_one();
                return Ok(());
            }
            ("DATA", _) => {
                say(&mut wire, "354 go").await?;
                let message = Taken {
                    to: to.clone(),
                    bytes: message(&mut wire).await?,
                };
                if answer(state, &mut wire, message, fault).await? {
                    return Ok(());
                }
            }
            ("RSET" | "NOOP", _) => say(&mut wire, "250 ok").await?,
            ("QUIT", _) => return say(&mut wire, "221 bye").await,
            _ => say(&mut wire, "500 what?").await?,
        }
    }
}

/// Answers a message, and whether it is time to hang up.
async fn answer(
    state: &State,
    wire: &mut BufReader<TcpStream>,
    message: Taken,
    fault: Fault,
) -> std::io::Result<bool> {
    let take = |message| state.taken.lock().unwrap().push(message);
    match fault {
        Fault::CutAfterDot => take(message),
        Fault::CutAfterDotNotTaken => {}
        Fault::AfterDot(reply) => {
            if reply.starts_with('2') {
                take(message);
            }
            say(wire, reply).await?;
            return Ok(false);
        }
        Fault::Held(reply) => {
            if reply.starts_with('2') {
                take(message);
            }
            state.holding.notify_one();
            state.released.notified().await;
            say(wire, reply).await?;
            return Ok(false);
        }
        Fault::Slow(delay) => {
            take(message);
            tokio::time::sleep(delay).await;
            say(wire, "250 2.0.0 taken at last").await?;
            return Ok(false);
        }
        Fault::Nonsense => {
            say(wire, "HTTP/1.1 400 Bad Request").await?;
            return Ok(true);
        }
        _ => {
            take(message);
            say(wire, "250 2.0.0 taken").await?;
            return Ok(false);
        }
    }
    Ok(true)
}

async fn say(wire: &mut BufReader<TcpStream>, reply: &str) -> std::io::Result<()> {
    wire.get_mut().write_all(format!("{reply}\r\n").as_bytes()).await
}

/// Reads up to the final dot; the dots that were doubled on the way are single again.
async fn message(wire: &mut BufReader<TcpStream>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let mut line = Vec::new();
        if wire.read_until(b'\n', &mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok(bytes);
        }
        bytes.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}
