//! A broker that is spoken to over TLS, with a certificate of an authority of one's own.

use std::path::PathBuf;
use std::sync::Arc;

use muster_messaging::{Broker, BrokerOptions, TopologyBy};
use muster_testkit::{Certified, Mounted};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::fixture::Fixture;
use crate::proxy::host_of;

/// Speaks TLS for a broker that does not; its port.
async fn terminator(broker: String, certified: &Certified) -> u16 {
    let key = PrivateKeyDer::from_pem_slice(certified.key.as_bytes()).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certified.der.clone().into()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let (acceptor, broker) = (acceptor.clone(), broker.clone());
            tokio::spawn(async move {
                let mut client = acceptor.accept(socket).await?;
                let mut server = TcpStream::connect(&broker).await?;
                copy_bidirectional(&mut client, &mut server).await
            });
        }
    });
    port
}

fn broker(fixture: &Fixture, port: u16, ca: Option<PathBuf>) -> Broker {
    let (credentials, rest) = fixture.broker.url().rsplit_once('@').unwrap();
    let credentials = credentials.trim_start_matches("amqp://");
    let (_, path) = rest.split_once('/').unwrap_or((rest, ""));
    Broker::new(BrokerOptions {
        url: format!("amqps://{credentials}@localhost:{port}/{path}"),
        ca,
        prefix: fixture.broker.prefix().to_owned(),
        service: "invitation",
        topology: TopologyBy::Service,
    })
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_of_ones_own_is_trusted_where_it_is_named_and_only_there() {
    let fixture = Fixture::new().await;
    let (certified, another) = (Certified::now(), Certified::now());
    let port = terminator(host_of(fixture.broker.url()), &certified).await;
    let (mounted, others) = (Mounted::with(&certified), Mounted::with(&another));

    let trusting = broker(&fixture, port, Some(mounted.file("tls.crt")));
    trusting.declare().await.unwrap();
    for ca in [None, Some(others.file("tls.crt"))] {
        assert!(broker(&fixture, port, ca).declare().await.is_err());
    }
    // It is read anew at every connection.
    others.change(&certified.certificate, &certified.key);
    broker(&fixture, port, Some(others.file("tls.crt")))
        .declare()
        .await
        .unwrap();

    let missing = broker(&fixture, port, Some(mounted.file("ca.crt")));
    let said = missing.declare().await.unwrap_err().to_string();
    assert!(said.contains("ca.crt"), "{said}");
}
