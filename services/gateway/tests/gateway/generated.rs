//! Made from the descriptors: every RPC × every kind of caller × {own, other, absent organization}. An RPC that is added
//! is tested by being there.

use muster_access::{Actor, MethodRule, Mode, Rules, SignIn, Target};
use muster_gateway::policy::{Policies, Resource};
use muster_identity::{PersonCaller, Role as Known};
use muster_ids::OrganizationId;
use muster_proto::organization::v1::Role;
use tonic::Code;

use crate::support::{ABSENT, Fixture, OURS, THEIRS};
use crate::wire::{Answer, Call};

const ROLES: [(&str, Option<Known>, Role); 4] = [
    ("nobody-here", None, Role::Unspecified),
    ("viewer", Some(Known::Viewer), Role::Viewer),
    ("admin", Some(Known::Admin), Role::Admin),
    ("owner", Some(Known::Owner), Role::Owner),
];

fn rules() -> Rules {
    Rules::load(muster_proto::pool()).unwrap_or_default()
}

/// A request that names this organization where the rule looks for it.
fn naming(rule: &MethodRule, organization: &str) -> Vec<u8> {
    let tags = rule.scope().map(|path| path.tags().to_vec()).unwrap_or_default();
    if tags.is_empty() {
        return Vec::new();
    }
    tags.iter()
        .rev()
        .fold(organization.as_bytes().to_vec(), |value, tag| {
            let (tag, length) = (u8::try_from(*tag).unwrap(), u8::try_from(value.len()).unwrap());
            assert!(tag < 16 && length < 128, "longer varints than this test writes");
            [&[tag << 3 | 2, length][..], &value].concat()
        })
}

async fn call(fixture: &Fixture, rule: &MethodRule, token: Option<&str>, organization: &str) -> Answer {
    let call = Call::to(rule.path.trim_start_matches("/muster."));
    let call = token.into_iter().fold(call, Call::token);
    call.send(&fixture.edge, &naming(rule, organization)).await
}

fn exposed(rules: &Rules) -> impl Iterator<Item = &MethodRule> {
    rules.iter().filter(|rule| !rule.is_internal())
}

#[tokio::test]
async fn without_a_token_only_links_and_public_rpcs_answer() {
    let (fixture, rules) = (Fixture::new().await, rules());
    for rule in exposed(&rules) {
        let open = matches!(
            rule.mode,
            Mode::Public { .. }
                | Mode::Capability {
                    sign_in: SignIn::Optional,
                    ..
                }
        );
        let expected = if open { Code::Ok } else { Code::Unauthenticated };
        assert_eq!(
            call(&fixture, rule, None, OURS).await.code(),
            expected,
            "{}",
            rule.path
        );
    }
}

#[tokio::test]
async fn every_role_may_on_every_rpc_exactly_what_is_declared() {
    let (fixture, rules, policies) = (Fixture::new().await, rules(), Policies::shipped().unwrap());
    for (subject, role, stored) in ROLES {
        for (subject, staff) in [(subject.to_owned(), false), (format!("{subject}-staff"), true)] {
            fixture.set_role(&subject, OURS, stored);
            let token = if staff {
                fixture.issuer.staff_token(&subject)
            } else {
                fixture.issuer.token(&subject)
            };
            for rule in exposed(&rules) {
                let person = PersonCaller {
                    id: fixture.person(&subject),
                    name: None,
                    emails: Vec::new(),
                    staff,
                    access: None,
                };
                let expected = expected(rule, &policies, &person, role);
                let code = call(&fixture, rule, Some(&token), OURS).await.code();
                let heard = heard(rule, code);
                assert_eq!(heard, expected, "{} as {subject}", rule.path);
            }
        }
    }
}

/// What the gateway answers itself it also reads: an empty request is let through and found wanting.
fn heard(rule: &MethodRule, code: Code) -> Code {
    match code {
        Code::InvalidArgument if rule.area == "gateway" => Code::Ok,
        code => code,
    }
}

fn expected(rule: &MethodRule, policies: &Policies, person: &PersonCaller, role: Option<Known>) -> Code {
    let decided = |allowed: bool| if allowed { Code::Ok } else { Code::PermissionDenied };
    match &rule.mode {
        Mode::Require {
            permission,
            target: Target::Organization(_),
        } => {
            let ours: OrganizationId = OURS.trim_start_matches("organizations/").parse().unwrap();
            let on = Resource::Organization(ours);
            match policies.decide(person, role, permission, on).allowed {
                // They did not say why.
                true if rule.reason_of_staff && role.is_none() => Code::FailedPrecondition,
                allowed => decided(allowed),
            }
        }
        Mode::Require {
            permission,
            target: Target::Platform,
        } => decided(
            policies
                .decide(person, None, permission, Resource::Platform)
                .allowed,
        ),
        Mode::Authenticated {
            actor: Actor::Workload(_),
            ..
        } => Code::Unauthenticated,
        _ => Code::Ok,
    }
}

#[tokio::test]
async fn on_every_rpc_another_organization_and_an_absent_one_sound_the_same() {
    let (fixture, rules) = (Fixture::new().await, rules());
    let owner = fixture.member("owner", OURS, Role::Owner);
    fixture.set_role("somebody-else", THEIRS, Role::Owner);
    let mut tried = 0;
    for rule in exposed(&rules).filter(|rule| rule.scope().is_some()) {
        let other = call(&fixture, rule, Some(&owner), THEIRS).await;
        let absent = call(&fixture, rule, Some(&owner), ABSENT).await;
        assert_eq!(other.code(), Code::PermissionDenied, "{}", rule.path);
        assert_eq!(other.bytes(), absent.bytes(), "{}", rule.path);
        tried += 1;
    }
    assert!(tried > 15 && fixture.backend.seen().is_empty());
}
