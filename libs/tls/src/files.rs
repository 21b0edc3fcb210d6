//! The files of the certificate and its key.

use std::path::{Path, PathBuf};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::certificate::{Certificate, Unusable};

/// Where they are. They are small, and read as keys are read elsewhere: at once.
#[derive(Debug, Clone)]
pub struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// What they hold. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Pair {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

/// Why TLS cannot be spoken, or not with these files.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TlsProblem {
    /// Only one of the two files is named.
    #[error("{missing} is not set: TLS needs a certificate and its key; without both plain HTTP is spoken")]
    Half {
        /// The setting of the other.
        missing: &'static str,
    },
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
    /// The cryptography of this build refuses.
    #[error("TLS cannot be set up: {0}")]
    Backend(String),
}

impl Files {
    /// The files of the settings `--tls-certificate` and `--tls-key`; `None` when neither is set.
    ///
    /// # Errors
    /// One without the other.
    pub fn of(certificate: Option<&Path>, key: Option<&Path>) -> Result<Option<Self>, TlsProblem> {
        let missing = match (certificate, key) {
            (None, None) => return Ok(None),
            (Some(certificate), Some(key)) => return Ok(Some(Self::new(certificate, key))),
            (Some(_), None) => "MUSTER_TLS_KEY (--tls-key)",
            (None, Some(_)) => "MUSTER_TLS_CERTIFICATE (--tls-certificate)",
        };
        Err(TlsProblem::Half { missing })
    }

    /// These two: PEM, the certificate's chain after it, the key not encrypted.
    #[must_use]
    pub fn new(certificate: &Path, key: &Path) -> Self {
        Self {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        }
    }

    /// Reads both.
    pub(crate) fn read(&self) -> Result<Pair, Vec<TlsProblem>> {
        match (read(&self.certificate), read(&self.key)) {
            (Ok(certificate), Ok(key)) => Ok(Pair { certificate, key }),
            (certificate, key) => Err([certificate.err(), key.err()].into_iter().flatten().collect()),
        }
    }

    /// Makes one thing of them.
    pub(crate) fn certificate(&self, pair: &Pair, protocols: &[&[u8]]) -> Result<Certificate, TlsProblem> {
        let of = |file: &Path, why| TlsProblem::Unusable {
            file: file.to_owned(),
            why,
        };
        Certificate::of(&pair.certificate, &pair.key, protocols).map_err(|unusable| match unusable {
            Unusable::Chain(why) => of(&self.certificate, why),
            Unusable::Key(why) => of(&self.key, why),
            Unusable::Apart => TlsProblem::Apart {
                key: self.key.clone(),
                certificate: self.certificate.clone(),
            },
        })
    }

    /// Whether a certificate that came from here is valid at `now`.
    pub(crate) fn valid(&self, certificate: &Certificate, now: OffsetDateTime) -> Result<(), TlsProblem> {
        let file = self.certificate.clone();
        if now < certificate.begins() {
            let from = shown(certificate.begins());
            return Err(TlsProblem::Early { file, from });
        }
        if now > certificate.ends() {
            let until = shown(certificate.ends());
            return Err(TlsProblem::Over { file, until });
        }
        Ok(())
    }

    /// The certificate's file in words.
    pub(crate) fn name(&self) -> String {
        self.certificate.display().to_string()
    }
}

/// Several problems as one line.
pub(crate) fn listed(problems: &[TlsProblem]) -> String {
    let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
    lines.join("; ")
}

/// A moment in words.
pub(crate) fn shown(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_else(|_| at.to_string())
}

/// What a file holds.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>, TlsProblem> {
    std::fs::read(file).map_err(|error| TlsProblem::Unreadable {
        file: file.to_owned(),
        why: error.to_string(),
    })
}
