//! The organization that a message names. The edge has authorized the call on it; here it is compared with the token, once for
//! all handlers.

use muster_access::scan;
use muster_identity::Caller;
use muster_ids::OrganizationId;
use muster_proto::{FieldViolation, RequestMessage, Scope};
use muster_refusal::Refusal;

/// What a message says of the organization that it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NamedScope {
    /// The access rule names no field.
    Free,
    /// The field is empty.
    Absent,
    /// The field names this organization.
    Organization(OrganizationId),
    /// The field holds something else.
    Unreadable,
}

pub(super) fn named<M: RequestMessage>(message: &M) -> NamedScope {
    match (M::SCOPE, message.scope()) {
        (None, _) => NamedScope::Free,
        (Some(_), "") => NamedScope::Absent,
        (Some(_), name) => scan::organization(name).map_or(NamedScope::Unreadable, |id| {
            NamedScope::Organization(OrganizationId::from_uuid(id))
        }),
    }
}

/// Refuses a message that names another organization than the caller's token, or none.
pub(super) fn check<M: RequestMessage>(caller: &Caller, message: &M) -> Result<(), Refusal> {
    match named(message) {
        NamedScope::Free => Ok(()),
        NamedScope::Organization(named) if Some(named) == caller.organization() => Ok(()),
        _ => Err(Refusal::permission_denied()),
    }
}

/// The violation of a name that has not the form which the contract binds to the HTTP path: whatever a handler looks at,
/// something behind the name is refused.
pub(super) fn malformed<M: RequestMessage>(message: &M) -> Option<FieldViolation> {
    let Scope { field, form } = M::SCOPE?;
    let form = form?;
    let name = message.scope();
    (!name.is_empty() && !has_form(name, form)).then(|| FieldViolation {
        field: field.to_owned(),
        description: format!("must be a resource name of the form {form}, with ids as lower-case UUIDs"),
    })
}

fn has_form(name: &str, form: &str) -> bool {
    let (mut parts, mut forms) = (name.split('/'), form.split('/'));
    loop {
        match (parts.next(), forms.next()) {
            (None, None) => return true,
            (Some(part), Some("*")) if !part.is_empty() => {}
            (Some(part), Some(form)) if part == form => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_a_form_part_by_part() {
        for (name, form, fits) in [
            ("organizations/1", "organizations/*", true),
            ("organizations/1/groups/2", "organizations/*/groups/*", true),
            (
                "organizations/1/subscription",
                "organizations/*/subscription",
                true,
            ),
            ("organizations/1/groups/2", "organizations/*", false),
            ("organizations/1/", "organizations/*", false),
            ("organizations/", "organizations/*", false),
            ("organizations/1/x/../y", "organizations/*", false),
            ("organizations/1", "organizations/*/groups/*", false),
            ("organizations/1/limits", "organizations/*/subscription", false),
        ] {
            assert_eq!(has_form(name, form), fits, "{name} as {form}");
        }
    }
}
