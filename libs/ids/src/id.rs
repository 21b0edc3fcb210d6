//! The ids.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::NameProblem;

/// The namespace in which a person's id is derived from their issuer and subject. Fixed for ever: another one would
/// make everybody a stranger.
const PERSON_NAMESPACE: Uuid = Uuid::from_u128(0x6d75_7374_6572_5a01_8c0d_7065_7273_6f6e);

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The id that a UUID stands for.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID, for keys and for the wire.
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = NameProblem;

            /// Takes only the hyphenated lower-case form, so that a thing has one name.
            fn from_str(text: &str) -> Result<Self, NameProblem> {
                let uuid = Uuid::try_parse(text).map_err(|_| NameProblem::new(concat!("{", stringify!($name), "}")))?;
                if uuid.as_hyphenated().encode_lower(&mut Uuid::encode_buffer()) != text {
                    return Err(NameProblem::new(concat!("{", stringify!($name), "}")));
                }
                Ok(Self(uuid))
            }
        }
    )*};
}

ids! {
    /// A profile of an organization.
    OrganizationId
    /// A place inside an organization.
    LocationId
    /// A set of learners.
    GroupId
    /// An invitation.
    InvitationId
    /// A learner of an organization; told to nobody.
    LearnerId
    /// An uploaded spreadsheet.
    ImportId
    /// An employment.
    EmploymentId
    /// What an administrator was mailed about people who wait to be verified.
    VerificationNoticeId
    /// What somebody was mailed about who may administer an organization.
    AccessNoticeId
    /// What somebody was mailed about people who could not accept an invitation.
    AcceptanceNoticeId
    /// A course of the shared catalog.
    TrainingId
    /// A human: derived from issuer and subject, see [`PersonId::derive`].
    PersonId
    /// A training that a person must take.
    AssignmentId
    /// The proof that they did.
    CertificateId
    /// A person's consent.
    GrantId
    /// One message to one recipient.
    DeliveryId
    /// Something that happened.
    EventId
    /// One reading of a learning record.
    AccessId
    /// One look of registry staff at what is personal.
    StaffReadId
    /// One change in the history of an organization.
    HistoryEntryId
    /// Somebody's request to become a profile user.
    AccessRequestId
    /// An ownership that was offered to somebody.
    OwnershipOfferId
    /// A programme that an authority has licensed.
    ProgrammeId
    /// A load of licensed programmes; chosen by whoever begins it.
    ProgrammeLoadId
    /// A stranger's request to join by an organization's page.
    JoinRequestId
}

impl PersonId {
    /// The id of the person whom `issuer` (OpenID Connect `iss`) knows as `subject` (`sub`): UUIDv5 (RFC 9562) over
    /// `issuer ‖ 0x00 ‖ subject`. The zero byte keeps two different pairs from running together.
    pub fn derive(issuer: &str, subject: &str) -> Self {
        let mut pair = Vec::with_capacity(issuer.len() + 1 + subject.len());
        pair.extend_from_slice(issuer.as_bytes());
        pair.push(0);
        pair.extend_from_slice(subject.as_bytes());
        Self(Uuid::new_v5(&PERSON_NAMESPACE, &pair))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_issuer_and_subject_are_the_same_person_and_others_are_not() {
        let person = PersonId::derive("https://id.example.org", "42");
        assert_eq!(person, PersonId::derive("https://id.example.org", "42"));
        assert_ne!(person, PersonId::derive("https://id.example.org4", "2"));
        assert_eq!(person.as_uuid().get_version_num(), 5);
    }

    #[test]
    fn an_id_has_one_spelling() {
        let spelled = "0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88";
        assert!(spelled.parse::<GroupId>().is_ok());
        assert!(spelled.to_uppercase().parse::<GroupId>().is_err());
        assert!(spelled.replace('-', "").parse::<GroupId>().is_err());
    }
}
