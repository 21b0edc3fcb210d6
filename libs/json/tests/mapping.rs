//! What is read strictly, what is told of it, and what is written.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use muster_json::mapping;
use muster_proto::employment::v1::ListEmploymentsRequest;
use muster_proto::invitation::v1::{BatchCreateInvitationsRequest, Invitation, InvitationCount};
use muster_proto::organization::v1::{ActivateSubscriptionRequest, Organization};
use muster_refusal::violations_of;
use prost::{Message, Name};
use prost_reflect::DynamicMessage;

fn read<M: Message + Name + Default>(json: &str) -> Result<M, Vec<(String, String)>> {
    let descriptor = muster_proto::pool().get_message_by_name(&M::full_name()).unwrap();
    match mapping::read(descriptor, json.as_bytes()) {
        Ok(message) => Ok(message.transcode_to().unwrap()),
        Err(refusal) => Err(violations_of(&refusal.into())),
    }
}

/// What is wrong with the field: an only violation.
fn only<M: Message + Name + Default + std::fmt::Debug>(json: &str, field: &str) -> String {
    let told = read::<M>(json).unwrap_err();
    assert!(
        matches!(&told[..], [(named, _)] if named == field),
        "{json}: {told:?}"
    );
    told.into_iter().next().unwrap().1
}

fn fields<M: Message + Name + Default + std::fmt::Debug>(json: &str) -> Vec<String> {
    let told = read::<M>(json).unwrap_err();
    told.into_iter().map(|(field, _)| field).collect()
}

#[test]
fn everything_is_told_at_once_with_its_path_as_the_client_spelled_it() {
    let json = r#"{"requests": [
        {"invitation": {"address": "a@b.test", "groups": ["g", 7]}},
        {"invitation": {"sendTime": "tomorrow", "send_time_zone": "CET"}, "request_id": {}},
        null, 3
    ], "parent": false}"#;
    let mut told = fields::<BatchCreateInvitationsRequest>(json);
    told.sort();
    assert_eq!(
        told,
        [
            "parent",
            "requests[0].invitation.groups[1]",
            "requests[1].invitation.sendTime",
            "requests[1].invitation.send_time_zone",
            "requests[1].request_id",
            "requests[2]",
            "requests[3]",
        ]
    );
}

#[test]
fn faults_of_the_syntax_are_told_with_line_and_column() {
    for (json, place) in [
        ("{\n  \"address\": \"a\",\n}", "line 3 column 1"),
        ("{\"address\": 'a'}", "line 1 column 13"),
        ("{\"address\": \"a\"", "line 1 column 15"),
        ("{} {}", "line 1 column 4"),
        ("{\"address\": \"\\ud800\"}", "line 1 column"),
        ("// no\n{}", "line 1 column 1"),
        ("{\"a\": NaN}", "line 1 column 7"),
        ("{\"a\": 1e999}", "line 1 column"),
    ] {
        let told = only::<Invitation>(json, "body");
        assert!(told.contains(place), "{json}: {told}");
    }
    let deep = "[".repeat(200);
    assert!(only::<Invitation>(&deep, "body").contains("recursion limit"));
}

#[test]
fn a_byte_order_mark_is_called_one() {
    assert!(only::<Invitation>("\u{feff}{}", "body").contains("byte order mark"));
    let descriptor = muster_proto::pool()
        .get_message_by_name(&Invitation::full_name())
        .unwrap();
    for json in [&b"\xff\xfe{\0}\0"[..], b"\xfe\xff\0{\0}"] {
        let refusal = mapping::read(descriptor.clone(), json).unwrap_err();
        let told = violations_of(&refusal.into());
        assert!(told[0].1.contains("UTF-16"), "{told:?}");
    }
}

#[test]
fn numbers_are_read_however_they_are_written_if_they_are_exact() {
    for written in ["7", "7.0", "0.7e1", "\"7\"", "\"7.0\"", "\"70e-1\""] {
        let read: ListEmploymentsRequest = read(&format!(r#"{{"pageSize": {written}}}"#)).unwrap();
        assert_eq!(read.page_size, 7, "{written}");
    }
    for written in [
        "7.5",
        "2147483648",
        "-2147483649",
        "1e40",
        "true",
        "[]",
        "{}",
        "\"\"",
        "\" 7\"",
        "\"7 \"",
        "\"+7\"",
        "\"07\"",
        "\"0x7\"",
        "\"7.\"",
        "\"seven\"",
        "\"7,0\"",
        "\"٧\"",
    ] {
        let json = format!(r#"{{"pageSize": {written}}}"#);
        let told = only::<ListEmploymentsRequest>(&json, "pageSize");
        assert_eq!(
            told, "must be a whole number from -2147483648 to 2147483647",
            "{json}"
        );
    }
    let count = |written: &str| read::<InvitationCount>(&format!(r#"{{"count": {written}}}"#));
    for most in ["9223372036854775807", "\"9223372036854775807\""] {
        assert_eq!(count(most).unwrap().count, i64::MAX);
    }
    // As a real number it would be another one.
    for inexact in [
        "9223372036854775808",
        "-9223372036854775809",
        "9007199254740993.0",
    ] {
        assert!(count(inexact).is_err(), "{inexact}");
    }
}

#[test]
fn times_are_kept_exactly_or_refused() {
    let time = |written: &str| read::<Invitation>(&format!(r#"{{"sendTime": "{written}"}}"#));
    for (written, seconds, nanos) in [
        ("2026-03-01T12:00:00Z", 1_772_366_400, 0),
        ("2026-03-01T13:30:00+01:30", 1_772_366_400, 0),
        ("2026-03-01T12:00:00.123456789Z", 1_772_366_400, 123_456_789),
        ("1969-12-31T23:59:59.5Z", -1, 500_000_000),
        ("0001-01-01T00:00:00Z", -62_135_596_800, 0),
        ("9999-12-31T23:59:59.999999999Z", 253_402_300_799, 999_999_999),
    ] {
        let read = time(written).unwrap().send_time.unwrap();
        assert_eq!((read.seconds, read.nanos), (seconds, nanos), "{written}");
    }
    for (written, why) in [
        ("2026-03-01T12:00:00.1234567891Z", "nine digits"),
        ("2026-03-01T12:00:00.0000000000Z", "nine digits"),
        ("2026-12-31T23:59:60Z", "leap second"),
        ("0001-01-01T00:00:00+00:01", "years 1 to 9999"),
        ("2026-03-01T12:00:00", "RFC 3339"),
        ("2026-03-01 12:00:00Z", "RFC 3339"),
        ("2026-03-01t12:00:00Z", "RFC 3339"),
        ("2026-03-01T12:00:00z", "RFC 3339"),
        ("2026-02-29T12:00:00Z", "RFC 3339"),
        ("2026-03-01T24:00:00Z", "RFC 3339"),
        ("2026-03-01", "RFC 3339"),
        ("", "RFC 3339"),
        ("1772366400", "RFC 3339"),
    ] {
        let json = format!(r#"{{"sendTime": "{written}"}}"#);
        let told = only::<Invitation>(&json, "sendTime");
        assert!(told.contains(why), "{written}: {told}");
    }
}

#[test]
fn a_member_stands_once_in_one_spelling() {
    for (json, field) in [
        (r#"{"address": "a", "address": "a"}"#, "address"),
        (r#"{"address": "a", "\u0061ddress": "b"}"#, "address"),
        (
            r#"{"sendTime": null, "send_time": "2026-03-01T12:00:00Z"}"#,
            "send_time",
        ),
    ] {
        assert!(only::<Invitation>(json, field).contains("twice"), "{json}");
    }
    let inside = r#"{"requests": [{}, {"invitation": {"address": "a", "address": null}}]}"#;
    let told = only::<BatchCreateInvitationsRequest>(inside, "requests[1].invitation.address");
    assert!(told.contains("twice"));
}

#[test]
fn null_is_unset() {
    let json = r#"{"address": null, "sendTime": null, "groups": null}"#;
    assert_eq!(read::<Invitation>(json), Ok(Invitation::default()));
    assert_eq!(fields::<Invitation>(r#"{"groups": [null]}"#), ["groups[0]"]);
}

#[test]
fn enums_are_names_or_numbers() {
    let plan = |written: &str| read::<ActivateSubscriptionRequest>(&format!(r#"{{"plan": {written}}}"#));
    for written in ["\"PLAN_BASIC\"", "1", "1.0"] {
        let known = plan(written);
        assert!(known.is_ok_and(|read| read.plan == 1), "{written}");
    }
    assert_eq!(plan("99").unwrap().plan, 99, "newer clients know more");
    for written in ["\"plan_basic\"", "\"1\"", "\"\"", "1.5", "true"] {
        let told = &plan(written).unwrap_err()[0].1;
        assert_eq!(told, "must be one of PLAN_BASIC, PLAN_PREMIUM", "{written}");
    }
}

#[test]
fn of_what_a_client_sent_little_is_repeated() {
    let json = format!(r#"{{"{}": 1}}"#, "x".repeat(100_000));
    let told = read::<Invitation>(&json).unwrap_err();
    assert!(told[0].0.len() < 300 && told[0].1.len() < 300);
}

#[test]
fn what_is_not_set_is_written_too_unless_its_absence_means_something() {
    let descriptor = muster_proto::pool()
        .get_message_by_name(&Organization::full_name())
        .unwrap();
    let json = mapping::write(&DynamicMessage::new(descriptor.clone())).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    for field in descriptor.fields() {
        let is_there = json.get(field.json_name()).is_some();
        assert_eq!(is_there, !field.supports_presence(), "{}", field.name());
    }
    assert_eq!(
        (&json["displayName"], &json["state"]),
        (&"".into(), &"ORGANIZATION_STATE_UNSPECIFIED".into())
    );
}
