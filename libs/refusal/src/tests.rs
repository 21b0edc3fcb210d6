use tonic::Code;
use tonic_types::StatusExt as _;

use super::*;

#[test]
fn a_refusal_comes_back_as_it_was_sent() {
    let refusal = Refusal::new(ErrorReason::TooManyInvitations, "at most 10 by hand").quota(
        "invitations_by_hand",
        11,
        10,
    );
    let status = Status::from(refusal);
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert_eq!(reason_of(&status), Some(ErrorReason::TooManyInvitations));
    assert_eq!(quota_of(&status), Some((11, 10)));
}

#[test]
fn all_violations_travel_together() {
    let mut violations = Violations::new();
    violations.add("a", "must be set");
    violations.add("b", "must be set");
    let status = Status::from(violations.finish().unwrap_err());
    assert_eq!(reason_of(&status), Some(ErrorReason::InvalidRequest));
    assert_eq!(violations_of(&status).len(), 2);
}

#[test]
fn what_breaks_a_rule_of_the_contract_is_told_once() {
    let rule = |field: &str| muster_proto::FieldViolation {
        field: field.to_owned(),
        description: "must be set".to_owned(),
    };
    let mut violations = Violations::from(vec![rule("group.trainings"), rule("parent")]);
    for field in ["parent", "group.trainings[3]", "parent.name", "parents", "group"] {
        violations.add(field, "must be a name");
    }
    let fields = fields_of(&violations.into_refusal().into());
    assert_eq!(fields, ["group.trainings", "parent", "parents", "group"]);
}

#[test]
fn only_what_broke_on_our_side_names_its_trace() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let named = |status: Status| {
        let mut headers = status.clone().into_http::<()>().into_parts().0.headers;
        let before = headers.clone();
        name_trace(&mut headers, || Some(TRACE.to_owned()));
        // Whoever is nearer to the failure has named it already.
        name_trace(&mut headers, || Some("another".to_owned()));
        (Status::from_header_map(&headers).unwrap(), headers == before)
    };
    let (told, same) = named(Refusal::internal().into());
    assert_eq!((trace_of(&told).as_deref(), same), (Some(TRACE), false));
    assert_eq!(reason_of(&told), Some(ErrorReason::Internal));
    assert_eq!(told.message(), Status::from(Refusal::internal()).message());
    let (told, _) = named(Status::unknown("from elsewhere"));
    assert_eq!(trace_of(&told).as_deref(), Some(TRACE));
    assert_eq!((told.code(), told.message()), (Code::Unknown, "from elsewhere"));
    for other in [
        Refusal::permission_denied(),
        Refusal::not_found(),
        Refusal::unavailable(),
    ] {
        let (told, same) = named(other.into());
        assert!(same && trace_of(&told).is_none(), "{told:?}");
    }
    let mut good = http::HeaderMap::new();
    name_trace(&mut good, || Some(TRACE.to_owned()));
    assert!(good.is_empty());
}

#[test]
fn only_what_staff_can_help_with_says_how_to_reach_them() {
    let told = |reason, support: &str| {
        let status = Status::from(Refusal::new(reason, "no").metadata("state", "SUSPENDED"));
        let mut headers = status.into_http::<()>().into_parts().0.headers;
        let before = headers.clone();
        name_support(&mut headers, support);
        let info = Status::from_header_map(&headers).unwrap().get_error_details();
        let metadata = info.error_info().unwrap().metadata.clone();
        (
            metadata.get("support").cloned(),
            metadata.len(),
            headers == before,
        )
    };
    let reason = ErrorReason::OrganizationNotActive;
    assert_eq!(told(reason, "Call 555"), (Some("Call 555".to_owned()), 2, false));
    assert_eq!(told(reason, ""), (None, 1, true));
    for other in [
        ErrorReason::InvitationExpired,
        ErrorReason::PermissionDenied,
        ErrorReason::NotFound,
    ] {
        assert_eq!(told(other, "Call 555"), (None, 1, true), "{other:?}");
    }
}

#[test]
fn a_refusal_fits_into_the_headers_that_clients_take_and_says_how_many_violations_there_are() {
    for count in [1, 2, 30, 60, 100, 5000] {
        let mut violations = Violations::new();
        for place in 0..count {
            violations.add(
                format!("requests[{place}].invitation.address"),
                "must be an address",
            );
        }
        let status = Status::from(violations.into_refusal().metadata("state", "DRAFT"));
        let told = violations_of(&status);
        assert_eq!(told[0].0, "requests[0].invitation.address");
        // As base64, 4 KiB.
        assert!(status.details().len() <= 3 * 1024, "{}", status.details().len());
        let omitted = count - told.len();
        let said = status.get_details_error_info().unwrap().metadata;
        assert_eq!(said.get("state").map(String::as_str), Some("DRAFT"));
        let said = said.get("violations_omitted").map(String::as_str);
        assert_eq!(said, (omitted > 0).then(|| omitted.to_string()).as_deref());
        assert_eq!(status.message().contains(&format!("{omitted} more")), omitted > 0);
        assert!(
            omitted == 0 || status.details().len() > 2750,
            "room is left: {}",
            status.details().len()
        );
        assert!(
            count < 5000 || status.message().starts_with("5000 fields"),
            "{}",
            status.message()
        );
    }
}

#[test]
fn a_text_without_end_is_cut() {
    let status = Status::from(Refusal::new(ErrorReason::InvalidRequest, "ä".repeat(5000)));
    assert!(status.message().len() < 1100 && status.message().ends_with("ä…"));
    assert!(status.details().len() <= 3 * 1024);
}

#[test]
fn every_reason_has_a_code() {
    let descriptor = muster_proto::pool()
        .get_enum_by_name("muster.error.v1.ErrorReason")
        .unwrap();
    let values = descriptor.values().filter(|value| value.number() != 0);
    for value in values {
        let reason = ErrorReason::try_from(value.number()).unwrap();
        let internal = code_of(reason) == Code::Internal;
        assert_eq!(internal, reason == ErrorReason::Internal, "{}", value.name());
    }
    assert_eq!(code_of(ErrorReason::EtagMismatch), Code::Aborted);
    assert_eq!(code_of(ErrorReason::LicenseNumberTaken), Code::AlreadyExists);
}
