//! Certificates of one's own, mounted as Kubernetes mounts them.

use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use muster_clock::Clock;
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyPair};
use time::Duration;

/// A certificate that signs itself: who is to believe it names it as an authority.
#[derive(Debug)]
pub struct Certified {
    /// The certificate as DER.
    pub der: Vec<u8>,
    /// The certificate as PEM.
    pub certificate: String,
    /// Its key as PEM (PKCS #8).
    pub key: String,
    /// The last moment at which it is valid: Unix time, in seconds.
    pub until: i64,
}

impl Certified {
    /// For `localhost` and 127.0.0.1, valid today.
    #[must_use]
    pub fn now() -> Self {
        Self::valid(Duration::hours(-1), Duration::hours(24))
    }

    /// The same, valid from so long after now until so long after now.
    #[must_use]
    pub fn valid(from: Duration, until: Duration) -> Self {
        Self::named(&["localhost", "127.0.0.1"], from, until)
    }

    /// For this name alone, valid today.
    #[must_use]
    pub fn of(name: &str) -> Self {
        Self::named(&[name], Duration::hours(-1), Duration::hours(24))
    }

    /// For this name, valid today, and for servers only: whoever calls may not show it.
    #[must_use]
    pub fn for_servers(name: &str) -> Self {
        let purposes = vec![ExtendedKeyUsagePurpose::ServerAuth];
        Self::made(&[name], purposes, Duration::hours(-1), Duration::hours(24))
    }

    fn named(names: &[&str], from: Duration, until: Duration) -> Self {
        Self::made(names, Vec::new(), from, until)
    }

    /// Without purposes it is for every one.
    fn made(names: &[&str], purposes: Vec<ExtendedKeyUsagePurpose>, from: Duration, until: Duration) -> Self {
        let (now, key) = (Clock::system().now(), KeyPair::generate().expect("no key"));
        let names: Vec<_> = names.iter().map(ToString::to_string).collect();
        let mut asked = CertificateParams::new(names).expect("a name cannot be used");
        (asked.not_before, asked.not_after) = (now + from, now + until);
        asked.extended_key_usages = purposes;
        let signed = asked.self_signed(&key).expect("no certificate");
        Self {
            certificate: pem("CERTIFICATE", signed.der()),
            key: pem("PRIVATE KEY", &key.serialize_der()),
            der: signed.der().to_vec(),
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

/// A mounted secret: its files are links through `..data`, which is exchanged as a whole. Gone when it is dropped.
#[derive(Debug)]
pub struct Mounted {
    place: PathBuf,
    written: AtomicUsize,
}

impl Mounted {
    /// With this certificate as `tls.crt` and `tls.key`.
    #[must_use]
    pub fn with(certified: &Certified) -> Self {
        let place = std::env::temp_dir().join(format!("muster-mounted-{}", Clock::system().new_uuid()));
        std::fs::create_dir_all(&place).expect("no directory");
        let mounted = Self {
            place,
            written: AtomicUsize::new(0),
        };
        mounted.change(&certified.certificate, &certified.key);
        for name in ["tls.crt", "tls.key"] {
            symlink(format!("..data/{name}"), mounted.file(name)).expect("no link");
        }
        mounted
    }

    /// Puts others in their place, as one step.
    pub fn change(&self, certificate: &str, key: &str) {
        let version = format!("..{}", self.written.fetch_add(1, Ordering::Relaxed));
        std::fs::create_dir(self.file(&version)).expect("no directory");
        for (name, text) in [("tls.crt", certificate), ("tls.key", key)] {
            std::fs::write(self.file(&version).join(name), text).expect("no file");
        }
        symlink(&version, self.file("..new")).expect("no link");
        std::fs::rename(self.file("..new"), self.file("..data")).expect("no exchange");
    }

    /// Where a file of it is.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.place.join(name)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.place);
    }
}
