//! The committed table of who may call what is what the rules and the policies say.

use std::path::Path;

use muster_access::matrix::{self, Role as Column};
use muster_access::{Rules, Target, all};
use muster_gateway::policy::{Policies, Resource};
use muster_identity::{PersonCaller, Role};
use muster_ids::{OrganizationId, PersonId};
use uuid::Uuid;

fn rules() -> Rules {
    Rules::load(muster_proto::pool()).unwrap_or_else(|problems| panic!("{}", all(&problems)))
}

fn may(policies: &Policies, column: Column, permission: &str, target: &Target) -> bool {
    let staff = column == Column::Staff;
    let id = PersonId::derive("https://id.example.org", "somebody");
    let person = PersonCaller {
        id,
        name: None,
        emails: Vec::new(),
        staff,
        access: None,
    };
    let (on, in_organization) = match target {
        Target::Organization(_) => (
            Resource::Organization(OrganizationId::from_uuid(Uuid::from_u128(1))),
            true,
        ),
        Target::Platform => (Resource::Platform, false),
    };
    let role = match column {
        Column::Viewer => Some(Role::Viewer),
        Column::Admin => Some(Role::Admin),
        Column::Owner => Some(Role::Owner),
        Column::Person | Column::Staff => None,
    };
    policies
        .decide(&person, role.filter(|_| in_organization), permission, on)
        .allowed
}

#[test]
fn every_permission_that_a_rule_requires_is_known_to_the_policies() {
    let checked = rules().check_permissions(Policies::shipped().unwrap().permissions());
    assert!(checked.is_ok(), "{}", all(&checked.unwrap_err()));
}

#[test]
fn the_committed_matrix_is_the_one_in_force() {
    let policies = Policies::shipped().unwrap();
    let rendered = matrix::render(&rules(), |role, permission, target| {
        may(&policies, role, permission, target)
    });
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/policies/matrix.md");
    if std::env::var_os("MUSTER_REGENERATE").is_some() {
        std::fs::write(&file, &rendered).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    let (was, is): (Vec<_>, Vec<_>) = (committed.lines().collect(), rendered.lines().collect());
    let gone = was
        .iter()
        .filter(|line| !is.contains(line))
        .map(|line| format!("- {line}"));
    let come = is
        .iter()
        .filter(|line| !was.contains(line))
        .map(|line| format!("+ {line}"));
    let difference = gone.chain(come).collect::<Vec<_>>().join("\n");
    assert!(
        committed == rendered,
        "who may call what has changed; review it, then run \
         MUSTER_REGENERATE=1 cargo test -p muster-gateway matrix\n{difference}"
    );
}
