//! A profile as it is stored.

use muster_database::DatabaseError;
use muster_ids::{OrganizationId, PersonId};
use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::{License, LicensingAuthority, Organization, OrganizationNumber, Owner, PublicName};
use crate::store::stored;

#[derive(FromRow)]
pub(super) struct Row {
    organization_id: Uuid,
    organization_number: String,
    owner_person_id: Uuid,
    owner_display_name: Option<String>,
    display_name: String,
    licensing_authority: String,
    license_number_normalized: String,
    license_number_as_given: String,
    state: String,
    version: i64,
    create_time: OffsetDateTime,
    submit_time: Option<OffsetDateTime>,
    approve_time: Option<OffsetDateTime>,
}

impl Row {
    pub(super) fn parse(self) -> Result<Organization, DatabaseError> {
        let authority = LicensingAuthority::parse(&self.licensing_authority).ok();
        let license = authority
            .map(|by| License::stored(by, self.license_number_as_given, self.license_number_normalized));
        let number = OrganizationNumber::parse(&self.organization_number);
        Ok(Organization {
            id: OrganizationId::from_uuid(self.organization_id),
            number: stored("organizations.organization_number", number)?,
            owner: Owner {
                person: PersonId::from_uuid(self.owner_person_id),
                display_name: self.owner_display_name,
            },
            display_name: PublicName::stored(self.display_name),
            license: stored("organizations.licensing_authority", license)?,
            state: self.state.parse()?,
            version: self.version,
            created: self.create_time,
            submitted: self.submit_time,
            approved: self.approve_time,
        })
    }
}
