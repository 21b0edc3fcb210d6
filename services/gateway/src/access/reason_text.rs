//! The `reason` of an explanation: why a call is allowed or refused, as a sentence for people.

use muster_access::{Actor, Mode, SignIn};
use muster_identity::Role;

use crate::policy::Explained;

/// The same for an organization that exists and for one that does not.
pub(super) const NO_ROLE: &str = "This needs a role in the organization, and you have none there.";

/// Who could call.
pub(super) struct Sufficient {
    /// With one of these roles.
    pub(super) roles: Vec<Role>,
    /// Or as registry staff.
    pub(super) staff: bool,
}

/// What is declared without a permission.
pub(super) fn declared(mode: &Mode) -> String {
    match mode {
        Mode::Public { calls_per_minute } => {
            format!("Anybody may call this, {calls_per_minute} times a minute from one network.")
        }
        Mode::Authenticated {
            reason,
            actor: Actor::Person,
        } => format!("Whoever is signed in may call this: {reason}."),
        Mode::Authenticated {
            actor: Actor::Workload(names),
            ..
        } => format!("Only workloads may call this: {}.", names.join(", ")),
        Mode::Capability {
            sign_in: SignIn::Optional,
            ..
        } => "Whoever holds a link may call this; the link is verified when it is used.".to_owned(),
        Mode::Capability {
            sign_in: SignIn::Required,
            ..
        } => "Whoever is signed in and holds a link may call this; the link is verified when it is used."
            .to_owned(),
        Mode::Require { .. } | Mode::Internal { .. } => String::new(),
    }
}

/// What the policies say.
pub(super) fn decided(
    explained: &Explained,
    permission: &str,
    sufficient: &Sufficient,
    staff: bool,
    role: Option<Role>,
) -> String {
    let said: Vec<_> = explained
        .notes
        .iter()
        .map(|note| format!("{} ({})", note.description, note.id))
        .collect();
    let said = said.join(" ");
    if explained.failed {
        "A policy cannot be evaluated, and while that is so the call is refused; operators are told."
            .to_owned()
    } else if explained.allowed {
        format!("You have the permission {permission} here. {said}")
    } else if said.is_empty() {
        format!(
            "This needs the permission {permission}, which {} here; you are {}.",
            holders(sufficient),
            yourself(staff, role)
        )
    } else {
        format!("You may not do this here now. {said}")
    }
}

fn holders(sufficient: &Sufficient) -> String {
    let names: Vec<_> = sufficient.roles.iter().map(|role| role.as_str()).collect();
    let roles = match names.as_slice() {
        [] => String::new(),
        [one] => format!("the role {one}"),
        [several @ .., last] => format!("the roles {} and {last}", several.join(", ")),
    };
    match (roles.is_empty(), sufficient.staff) {
        (true, false) => "nobody has".to_owned(),
        (true, true) => "registry staff have".to_owned(),
        (false, true) => format!("{roles} and registry staff have"),
        (false, false) if names.len() == 1 => format!("{roles} has"),
        (false, false) => format!("{roles} have"),
    }
}

fn yourself(staff: bool, role: Option<Role>) -> String {
    match (role, staff) {
        (Some(role), false) => role.as_str().to_owned(),
        (Some(role), true) => format!("{} and registry staff", role.as_str()),
        (None, true) => "registry staff".to_owned(),
        (None, false) => "not registry staff".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(roles: &[Role], of_staff: bool, staff: bool, role: Option<Role>) -> String {
        let explained = Explained {
            allowed: false,
            notes: Vec::new(),
            failed: false,
        };
        let sufficient = Sufficient {
            roles: roles.to_vec(),
            staff: of_staff,
        };
        let text = decided(&explained, "p", &sufficient, staff, role);
        text.trim_start_matches("This needs the permission p, which ")
            .to_owned()
    }

    #[test]
    fn a_refusal_says_who_could_and_who_one_is() {
        let [viewer, admin, owner] = [Role::Viewer, Role::Admin, Role::Owner];
        assert_eq!(
            refused(&[admin, owner], false, false, Some(viewer)),
            "the roles ADMIN and OWNER have here; you are VIEWER."
        );
        assert_eq!(
            refused(&[owner], false, true, Some(admin)),
            "the role OWNER has here; you are ADMIN and registry staff."
        );
        assert_eq!(
            refused(&[viewer, admin, owner], true, true, None),
            "the roles VIEWER, ADMIN and OWNER and registry staff have here; you are registry staff."
        );
        assert_eq!(
            refused(&[], true, false, None),
            "registry staff have here; you are not registry staff."
        );
        assert_eq!(
            refused(&[], false, false, Some(owner)),
            "nobody has here; you are OWNER."
        );
    }
}
