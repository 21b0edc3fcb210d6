//! Where the operators' mail server hands reports in.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use muster_database::deadline;
use muster_tls::ServerTls;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::ReturnPaths;
use super::conversation::{Ended, Mailbox, Returned, Session, Taken, TlsState, converse};
use super::report::{self, Report};
use crate::context::Context;
use crate::domain::SentCopy;
use crate::measures;
use crate::ops::delivery::bounce::{self, Bounced};

/// How many mail servers are listened to at the same time; the others wait to be accepted, as the system lets them.
const MAX_CONNECTIONS: usize = 32;
/// How long one may go on, whatever it says.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// How long the database may take for a report.
const STORE_LIMIT: Duration = Duration::from_secs(10);
/// How long is waited after a connection could not be accepted: most likely others have to end first.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How connections are protected.
#[derive(Debug, Clone)]
pub enum Encryption {
    /// Not: it is this machine's own, or something else encrypts.
    None,
    /// TLS may begin.
    Offered(Arc<ServerTls>),
    /// TLS has to begin.
    Required(Arc<ServerTls>),
}

/// Takes reports in. Cheap to clone.
#[derive(Clone)]
pub struct Receiver {
    listener: Arc<TcpListener>,
    mailbox: Arc<Reports>,
    encryption: Encryption,
    /// What this machine is called.
    name: Arc<str>,
    places: Arc<Semaphore>,
}

/// What mails to return paths come to.
struct Reports {
    context: Context,
    return_paths: ReturnPaths,
}

impl Receiver {
    /// Listens at this address.
    ///
    /// # Errors
    /// The address cannot be listened at.
    pub async fn bind(
        address: SocketAddr,
        context: Context,
        return_paths: ReturnPaths,
        encryption: Encryption,
    ) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(address).await;
        let listener = listener.with_context(|| format!("cannot listen on {address} for reports of mail"))?;
        Ok(Self {
            listener: Arc::new(listener),
            name: context.smtp.options().hello.as_str().into(),
            mailbox: Arc::new(Reports {
                context,
                return_paths,
            }),
            encryption,
            places: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The operating system's.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Takes reports in until `shutdown`; what was not taken by then comes again.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut conversations = JoinSet::new();
        while let Some(accepted) = shutdown.run_until_cancelled(self.next(&mut conversations)).await {
            match accepted {
                Ok((stream, place)) => {
                    let (receiver, shutdown) = (self.clone(), shutdown.clone());
                    conversations.spawn(async move {
                        receiver.speak(stream, &shutdown).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection of a mail server could not be accepted");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        while let Some(ended) = conversations.join_next().await {
            noted(ended);
        }
    }

    /// The next connection, once there is a place for it.
    async fn next(&self, conversations: &mut JoinSet<()>) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
        while let Some(ended) = conversations.try_join_next() {
            noted(ended);
        }
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.map_err(io::Error::other)?;
        let (stream, _) = self.listener.accept().await?;
        Ok((stream, place))
    }

    async fn speak(&self, stream: TcpStream, stop: &CancellationToken) {
        match timeout(LONGEST, self.converse(stream, stop)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "a mail server hung up"),
            Err(_late) => tracing::debug!("a mail server took too long"),
        }
    }

    async fn converse(&self, stream: TcpStream, stop: &CancellationToken) -> io::Result<()> {
        // Every command waits for its reply: with Nagle's algorithm each would take 40 ms.
        stream.set_nodelay(true)?;
        let session = |tls| Session {
            name: &self.name,
            tls,
        };
        let (tls, state) = match &self.encryption {
            Encryption::None => (None, TlsState::None),
            Encryption::Offered(tls) => (Some(tls), TlsState::Offered),
            Encryption::Required(tls) => (Some(tls), TlsState::Required),
        };
        let mailbox = &*self.mailbox;
        let ended = converse(stream, session(state), mailbox, stop).await?;
        if let (Ended::StartTls(stream), Some(tls)) = (ended, tls)
            && let Some(stream) = tls.accept(stream).await
        {
            converse(stream, session(TlsState::Begun), mailbox, stop).await?;
        }
        Ok(())
    }
}

/// The operators are told of what is a fault of ours.
fn noted(ended: Result<(), JoinError>) {
    if ended.is_err_and(|error| error.is_panic()) {
        tracing::error!("a conversation with a mail server panicked; what it handed in comes again");
    }
}

impl Mailbox for Reports {
    fn copy_of(&self, address: &str) -> Option<SentCopy> {
        let copy = self.return_paths.copy_of(address);
        if copy.is_none() {
            measures::report("unknown_address");
        }
        copy
    }

    async fn take(&self, mail: Returned<'_>) -> Taken {
        let report = if mail.from_nobody {
            report::read(mail.mail, mail.address)
        } else {
            Report::Unreadable
        };
        match report {
            Report::Undelivered(words) => self.bounce(mail.copy, words).await,
            Report::NotOver => {
                measures::report("not_over");
                Taken::Done
            }
            Report::Unreadable => {
                measures::report("no_report");
                tracing::info!(delivery = %mail.copy.delivery, "a mail came to a return path that is no report");
                Taken::Done
            }
        }
    }
}

impl Reports {
    async fn bounce(&self, copy: SentCopy, words: String) -> Taken {
        let context = &self.context;
        let write = async |tx: &mut _| bounce::apply(tx, context, copy, &words).await;
        let until = Instant::now() + STORE_LIMIT;
        let bounced = deadline::scope(Some(until), context.database.write(write)).await;
        let (result, taken) = match &bounced {
            Ok(Bounced::Changed) => ("bounced", Taken::Done),
            Ok(Bounced::Unchanged) => ("no_news", Taken::Done),
            Ok(Bounced::StillSending) => ("still_sending", Taken::Later),
            Err(_) => ("not_stored", Taken::Later),
        };
        measures::report(result);
        if let Err(error) = &bounced {
            let error = error as &dyn std::error::Error;
            tracing::warn!(error, delivery = %copy.delivery, "a report could not be stored; it is to come again");
        }
        taken
    }
}
