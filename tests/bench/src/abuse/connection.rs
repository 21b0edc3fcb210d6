//! A connection of an abuser: it writes what it likes, and hears how it is cut.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use tokio::io::Interest;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep_until, timeout_at};

use super::frames::{self, PREFACE, ServerFrame, reason, settings};
use super::target::Target;

/// A server that takes nothing for so long has stopped reading.
const STUCK: Duration = Duration::from_secs(2);

/// The connection was cut, or it is time to stop; what was responses is noted.
#[derive(Debug)]
pub(super) struct Ended;

pub(super) struct Connection {
    stream: TcpStream,
    unread: Vec<u8>,
    target: Rc<Target>,
}

impl Connection {
    /// Connects from one of the addresses of this machine, none of which an honest client has.
    pub(super) async fn open(target: &Rc<Target>, from: u8) -> Result<Self, Ended> {
        let connecting = async {
            let socket = TcpSocket::new_v4()?;
            socket.set_reuseaddr(true)?;
            socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 1, from), 0)))?;
            let stream = socket.connect(target.spec.address).await?;
            stream.set_nodelay(true)?;
            io::Result::Ok(stream)
        };
        match timeout_at(target.end(), connecting).await {
            Ok(Ok(stream)) => Ok(Self {
                stream,
                unread: Vec::new(),
                target: Rc::clone(target),
            }),
            Ok(Err(error)) => {
                target.note(format!("no connection ({})", error.kind()));
                tokio::time::sleep(Duration::from_millis(10)).await;
                Err(Ended)
            }
            Err(_) => Err(Ended),
        }
    }

    /// The same, and begins to speak HTTP/2 with these settings.
    pub(super) async fn open_http2(
        target: &Rc<Target>,
        from: u8,
        values: &[(u16, u32)],
    ) -> Result<Self, Ended> {
        let mut connection = Self::open(target, from).await?;
        let mut words = PREFACE.to_vec();
        words.extend(settings(values));
        connection.send(&words).await?;
        Ok(connection)
    }

    /// Writes all of it, and listens meanwhile.
    pub(super) async fn send(&mut self, mut bytes: &[u8]) -> Result<(), Ended> {
        let limit = self.target.end().min(tokio::time::Instant::now() + STUCK);
        while !bytes.is_empty() {
            if !self.target.is_running() {
                self.target.note("still there");
                return Err(Ended);
            }
            let Ok(ready) =
                timeout_at(limit, self.stream.ready(Interest::READABLE | Interest::WRITABLE)).await
            else {
                self.target.note("nothing more is read");
                return Err(Ended);
            };
            let ready = ready.map_err(|error| self.broken(&error))?;
            if ready.is_readable() {
                self.read_available()?;
            }
            if ready.is_writable() {
                match self.stream.try_write(bytes) {
                    Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(error) => {
                        // What it said before it closed is still there.
                        self.read_available()?;
                        return Err(self.broken(&error));
                    }
                }
            }
        }
        self.read_available()
    }

    /// Listens until it is cut, or this time has come.
    pub(super) async fn wait(&mut self, until: tokio::time::Instant) -> Result<(), Ended> {
        loop {
            tokio::select! {
                () = sleep_until(until) => return Ok(()),
                ready = self.stream.readable() => {
                    ready.map_err(|error| self.broken(&error))?;
                    self.read_available()?;
                }
            }
        }
    }

    /// Hears what is there.
    fn read_available(&mut self) -> Result<(), Ended> {
        let mut buffer = [0; 16 * 1024];
        loop {
            match self.stream.try_read(&mut buffer) {
                Ok(0) => {
                    self.target.note("closed");
                    return Err(Ended);
                }
                Ok(read) => self.unread.extend(buffer.iter().take(read)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(self.broken(&error)),
            }
            // HTTP/1.1, if it answers so.
            if self.unread.starts_with(b"HTTP/1.1 ") {
                let status = String::from_utf8_lossy(&self.unread);
                self.target.note(status.lines().next().unwrap_or_default());
                return Err(Ended);
            }
            while let Some(responses) = frames::take(&mut self.unread) {
                match responses {
                    ServerFrame::GoAway(code) => {
                        self.target.note(format!("GOAWAY {}", reason(code)));
                        return Err(Ended);
                    }
                    ServerFrame::Reset(code) => self.target.note(format!("RST_STREAM {}", reason(code))),
                    ServerFrame::Answer(Some(status)) => self.target.note(format!("status {status}")),
                    ServerFrame::Answer(None) => self.target.note("trailers"),
                    ServerFrame::Other => {}
                }
            }
        }
    }

    fn broken(&self, error: &io::Error) -> Ended {
        self.target.note(match error.kind() {
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => "reset".to_owned(),
            kind => kind.to_string(),
        });
        Ended
    }
}
