//! From messages to types that cannot be wrong.

use muster_ids::{OrganizationId, OrganizationName};
use muster_language::Language;
use muster_proto::RequestMessage;
use muster_proto::organization::v1 as pb;
use muster_refusal::Violations;
use muster_server::{Call, Parsed};

use crate::domain::{
    LicenseNumber, LicenseRules, Licensing, LicensingAuthority, LicensingUpdate, OrganizationType,
    OrganizationUpdate, Owner, ProgrammeAddress, PublicName, ReturnReason, RowProblem, ToldAddress,
};
use crate::ops::organization::close::Closing;
use crate::ops::organization::create::NewOrganization;
use crate::ops::organization::decide::{Decision, Verdict};
use crate::ops::organization::submit::Submission;

/// By each word of its city a site is found: no city has more, and who says more wants to be found by what it is not.
const MAX_CITY_WORDS: usize = 8;

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
    let licensing = licensing(&given, violations, rules);
    let address = address(&given, violations);
    let owner = Owner {
        person: caller.id,
        display_name: caller.name.clone(),
    };
    let owner_address = caller.emails.first().cloned();
    let told = display_name.zip(licensing).zip(address);
    Ok(told.map(|((display_name, licensing), address)| NewOrganization {
        owner,
        owner_address,
        display_name,
        // The field rule has looked at it.
        language: given.language.parse().unwrap_or_default(),
        licensing,
        address,
        programme: None,
    }))
}

pub(super) fn update(
    call: &Call<pb::UpdateOrganizationRequest>,
    violations: &mut Violations,
) -> Parsed<(OrganizationId, OrganizationUpdate)> {
    let given = call.message.organization.clone().unwrap_or_default();
    let of_license = ["type", "licensing_authority", "license_number"];
    let fields = [
        "display_name",
        of_license[0],
        of_license[1],
        of_license[2],
        "language",
        "address",
    ];
    let mask = call.update_mask(&fields, violations);
    let update = OrganizationUpdate {
        display_name: mask.when("display_name", || display_name(&given, violations)),
        language: mask.when("language", || language(&given, violations)),
        address: mask.when("address", || address(&given, violations)),
        licensing: of_license
            .iter()
            .any(|field| mask.has(field))
            .then(|| LicensingUpdate {
                kind: mask.when("type", || kind(&given, violations)),
                authority: mask.when("licensing_authority", || authority(&given, violations)),
                number: mask.when("license_number", || number(&given, violations)),
            }),
    };
    Ok(named(call, violations)?.map(|id| (id, update)))
}

/// A decision of registry staff, with the reason that they state.
pub(in crate::rpc) fn decision<M: RequestMessage>(
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

/// `Some(None)`: it is not said. Strangers read it: it holds no web address, as no name does.
fn address(given: &pb::Organization, violations: &mut Violations) -> Option<Option<ProgrammeAddress>> {
    let Some(told) = given.address.clone().map(ToldAddress::from) else {
        return Some(None);
    };
    let (read, mut wrong) = match told.read() {
        Ok(address) => (Some(address), Vec::new()),
        Err(wrong) => (None, wrong),
    };
    for (field, line) in told.lines() {
        let is_said = !line.is_empty() && wrong.iter().all(|problem| problem.field != field);
        if let Some(problem) = PublicName::parse(line).err().filter(|_| is_said) {
            wrong.push(RowProblem {
                field: field.to_owned(),
                description: problem.to_string(),
            });
        }
    }
    if told
        .city
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .count()
        > MAX_CITY_WORDS
    {
        wrong.push(RowProblem {
            field: "address.city".to_owned(),
            description: format!("must have at most {MAX_CITY_WORDS} words"),
        });
    }
    let is_right = wrong.is_empty();
    for RowProblem { field, description } in wrong {
        violations.add(format!("organization.{field}"), description);
    }
    read.filter(|_| is_right).map(Some)
}

fn authority(given: &pb::Organization, violations: &mut Violations) -> Option<LicensingAuthority> {
    let authority = LicensingAuthority::parse(&given.licensing_authority);
    violations.check("organization.licensing_authority", authority)
}

/// What its creator says of type and license. Who says no type means what every profile was before there were types.
fn licensing(
    given: &pb::Organization,
    violations: &mut Violations,
    rules: &LicenseRules,
) -> Option<Licensing> {
    let kind = match given.r#type() {
        // Also what this version does not know: the field rule says so.
        pb::OrganizationType::Unspecified => Some(OrganizationType::DirectCare),
        _ => kind(given, violations),
    };
    let (authority, number) = (authority(given, violations), number(given, violations));
    let (kind, number) = kind.zip(number)?;
    // Told whatever else is wrong.
    let made = match authority {
        Some(authority) => Licensing::new(kind, authority, number, rules).map(Some),
        None => kind.goes_with(number.as_ref()).map(|()| None),
    };
    match made {
        Ok(made) => made,
        Err(problem) => {
            violations.add(format!("organization.{}", problem.field()), problem.to_string());
            None
        }
    }
}

fn kind(given: &pb::Organization, violations: &mut Violations) -> Option<OrganizationType> {
    let kind = OrganizationType::try_from(given.r#type()).ok();
    let kind = kind.ok_or("must be one of the types of OrganizationType");
    violations.check("organization.type", kind)
}

/// `Some(None)`: it is empty.
fn number(given: &pb::Organization, violations: &mut Violations) -> Option<Option<LicenseNumber>> {
    if given.license_number.is_empty() {
        return Some(None);
    }
    let number = LicenseNumber::parse(&given.license_number);
    violations.check("organization.license_number", number).map(Some)
}
