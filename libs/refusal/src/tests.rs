use tonic::Code;

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
    let told = violations_of(&violations.into_refusal().into());
    let fields: Vec<_> = told.iter().map(|(field, _)| field.as_str()).collect();
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
fn a_refusal_fits_into_the_headers_that_clients_take() {
    let mut violations = Violations::new();
    for place in 0..5000 {
        violations.add(
            format!("requests[{place}].invitation.address"),
            "must be an address",
        );
    }
    let status = Status::from(violations.into_refusal());
    let told = violations_of(&status);
    assert!((80..5000).contains(&told.len()), "{}", told.len());
    assert_eq!(told[0].0, "requests[0].invitation.address");
    assert!(
        status.message().starts_with("5000 fields"),
        "{}",
        status.message()
    );
    // A third more as base64.
    assert!(status.details().len() < 10 * 1024);
}

#[test]
fn the_documented_code_of_every_reason_is_the_one_that_is_sent() {
    let descriptor = muster_proto::pool()
        .get_enum_by_name("muster.error.v1.ErrorReason")
        .unwrap();
    let file = descriptor.parent_file();
    let comments: std::collections::HashMap<Vec<i32>, String> = file
        .file_descriptor_proto()
        .source_code_info
        .iter()
        .flat_map(|info| &info.location)
        .map(|location| (location.path.clone(), location.leading_comments().to_owned()))
        .collect();
    for (index, value) in descriptor.values().enumerate() {
        let Ok(reason) = ErrorReason::try_from(value.number()) else {
            panic!("unknown value {}", value.name())
        };
        if reason == ErrorReason::Unspecified {
            continue;
        }
        let comment = &comments[&vec![5, 0, 2, i32::try_from(index).unwrap()]];
        let documented = comment
            .trim()
            .split('.')
            .next()
            .unwrap_or_default()
            .replace('_', "")
            .to_lowercase();
        assert_eq!(
            documented,
            format!("{:?}", code_of(reason)).to_lowercase(),
            "{}",
            value.name()
        );
    }
}
