//! The files of the certificate and its key.

use std::path::{Path, PathBuf};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::certificate::{Certificate, Unusable};

/// Where they are. They are small, and read as keys are read elsewhere: at once.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// What they hold. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Pair {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

/// Why TLS cannot be spoken, or not with these files.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum TlsProblem {
    #[error(
        "{missing} is not set: TLS needs a certificate and its key; without both the gateway speaks plain HTTP"
    )]
    Half { missing: &'static str },
    #[error(
        "MUSTER_PUBLIC_URL (--public-url) is not https, and TLS is to end here (MUSTER_TLS_CERTIFICATE, MUSTER_TLS_KEY): \
         people would be sent to where nobody answers"
    )]
    PlainUrl,
    #[error("cannot read {}: {why}", file.display())]
    Unreadable { file: PathBuf, why: String },
    #[error("{} cannot be used for TLS: {why}", file.display())]
    Unusable { file: PathBuf, why: String },
    #[error("the key in {} is not that of the certificate in {}", key.display(), certificate.display())]
    Apart { key: PathBuf, certificate: PathBuf },
    #[error("the certificate in {} is not valid before {from}", file.display())]
    Early { file: PathBuf, from: String },
    #[error("the certificate in {} is not valid after {until}", file.display())]
    Over { file: PathBuf, until: String },
}

impl Files {
    pub(crate) fn new(certificate: &Path, key: &Path) -> Self {
        Self {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        }
    }

    /// Reads both.
    pub(super) fn read(&self) -> Result<Pair, Vec<TlsProblem>> {
        match (read(&self.certificate), read(&self.key)) {
            (Ok(certificate), Ok(key)) => Ok(Pair { certificate, key }),
            (certificate, key) => Err([certificate.err(), key.err()].into_iter().flatten().collect()),
        }
    }

    /// Makes one thing of them.
    pub(super) fn certificate(&self, pair: &Pair) -> Result<Certificate, TlsProblem> {
        let of = |file: &Path, why| TlsProblem::Unusable {
            file: file.to_owned(),
            why,
        };
        Certificate::of(&pair.certificate, &pair.key).map_err(|unusable| match unusable {
            Unusable::Chain(why) => of(&self.certificate, why),
            Unusable::Key(why) => of(&self.key, why),
            Unusable::Apart => TlsProblem::Apart {
                key: self.key.clone(),
                certificate: self.certificate.clone(),
            },
        })
    }

    /// Whether a certificate that came from here is valid at `now`.
    pub(super) fn valid(&self, certificate: &Certificate, now: OffsetDateTime) -> Result<(), TlsProblem> {
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
    pub(super) fn name(&self) -> String {
        self.certificate.display().to_string()
    }
}

/// Several problems as one line.
pub(super) fn listed(problems: &[TlsProblem]) -> String {
    let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
    lines.join("; ")
}

/// A moment in words.
pub(super) fn shown(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_else(|_| at.to_string())
}

fn read(file: &Path) -> Result<Vec<u8>, TlsProblem> {
    std::fs::read(file).map_err(|error| TlsProblem::Unreadable {
        file: file.to_owned(),
        why: error.to_string(),
    })
}
