//! Connecting to a name: all its addresses are tried.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use futures::future::select_ok;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::sleep;

use super::stream::Socket;
use super::trouble::Trouble;

/// How long an address is waited for before the next one is tried beside it (RFC 8305, section 5).
const NEXT_ADDRESS: Duration = Duration::from_millis(250);

/// Connects to the first address that answers.
pub(super) async fn connect(host: &str, port: u16) -> Result<Socket, Trouble> {
    let addresses: Vec<SocketAddr> = lookup_host((host, port))
        .await
        .map_err(Trouble::Unresolved)?
        .collect();
    first_of(&addresses)
        .await
        .and_then(Socket::new)
        .map_err(Trouble::Unconnected)
}

/// The first connection; the last error when there is none.
async fn first_of(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    if addresses.is_empty() {
        return Err(ErrorKind::NotFound.into());
    }
    let attempts = (0..).zip(addresses).map(|(place, address)| {
        Box::pin(async move {
            sleep(NEXT_ADDRESS * place).await;
            TcpStream::connect(*address).await
        })
    });
    let (stream, _) = select_ok(attempts).await?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn the_next_address_is_tried_when_one_does_not_answer() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let good = listener.local_addr().unwrap();
        let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let refusing = nobody.local_addr().unwrap();
        drop(nobody);
        let stream = first_of(&[refusing, good]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), good);
        assert!(first_of(&[refusing, refusing]).await.is_err());
        assert!(first_of(&[]).await.is_err());
    }
}
