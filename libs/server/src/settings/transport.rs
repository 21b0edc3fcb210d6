//! What protects calls between services on their way.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::ValueEnum;
use muster_tls::{Files, TlsProblem, Trust};

use super::{ListenSettings, PeerUrl, PeerUrls};

/// The certificate that is shown where calls arrive.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct CertificateSettings {
    /// PEM file with the certificate that callers are shown, and its chain after it; looked at again every second. Goes with --tls-key, and at the gateway with a public URL of https. Without both plain HTTP is spoken: at the gateway for development and behind a proxy that ends TLS, at a service on a loopback address only (see --plaintext)
    #[arg(long, env = "MUSTER_TLS_CERTIFICATE", value_name = "FILE")]
    pub tls_certificate: Option<PathBuf>,
    /// PEM file with the private key of that certificate, not encrypted
    #[arg(long, env = "MUSTER_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
}

impl CertificateSettings {
    /// The files of the certificate, if TLS is to be spoken.
    ///
    /// # Errors
    /// One without the other.
    pub fn files(&self) -> Result<Option<Files>, TlsProblem> {
        Files::of(self.tls_certificate.as_deref(), self.tls_key.as_deref())
    }
}

/// How services are called.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct TransportSettings {
    /// PEM file with the authorities that vouch for the other services' certificates, such as cert-manager's ca.crt; read again at each connection. Without it those that browsers believe
    #[arg(long, env = "MUSTER_SERVICES_CA", value_name = "FILE")]
    pub services_ca: Option<PathBuf>,
    /// PEM file with the certificate that services are shown when they ask for one (their --tls-client-ca), and its chain after it; read again at each connection. Goes with --services-key. Without both a service shows the one of --tls-certificate, and the gateway, whose own is for people, none
    #[arg(long, env = "MUSTER_SERVICES_CERTIFICATE", value_name = "FILE")]
    pub services_certificate: Option<PathBuf>,
    /// PEM file with the private key of that certificate, not encrypted
    #[arg(long, env = "MUSTER_SERVICES_KEY", value_name = "FILE")]
    pub services_key: Option<PathBuf>,
    /// Where calls between services may be in plain text: `loopback`, within one machine; or `mesh`, everywhere, because something else encrypts them (a service mesh, an encrypted network between nodes). Whoever reads the tokens of calls can use them until they end
    #[arg(
        long,
        env = "MUSTER_PLAINTEXT",
        default_value = "loopback",
        value_name = "WHERE"
    )]
    pub plaintext: Plaintext,
}

/// Where calls between services may be in plain text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Plaintext {
    /// Within one machine.
    #[default]
    Loopback,
    /// Everywhere: something else encrypts.
    Mesh,
}

impl Plaintext {
    /// Whether nobody else can read what is said in plain text at this address.
    #[must_use]
    pub fn hides(self, listen: SocketAddr) -> bool {
        self == Self::Mesh || listen.ip().is_loopback()
    }
}

/// Plain text where others could read it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Readable {
    /// Calls would come in plain text.
    #[error(
        "--listen (MUSTER_LISTEN) is {0}, and without TLS the tokens of calls can be read on their way there and used by others: give \
         it a certificate (--tls-certificate, --tls-key), let it listen on a loopback address, or say --plaintext mesh \
         (MUSTER_PLAINTEXT) if a service mesh encrypts"
    )]
    Here(SocketAddr),
    /// Calls would leave in plain text.
    #[error(
        "the URL of the {0} service, {1}, is not https, and its host not this machine: tokens of calls can be read on their way there \
         and used by others; call it by https, or say --plaintext mesh (MUSTER_PLAINTEXT) if a service mesh encrypts"
    )]
    There(String, String),
}

/// A key of a developer's machine where others come.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{setting} is a development key, and --listen (MUSTER_LISTEN) is {listen}, which is not a loopback address: {}",
    DevelopmentKey::MEND
)]
pub struct DevelopmentKey {
    /// The setting that names its file.
    pub setting: &'static str,
    listen: SocketAddr,
}

impl DevelopmentKey {
    /// What to do about it.
    pub(crate) const MEND: &str = "name a file that deploy/secrets made for this installation, or listen on a loopback address; `cargo dev` \
                                   made this one for a developer's machine";
}

impl ListenSettings {
    /// The settings that keep a process from listening here, of those whose files are marked as development keys. No encryption
    /// helps: others come, and whoever has the developer's folder has the keys.
    #[must_use]
    pub fn refused(&self, development_keys: impl IntoIterator<Item = &'static str>) -> Vec<DevelopmentKey> {
        let listen = self.listen;
        let keys = development_keys.into_iter();
        keys.filter(|_| !listen.ip().is_loopback())
            .map(|setting| DevelopmentKey { setting, listen })
            .collect()
    }
}

/// Why other services cannot be called by TLS.
#[derive(Debug, thiserror::Error)]
pub enum TransportProblem {
    /// It is not known whom to believe.
    #[error("--services-ca (MUSTER_SERVICES_CA): {0}")]
    Authorities(TlsProblem),
    /// What would be shown to them cannot be used.
    #[error("the certificate for calls to services: {0}")]
    Own(TlsProblem),
}

impl TransportSettings {
    /// Whom to believe to be a service, and what to show those that ask: what these settings name, or else `served`, the certificate
    /// that callers are shown here.
    ///
    /// # Errors
    /// Everything that is wrong with the files.
    pub fn trust(&self, served: Option<Files>) -> Result<Trust, Vec<TransportProblem>> {
        let trust = Trust::open(self.services_ca.as_deref());
        let shown =
            Files::shown_to_services(self.services_certificate.as_deref(), self.services_key.as_deref());
        let (trust, shown) = match (trust, shown) {
            (Ok(trust), Ok(shown)) => (trust, shown.or(served)),
            (trust, shown) => {
                let problems = [
                    trust.err().map(TransportProblem::Authorities),
                    shown.err().map(TransportProblem::Own),
                ];
                return Err(problems.into_iter().flatten().collect());
            }
        };
        match shown {
            None => Ok(trust),
            Some(files) => trust
                .showing(files)
                .map_err(|problems| problems.into_iter().map(TransportProblem::Own).collect()),
        }
    }

    /// What keeps a service from listening here, if it has no certificate.
    #[must_use]
    pub fn listening(&self, listen: SocketAddr) -> Option<Readable> {
        (!self.plaintext.hides(listen)).then_some(Readable::Here(listen))
    }

    /// What keeps each of these from being called.
    #[must_use]
    pub fn calling<'a>(&self, peers: impl IntoIterator<Item = (&'a str, &'a PeerUrls)>) -> Vec<Readable> {
        let readable = |url: &&PeerUrl| self.plaintext != Plaintext::Mesh && !url.is_https() && !is_own(url);
        let peers = peers.into_iter();
        peers
            .flat_map(|(service, urls)| urls.iter().map(move |url| (service, url)))
            .filter(|(_, url)| readable(url))
            .map(|(service, url)| Readable::There(service.to_owned(), url.uri().to_string()))
            .collect()
    }
}

/// Whether calls of it stay on this machine.
fn is_own(url: &PeerUrl) -> bool {
    let host = url.host();
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::settings::Seconds;

    fn told(plaintext: Plaintext, listen: &str, url: &str) -> (bool, bool) {
        let settings = TransportSettings {
            plaintext,
            ..TransportSettings::default()
        };
        let url = url.parse().unwrap();
        let listening = settings.listening(listen.parse().unwrap());
        (
            listening.is_some(),
            !settings.calling([("records", &url)]).is_empty(),
        )
    }

    #[test]
    fn development_keys_stay_on_the_machine_whatever_encrypts() {
        let refused = |listen: &str, keys: &[&'static str]| {
            let listen = ListenSettings {
                listen: listen.parse().unwrap(),
                admin_listen: "0.0.0.0:8081".parse().unwrap(),
                drain_delay: Seconds(Duration::ZERO),
                max_calls: 1,
            };
            let refused = listen.refused(keys.iter().copied());
            refused.iter().map(|key| key.setting).collect::<Vec<_>>()
        };
        for everywhere in ["0.0.0.0:8080", "[::]:8080", "10.1.2.3:8080"] {
            assert_eq!(
                refused(everywhere, &["--a", "--b"]),
                ["--a", "--b"],
                "{everywhere}"
            );
            assert!(refused(everywhere, &[]).is_empty(), "{everywhere}");
        }
        for here in ["127.0.0.1:8080", "127.9.9.9:1", "[::1]:8080"] {
            assert!(refused(here, &["--a", "--b"]).is_empty(), "{here}");
        }
    }

    #[test]
    fn plain_text_stays_on_the_machine_unless_something_else_encrypts() {
        use Plaintext::{Loopback, Mesh};
        assert_eq!(
            told(Loopback, "0.0.0.0:8080", "http://records:8080"),
            (true, true)
        );
        assert_eq!(told(Loopback, "[::]:8080", "http://10.1.2.3:8080"), (true, true));
        assert_eq!(
            told(Loopback, "10.1.2.3:8080", "http://localhost.example:1"),
            (true, true)
        );
        assert_eq!(
            told(Loopback, "127.0.0.1:8080", "http://localhost:8080"),
            (false, false)
        );
        assert_eq!(told(Loopback, "[::1]:8080", "http://[::1]:8080"), (false, false));
        assert_eq!(
            told(Loopback, "127.9.9.9:1", "https://records:8080"),
            (false, false)
        );
        assert_eq!(told(Mesh, "0.0.0.0:8080", "http://records:8080"), (false, false));
        // One replica elsewhere is one too many.
        assert_eq!(
            told(Loopback, "[::1]:8080", "http://127.0.0.2:1,http://10.1.2.3:1"),
            (false, true)
        );
        assert_eq!(
            told(Loopback, "[::1]:8080", "http://127.0.0.2:1,http://127.0.0.3:1"),
            (false, false)
        );
    }
}
