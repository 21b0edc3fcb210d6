//! Certificates and their numbers.

use std::fmt;

use muster_ids::{CertificateId, OrganizationId, PersonId, TrainingId};
use time::OffsetDateTime;

/// Crockford's base32: no letter that looks like a digit.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// 128 bits, five to a character.
const LENGTH: usize = 26;

/// The proof that a person completed a training.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Certificate {
    /// Who completed it.
    pub(crate) person: PersonId,
    pub(crate) id: CertificateId,
    /// What can be told to others.
    pub(crate) number: String,
    pub(crate) training: TrainingId,
    /// The name of the training when it was completed.
    pub(crate) training_display_name: String,
    /// The organization whose the assignment was when it was completed; `None`: the person's own.
    pub(crate) organization: Option<OrganizationId>,
    pub(crate) issue_time: OffsetDateTime,
    /// For how many minutes the training counted when it was completed.
    pub(crate) duration_minutes: i32,
    /// From then on it is valid no more; `None`: it is valid for ever.
    pub(crate) expire_time: Option<OffsetDateTime>,
    pub(crate) names: CertificateNames,
}

/// What a certificate calls those whom it is about, and by which clocks its days are told: as it was when it was issued, whatever it is
/// later.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CertificateNames {
    /// The person; `None`: not known yet. Empty once it was taken out: nothing comes in its place.
    pub(crate) person: Option<String>,
    /// The organization; `None`: not known yet, or there is none.
    pub(crate) organization: Option<String>,
    /// The time zone of the organization, as the IANA calls it; known with its name. `None`: UTC.
    pub(crate) time_zone: Option<String>,
}

/// A number that nobody guesses: 128 bits in base32, 26 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CertificateNumber(String);

impl CertificateNumber {
    /// The number of these random bits.
    pub(crate) fn of_bits(bits: u128) -> Self {
        let characters = (0..LENGTH).rev().map(|place| {
            let index = (bits >> (place * 5)) & 31;
            char::from(ALPHABET[index as usize])
        });
        Self(characters.collect())
    }
}

impl fmt::Display for CertificateNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_counts() {
        assert_eq!(CertificateNumber::of_bits(0).to_string(), "0".repeat(LENGTH));
        assert_eq!(
            CertificateNumber::of_bits(u128::MAX).to_string(),
            format!("7{}", "Z".repeat(LENGTH - 1))
        );
        let all: std::collections::HashSet<String> = (0..128)
            .map(|bit| CertificateNumber::of_bits(1 << bit).to_string())
            .collect();
        assert_eq!(all.len(), 128);
    }
}
