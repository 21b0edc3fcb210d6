//! What mails are about.

use std::fmt;
use std::str::FromStr;

use muster_ids::{DeliveryId, OrganizationId};
use thiserror::Error;
use uuid::Uuid;

use super::Purpose;

/// What a mail is about: `organizations/{organization}/{collection}/{id}`, where the collection is one that some purpose is
/// about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Subject {
    /// The organization.
    pub organization: OrganizationId,
    /// The collection of the thing, such as `invitations`.
    pub collection: &'static str,
    /// The thing.
    pub id: Uuid,
}

/// The text names nothing that a mail may be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "must be a resource name of the form organizations/{{organization}}/{{collection}}/{{id}}, with ids as lower-case UUIDs"
)]
pub struct NoSubject;

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            organization,
            collection,
            id,
        } = self;
        write!(f, "organizations/{organization}/{collection}/{id}")
    }
}

impl FromStr for Subject {
    type Err = NoSubject;

    fn from_str(text: &str) -> Result<Self, NoSubject> {
        let parts: Vec<&str> = text.split('/').collect();
        let ["organizations", organization, collection, id] = parts[..] else {
            return Err(NoSubject);
        };
        let known = Purpose::ALL.iter().map(|purpose| purpose.spec().collection);
        Ok(Self {
            organization: organization.parse().map_err(|_| NoSubject)?,
            collection: known
                .into_iter()
                .find(|known| *known == collection)
                .ok_or(NoSubject)?,
            // Any id: all are written alike.
            id: id.parse::<DeliveryId>().map_err(|_| NoSubject)?.as_uuid(),
        })
    }
}
