//! What a person claims, from messages: which organization, and where in it.

use muster_ids::{GrantName, LocationId, LocationName, OrganizationId, OrganizationName, PersonId};
use muster_proto::employment::v1 as pb;
use muster_refusal::Violations;
use muster_server::convert::from_timestamp;
use muster_server::names::{self, named};
use muster_server::{Call, Parsed};
use time::{Duration, OffsetDateTime};

use super::positions::{perhaps_day, positions};
use crate::domain::Terms;
use crate::ops::employment::claim::{Claimed, ClaimedSite, Claims};

/// The longest that a consent is given for, when it is not for good: as the records have it.
const LONGEST: Duration = Duration::days(3653);

pub(super) fn claims(
    call: &Call<pb::ClaimEmploymentsRequest>,
    violations: &mut Violations,
    now: OffsetDateTime,
) -> Parsed<Claims> {
    let message = &call.message;
    let person = names::oneself(&call.caller, violations, "parent", &message.parent)?;
    let each = message.claims.iter().enumerate();
    let sites: Vec<_> = each
        .map(|(place, claim)| site(violations, place, claim, now))
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

/// The employments, and the grants that came with them.
pub(super) fn answer(person: PersonId, claimed: Vec<Claimed>) -> pb::ClaimEmploymentsResponse {
    let grant = |one: &Claimed| one.grant.map(|grant| GrantName { person, grant }.to_string());
    pb::ClaimEmploymentsResponse {
        grants: claimed.iter().map(|one| grant(one).unwrap_or_default()).collect(),
        employments: claimed.into_iter().map(|one| one.employment.into()).collect(),
    }
}

fn site(
    violations: &mut Violations,
    place: usize,
    claim: &pb::EmploymentClaim,
    now: OffsetDateTime,
) -> Option<ClaimedSite> {
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
    let consent = match &claim.consent {
        Some(given) => terms(violations, place, given, now).map(Some),
        None => Some(None),
    };
    Some(ClaimedSite {
        organization,
        consent: consent?,
        location: location?,
        start: start?,
        positions: positions?,
    })
}

/// What is agreed to; `None` and a violation when it cannot end then.
fn terms(
    violations: &mut Violations,
    place: usize,
    given: &pb::LearningRecordConsent,
    now: OffsetDateTime,
) -> Option<Terms> {
    let expire_time = match given.expire_time.map(from_timestamp) {
        None => None,
        Some(Ok(time)) if time > now && time <= now + LONGEST => Some(time),
        Some(_) => {
            violations.add(
                format!("claims[{place}].consent.expire_time"),
                "must be later than now, and not more than ten years ahead",
            );
            return None;
        }
    };
    Some(Terms {
        expire_time,
        wording: given.wording.clone(),
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
