//! From messages to types that cannot be wrong.

use muster_address::DomainRule;
use muster_ids::{JoinPageName, OrganizationId};
use muster_proto::organization::v1 as pb;
use muster_refusal::Violations;
use muster_server::{Call, Parsed};

use crate::domain::{JoinPageUpdate, Slug};

pub(super) fn get(
    call: &Call<pb::GetJoinPageRequest>,
    violations: &mut Violations,
) -> Parsed<OrganizationId> {
    let name = call.name::<JoinPageName>(violations);
    Ok(name.map(|name| name.organization))
}

pub(super) fn update(
    call: &Call<pb::UpdateJoinPageRequest>,
    violations: &mut Violations,
) -> Parsed<(OrganizationId, JoinPageUpdate)> {
    let given = call.message.join_page.clone().unwrap_or_default();
    let mask = call.update_mask(&["enabled", "slug", "allowed_domains"], violations);
    let update = JoinPageUpdate {
        is_enabled: mask.when("enabled", || Some(given.enabled)),
        slug: mask.when("slug", || {
            violations.check("join_page.slug", Slug::parse(&given.slug))
        }),
        allowed_domains: mask.when("allowed_domains", || domains(&given.allowed_domains, violations)),
    };
    let name = call.name::<JoinPageName>(violations);
    Ok(name.map(|name| (name.organization, update)))
}

/// Whose logo it becomes, and the file that was sent.
pub(super) fn set_logo(
    call: &Call<pb::SetJoinPageLogoRequest>,
    violations: &mut Violations,
) -> Parsed<(OrganizationId, Vec<u8>)> {
    let name = call.name::<JoinPageName>(violations);
    Ok(name.map(|name| (name.organization, call.message.picture.clone())))
}

pub(super) fn remove_logo(
    call: &Call<pb::RemoveJoinPageLogoRequest>,
    violations: &mut Violations,
) -> Parsed<OrganizationId> {
    let name = call.name::<JoinPageName>(violations);
    Ok(name.map(|name| name.organization))
}

/// Each once, in the order given.
fn domains(given: &[String], violations: &mut Violations) -> Option<Vec<DomainRule>> {
    let read: Vec<Option<DomainRule>> = given
        .iter()
        .enumerate()
        .map(|(place, text)| {
            let rule = text.parse::<DomainRule>();
            let rule =
                rule.map_err(|_| "must be a domain such as example.org, or *.example.org for all below it");
            violations.check(format!("join_page.allowed_domains[{place}]"), rule)
        })
        .collect();
    let read: Vec<DomainRule> = read.into_iter().collect::<Option<_>>()?;
    let mut rules: Vec<DomainRule> = Vec::with_capacity(read.len());
    for rule in read {
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    Some(rules)
}
