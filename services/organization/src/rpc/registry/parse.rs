//! From messages to types that cannot be wrong.

use muster_ids::{OrganizationId, OrganizationName, ProgrammeId, ProgrammeName};
use muster_proto::organization::v1 as pb;
use muster_refusal::Violations;
use muster_server::{Call, Parsed, names};

use crate::domain::{OrganizationType, Owner};
use crate::ops::organization::claim::Claim;

/// What is looked for, without what nobody sees, and among sites of which types.
pub(super) fn wanted(
    call: &Call<pb::SearchRegistryRequest>,
    violations: &mut Violations,
) -> Parsed<(String, Vec<OrganizationType>)> {
    let text = muster_text::cleaned(&call.message.text);
    let has_some = text.chars().any(char::is_alphanumeric);
    let read = has_some.then_some(text).ok_or("must hold letters or digits");
    let text = violations.check("text", read);
    let types = types(violations, &call.message.types);
    Ok(text.zip(types))
}

fn types(violations: &mut Violations, numbers: &[i32]) -> Option<Vec<OrganizationType>> {
    let known = |number: i32| {
        let told = pb::OrganizationType::try_from(number).ok();
        let known = told.and_then(|told| OrganizationType::try_from(told).ok());
        known.ok_or("must be one of the types of OrganizationType")
    };
    let types: Vec<_> = (0..)
        .zip(numbers)
        .map(|(place, &number): (usize, _)| violations.check(format!("types[{place}]"), known(number)))
        .collect();
    types.into_iter().collect()
}

/// Which organizations are asked about.
pub(super) fn organizations(
    call: &Call<pb::BatchGetPublicOrganizationsRequest>,
    violations: &mut Violations,
) -> Parsed<Vec<OrganizationId>> {
    let mut named = |(place, name): (usize, &String)| {
        let field = format!("names[{place}]");
        let name = names::named::<OrganizationName>(violations, &field, name);
        name.map(|name| name.organization)
    };
    // Each is looked at, so that all that is wrong is told at once.
    let named: Vec<_> = call.message.names.iter().enumerate().map(&mut named).collect();
    Ok(named.into_iter().collect())
}

pub(super) fn named(violations: &mut Violations, text: &str) -> Option<ProgrammeId> {
    let name = names::named::<ProgrammeName>(violations, "name", text);
    name.map(|name| name.programme)
}

/// A person claims, with the name and the first of the addresses of their own token.
pub(super) fn claim(call: &Call<pb::ClaimProgrammeRequest>, violations: &mut Violations) -> Parsed<Claim> {
    let caller = call.person()?;
    let programme = named(violations, &call.message.name);
    Ok(programme.map(|programme| Claim {
        programme,
        owner: Owner {
            person: caller.id,
            display_name: caller.name.clone(),
        },
        owner_address: caller.emails.first().cloned(),
    }))
}
