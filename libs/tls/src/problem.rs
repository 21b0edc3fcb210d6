//! What is wrong with files of certificates, keys and authorities, by name.

use std::path::PathBuf;

/// Why TLS cannot be spoken, or not with these files.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TlsProblem {
    /// Only one of the two files is named.
    #[error("{missing} is not set: TLS needs a certificate and its key; without both plain HTTP is spoken")]
    Half {
        /// The setting of the other.
        missing: &'static str,
    },
    /// Only one of the two files that services are shown is named.
    #[error(
        "{missing} is not set: services that ask are shown a certificate with its key, or neither is set"
    )]
    HalfShown {
        /// The setting of the other.
        missing: &'static str,
    },
    /// Callers are to show certificates where no TLS is spoken.
    #[error(
        "MUSTER_TLS_CLIENT_CA (--tls-client-ca) is set without MUSTER_TLS_CERTIFICATE (--tls-certificate): in plain text nobody can show \
         a certificate"
    )]
    AskedInTheClear,
    /// A file is not there, or may not be read.
    #[error("cannot read {}: {why}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// As the system says.
        why: String,
    },
    /// A file holds something else.
    #[error("{} cannot be used for TLS: {why}", file.display())]
    Unusable {
        /// The file.
        file: PathBuf,
        /// What is wrong with it; nothing of what it holds.
        why: String,
    },
    /// Each file is good, and they do not belong together.
    #[error("the key in {} is not that of the certificate in {}", key.display(), certificate.display())]
    Apart {
        /// The key's file.
        key: PathBuf,
        /// The certificate's.
        certificate: PathBuf,
    },
    /// The certificate is for later.
    #[error("the certificate in {} is not valid before {from}", file.display())]
    Early {
        /// The file.
        file: PathBuf,
        /// The first moment, in RFC 3339.
        from: String,
    },
    /// The certificate's time is over.
    #[error("the certificate in {} is not valid after {until}", file.display())]
    Over {
        /// The file.
        file: PathBuf,
        /// The last moment, in RFC 3339.
        until: String,
    },
    /// Whoever calls may not show it.
    #[error(
        "the certificate in {} is not for clients: it has an extended key usage without clientAuth, and services that ask for one \
         refuse it",
        file.display()
    )]
    NotForClients {
        /// The file.
        file: PathBuf,
    },
    /// Services that ask by these authorities would not take it.
    #[error(
        "no authority in {} vouches for the certificate in {}: services that ask by them refuse it",
        authorities.display(),
        file.display()
    )]
    Strange {
        /// The certificate's file.
        file: PathBuf,
        /// Theirs.
        authorities: PathBuf,
    },
    /// The cryptography of this build refuses.
    #[error("TLS cannot be set up: {0}")]
    Backend(String),
}
