//! What is read of a rule that is right.

use muster_access::{Actor, Mode, Rules, SignIn, Target, calls};

use crate::support::{MESSAGES, pool, with_rule};

const PATH: &str = "/muster.test.v1.TestService/Do";

fn mode(rule: &str) -> Mode {
    Rules::load(&with_rule(rule))
        .unwrap()
        .get(PATH)
        .unwrap()
        .mode
        .clone()
}

#[test]
fn every_mode_is_read() {
    assert_eq!(
        mode("public: { calls_per_minute: 7 }"),
        Mode::Public { calls_per_minute: 7 }
    );
    assert_eq!(
        mode("capability: { sign_in: SIGN_IN_REQUIRED calls_per_minute: 7 }"),
        Mode::Capability {
            sign_in: SignIn::Required,
            calls_per_minute: 7
        }
    );
    assert_eq!(
        mode("authenticated: { reason: \"own\" actor: ACTOR_PERSON }"),
        Mode::Authenticated {
            reason: "own".to_owned(),
            actor: Actor::Person
        }
    );
    assert_eq!(
        mode("authenticated: { reason: \"own\" actor: ACTOR_WORKLOAD workloads: [\"a\", \"b\"] }"),
        Mode::Authenticated {
            reason: "own".to_owned(),
            actor: Actor::Workload(vec!["a".to_owned(), "b".to_owned()])
        }
    );
    assert_eq!(
        mode("require: { permission: \"x.y\" platform: true }"),
        Mode::Require {
            permission: "x.y".to_owned(),
            target: Target::Platform
        }
    );
}

#[test]
fn an_address_can_be_needed_by_whoever_is_signed_in() {
    let needs_address = |rule: &str| {
        Rules::load(&with_rule(rule))
            .unwrap()
            .get(PATH)
            .unwrap()
            .needs_address
    };
    let own = "reason: \"own\" actor: ACTOR_PERSON";
    assert!(needs_address(&format!(
        "authenticated: {{ {own} address: true }}"
    )));
    assert!(!needs_address(&format!("authenticated: {{ {own} }}")));
    assert!(needs_address(
        "require: { permission: \"x.y\" platform: true address: true }"
    ));
    assert!(!needs_address("require: { permission: \"x.y\" platform: true }"));
}

#[test]
fn a_scope_path_is_resolved_to_tags() {
    let tags = |path: &str| {
        let rules = Rules::load(&with_rule(&format!(
            "require: {{ permission: \"x\" scope: \"{path}\" }}"
        )))
        .unwrap();
        rules.get(PATH).unwrap().scope().unwrap().tags().to_vec()
    };
    assert_eq!(tags("parent"), [1]);
    assert_eq!(tags("maybe"), [8]);
    assert_eq!(tags("inner.name"), [2, 1]);
    assert_eq!(tags("inner.inner.name"), [2, 15, 1]);
}

#[test]
fn the_shape_of_the_method_is_read() {
    let rpcs = "service TestService {
      rpc Up(stream Request) returns (Response) {
        option (muster.access.v1.rule) = { public: { calls_per_minute: 1 } };
      }
      rpc Down(Request) returns (stream Response) {
        option idempotency_level = NO_SIDE_EFFECTS;
        option (muster.access.v1.rule) = { public: { calls_per_minute: 1 } };
      }
    }";
    let rules = Rules::load(&pool(&format!("{MESSAGES}{rpcs}")).unwrap()).unwrap();
    let up = rules.get("/muster.test.v1.TestService/Up").unwrap();
    assert!(up.client_streaming && !up.server_streaming && !up.retry_safe);
    assert_eq!(
        (up.area.as_str(), up.service.as_str(), up.method.as_str()),
        ("test", "muster.test.v1.TestService", "Up")
    );
    assert_eq!(up.served_by, ["test"]);
    let down = rules.get("/muster.test.v1.TestService/Down").unwrap();
    assert!(!down.client_streaming && down.server_streaming && down.retry_safe);
}

#[test]
fn an_internal_service_may_be_served_by_others_than_its_package_says() {
    let rpcs = r#"service TestInternalService {
      rpc Ask(Request) returns (Response) {
        option (muster.access.v1.rule) = { internal: { callers: "a" served_by: "b" served_by: "c" } };
      }
    }"#;
    let rules = Rules::load(&pool(&format!("{MESSAGES}{rpcs}")).unwrap()).unwrap();
    let ask = rules.get("/muster.test.v1.TestInternalService/Ask").unwrap();
    assert_eq!(ask.served_by, ["b", "c"]);
    let callees: Vec<String> = calls::graph(&rules).into_keys().map(|edge| edge.callee).collect();
    assert_eq!(callees, ["b", "c"]);
}

#[test]
fn a_method_that_nobody_declared_has_no_rule() {
    let rules = Rules::load(&with_rule("public: { calls_per_minute: 1 }")).unwrap();
    for path in [
        "",
        "/",
        "/muster.test.v1.TestService/do",
        "/muster.test.v1.TestService/Do/",
        "muster.test.v1.TestService/Do",
    ] {
        assert_eq!(rules.get(path), None, "{path}");
    }
}
