//! From messages to types that cannot be wrong.

use muster_ids::{OrganizationId, OrganizationName};
use muster_language::Language;
use muster_proto::RequestMessage;
use muster_proto::organization::v1 as pb;
use muster_refusal::Violations;
use muster_server::{Call, Parsed};

use crate::domain::{
    License, LicenseNumber, LicenseRules, LicensingAuthority, OrganizationUpdate, Owner, PublicName,
    ReturnReason,
};
use crate::ops::organization::close::Closing;
use crate::ops::organization::create::NewOrganization;
use crate::ops::organization::decide::{Decision, Verdict};
use crate::ops::organization::submit::Submission;

/// The profile that the request names.
pub(super) fn named<M: RequestMessage>(
    call: &Call<M>,
    violations: &mut Violations,
) -> Parsed<OrganizationId> {
    let name = call.name::<OrganizationName>(violations);
    Ok(name.map(|name| name.organization))
}

/// A person hands a profile in, with the addresses of their own token.
pub(super) fn submission(
    call: &Call<pb::SubmitOrganizationRequest>,
    violations: &mut Violations,
) -> Parsed<Submission> {
    let is_reachable = !call.person()?.emails.is_empty();
    Ok(named(call, violations)?.map(|organization| Submission {
        organization,
        is_reachable,
    }))
}

pub(super) fn new(
    call: &Call<pb::CreateOrganizationRequest>,
    violations: &mut Violations,
    rules: &LicenseRules,
) -> Parsed<NewOrganization> {
    let caller = call.person()?;
    let given = call.message.organization.clone().unwrap_or_default();
    let display_name = display_name(&given, violations);
    let license = authority(&given, violations).zip(number(&given, violations));
    let license = license.and_then(|(authority, number)| {
        let license = License::new(authority, number, rules);
        violations.check("organization.license_number", license)
    });
    let owner = Owner {
        person: caller.id,
        display_name: caller.name.clone(),
    };
    let owner_address = caller.emails.first().cloned();
    let told = display_name.zip(license);
    Ok(told.map(|(display_name, license)| NewOrganization {
        owner,
        owner_address,
        display_name,
        // The field rule has looked at it.
        language: given.language.parse().unwrap_or_default(),
        license,
        programme: None,
    }))
}

pub(super) fn update(
    call: &Call<pb::UpdateOrganizationRequest>,
    violations: &mut Violations,
) -> Parsed<(OrganizationId, OrganizationUpdate)> {
    let given = call.message.organization.clone().unwrap_or_default();
    let fields = [
        "display_name",
        "licensing_authority",
        "license_number",
        "language",
    ];
    let mask = call.update_mask(&fields, violations);
    let update = OrganizationUpdate {
        display_name: mask.when("display_name", || display_name(&given, violations)),
        language: mask.when("language", || language(&given, violations)),
        authority: mask.when("licensing_authority", || authority(&given, violations)),
        number: mask.when("license_number", || number(&given, violations)),
    };
    Ok(named(call, violations)?.map(|id| (id, update)))
}

/// A decision of registry staff, with the reason that they state.
pub(super) fn decision<M: RequestMessage>(
    call: &Call<M>,
    violations: &mut Violations,
    reason: &str,
) -> Parsed<Decision> {
    let by = call.person()?.id;
    Ok(named(call, violations)?.map(|organization| Decision {
        organization,
        by,
        actor: call.actor(),
        reason: reason.to_owned(),
    }))
}

/// Closing, by the owner, or by registry staff, who have no role there.
pub(super) fn closing(
    call: &Call<pb::CloseOrganizationRequest>,
    violations: &mut Violations,
) -> Parsed<Closing> {
    let owner = match call.organization_role() {
        Some(_) => Some(call.person()?.id),
        None => None,
    };
    let decision = decision(call, violations, &call.message.reason)?;
    Ok(decision.map(|decision| Closing { decision, owner }))
}

pub(super) fn giving_back(
    call: &Call<pb::ReturnOrganizationRequest>,
    violations: &mut Violations,
) -> Parsed<(Decision, Verdict)> {
    let mut reasons = Vec::new();
    for (place, &given) in call.message.reasons.iter().enumerate() {
        let known = pb::OrganizationReturnReason::try_from(given).ok();
        let reason = known.and_then(|given| ReturnReason::try_from(given).ok());
        let reason = reason.ok_or("must be one of the reasons of OrganizationReturnReason");
        reasons.extend(violations.check(format!("reasons[{place}]"), reason));
    }
    reasons.sort_by_key(|why| why.as_str());
    let decision = decision(call, violations, &call.message.reason)?;
    Ok(decision.map(|decision| (decision, Verdict::Return(reasons))))
}

fn display_name(given: &pb::Organization, violations: &mut Violations) -> Option<PublicName> {
    let display_name = PublicName::parse(&given.display_name);
    violations.check("organization.display_name", display_name)
}

fn language(given: &pb::Organization, violations: &mut Violations) -> Option<Language> {
    if given.language.is_empty() {
        violations.add("organization.language", "must be en or es");
    }
    // Of any other the field rule says so.
    given.language.parse().ok()
}

fn authority(given: &pb::Organization, violations: &mut Violations) -> Option<LicensingAuthority> {
    let authority = LicensingAuthority::parse(&given.licensing_authority);
    violations.check("organization.licensing_authority", authority)
}

fn number(given: &pb::Organization, violations: &mut Violations) -> Option<LicenseNumber> {
    let number = LicenseNumber::parse(&given.license_number);
    violations.check("organization.license_number", number)
}
