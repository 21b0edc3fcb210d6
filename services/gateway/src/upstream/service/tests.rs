//! Replicas on real sockets.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http_body_util::Empty;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
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
        Self::on(TcpListener::bind(address).await.unwrap())
    }

    /// On its first connections it says this in the place of an answer, and hangs up.
    async fn after(ends: &'static [&'static [u8]]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        tokio::spawn(async move {
            for end in ends {
                let (stream, _) = listener.accept().await.unwrap();
                hang_up(stream, end).await;
            }
            Self::on(listener)
        });
        Self {
            address,
            answered: Arc::default(),
            stop,
        }
    }

    fn on(listener: TcpListener) -> Self {
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

const HEADERS: u8 = 1;
/// GOAWAY, the last stream that it takes: none, no error.
const NOT_BEGUN: &[u8] = &[0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
/// GOAWAY, the last stream that it takes: the first one, no error.
const BEGUN: &[u8] = &[0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0];

/// HEADERS that end the stream: `:status: 500`, by its index in the static table (RFC 7541, appendix A: 14).
const ANSWERED_BY_ANOTHER: &[u8] = &[0, 0, 1, 1, 5, 0, 0, 0, 1, 0x8e];

/// Speaks HTTP/2 until a call has come, says `end`, and hangs up.
async fn hang_up(mut stream: TcpStream, end: &[u8]) {
    const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    stream.write_all(&SETTINGS).await.unwrap();
    let mut preface = [0; 24];
    stream.read_exact(&mut preface).await.unwrap();
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.unwrap();
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        stream.read_exact(&mut payload).await.unwrap();
        if head[3] == HEADERS {
            break;
        }
    }
    stream.write_all(end).await.unwrap();
    stream.shutdown().await.unwrap();
    // What comes on is read, so that the end is not a reset that overtakes what was said.
    drop(tokio::io::copy(&mut stream, &mut tokio::io::sink()).await);
}

/// A service at these addresses; its name is not looked up again within a test.
fn service(addresses: &[SocketAddr]) -> Arc<Service> {
    let urls = "http://localhost:1".parse().unwrap();
    let service = Service::new(&urls, &trust(), 1000);
    let found = addresses
        .iter()
        .map(|address| (*address, Arc::clone(&service.first)));
    service.known().are(found.collect());
    service.known().lookup.done();
    Arc::new(service)
}

/// A service of which each server has a URL of its own.
fn service_of(servers: &[&Server]) -> Arc<Service> {
    let urls: Vec<_> = servers
        .iter()
        .map(|server| format!("http://{}", server.address))
        .collect();
    Arc::new(Service::new(&urls.join(",").parse().unwrap(), &trust(), 1000))
}

async fn call(service: &Arc<Service>) -> Result<UpstreamPermit, CallError> {
    call_as(service, false).await
}

async fn call_as(service: &Arc<Service>, retry_safe: bool) -> Result<UpstreamPermit, CallError> {
    let mut request = Request::new(RequestBody::Whole(None));
    *request.uri_mut() = service.uri("/p.S/M");
    let sent = service.enter().unwrap().send(request, retry_safe);
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
async fn what_a_service_has_not_begun_with_is_sent_once_more_whatever_it_is() {
    let server = Server::after(&[NOT_BEGUN, NOT_BEGUN]).await;
    call(&service(&[server.address])).await.unwrap();
    let never = Server::after(&[NOT_BEGUN; 9]).await;
    let told = call(&service(&[never.address])).await.unwrap_err();
    assert!(
        matches!(told, CallError::Connect(ConnectError::Ended)),
        "{told:?}"
    );
}

#[tokio::test]
async fn what_it_may_have_begun_with_is_sent_once_more_only_if_that_does_no_harm() {
    for end in [BEGUN, &[]] {
        let ends: &'static [_] = Box::leak(Box::new([end]));
        let server = Server::after(ends).await;
        call_as(&service(&[server.address]), true).await.unwrap();
        let server = Server::after(ends).await;
        let told = call(&service(&[server.address])).await.unwrap_err();
        assert!(matches!(told, CallError::Broken(_)), "{told:?}");
        // Once: a call that ends its service each time does not go from one replica to the next.
        let ends: &'static [_] = Box::leak(Box::new([end, end]));
        let server = Server::after(ends).await;
        let told = call_as(&service(&[server.address]), true).await.unwrap_err();
        assert!(matches!(told, CallError::Broken(_)), "{told:?}");
    }
}

/// A load balancer that has no replica left says so in its own words, which are nothing to pass on.
#[tokio::test]
async fn an_answer_of_something_in_between_is_no_answer() {
    let server = Server::after(&[ANSWERED_BY_ANOTHER]).await;
    call_as(&service(&[server.address]), true).await.unwrap();
    for (retry_safe, ends) in [
        (false, &[ANSWERED_BY_ANOTHER][..]),
        (true, &[ANSWERED_BY_ANOTHER, ANSWERED_BY_ANOTHER]),
    ] {
        let server = Server::after(ends).await;
        let told = call_as(&service(&[server.address]), retry_safe)
            .await
            .unwrap_err();
        let of_another = StatusCode::INTERNAL_SERVER_ERROR;
        assert!(
            matches!(told, CallError::NotTheService(status) if status == of_another),
            "{told:?}"
        );
    }
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
    let urls = format!("http://localhost:{}", server.address.port())
        .parse()
        .unwrap();
    let service = Arc::new(Service::new(&urls, &trust(), 10));
    call(&service).await.unwrap();
    let before = service.known().replicas.clone();
    assert!(before.iter().any(|replica| replica.address == server.address));
    let found = ["127.0.0.9:9".parse().unwrap(), server.address];
    let found = found.map(|address| (address, Arc::clone(&service.first)));
    service.known().are(found.to_vec());
    let after = service.known().replicas.clone();
    let stays = before
        .iter()
        .find(|replica| replica.address == server.address)
        .unwrap();
    assert!(after.len() == 2 && after.iter().any(|replica| Arc::ptr_eq(replica, stays)));
}

#[tokio::test]
async fn calls_go_to_all_urls_and_to_no_replica_that_is_not_ready_while_another_is() {
    let servers = [Server::at("127.0.0.1:0").await, Server::at("127.0.0.1:0").await];
    let answered = || servers.each_ref().map(Server::answered);
    let service = service_of(&servers.each_ref());
    let calls = async || {
        let mut lasting = Vec::new();
        for _ in 0..20 {
            lasting.push(call(&service).await.unwrap());
        }
    };
    calls().await;
    assert_eq!(answered(), [10, 10]);
    let [first, second] = service.targets() else {
        panic!()
    };
    service.leave_out(first, true);
    calls().await;
    assert_eq!(answered(), [10, 30]);
    // Who is there, and not ready, is better than nobody.
    service.leave_out(second, true);
    calls().await;
    assert_eq!(answered(), [20, 40]);
    service.leave_out(first, false);
    calls().await;
    assert_eq!(answered(), [40, 40]);
    servers[0].stop.cancel();
    while TcpStream::connect(servers[0].address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    for _ in 0..20 {
        call_as(&service, true).await.unwrap();
    }
    assert_eq!(answered(), [40, 60]);
}

#[tokio::test]
async fn whoever_says_that_it_is_not_ready_is_called_all_the_same_where_the_platform_chooses() {
    let server = Server::at("127.0.0.1:0").await;
    let service = service_of(&[&server]);
    let [only] = service.targets() else { panic!() };
    service.leave_out(only, true);
    assert!(!only.is_left_out());
    call(&service).await.unwrap();
    assert_eq!(server.answered(), 1);
}

#[tokio::test]
async fn a_name_that_cannot_be_looked_up_is_no_harm_to_the_others() {
    let server = Server::at("127.0.0.1:0").await;
    let urls = format!("http://nobody.invalid:1,http://{}", server.address);
    let service = Arc::new(Service::new(&urls.parse().unwrap(), &trust(), 10));
    call(&service).await.unwrap();
    call(&service).await.unwrap();
    assert_eq!(server.answered(), 2);
}
