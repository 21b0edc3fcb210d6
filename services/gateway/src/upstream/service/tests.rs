//! Replicas on real sockets.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http_body_util::Empty;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use muster_tls::Trust;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::*;

fn trust() -> Arc<Trust> {
    Arc::new(Trust::open(None).unwrap())
}

/// A server that answers everything with nothing, and how often it did.
struct Server {
    address: SocketAddr,
    answered: Arc<AtomicUsize>,
    stop: CancellationToken,
}

impl Server {
    async fn at(address: &str) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            answered: Arc::default(),
            stop: CancellationToken::new(),
        };
        let (answered, stop) = (Arc::clone(&server.answered), server.stop.clone());
        tokio::spawn(stop.clone().run_until_cancelled_owned(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let answered = Arc::clone(&answered);
                let service = service_fn(move |_| {
                    answered.fetch_add(1, Ordering::SeqCst);
                    async { Ok::<_, Infallible>(Response::new(Empty::<bytes::Bytes>::new())) }
                });
                let connection =
                    http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service);
                tokio::spawn(stop.clone().run_until_cancelled_owned(connection));
            }
        }));
        server
    }

    fn answered(&self) -> usize {
        self.answered.load(Ordering::SeqCst)
    }
}

/// A service at these addresses; its name is not looked up again within a test.
fn service(addresses: &[SocketAddr]) -> Arc<Service> {
    let url = "http://localhost:1".parse().unwrap();
    let service = Service::new(Target::of(&url, &trust()), 1000);
    service.known().are(addresses.to_vec());
    service.known().lookup.done();
    Arc::new(service)
}

async fn call(service: &Arc<Service>) -> Result<UpstreamPermit, CallError> {
    let mut request = Request::new(RequestBody::Whole(None));
    *request.uri_mut() = service.uri("/p.S/M");
    let sent = service.enter().unwrap().send(request);
    let (_, permit) = timeout(Duration::from_secs(5), sent).await.unwrap()?;
    Ok(permit)
}

#[tokio::test]
async fn calls_that_last_are_spread_evenly() {
    let servers = [Server::at("127.0.0.1:0").await, Server::at("127.0.0.1:0").await];
    let service = service(&[servers[0].address, servers[1].address]);
    let mut lasting = Vec::new();
    for _ in 0..200 {
        lasting.push(call(&service).await.unwrap());
    }
    assert_eq!(servers.each_ref().map(Server::answered), [100, 100]);
    drop(lasting);
    assert_eq!(service.calls.taken(), 0);
}

#[tokio::test]
async fn a_dead_replica_is_not_tried_until_it_is_back() {
    let living = Server::at("127.0.0.1:0").await;
    // Nobody listens there any more, or not yet.
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = gone.local_addr().unwrap();
    drop(gone);
    let service = service(&[living.address, address]);
    for _ in 0..50 {
        call(&service).await.unwrap();
    }
    assert_eq!(living.answered(), 50);
    let back = Server::at(&address.to_string()).await;
    // Whoever has fewer calls is asked, when its back-off is over.
    let busy = call(&service).await.unwrap();
    let asked = async {
        while back.answered() == 0 {
            call(&service).await.unwrap();
        }
    };
    timeout(Duration::from_secs(10), asked).await.unwrap();
    drop(busy);
}

#[tokio::test]
async fn a_call_goes_to_another_connection_when_its_own_has_ended() {
    let first = Server::at("127.0.0.1:0").await;
    let service = service(&[first.address]);
    call(&service).await.unwrap();
    first.stop.cancel();
    let address = first.address.to_string();
    // The port is free as soon as the task that listens has gone.
    let second = loop {
        if let Ok(listener) = TcpListener::bind(&address).await {
            drop(listener);
            break Server::at(&address).await;
        }
        tokio::task::yield_now().await;
    };
    call(&service).await.unwrap();
    assert_eq!((first.answered(), second.answered()), (1, 1));
}

#[tokio::test]
async fn nobody_there_is_told_at_once_and_again_without_trying() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = gone.local_addr().unwrap();
    drop(gone);
    let service = service(&[address]);
    let told = async || call(&service).await.unwrap_err();
    assert!(matches!(
        told().await,
        CallError::Connect(ConnectError::Connect(_))
    ));
    assert!(matches!(
        told().await,
        CallError::Connect(ConnectError::BackingOff)
    ));
}

#[tokio::test]
async fn a_name_is_looked_up_and_who_stays_keeps_its_connections() {
    let server = Server::at("127.0.0.1:0").await;
    let url = format!("http://localhost:{}", server.address.port())
        .parse()
        .unwrap();
    let service = Arc::new(Service::new(Target::of(&url, &trust()), 10));
    call(&service).await.unwrap();
    let before = service.known().replicas.clone();
    assert!(before.iter().any(|replica| replica.address == server.address));
    service
        .known()
        .are(vec!["127.0.0.9:9".parse().unwrap(), server.address]);
    let after = service.known().replicas.clone();
    let stays = before
        .iter()
        .find(|replica| replica.address == server.address)
        .unwrap();
    assert!(after.len() == 2 && after.iter().any(|replica| Arc::ptr_eq(replica, stays)));
}
