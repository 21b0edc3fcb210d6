//! What a person claims, from messages: which organization, and where in it.

use muster_ids::{LocationId, LocationName, OrganizationId, OrganizationName};
use muster_proto::employment::v1 as pb;
use muster_refusal::Violations;
use muster_server::names::{self, named};
use muster_server::{Call, Parsed};

use super::positions::{perhaps_day, positions};
use crate::ops::employment::claim::{ClaimedSite, Claims};

pub(super) fn claims(
    call: &Call<pb::ClaimEmploymentsRequest>,
    violations: &mut Violations,
) -> Parsed<Claims> {
    let message = &call.message;
    let person = names::oneself(&call.caller, violations, "parent", &message.parent)?;
    let each = message.claims.iter().enumerate();
    let sites: Vec<_> = each
        .map(|(place, claim)| site(violations, place, claim))
        .collect();
    let sites: Option<Vec<_>> = sites.into_iter().collect();
    twice(violations, sites.iter().flatten());
    let person_display_name = call.person()?.name.clone().unwrap_or_default();
    Ok(person.zip(sites).map(|(person, sites)| Claims {
        person,
        person_display_name,
        actor: call.actor(),
        sites,
    }))
}

fn site(violations: &mut Violations, place: usize, claim: &pb::EmploymentClaim) -> Option<ClaimedSite> {
    let field = format!("claims[{place}].organization");
    let organization = named::<OrganizationName>(violations, &field, &claim.organization)?.organization;
    let location = location(violations, place, organization, &claim.location);
    let start = perhaps_day(
        violations,
        &format!("claims[{place}].start_date"),
        &claim.start_date,
    );
    let positions = positions(
        violations,
        &format!("claims[{place}].positions"),
        &claim.positions,
    );
    Some(ClaimedSite {
        organization,
        location: location?,
        start: start?,
        positions: positions?,
    })
}

/// None when it cannot be read; `Some(None)` when it is not said.
fn location(
    violations: &mut Violations,
    place: usize,
    organization: OrganizationId,
    text: &str,
) -> Option<Option<LocationId>> {
    if text.is_empty() {
        return Some(None);
    }
    let field = format!("claims[{place}].location");
    let name: LocationName = named(violations, &field, text)?;
    if name.organization != organization {
        violations.add(field, "must be a location of the claimed organization");
        return None;
    }
    Some(Some(name.location))
}

/// An organization is claimed once.
fn twice<'a>(violations: &mut Violations, sites: impl Iterator<Item = &'a ClaimedSite>) {
    let mut seen = std::collections::HashSet::new();
    for (place, site) in sites.enumerate() {
        if !seen.insert(site.organization) {
            violations.add(
                format!("claims[{place}].organization"),
                "must not be named twice; a person has one employment there",
            );
        }
    }
}
