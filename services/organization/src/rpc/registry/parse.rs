//! From messages to types that cannot be wrong.

use muster_ids::{ProgrammeId, ProgrammeName};
use muster_proto::organization::v1 as pb;
use muster_refusal::Violations;
use muster_server::{Call, Parsed, names};

use crate::domain::Owner;
use crate::ops::organization::claim::Claim;

/// What is looked for, without what nobody sees.
pub(super) fn text(call: &Call<pb::SearchRegistryRequest>, violations: &mut Violations) -> Parsed<String> {
    let text = muster_text::cleaned(&call.message.text);
    let has_some = text.chars().any(char::is_alphanumeric);
    let read = has_some.then_some(text).ok_or("must hold letters or digits");
    Ok(violations.check("text", read))
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
