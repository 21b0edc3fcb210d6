//! What claims say of a person, as far as their issuer is believed.

use muster_address::EmailAddress;
use muster_ids::PersonId;
use serde_json::Value;

use super::{IssuerOptions, Profile, StaffClaim};
use crate::PersonCaller;

/// The longest name that is kept, in characters.
const NAME_LIMIT: usize = 200;

pub(super) fn person(options: &IssuerOptions, subject: &str, claims: &Value) -> PersonCaller {
    let profile = profile(claims);
    PersonCaller {
        id: PersonId::derive(&options.url, subject),
        name: profile.name,
        emails: profile
            .email
            .filter(|_| options.trust_email)
            .into_iter()
            .collect(),
        staff: options.staff.as_ref().is_some_and(|staff| staff.told_by(claims)),
        access: None,
    }
}

/// What they say beside who it is.
pub(super) fn profile(claims: &Value) -> Profile {
    Profile {
        name: name(claims),
        email: verified_email(claims),
    }
}

/// Whether they leave out what would tell an address, so that it may stand somewhere else (OpenID Connect Core §5.4). An
/// address that is said not to be verified has been told.
pub(super) fn is_silent(claims: &Value) -> bool {
    let absent = |claim| claims.get(claim).is_none_or(Value::is_null);
    absent("email") || absent("email_verified")
}

fn name(claims: &Value) -> Option<String> {
    // A name is shown to others, in logs of access too: nothing in it may hide or turn what stands beside it.
    let seen = muster_text::cleaned(claims.get("name")?.as_str()?);
    let name: String = seen.chars().take(NAME_LIMIT).collect();
    (!name.is_empty()).then_some(name)
}

/// Only the boolean counts: a provider that writes `"true"` as text has not been read about.
fn verified_email(claims: &Value) -> Option<EmailAddress> {
    if claims.get("email_verified") != Some(&Value::Bool(true)) {
        return None;
    }
    EmailAddress::parse(claims.get("email")?.as_str()?).ok()
}

impl StaffClaim {
    fn told_by(&self, claims: &Value) -> bool {
        let told = self.path.iter().try_fold(claims, |value, name| value.get(name));
        match told {
            Some(Value::String(one)) => *one == self.value,
            Some(Value::Array(many)) => many.iter().any(|one| one.as_str() == Some(&self.value)),
            _ => false,
        }
    }
}
