//! From the domain to messages, exhaustively.

use muster_clock::TimeZones;
use muster_ids::{OrganizationName, ProgrammeName};
use muster_proto::organization::v1 as pb;

use crate::domain::{Holder, PublicOrganization, RegistryEntry, RegistryEntryState, ToldEntry};

/// What anybody may know of an organization.
pub(super) fn public(found: PublicOrganization, time_zones: &TimeZones) -> pb::PublicOrganization {
    let PublicOrganization {
        organization,
        display_name,
        authority,
    } = found;
    pb::PublicOrganization {
        name: OrganizationName { organization }.to_string(),
        display_name,
        time_zone: time_zones.name_of(&authority),
    }
}

impl From<RegistryEntry> for pb::RegistryEntry {
    fn from(entry: RegistryEntry) -> Self {
        let RegistryEntry {
            id: _,
            display_name,
            authority,
            kind,
            license_number,
            license_status,
            address,
            normalized: _,
            programme,
            state,
            holder,
            words: _,
            former_number,
        } = entry;
        let mut shown = Self {
            programme: String::new(),
            state: pb::RegistryEntryState::from(state).into(),
            display_name,
            address: address.map(Into::into),
            licensing_authority: authority,
            license_number,
            r#type: pb::ProgrammeType::Unspecified.into(),
            license_status: license_status
                .map_or(pb::LicenseStatus::Unspecified, Into::into)
                .into(),
            organization_number: String::new(),
            organization: String::new(),
            organization_type: pb::OrganizationType::from(kind).into(),
            former_license_number: former_number.unwrap_or_default(),
        };
        if let Some(Holder { organization, number }) = holder {
            shown.organization = OrganizationName { organization }.to_string();
            shown.organization_number = number.as_str().to_owned();
        }
        if let Some(told) = programme {
            tell(&mut shown, told);
        }
        shown
    }
}

fn tell(shown: &mut pb::RegistryEntry, told: ToldEntry) {
    let ToldEntry { id: programme, kind } = told;
    shown.programme = ProgrammeName { programme }.to_string();
    shown.set_type(kind.into());
}

muster_proto::same_values! {
    RegistryEntryState = pb::RegistryEntryState { Unregistered, Claimed, Registered }
}
