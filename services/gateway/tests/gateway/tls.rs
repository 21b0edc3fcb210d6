//! TLS that ends at the gateway, with a certificate that is exchanged while it runs.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use muster_clock::Clock;
use muster_gateway::{Settings, start};
use muster_server::settings::{ConfigErrors, PeerUrls};
use muster_testkit::{Certified, Mounted};
use muster_tls::{Files, H2, ServerTls};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::ServerName;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, HandshakeKind, ProtocolVersion, RootCertStore, SupportedProtocolVersion};
use time::Duration as Span;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::backend::Backend;
use crate::support::{Fixture, OURS, elsewhere, eventually};

type Stream = TlsStream<TcpStream>;

/// A gateway that shows this certificate is told so.
fn tell(mounted: &Mounted, settings: &mut Settings) {
    settings.certificate.tls_certificate = Some(mounted.file("tls.crt"));
    settings.certificate.tls_key = Some(mounted.file("tls.key"));
    settings.public_url = "https://localhost".parse().unwrap();
    settings.trusted_proxies = Some("none".parse().unwrap());
}

/// A client that trusts these certificates, speaks these versions and offers these protocols.
fn client(
    trusted: &[&Certified],
    versions: &[&'static SupportedProtocolVersion],
    offered: &[&str],
) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    for certified in trusted {
        roots.add(certified.der.clone().into()).unwrap();
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = offered.iter().map(|name| name.as_bytes().to_vec()).collect();
    Arc::new(config).into()
}

/// Connects and shakes hands.
async fn connect(client: &TlsConnector, address: SocketAddr) -> io::Result<Stream> {
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    client.connect(name, stream).await
}

/// Longer than a handshake may take.
const PATIENCE: Duration = Duration::from_secs(8);

fn home() -> Request<Empty<Bytes>> {
    Request::get("https://localhost/")
        .header("host", "localhost")
        .body(Empty::new())
        .unwrap()
}

/// Asks for a page, in the HTTP that was agreed on.
async fn ask(stream: Stream) -> Response<Incoming> {
    if agreed(&stream) == Some("h2".to_owned()) {
        return ask_again(&mut speak_http2(stream).await).await;
    }
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender.send_request(home()).await.unwrap()
}

async fn speak_http2(stream: Stream) -> http2::SendRequest<Empty<Bytes>> {
    let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    sender
}

async fn ask_again(sender: &mut http2::SendRequest<Empty<Bytes>>) -> Response<Incoming> {
    sender.send_request(home()).await.unwrap()
}

fn agreed(stream: &Stream) -> Option<String> {
    let agreed = stream.get_ref().1.alpn_protocol();
    agreed.map(|name| String::from_utf8_lossy(name).into_owned())
}

fn shows(stream: &Stream, certified: &Certified) -> bool {
    stream.get_ref().1.peer_certificates().unwrap()[0].as_ref() == certified.der
}

#[tokio::test]
async fn the_handshake_tells_which_http_is_spoken() {
    let certified = Certified::now();
    let mounted = Mounted::with(&certified);
    let fixture = Fixture::told(|settings| tell(&mounted, settings)).await;
    for (version, named) in [
        (&TLS13, ProtocolVersion::TLSv1_3),
        (&TLS12, ProtocolVersion::TLSv1_2),
    ] {
        for (offered, expected) in [
            (&["h2", "http/1.1"][..], Some("h2")),
            (&["http/1.1", "h2"], Some("h2")),
            (&["http/1.1"], Some("http/1.1")),
            (&[], None),
        ] {
            let client = client(&[&certified], &[version], offered);
            let stream = connect(&client, fixture.address).await.unwrap();
            assert_eq!(agreed(&stream).as_deref(), expected, "{offered:?}");
            assert_eq!(stream.get_ref().1.protocol_version(), Some(named));
            let page = ask(stream).await;
            assert_eq!(page.status(), 200);
            assert_eq!(page.headers()["strict-transport-security"], "max-age=31536000");
        }
        let strange = client(&[&certified], &[version], &["spdy/3"]);
        assert!(connect(&strange, fixture.address).await.is_err());
    }
}

#[tokio::test]
async fn who_agrees_on_one_http_and_speaks_the_other_is_cut() {
    let certified = Certified::now();
    let mounted = Mounted::with(&certified);
    let fixture = Fixture::told(|settings| tell(&mounted, settings)).await;
    for (offered, said) in [
        ("h2", &b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"[..]),
        ("http/1.1", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ] {
        let client = client(&[&certified], &[&TLS13], &[offered]);
        let mut stream = connect(&client, fixture.address).await.unwrap();
        stream.write_all(said).await.unwrap();
        let mut heard = Vec::new();
        let ended = timeout(PATIENCE, stream.read_to_end(&mut heard)).await;
        assert!(ended.is_ok() && heard.is_empty(), "{offered}: {heard:?}");
    }
}

#[tokio::test]
async fn grpc_is_spoken_by_tls() {
    let certified = Certified::now();
    let mounted = Mounted::with(&certified);
    let fixture = Fixture::told(|settings| tell(&mounted, settings)).await;
    let trusted = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(&certified.certificate));
    let channel = Endpoint::from_shared(format!("https://localhost:{}", fixture.address.port()))
        .unwrap()
        .tls_config(trusted)
        .unwrap()
        .connect_lazy();
    let liveness = HealthCheckRequest {
        service: "liveness".to_owned(),
    };
    let told = HealthClient::new(channel).check(liveness).await.unwrap();
    assert_eq!(told.into_inner().status, 1);
}

#[tokio::test]
async fn a_new_certificate_is_shown_to_new_connections_and_old_ones_live_on() {
    let (old, new) = (Certified::now(), Certified::now());
    let mounted = Mounted::with(&old);
    let fixture = Fixture::told(|settings| tell(&mounted, settings)).await;
    let client = client(&[&old, &new], &[&TLS13], &["h2"]);
    let first = connect(&client, fixture.address).await.unwrap();
    assert!(shows(&first, &old));
    let mut first = speak_http2(first).await;
    assert_eq!(ask_again(&mut first).await.status(), 200);
    let resumed = connect(&client, fixture.address).await.unwrap();
    assert_eq!(resumed.get_ref().1.handshake_kind(), Some(HandshakeKind::Resumed));

    mounted.change(&new.certificate, &new.key);
    // The same client: what it remembers of the old certificate's sessions is worth nothing.
    eventually(async || shows(&connect(&client, fixture.address).await.unwrap(), &new)).await;
    assert_eq!(ask_again(&mut first).await.status(), 200);
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_replaces_nothing_and_is_reported() {
    let (good, other, last) = (Certified::now(), Certified::now(), Certified::now());
    let over = Certified::valid(Span::hours(-2), Span::hours(-1));
    let early = Certified::valid(Span::hours(1), Span::hours(2));
    let mounted = Mounted::with(&good);
    let fixture = Fixture::told(|settings| tell(&mounted, settings)).await;
    let trusting = [&good, &other, &over, &early, &last];
    let client = client(&trusting, &[&TLS13], &["h2"]);
    let file = mounted.file("tls.crt").display().to_string();
    let told = async |value: &str, text: &str| {
        let (_, ready) = fixture.operators("/readyz").await;
        let (_, metrics) = fixture.operators("/metrics").await;
        let problem = format!("muster_certificate_problem{{certificate=\"{file}\"}} {value}\n");
        metrics.contains(&problem)
            && ready
                .lines()
                .any(|line| line.starts_with("problem: certificate: ") && line.contains(text))
    };
    for (certificate, key, text) in [
        (
            &other.certificate[..],
            &good.key[..],
            "is not that of the certificate",
        ),
        (&over.certificate, &over.key, "is not valid after"),
        (&early.certificate, &early.key, "is not valid before"),
        ("nothing", &other.key, "there is none in it"),
        (&other.certificate, "nothing", "there is none in it"),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            &other.key,
            "no X.509 certificate",
        ),
        (
            &other.certificate[..other.certificate.len() - 9],
            &other.key,
            "not whole PEM",
        ),
    ] {
        mounted.change(certificate, key);
        eventually(async || told("1", text).await).await;
        assert!(shows(&connect(&client, fixture.address).await.unwrap(), &good));
    }
    std::fs::remove_file(mounted.file("tls.key")).unwrap();
    eventually(async || told("1", "cannot read").await).await;
    assert!(shows(&connect(&client, fixture.address).await.unwrap(), &good));
    let (_, metrics) = fixture.operators("/metrics").await;
    let until = format!(
        "muster_certificate_expires_seconds{{certificate=\"{file}\"}} {}\n",
        good.until
    );
    assert!(metrics.contains(&until), "{metrics}");

    std::os::unix::fs::symlink("..data/tls.key", mounted.file("tls.key")).unwrap();
    mounted.change(&last.certificate, &last.key);
    eventually(async || shows(&connect(&client, fixture.address).await.unwrap(), &last)).await;
    eventually(async || !fixture.operators("/readyz").await.1.contains("problem")).await;
    let (_, metrics) = fixture.operators("/metrics").await;
    let well = format!("muster_certificate_problem{{certificate=\"{file}\"}} 0\n");
    assert!(metrics.contains(&well), "{metrics}");
}

#[tokio::test]
async fn a_certificate_that_ends_while_it_is_shown_is_reported() {
    let short = Certified::valid(Span::hours(-1), Span::seconds(15));
    let mounted = Mounted::with(&short);
    let fixture = Fixture::told(|settings| tell(&mounted, settings)).await;
    eventually(async || {
        let (_, ready) = fixture.operators("/readyz").await;
        ready.contains("problem: certificate: ") && ready.contains("is not valid after")
    })
    .await;
}

#[tokio::test]
async fn who_stops_in_the_handshake_is_cut_and_holds_nobody_up() {
    let certified = Certified::now();
    let mounted = Mounted::with(&certified);
    let fixture = Fixture::told(|settings| tell(&mounted, settings)).await;
    let mut slow = Vec::new();
    for _ in 0..50 {
        let mut stream = TcpStream::connect(fixture.address).await.unwrap();
        // The first bytes of a ClientHello that never goes on.
        stream.write_all(&[0x16, 3, 1, 2]).await.unwrap();
        slow.push(stream);
    }
    let client = client(&[&certified], &[&TLS13], &["h2"]);
    let page = ask(connect(&client, fixture.address).await.unwrap()).await;
    assert_eq!(page.status(), 200);
    let cut = slow.into_iter().map(|mut stream| async move {
        let mut heard = Vec::new();
        let _ = stream.read_to_end(&mut heard).await;
    });
    timeout(PATIENCE, futures::future::join_all(cut)).await.unwrap();
    let (_, metrics) = fixture.operators("/metrics").await;
    assert!(
        metrics.contains("muster_handshakes_failed_total{problem=\"late\"}"),
        "{metrics}"
    );
}

fn files(mounted: &Mounted) -> Files {
    Files::new(&mounted.file("tls.crt"), &mounted.file("tls.key"))
}

/// Something that ends TLS in front of this service, and asks for certificates if the files say so.
async fn before(backend: &str, files: Files) -> u16 {
    let tls = ServerTls::open(files, &[H2], Clock::system()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let backend = backend.trim_start_matches("http://").to_owned();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Some(mut outside) = tls.accept_service(stream).await {
                let mut inside = TcpStream::connect(&backend).await.unwrap();
                tokio::spawn(async move { copy_bidirectional(&mut outside, &mut inside).await });
            }
        }
    });
    port
}

#[tokio::test]
async fn services_are_called_by_tls_and_only_by_their_names() {
    let mounted = Mounted::with(&Certified::of("localhost"));
    let backend = Backend::default();
    let port = before(&backend.serve().await, files(&mounted)).await;
    for (host, reached) in [("localhost", true), ("127.0.0.1", false)] {
        let fixture = Fixture::told(|settings| {
            let url: PeerUrls = format!("https://{host}:{port}").parse().unwrap();
            settings.transport.services_ca = Some(mounted.file("tls.crt"));
            settings.peers.organization_url = url;
        })
        .await;
        let url = format!("http://{}/v1/{OURS}", fixture.address);
        let asked = reqwest::Client::new()
            .get(url)
            .bearer_auth(fixture.issuer.token("ada"));
        let status = asked.send().await.unwrap().status();
        // Whoever cannot be asked for roles lets nobody in.
        assert_eq!(status.as_u16() != 503, reached, "{host}: {status}");
    }
}

#[tokio::test]
async fn services_that_ask_are_shown_the_certificate_for_services() {
    let mounted = Mounted::with(&Certified::of("localhost"));
    let own = Mounted::with(&Certified::of("gateway"));
    let backend = Backend::default();
    let asking = files(&mounted).asking(&own.file("tls.crt"));
    let port = before(&backend.serve().await, asking).await;
    for shows in [true, false] {
        let fixture = Fixture::told(|settings| {
            settings.transport.services_ca = Some(mounted.file("tls.crt"));
            settings.peers.organization_url = format!("https://localhost:{port}").parse().unwrap();
            if shows {
                settings.transport.services_certificate = Some(own.file("tls.crt"));
                settings.transport.services_key = Some(own.file("tls.key"));
            }
        })
        .await;
        let asked = reqwest::Client::new()
            .get(format!("http://{}/v1/{OURS}", fixture.address))
            .bearer_auth(fixture.issuer.token("ada"));
        // Whoever cannot be asked for roles lets nobody in.
        let status = asked.send().await.unwrap().status();
        assert_eq!(status.as_u16() != 503, shows, "{status}");
    }
}

#[tokio::test]
async fn services_are_not_called_where_others_could_read_it() {
    let told = wrong(|settings| {
        settings.peers.records_url = "http://records:8080".parse().unwrap();
        settings.transport.services_ca = Some("/nowhere/ca.crt".into());
    });
    let told = told.await;
    for word in [
        "the URL of the records service",
        "--plaintext mesh",
        "/nowhere/ca.crt",
    ] {
        assert!(told.contains(word), "{word} is missing in {told}");
    }
    assert!(!told.contains("organization service"), "{told}");
}

/// Everything that is wrong with settings that are wrong elsewhere, too.
async fn wrong(change: impl FnOnce(&mut Settings)) -> String {
    let mut settings = elsewhere("http://127.0.0.1:1");
    change(&mut settings);
    let error = start(&settings, Clock::system(), None).await.unwrap_err();
    let Some(ConfigErrors::Wrong(wrong)) = error.downcast_ref::<ConfigErrors>() else {
        panic!("{error:#}")
    };
    let all = wrong.join("\n");
    assert!(
        all.contains("caller.pem"),
        "other mistakes are told as well: {all}"
    );
    all
}

#[tokio::test]
async fn it_does_not_start_with_a_certificate_that_cannot_be_used() {
    let told = wrong(|settings| settings.certificate.tls_key = Some("/nowhere/tls.key".into())).await;
    assert!(
        told.contains("MUSTER_TLS_CERTIFICATE (--tls-certificate) is not set"),
        "{told}"
    );
    assert!(
        told.contains("MUSTER_PUBLIC_URL (--public-url) is not https"),
        "{told}"
    );
    let told = wrong(|settings| settings.certificate.tls_certificate = Some("/nowhere/tls.crt".into())).await;
    assert!(told.contains("MUSTER_TLS_KEY (--tls-key) is not set"), "{told}");
    let told = wrong(|settings| {
        settings.certificate.tls_certificate = Some("/nowhere/tls.crt".into());
        settings.certificate.tls_key = Some("/nowhere/tls.key".into());
    });
    let told = told.await;
    for what in ["/nowhere/tls.crt", "/nowhere/tls.key", "is not https"] {
        assert!(told.contains(what), "{what} is missing in {told}");
    }
    let over = Certified::valid(Span::hours(-2), Span::hours(-1));
    let mounted = Mounted::with(&over);
    let told = wrong(|settings| tell(&mounted, settings)).await;
    assert!(told.contains("is not valid after"), "{told}");
    mounted.change(&over.certificate, &Certified::now().key);
    let told = wrong(|settings| tell(&mounted, settings)).await;
    assert!(told.contains("is not that of the certificate"), "{told}");
}
