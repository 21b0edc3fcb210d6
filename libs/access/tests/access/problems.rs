//! Every way in which a rule can be wrong is found before anything is served.

use muster_access::{Permissions, Problem, Rules};

use crate::support::{pool, service, with_rule};

fn problems(rule: &str) -> Vec<Problem> {
    Rules::load(&with_rule(rule))
        .unwrap_err()
        .into_iter()
        .map(|found| found.problem)
        .collect()
}

fn scope_problem(path: &str) -> &'static str {
    let rule = format!("require: {{ permission: \"x.y\" scope: \"{path}\" }}");
    match problems(&rule).as_slice() {
        [Problem::Scope { why, .. }] => why,
        other => panic!("not one problem with the scope: {other:?}"),
    }
}

#[test]
fn an_rpc_without_a_rule_is_refused() {
    let found = Rules::load(&service("TestService", "")).unwrap_err();
    assert_eq!(found[0].problem, Problem::NoRule);
    assert_eq!(found[0].method, "muster.test.v1.TestService/Do");
}

#[test]
fn a_rule_without_a_mode_is_refused() {
    assert_eq!(problems(""), [Problem::NoMode]);
}

#[test]
fn a_rule_with_two_modes_does_not_even_compile() {
    let two =
        "option (muster.access.v1.rule) = { public: { calls_per_minute: 1 } internal: { callers: \"a\" } };";
    assert!(
        pool(&format!(
            "{}\nservice S {{ rpc Do(Request) returns (Response) {{ {two} }} }}",
            crate::support::MESSAGES
        ))
        .is_err()
    );
}

#[test]
fn a_scope_path_must_lead_to_a_string_that_has_one_reading() {
    assert_eq!(scope_problem("nowhere"), "names a field that does not exist");
    assert_eq!(scope_problem(""), "names a field that does not exist");
    assert_eq!(scope_problem("inner"), "does not end in a string");
    assert_eq!(scope_problem("raw"), "does not end in a string");
    assert_eq!(scope_problem("count"), "does not end in a string");
    assert_eq!(scope_problem("names"), "goes through a repeated field");
    assert_eq!(scope_problem("labels"), "goes through a repeated field");
    assert_eq!(scope_problem("inners.name"), "goes through a repeated field");
    assert_eq!(scope_problem("left"), "goes through a oneof");
    assert_eq!(scope_problem("right.name"), "goes through a oneof");
    assert_eq!(
        scope_problem("parent.name"),
        "goes on behind a field that is not a message"
    );
}

#[test]
fn a_public_or_capability_rule_needs_a_rate() {
    assert_eq!(problems("public: {}"), [Problem::NoRate]);
    assert_eq!(
        problems("capability: { sign_in: SIGN_IN_OPTIONAL }"),
        [Problem::NoRate]
    );
    assert_eq!(problems("capability: {}"), [Problem::NoRate, Problem::SignIn]);
}

#[test]
fn authenticated_needs_a_reason_and_an_actor() {
    assert_eq!(problems("authenticated: {}"), [Problem::NoReason, Problem::Actor]);
    assert_eq!(problems("authenticated: { reason: \"own\" }"), [Problem::Actor]);
    assert_eq!(
        problems("authenticated: { actor: ACTOR_PERSON }"),
        [Problem::NoReason]
    );
    let workload_without_names = "authenticated: { reason: \"own\" actor: ACTOR_WORKLOAD }";
    assert_eq!(problems(workload_without_names), [Problem::Actor]);
    let person_with_names = "authenticated: { reason: \"own\" actor: ACTOR_PERSON workloads: \"a\" }";
    assert_eq!(problems(person_with_names), [Problem::Actor]);
}

#[test]
fn require_needs_a_permission_and_a_target() {
    assert_eq!(problems("require: { permission: \"x.y\" }"), [Problem::Require]);
    assert_eq!(
        problems("require: { permission: \"x.y\" platform: false }"),
        [Problem::Require]
    );
    assert_eq!(problems("require: { scope: \"parent\" }"), [Problem::Require]);
}

#[test]
fn internal_rules_and_internal_services_go_together() {
    let internal = "option (muster.access.v1.rule) = { internal: { callers: \"gateway\" } };";
    let public = "option (muster.access.v1.rule) = { public: { calls_per_minute: 1 } };";
    let name_problem = |name, option| {
        Rules::load(&service(name, option)).unwrap_err()[0]
            .problem
            .clone()
    };
    assert_eq!(name_problem("TestService", internal), Problem::InternalName);
    assert_eq!(name_problem("TestInternalService", public), Problem::InternalName);
    assert_eq!(problems("internal: {}"), [Problem::NoCallers]);
    assert!(Rules::load(&service("TestInternalService", internal)).is_ok());
}

#[test]
fn all_problems_are_told_at_once() {
    let rpcs = "service TestService {
      rpc One(Request) returns (Response);
      rpc Two(Request) returns (Response) { option (muster.access.v1.rule) = {}; }
    }";
    let found = Rules::load(&pool(&format!("{}{rpcs}", crate::support::MESSAGES)).unwrap()).unwrap_err();
    assert_eq!(found.len(), 2);
    assert_eq!(muster_access::all(&found).lines().count(), 2);
}

#[test]
fn descriptors_that_lost_their_options_are_refused() {
    let found = Rules::load(&prost_reflect::DescriptorPool::new()).unwrap_err();
    assert_eq!(found[0].problem, Problem::NoOption);
}

#[test]
fn a_permission_must_be_known_for_its_target() {
    let on_organization = with_rule("require: { permission: \"x.y\" scope: \"parent\" }");
    let rules = Rules::load(&on_organization).unwrap();
    let mut known = Permissions::default();
    known.platform.insert("x.y".to_owned());
    let found = rules.check_permissions(&known).unwrap_err();
    assert_eq!(found[0].problem, Problem::UnknownPermission("x.y".to_owned()));
    known.organization.insert("x.y".to_owned());
    assert_eq!(rules.check_permissions(&known), Ok(()));
}
