//! Whose certificates are trusted besides those that everybody trusts.

use std::str::FromStr;

use muster_clock::Clock;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use thiserror::Error;
use time::OffsetDateTime;
use x509_parser::parse_x509_certificate;

/// The certificates of a PEM file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roots(Vec<CertificateDer<'static>>);

/// Everything that is wrong with the file.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("{}", .0.join("; "))]
pub struct RootsProblem(Vec<String>);

impl FromStr for Roots {
    type Err = RootsProblem;

    /// Reads the file of this name. Certificates are judged by the time of this machine, as they are when connecting.
    fn from_str(path: &str) -> Result<Self, RootsProblem> {
        let pem = std::fs::read(path).map_err(|error| one(format!("cannot be read: {error}")))?;
        Self::of(&pem, Clock::system().now())
    }
}

impl Roots {
    /// The certificates of this text, if all of them can be used now.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn of(pem: &[u8], now: OffsetDateTime) -> Result<Self, RootsProblem> {
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<_, _>>()
            .map_err(|error| one(format!("is no PEM file: {error}")))?;
        if certificates.is_empty() {
            return Err(one("holds no certificate".to_owned()));
        }
        let problems: Vec<String> = certificates
            .iter()
            .zip(1..)
            .filter_map(|(certificate, number)| {
                let problem = problem(certificate, now)?;
                Some(format!("certificate {number} {problem}"))
            })
            .collect();
        if problems.is_empty() {
            Ok(Self(certificates))
        } else {
            Err(RootsProblem(problems))
        }
    }

    /// The certificates.
    pub(super) fn certificates(&self) -> impl Iterator<Item = &CertificateDer<'static>> {
        self.0.iter()
    }
}

/// Why nobody can be trusted for the sake of this certificate.
fn problem(certificate: &CertificateDer<'_>, now: OffsetDateTime) -> Option<String> {
    let Ok((_, parsed)) = parse_x509_certificate(certificate) else {
        return Some("is no X.509 certificate".to_owned());
    };
    let validity = parsed.validity();
    let (begins, ends) = (
        validity.not_before.to_datetime(),
        validity.not_after.to_datetime(),
    );
    if ends < now {
        return Some(format!("expired on {}", ends.date()));
    }
    if begins > now {
        return Some(format!("is not valid before {}", begins.date()));
    }
    let added = RootCertStore::empty().add(certificate.clone());
    added.err().map(|error| format!("cannot be trusted: {error}"))
}

fn one(problem: String) -> RootsProblem {
    RootsProblem(vec![problem])
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use rcgen::{CertificateParams, KeyPair};
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    fn pem(from: OffsetDateTime, until: OffsetDateTime) -> String {
        let mut asked = CertificateParams::new(vec!["mail.example".to_owned()]).unwrap();
        (asked.not_before, asked.not_after) = (from, until);
        let certificate = asked.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let text = STANDARD.encode(certificate.der());
        format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
    }

    #[test]
    fn certificates_that_cannot_be_used_are_told_with_their_place() {
        let day = Duration::days(1);
        let good = pem(NOW - day, NOW + day);
        let expired = pem(NOW - day * 2, NOW - day);
        let future = pem(NOW + day, NOW + day * 2);
        assert_eq!(Roots::of(good.as_bytes(), NOW).unwrap().certificates().count(), 1);
        let problems = Roots::of([good, expired, future].concat().as_bytes(), NOW).unwrap_err();
        assert_eq!(
            problems.to_string(),
            "certificate 2 expired on 2026-02-28; certificate 3 is not valid before 2026-03-02"
        );
    }

    #[test]
    fn a_file_without_certificates_is_told() {
        let told = |pem: &str| Roots::of(pem.as_bytes(), NOW).unwrap_err().to_string();
        assert_eq!(told("hello"), "holds no certificate");
        assert!(told("-----BEGIN CERTIFICATE-----\nhello").starts_with("is no PEM file"));
        let nothing = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";
        assert_eq!(told(nothing), "certificate 1 is no X.509 certificate");
        assert!(
            "/nowhere/at/all"
                .parse::<Roots>()
                .unwrap_err()
                .to_string()
                .contains("No such file")
        );
    }
}
