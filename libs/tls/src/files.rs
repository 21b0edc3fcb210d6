//! The files of a certificate and its key, and of whom callers have to be vouched for by.

use std::path::{Path, PathBuf};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::authorities;
use crate::certificate::Certificate;
use crate::own::{Own, Unusable};
use crate::problem::TlsProblem;

/// Where they are. They are small, and read as keys are read elsewhere: at once.
#[derive(Debug, Clone)]
pub struct Files {
    certificate: PathBuf,
    key: PathBuf,
    /// Who vouches for those who call, if they are asked.
    callers: Option<PathBuf>,
}

/// What they hold. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Content {
    certificate: Vec<u8>,
    key: Vec<u8>,
    callers: Option<Vec<u8>>,
}

impl Files {
    /// The files of the settings `--tls-certificate` and `--tls-key`; `None` when neither is set.
    ///
    /// # Errors
    /// One without the other.
    pub fn of(certificate: Option<&Path>, key: Option<&Path>) -> Result<Option<Self>, TlsProblem> {
        let settings = [
            "MUSTER_TLS_CERTIFICATE (--tls-certificate)",
            "MUSTER_TLS_KEY (--tls-key)",
        ];
        Self::both(certificate, key, settings).map_err(|missing| TlsProblem::Half { missing })
    }

    /// The files of the settings `--services-certificate` and `--services-key`; `None` when neither is set.
    ///
    /// # Errors
    /// One without the other.
    pub fn shown_to_services(
        certificate: Option<&Path>,
        key: Option<&Path>,
    ) -> Result<Option<Self>, TlsProblem> {
        let settings = [
            "MUSTER_SERVICES_CERTIFICATE (--services-certificate)",
            "MUSTER_SERVICES_KEY (--services-key)",
        ];
        Self::both(certificate, key, settings).map_err(|missing| TlsProblem::HalfShown { missing })
    }

    /// Both, or none, or the name of the setting that is missing.
    fn both(
        certificate: Option<&Path>,
        key: Option<&Path>,
        [of_certificate, of_key]: [&'static str; 2],
    ) -> Result<Option<Self>, &'static str> {
        match (certificate, key) {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => Ok(Some(Self::new(certificate, key))),
            (Some(_), None) => Err(of_key),
            (None, Some(_)) => Err(of_certificate),
        }
    }

    /// These two: PEM, the certificate's chain after it, the key not encrypted.
    #[must_use]
    pub fn new(certificate: &Path, key: &Path) -> Self {
        Self {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            callers: None,
        }
    }

    /// The same, with the authorities (PEM, any number of them) of which one has to vouch for whoever calls
    /// ([`crate::ServerTls::accept_service`]).
    #[must_use]
    pub fn asking(self, callers: &Path) -> Self {
        Self {
            callers: Some(callers.to_owned()),
            ..self
        }
    }

    /// The file of these authorities, if there is one.
    #[must_use]
    pub fn callers(&self) -> Option<&Path> {
        self.callers.as_deref()
    }

    /// The certificate and its key alone.
    pub(crate) fn without_callers(self) -> Self {
        Self {
            callers: None,
            ..self
        }
    }

    /// Reads all of them.
    pub(crate) fn read(&self) -> Result<Content, Vec<TlsProblem>> {
        let callers = self.callers.as_deref().map(read).transpose();
        match (read(&self.certificate), read(&self.key), callers) {
            (Ok(certificate), Ok(key), Ok(callers)) => Ok(Content {
                certificate,
                key,
                callers,
            }),
            (certificate, key, callers) => {
                let problems = [certificate.err(), key.err(), callers.err()];
                Err(problems.into_iter().flatten().collect())
            }
        }
    }

    /// Makes one thing of them, for where calls arrive.
    pub(crate) fn certificate(
        &self,
        content: &Content,
        protocols: &[&[u8]],
    ) -> Result<Certificate, TlsProblem> {
        let callers = self.callers.as_deref().zip(content.callers.as_deref());
        let callers = callers
            .map(|(file, pem)| authorities::of(file, pem))
            .transpose()?;
        Certificate::of(self.own(content)?, callers, protocols)
    }

    /// The certificate and its key.
    pub(crate) fn own(&self, content: &Content) -> Result<Own, TlsProblem> {
        let of = |file: &Path, why| TlsProblem::Unusable {
            file: file.to_owned(),
            why,
        };
        Own::of(&content.certificate, &content.key).map_err(|unusable| match unusable {
            Unusable::Chain(why) => of(&self.certificate, why),
            Unusable::Key(why) => of(&self.key, why),
            Unusable::Apart => TlsProblem::Apart {
                key: self.key.clone(),
                certificate: self.certificate.clone(),
            },
        })
    }

    /// Whether others take it from whoever calls with it; those who ask by `callers`, where that is known.
    pub(crate) fn taken(
        &self,
        own: &Own,
        callers: Option<&Path>,
        now: OffsetDateTime,
    ) -> Result<(), TlsProblem> {
        let file = || self.certificate.clone();
        self.valid(own.validity(), now)?;
        if !own.is_for_clients() {
            return Err(TlsProblem::NotForClients { file: file() });
        }
        let Some(callers) = callers else {
            return Ok(());
        };
        if authorities::take(authorities::of(callers, &read(callers)?)?, own, now)? {
            return Ok(());
        }
        Err(TlsProblem::Strange {
            file: file(),
            authorities: callers.to_owned(),
        })
    }

    /// Whether a certificate that came from here, and is valid between these moments, is valid at `now`.
    pub(crate) fn valid(
        &self,
        (begins, ends): (OffsetDateTime, OffsetDateTime),
        now: OffsetDateTime,
    ) -> Result<(), TlsProblem> {
        let file = self.certificate.clone();
        if now < begins {
            let from = shown(begins);
            return Err(TlsProblem::Early { file, from });
        }
        if now > ends {
            let until = shown(ends);
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
