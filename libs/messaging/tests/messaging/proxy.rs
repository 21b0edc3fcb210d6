//! A TCP proxy that can be told to misbehave.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// What the proxy does with bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Passes them on.
    Pass,
    /// Closes every new connection.
    Refuse,
    /// Reads what clients write and drops it.
    Swallow,
}

/// A proxy on a free port; ends with this value.
pub(crate) struct Proxy {
    port: u16,
    mode: watch::Sender<Mode>,
    connections: Arc<Mutex<CancellationToken>>,
    whole: CancellationToken,
}

impl Proxy {
    pub(crate) async fn to(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (mode, _) = watch::channel(Mode::Pass);
        let whole = CancellationToken::new();
        let connections = Arc::new(Mutex::new(whole.child_token()));
        let proxy = Self {
            port,
            mode: mode.clone(),
            connections: Arc::clone(&connections),
            whole: whole.clone(),
        };
        let target = target.to_owned();
        tokio::spawn(async move {
            loop {
                let client = tokio::select! {
                    () = whole.cancelled() => return,
                    accepted = listener.accept() => accepted.unwrap().0,
                };
                if *mode.borrow() == Mode::Refuse {
                    continue;
                }
                let Ok(server) = TcpStream::connect(&target).await else {
                    continue;
                };
                let token = connections.lock().unwrap().clone();
                tokio::spawn(carry(client, server, mode.subscribe(), token));
            }
        });
        proxy
    }

    pub(crate) fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// Cuts every connection; new ones are treated as the mode says.
    pub(crate) fn cut(&self) {
        let mut connections = self.connections.lock().unwrap();
        connections.cancel();
        *connections = self.whole.child_token();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.whole.cancel();
    }
}

/// The same address by way of the proxy.
pub(crate) fn by_way_of(proxy: &Proxy, url: &str) -> String {
    let (before, after) = url.rsplit_once('@').unwrap();
    let (_, path) = after.split_once('/').unwrap_or((after, ""));
    format!("{before}@127.0.0.1:{}/{path}", proxy.port)
}

/// The `host:port` of an address.
pub(crate) fn host_of(url: &str) -> String {
    let after = url.rsplit_once('@').unwrap().1;
    after.split_once('/').map_or(after, |(host, _)| host).to_owned()
}

async fn carry(client: TcpStream, server: TcpStream, mode: watch::Receiver<Mode>, cut: CancellationToken) {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let both = async {
        tokio::select! {
            () = pass(from_client, to_server, Some(mode)) => {}
            () = pass(from_server, to_client, None) => {}
        }
    };
    tokio::select! { () = both => {}, () = cut.cancelled() => {} }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mode: Option<watch::Receiver<Mode>>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read) = from.read(&mut buffer).await {
        let swallow = mode.as_ref().is_some_and(|mode| *mode.borrow() == Mode::Swallow);
        if read == 0 || (!swallow && to.write_all(&buffer[..read]).await.is_err()) {
            return;
        }
    }
}
