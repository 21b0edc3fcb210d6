//! Addresses on loopback that are known before anybody listens there, and stay the same.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(30);

/// An address that the system gives to nobody else while this value lives.
#[derive(Debug)]
pub(crate) struct Address {
    address: SocketAddr,
    /// Bound, but never listening: so those who ask for any port pass it by, and one who asks for this very port gets it.
    _claim: TcpSocket,
}

impl Address {
    /// A free one.
    pub(crate) fn claim() -> Self {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let claim = TcpSocket::new_v4().expect("no sockets are left");
        claim.set_reuseaddr(true).expect("the socket is new");
        claim.bind(any).expect("no ports are left");
        let address = claim.local_addr().expect("the socket is bound");
        Self {
            address,
            _claim: claim,
        }
    }

    pub(crate) fn get(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits until so many have come to the address at which nobody answers.
    pub(crate) async fn missed(&self, times: usize) {
        let door = TcpListener::bind(self.address).await.expect("somebody answers");
        for _ in 0..times {
            let came = timeout(PATIENCE, door.accept()).await;
            drop(came.expect("nobody came").expect("the door is open"));
        }
    }
}
