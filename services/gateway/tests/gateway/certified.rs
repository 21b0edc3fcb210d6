//! Certificates of one's own, mounted as Kubernetes mounts them, and clients that look at them.

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use muster_clock::Clock;
use muster_gateway::Settings;
use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::support::TempDir;

/// A certificate that signs itself, for `localhost`.
pub(crate) struct Certified {
    pub(crate) der: CertificateDer<'static>,
    pub(crate) certificate: String,
    pub(crate) key: String,
    /// Unix time, in seconds.
    pub(crate) until: i64,
}

impl Certified {
    pub(crate) fn now() -> Self {
        Self::valid(Duration::hours(-1), Duration::hours(24))
    }

    /// Valid from so long after now until so long after now.
    pub(crate) fn valid(from: Duration, until: Duration) -> Self {
        let (now, key) = (Clock::system().now(), KeyPair::generate().unwrap());
        let names = ["localhost", "127.0.0.1"].map(str::to_owned);
        let mut asked = CertificateParams::new(names).unwrap();
        (asked.not_before, asked.not_after) = (now + from, now + until);
        let der = asked.self_signed(&key).unwrap().der().clone();
        Self {
            certificate: pem("CERTIFICATE", &der),
            key: pem("PRIVATE KEY", &key.serialize_der()),
            der,
            until: (now + until).unix_timestamp(),
        }
    }
}

fn pem(kind: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!(
        "-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n",
        lines.join("\n")
    )
}

/// A mounted secret: its files are links through `..data`, which is exchanged as a whole.
pub(crate) struct Mounted {
    place: TempDir,
    written: AtomicUsize,
}

impl Mounted {
    pub(crate) fn with(certified: &Certified) -> Self {
        let mounted = Self {
            place: TempDir::new(),
            written: AtomicUsize::new(0),
        };
        mounted.change(&certified.certificate, &certified.key);
        for name in ["tls.crt", "tls.key"] {
            symlink(format!("..data/{name}"), mounted.file(name)).unwrap();
        }
        mounted
    }

    pub(crate) fn change(&self, certificate: &str, key: &str) {
        let version = format!("..{}", self.written.fetch_add(1, Ordering::Relaxed));
        std::fs::create_dir(self.file(&version)).unwrap();
        self.place.write(&format!("{version}/tls.crt"), certificate);
        self.place.write(&format!("{version}/tls.key"), key);
        symlink(&version, self.file("..new")).unwrap();
        std::fs::rename(self.file("..new"), self.file("..data")).unwrap();
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.place.0.join(name)
    }

    /// What a gateway is told to use it.
    pub(crate) fn tell(&self, settings: &mut Settings) {
        settings.tls_certificate = Some(self.file("tls.crt"));
        settings.tls_key = Some(self.file("tls.key"));
        settings.public_url = "https://localhost".parse().unwrap();
        settings.trusted_proxies = Some("none".parse().unwrap());
    }
}

/// A client that trusts these certificates, speaks these versions and offers these protocols.
pub(crate) fn client(
    trusted: &[&Certified],
    versions: &[&'static SupportedProtocolVersion],
    offered: &[&str],
) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    for certified in trusted {
        roots.add(certified.der.clone()).unwrap();
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
pub(crate) async fn connect(client: &TlsConnector, address: SocketAddr) -> io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    client.connect(name, stream).await
}
