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
