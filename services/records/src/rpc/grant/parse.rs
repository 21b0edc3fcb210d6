//! From messages to types that cannot be wrong: what the field rules of the contract cannot say.

use muster_ids::{GrantName, LearnerName, OrganizationName};
use muster_proto::records::v1 as pb;
use muster_refusal::Violations;
use muster_server::convert::from_timestamp;
use muster_server::names::{self, named};
use muster_server::{Call, Parsed};
use time::{Duration, OffsetDateTime};

use crate::domain::{Terms, Wish};
use crate::ops::grant::create::Consent;
use crate::ops::grant::request::Asking;
use crate::rpc::oneself;

/// The longest that a consent is given for, when it is not for good.
const LONGEST: Duration = Duration::days(3653);

/// The caller, the organization to which they consent, and to what.
pub(super) fn create_grant(
    call: &Call<pb::CreateGrantRequest>,
    violations: &mut Violations,
    now: OffsetDateTime,
) -> Parsed<Consent> {
    let person = oneself(call, violations, &call.message.parent)?;
    let given = call.message.grant.clone().unwrap_or_default();
    let name = named::<OrganizationName>(violations, "grant.organization", &given.organization);
    let until = until(violations, "grant.expire_time", given.expire_time, now);
    let said = person.zip(name).zip(until);
    Ok(said.map(|((person, name), expire_time)| Consent {
        person,
        organization: name.organization,
        terms: Terms {
            expire_time,
            wording: given.wording,
        },
    }))
}

/// A grant of the caller's own, and to what they consent.
pub(super) fn approve_grant(
    call: &Call<pb::ApproveGrantRequest>,
    violations: &mut Violations,
    now: OffsetDateTime,
) -> Parsed<(GrantName, Terms)> {
    let name = own(call, violations, &call.message.name)?;
    let until = until(violations, "expire_time", call.message.expire_time, now);
    let terms = until.map(|expire_time| Terms {
        expire_time,
        wording: call.message.wording.clone(),
    });
    Ok(name.zip(terms))
}

/// A grant of the caller's own.
pub(super) fn own<M>(call: &Call<M>, violations: &mut Violations, name: &str) -> Parsed<GrantName> {
    names::own(&call.caller, violations, "name", name)
}

/// Whom the caller asks, and what they say.
pub(super) fn request_grant(
    call: &Call<pb::RequestGrantRequest>,
    violations: &mut Violations,
) -> Parsed<Asking> {
    let person = call.person()?;
    let wish = Wish {
        requester: person.id,
        requester_display_name: person.name.clone().unwrap_or_default(),
        message: call.message.message.trim().to_owned(),
    };
    Ok(call.name(violations).map(|learner| Asking { learner, wish }))
}

/// The learner, below the organization.
pub(super) fn list_learner_grants(
    call: &Call<pb::ListLearnerGrantsRequest>,
    violations: &mut Violations,
) -> Parsed<LearnerName> {
    Ok(call.name(violations))
}

/// When a consent ends, if ever; `None` and a violation when it cannot end then.
fn until(
    violations: &mut Violations,
    field: &str,
    said: Option<prost_types::Timestamp>,
    now: OffsetDateTime,
) -> Option<Option<OffsetDateTime>> {
    let Some(said) = said else { return Some(None) };
    match from_timestamp(said) {
        Ok(time) if time > now && time <= now + LONGEST => Some(Some(time)),
        _ => {
            violations.add(field, "must be later than now, and not more than ten years ahead");
            None
        }
    }
}
