//! A mail server that does as it is told: it takes messages, and plays one fault after the other.

mod session;

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use muster_notification::smtp::Roots;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::certified::Certified;
use crate::sending::Secret;

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
    /// DATA is answered when it is released.
    HeldAtData,
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

/// Whether others on the way could read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Plain,
    /// TLS begins with STARTTLS, and nothing is taken before.
    StartTls,
    /// TLS begins with the connection.
    Implicit,
}

/// Whom the server lets in.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) mechanisms: &'static str,
    pub(crate) name: &'static str,
    pub(crate) secret: &'static str,
}

/// What the server answers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Phase {
    Greeting,
    Ehlo,
    Helo,
    StartTls,
    Mail,
    Rcpt,
    Data,
    AfterDot,
}

/// A message that the server took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReceivedMail {
    pub(crate) to: String,
    pub(crate) bytes: Vec<u8>,
}

impl ReceivedMail {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.bytes.clone()).unwrap()
    }
}

/// The server. Ends with this value.
pub(crate) struct SmtpServer {
    address: SocketAddr,
    state: Arc<State>,
    certified: Certified,
    accepting: Mutex<Option<JoinHandle<()>>>,
}

struct State {
    mode: Mode,
    acceptor: TlsAcceptor,
    shared: Shared,
}

#[derive(Default)]
struct Shared {
    script: Mutex<VecDeque<Fault>>,
    greeting: Mutex<Option<&'static str>>,
    /// Bytes in place of the usual replies.
    answers: Mutex<HashMap<Phase, Vec<u8>>>,
    /// In place of the usual extensions.
    extensions: Mutex<Option<Vec<&'static str>>>,
    /// Whoever is no recipient here.
    unknown: Mutex<Vec<String>>,
    /// Asks for a message though there is no recipient.
    takes_nobody: AtomicBool,
    taken: Mutex<Vec<ReceivedMail>>,
    commands: Mutex<Vec<String>>,
    /// Those that everybody could read.
    readable: Mutex<Vec<String>>,
    user: Mutex<Option<User>>,
    connections: Mutex<usize>,
    cut: Notify,
    ended: Notify,
    holding: Notify,
    released: Notify,
}

impl SmtpServer {
    /// In clear text.
    pub(crate) async fn start() -> Self {
        Self::encrypted(Mode::Plain).await
    }

    /// With a certificate for its address.
    pub(crate) async fn encrypted(mode: Mode) -> Self {
        Self::showing(mode, Certified::of(&["127.0.0.1"])).await
    }

    /// With this certificate.
    pub(crate) async fn showing(mode: Mode, certified: Certified) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            mode,
            acceptor: certified.acceptor(),
            shared: Shared::default(),
        });
        let server = Self {
            address,
            state,
            certified,
            accepting: Mutex::default(),
        };
        server.serve(listener);
        server
    }

    pub(crate) fn url(&self) -> String {
        self.url_of("")
    }

    /// Its URL for this user, whose secret is there.
    pub(crate) fn url_for(&self, user: &str, kind: &str, secret: &Secret) -> String {
        let url = self.url_of(&format!("{user}@"));
        let separator = if url.contains('?') { '&' } else { '?' };
        format!("{url}{separator}{kind}={}", secret.path().display())
    }

    fn url_of(&self, user: &str) -> String {
        let address = self.address;
        match self.state.mode {
            Mode::Plain => format!("smtp://{user}{address}"),
            Mode::StartTls => format!("smtp://{user}{address}?tls=required"),
            Mode::Implicit => format!("smtps://{user}{address}"),
        }
    }

    /// Trust in its certificate.
    pub(crate) fn roots(&self) -> Roots {
        self.certified.roots()
    }

    /// Lets in nobody but this user from now on.
    pub(crate) fn demand(&self, user: User) {
        *self.state.user.lock().unwrap() = Some(user);
    }

    /// The commands that it got in clear text.
    pub(crate) fn readable(&self) -> Vec<String> {
        self.state.readable.lock().unwrap().clone()
    }

    /// The faults of the next messages, counted from MAIL on.
    pub(crate) fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state.script.lock().unwrap().extend(faults);
    }

    /// Refuses mail to this address for ever.
    pub(crate) fn refuse(&self, address: String) {
        self.state.unknown.lock().unwrap().push(address);
    }

    /// Greets like this from now on.
    pub(crate) fn greet(&self, greeting: Option<&'static str>) {
        *self.state.greeting.lock().unwrap() = greeting;
    }

    /// Answers with exactly these bytes from now on.
    pub(crate) fn answer(&self, phase: Phase, bytes: impl Into<Vec<u8>>) {
        self.state.answers.lock().unwrap().insert(phase, bytes.into());
    }

    /// Offers these extensions from now on.
    pub(crate) fn offer(&self, extensions: impl IntoIterator<Item = &'static str>) {
        *self.state.extensions.lock().unwrap() = Some(extensions.into_iter().collect());
    }

    /// Asks for a message from now on though it has refused its recipient.
    pub(crate) fn take_nobody(&self) {
        self.state.takes_nobody.store(true, Ordering::Relaxed);
    }

    /// Everything that it took.
    pub(crate) fn taken(&self) -> Vec<ReceivedMail> {
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
                connections.spawn(session::converse(Arc::clone(&state), socket));
            }
        });
        *self.accepting.lock().unwrap() = Some(accepting);
    }
}

impl Deref for State {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        if let Some(accepting) = self.accepting.lock().unwrap().take() {
            accepting.abort();
        }
    }
}
