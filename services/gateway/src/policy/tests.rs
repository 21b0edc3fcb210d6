//! The decision as the edge asks for it.

mod extra;

use cedar_policy::{Authorizer, Context, Entities, PolicySet, Request};
use muster_ids::PersonId;
use uuid::Uuid;

use super::set::{Failure, decided};
use super::vocabulary::{Principal, ROLES};
use super::*;

fn person(staff: bool) -> PersonCaller {
    PersonCaller {
        id: PersonId::derive("https://id.example.org", "1"),
        name: None,
        emails: Vec::new(),
        staff,
        access: None,
    }
}

fn on() -> Resource {
    Resource::Organization(OrganizationId::from_uuid(Uuid::from_u128(1)))
}

fn with(text: &str) -> Result<Policies, Vec<PolicyProblem>> {
    Policies::parse(
        SHIPPED_SCHEMA,
        Source {
            file: "some.cedar",
            text,
        },
    )
}

/// What is wrong with these policies, a line each.
fn wrong(text: &str) -> Vec<String> {
    with(text).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn a_viewer_looks_and_an_admin_invites() {
    let policies = Policies::shipped().unwrap();
    let may = |role, permission| policies.decide(&person(false), role, permission, on()).allowed;
    assert!(may(Some(Role::Viewer), "invitation.read"));
    assert!(!may(Some(Role::Viewer), "invitation.create"));
    assert!(may(Some(Role::Admin), "invitation.create"));
    assert!(!may(Some(Role::Admin), "organization.submit"));
    assert!(may(Some(Role::Owner), "organization.submit"));
    assert!(!may(None, "organization.read"));
}

#[test]
fn staff_approve_and_read_and_neither_invite_nor_set_up() {
    let policies = Policies::shipped().unwrap();
    let may = |permission, on| policies.decide(&person(true), None, permission, on).allowed;
    assert!(may("organization.approve", on()));
    assert!(may("training.create", Resource::Platform));
    assert!(!may("invitation.create", on()));
    assert!(!may("organization.update", on()));
    assert!(!may("group.create", on()));
    assert!(may("learning_record.read", on()));
    assert!(!may("learning_record.read", Resource::Platform));
    let nobody = policies.decide(&person(false), None, "learning_record.read", on());
    assert!(!nobody.allowed);
}

#[test]
fn the_decision_names_the_policy_and_people_are_told_what_it_says() {
    let view = Policies::shipped().unwrap().now();
    let decided = view.decide(&person(false), Some(Role::Owner), "organization.submit", on());
    let expected = Decided {
        allowed: true,
        policies: "owner-submits".into(),
    };
    assert_eq!(decided, expected);
    let explained = view.explain(&person(false), Some(Role::Owner), "organization.submit", on());
    let description = "Only the owner submits the profile for approval.";
    assert!(explained.allowed && !explained.failed);
    assert!(matches!(&explained.notes[..], [note] if note.description == description && note.permits));
    let refused = view.explain(&person(false), Some(Role::Admin), "organization.submit", on());
    assert!(!refused.allowed && refused.notes.is_empty() && !refused.failed);
}

#[test]
fn an_unknown_permission_and_a_permission_on_the_wrong_thing_are_refused() {
    let set = Policies::shipped().unwrap().now().0;
    let failed = |permission, on| set.decide(&person(true), Some(Role::Owner), permission, on);
    assert_eq!(failed("organization.destroy", on()), Err(Failure::Unknown));
    assert_eq!(
        failed("organization.approve", Resource::Platform),
        Err(Failure::Misplaced)
    );
    assert_eq!(failed("training.create", on()), Err(Failure::Misplaced));
}

/// Everything that can be asked: every permission by every role, as staff and not.
fn questions(policies: &Policies) -> Vec<(String, Resource, bool, Option<Role>)> {
    let known = policies.permissions();
    let of_organization = known.organization.iter().map(|one| (one, on()));
    let of_platform = known.platform.iter().map(|one| (one, Resource::Platform));
    let mut questions = Vec::new();
    for (permission, on) in of_organization.chain(of_platform) {
        for role in ROLES {
            questions.extend([true, false].map(|staff| (permission.clone(), on, staff, role)));
        }
    }
    questions
}

const GROUPED: &str = r#"namespace Muster {
  entity Person = { role?: String, staff: Bool };
  entity Organization;
  entity Platform;
  action "looking" appliesTo { principal: Person, resource: Organization };
  action "group.read" in ["looking"] appliesTo { principal: Person, resource: Organization };
  action "group.create" appliesTo { principal: Person, resource: Organization };
  action "training.create" appliesTo { principal: Person, resource: Platform };
}"#;

const ON_GROUPS: &str = r#"
@id("look") @description("Looking.") permit (principal, action in Muster::Action::"looking", resource);
@id("all") @description("All.") permit (principal, action, resource) when { principal.staff };
@id("none") @description("None.") forbid (principal, action == Muster::Action::"group.create", resource)
unless { action in Muster::Action::"looking" || principal.staff };
@id("broken") @description("Broken.") forbid (principal, action == Muster::Action::"training.create", resource)
when { principal.staff && 9223372036854775807 + 1 == 0 };"#;

/// Slices, questions that are not checked again and remembered answers change nothing: each decision is what Cedar says
/// of all policies when it checks everything against the schema.
#[test]
fn every_decision_is_the_one_that_all_policies_together_make() {
    let grouped = Source {
        file: "grouped.cedar",
        text: ON_GROUPS,
    };
    for (policies, text) in [
        (Policies::shipped().unwrap(), SHIPPED_POLICIES),
        (Policies::parse(GROUPED, grouped).unwrap(), ON_GROUPS),
    ] {
        let vocabulary = &policies.base.vocabulary;
        let named = Source { file: "all", text }.read().unwrap();
        let all = PolicySet::from_policies(named.into_iter().map(|named| named.policy)).unwrap();
        let set = policies.now().0;
        let mut allowed = 0;
        for (permission, on, staff, role) in questions(&policies) {
            let person = person(staff);
            let who = Principal {
                person: person.id,
                staff,
                role,
            };
            let schema = Some(&vocabulary.schema);
            let entities = Entities::from_entities([vocabulary.person(who).unwrap()], schema).unwrap();
            let action = vocabulary.action(&permission);
            let (principal, resource) = (vocabulary.principal(person.id), vocabulary.resource(on));
            let request = Request::new(principal, action, resource, Context::empty(), schema).unwrap();
            let expected = decided(&Authorizer::new().is_authorized(&request, &all, &entities));
            for asked in ["for the first time", "again"] {
                let found = set.decide(&person, role, &permission, on);
                assert_eq!(
                    found, expected,
                    "{permission} by {role:?}, staff {staff}, {asked}"
                );
            }
            allowed += usize::from(expected.is_ok_and(|decided| decided.allowed));
        }
        assert!(allowed > 5, "hardly anything was allowed: was anything compared?");
    }
}

/// Cedar would pass over the failing `forbid` and allow.
#[test]
fn a_policy_whose_evaluation_fails_refuses_each_time() {
    let overflow = "@id(\"broken\") @description(\"Fails.\")
        forbid (principal, action, resource) when { 9223372036854775807 + 1 == 0 };";
    let policies = with(&format!("{SHIPPED_POLICIES}{overflow}")).unwrap();
    let owner = || {
        policies
            .now()
            .0
            .decide(&person(false), Some(Role::Owner), "organization.read", on())
    };
    for _ in 0..2 {
        assert!(matches!(owner(), Err(Failure::Policy { policy, .. }) if policy == "broken"));
    }
    let refused = policies.decide(&person(false), Some(Role::Owner), "organization.read", on());
    assert!(!refused.allowed && refused.policies.is_empty());
}

#[test]
fn without_a_permit_nothing_is_allowed() {
    let policies = with("").unwrap();
    let decided = policies.decide(&person(true), Some(Role::Owner), "organization.read", on());
    assert!(!decided.allowed);
}

#[test]
fn policies_that_do_not_fit_the_schema_never_load() {
    let unknown = "\n@id(\"a\")\n@description(\"A.\")\npermit (principal, action, resource)\nwhen { principal.colour == 1 };";
    let [one] = &wrong(unknown)[..] else {
        panic!("one mistake")
    };
    assert!(
        one.starts_with("some.cedar:5: ") && one.contains("colour"),
        "{one}"
    );
    let elsewhere =
        "@id(\"a\") @description(\"A.\") permit (principal, action == Muster::Action::\"x\", resource);";
    assert!(wrong(elsewhere)[0].starts_with("some.cedar:1: "));
    assert!(matches!(
        Policies::of_directory(Path::new("/nowhere")).unwrap_err()[..],
        [PolicyProblem::Unreadable { .. }]
    ));
}

#[test]
fn everything_that_is_wrong_is_told_with_its_line() {
    let text = "// Policies.
permit (principal, action, resource);
@id(\"a b\") @description(\"A.\") forbid (principal, action, resource);
@id(\"silent\") forbid (principal, action, resource);

@id(\"template\") @description(\"T.\")
forbid (principal == ?principal, action, resource);";
    let lines: Vec<_> = wrong(text)
        .iter()
        .map(|one| one.split(' ').next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(
        lines,
        ["some.cedar:6:", "some.cedar:2:", "some.cedar:3:", "some.cedar:4:"]
    );

    let twice = "@id(\"a\") @description(\"A.\") forbid (principal, action, resource);\n".repeat(2);
    assert_eq!(
        wrong(&twice),
        ["some.cedar:2: there is another policy with the id `a`"]
    );

    let torn = "@id(\"a\") @description(\"A.\")\nforbid (principal, action, resource)\nwhen { principal.";
    assert!(wrong(torn)[0].starts_with("some.cedar:3: "), "{:?}", wrong(torn));
}

#[test]
fn a_schema_that_does_not_describe_what_the_gateway_says_is_none() {
    let policies = || Source {
        file: "none.cedar",
        text: "",
    };
    for (from, to) in [
        ("staff: Bool", "staff: Bool, name: String"),
        ("role?: String", "role?: Long"),
        (
            "resource: Platform }",
            "resource: Platform, context: { reason: String } }",
        ),
    ] {
        let schema = SHIPPED_SCHEMA.replace(from, to);
        assert_ne!(schema, SHIPPED_SCHEMA);
        assert!(Policies::parse(&schema, policies()).is_err(), "{to}");
    }
}
