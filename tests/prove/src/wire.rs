//! The way from the callers to the edge, which can be cut.
//!
//! A machine that cuts the connections of others needs rights that nobody has in a container. What callers connect to is this process
//! instead, which carries what they say, from the address that each of them has.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use muster_local::socket;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::time::sleep;

/// After a connection could not be accepted.
const BREATH: Duration = Duration::from_millis(50);

/// A way to the edge, for as long as this process lives.
#[derive(Debug)]
pub(crate) struct Wire {
    /// Where callers connect, `http://host:port`.
    pub(crate) address: String,
    cut: Arc<Notify>,
}

impl Wire {
    /// To the edge at this address, `http://host:port`.
    ///
    /// # Errors
    /// The address is none, or no port is free.
    pub(crate) async fn to(edge: &str) -> anyhow::Result<Self> {
        let edge: SocketAddr = socket(edge)
            .parse()
            .with_context(|| format!("{edge} is no address of an edge on this machine"))?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = format!("http://{}", listener.local_addr()?);
        let cut = Arc::new(Notify::new());
        tokio::spawn(lead(listener, edge, Arc::clone(&cut)));
        Ok(Self { address, cut })
    }

    /// Breaks every connection, in the middle of whatever is said on it. Whoever connects from now on is let through.
    pub(crate) fn cut(&self) {
        self.cut.notify_waiters();
    }
}

async fn lead(listener: TcpListener, edge: SocketAddr, cut: Arc<Notify>) {
    loop {
        let Ok((caller, from)) = listener.accept().await else {
            sleep(BREATH).await;
            continue;
        };
        let cut = Arc::clone(&cut);
        tokio::spawn(async move {
            tokio::select! {
                () = cut.notified() => {}
                // Whatever ended it: both sides find out.
                _ = carry(caller, from.ip(), edge) => {}
            }
        });
    }
}

/// Until both sides have said everything, or one of them is gone.
async fn carry(mut caller: TcpStream, from: IpAddr, edge: SocketAddr) -> io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(from, 0))?;
    let mut edge = socket.connect(edge).await?;
    caller.set_nodelay(true)?;
    edge.set_nodelay(true)?;
    copy_bidirectional(&mut caller, &mut edge).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const CALLER: Ipv4Addr = Ipv4Addr::new(127, 129, 1, 2);

    async fn connected(wire: &Wire) -> TcpStream {
        let caller = TcpSocket::new_v4().unwrap();
        caller.bind((CALLER, 0).into()).unwrap();
        let to = socket(&wire.address).parse().unwrap();
        caller.connect(to).await.unwrap()
    }

    /// Says what it hears, after the address of whoever said it.
    async fn echo(listener: TcpListener) {
        loop {
            let (mut stream, from) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let said = stream.read_u8().await.unwrap();
                let heard = format!("{} {said};", from.ip());
                stream.write_all(heard.as_bytes()).await.unwrap();
                stream.read_u8().await.unwrap_err();
            });
        }
    }

    #[tokio::test]
    async fn callers_keep_their_addresses_and_lose_their_connections() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let edge = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(echo(listener));
        let wire = Wire::to(&edge).await.unwrap();
        for said in 1..3 {
            let mut caller = connected(&wire).await;
            caller.write_u8(said).await.unwrap();
            let expected = format!("{CALLER} {said};");
            let mut heard = vec![0; expected.len()];
            caller.read_exact(&mut heard).await.unwrap();
            assert_eq!(String::from_utf8(heard).unwrap(), expected);
            wire.cut();
            caller.read_u8().await.unwrap_err();
        }
    }
}
