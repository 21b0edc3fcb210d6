//! From the domain to messages. Exhaustive: a field that is added there does not compile until it is sent, or left out in so
//! many words.

use muster_ids::{PersonName, ProgrammeName};
use muster_proto::organization::v1 as pb;
use muster_server::convert::timestamp;
use muster_server::etag::etag;

use crate::domain::{
    Organization, OrganizationState, OrganizationType, Owner, ProgrammeAddress, ReturnReason, ShortName,
    ToldAddress,
};

impl From<Organization> for pb::Organization {
    fn from(organization: Organization) -> Self {
        let name = organization.name().to_string();
        let Organization {
            id: _,
            number,
            owner,
            display_name,
            language,
            licensing,
            license_status,
            address,
            programme,
            state,
            version,
            create_time,
            submit_time,
            approve_time,
            return_reasons,
            decision_reason,
            close_time,
        } = organization;
        Self {
            name,
            etag: etag(version),
            state: pb::OrganizationState::from(state).into(),
            display_name: display_name.to_string(),
            language: language.tag().to_owned(),
            r#type: pb::OrganizationType::from(licensing.kind()).into(),
            licensing_authority: licensing.authority().as_str().to_owned(),
            license_number: licensing
                .license()
                .map_or_else(String::new, |license| license.as_given().to_owned()),
            organization_number: number.as_str().to_owned(),
            owner: PersonName { person: owner.person }.to_string(),
            create_time: Some(timestamp(create_time)),
            submit_time: submit_time.map(timestamp),
            approve_time: approve_time.map(timestamp),
            return_reasons: return_reasons
                .into_iter()
                .map(|why| pb::OrganizationReturnReason::from(why).into())
                .collect(),
            decision_reason,
            programme: programme
                .map_or_else(String::new, |programme| ProgrammeName { programme }.to_string()),
            close_time: close_time.map(timestamp),
            license_status: license_status
                .map_or(pb::LicenseStatus::Unspecified, Into::into)
                .into(),
            address: address.map(Into::into),
        }
    }
}

muster_proto::same_values! {
    OrganizationState = pb::OrganizationState { Draft, Submitted, Active, Returned, Rejected, Suspended, Closed }
}

muster_proto::same_values! {
    OrganizationType = pb::OrganizationType { DirectCare, NonDirectCare, TrainingSponsor, StartUp }
}

muster_proto::same_values! {
    ReturnReason = pb::OrganizationReturnReason { LicenseNumberTaken, LicenseNumberUnknown, NameMismatch, Other }
}

impl From<ProgrammeAddress> for pb::ProgrammeAddress {
    fn from(address: ProgrammeAddress) -> Self {
        let ProgrammeAddress {
            street_address,
            city,
            region,
            postal_code,
        } = address;
        let or_empty =
            |line: Option<ShortName>| line.map_or_else(String::new, |line| line.as_str().to_owned());
        Self {
            street_address: or_empty(street_address),
            city: city.as_str().to_owned(),
            region: or_empty(region),
            postal_code: or_empty(postal_code),
        }
    }
}

impl From<pb::ProgrammeAddress> for ToldAddress {
    fn from(told: pb::ProgrammeAddress) -> Self {
        let pb::ProgrammeAddress {
            street_address,
            city,
            region,
            postal_code,
        } = told;
        Self {
            street_address,
            city,
            region,
            postal_code,
        }
    }
}

impl From<Owner> for pb::GetDirectorResponse {
    fn from(owner: Owner) -> Self {
        let Owner { person, display_name } = owner;
        Self {
            person: PersonName { person }.to_string(),
            display_name: display_name.unwrap_or_default(),
        }
    }
}
