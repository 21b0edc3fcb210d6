//! The scan agrees with a real decoder, or refuses.

use std::sync::LazyLock;

use muster_access::ScopePath;
use muster_access::scan::{self, ScanError};
use prost::Message as _;
use prost_reflect::{DynamicMessage, MessageDescriptor, Value};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::support::with_rule;

static REQUEST: LazyLock<MessageDescriptor> = LazyLock::new(|| {
    let pool = with_rule("public: { calls_per_minute: 1 }");
    pool.get_message_by_name("muster.test.v1.Request").unwrap()
});

fn request() -> MessageDescriptor {
    REQUEST.clone()
}

fn path(dotted: &str) -> ScopePath {
    ScopePath::resolve(dotted, &request()).unwrap()
}

/// A length-delimited field with a one-byte key and length.
fn field(tag: u8, value: &[u8]) -> Vec<u8> {
    [&[tag << 3 | 2, u8::try_from(value.len()).unwrap()], value].concat()
}

#[test]
fn the_named_field_is_found_wherever_it_stands() {
    let message = [
        field(4, b"other"),
        field(1, b"organizations/o"),
        field(5, &[0xff]),
    ]
    .concat();
    assert_eq!(
        scan::scope(&path("parent"), &message),
        Ok(Some("organizations/o"))
    );
    let nested = field(2, &field(1, b"name"));
    assert_eq!(scan::scope(&path("inner.name"), &nested), Ok(Some("name")));
}

#[test]
fn an_absent_field_is_nothing() {
    assert_eq!(scan::scope(&path("parent"), &[]), Ok(None));
    assert_eq!(scan::scope(&path("inner.name"), &field(2, &[])), Ok(None));
    assert_eq!(scan::scope(&path("parent"), &field(1, b"")), Ok(Some("")));
}

#[test]
fn a_doubled_field_on_the_path_is_refused() {
    let twice = [field(1, b"mine"), field(1, b"yours")].concat();
    assert_eq!(scan::scope(&path("parent"), &twice), Err(ScanError::Duplicate));
    let same = [field(1, b"mine"), field(1, b"mine")].concat();
    assert_eq!(scan::scope(&path("parent"), &same), Err(ScanError::Duplicate));
    // Decoders merge submessages: the second one's name would win.
    let merged = [field(2, &field(1, b"mine")), field(2, &field(1, b"yours"))].concat();
    assert_eq!(
        scan::scope(&path("inner.name"), &merged),
        Err(ScanError::Duplicate)
    );
    let inside = field(2, &[field(1, b"mine"), field(1, b"yours")].concat());
    assert_eq!(
        scan::scope(&path("inner.name"), &inside),
        Err(ScanError::Duplicate)
    );
    // A key may be written with more bytes than it needs; it is the same field.
    let long_key = [field(1, b"mine"), vec![0x8a, 0x00, 0x05], b"yours".to_vec()].concat();
    assert_eq!(scan::scope(&path("parent"), &long_key), Err(ScanError::Duplicate));
}

#[test]
fn broken_messages_are_refused() {
    let scanned =
        |message: &[u8]| scan::scope(&path("parent"), message).map(|found| found.map(str::to_owned));
    assert_eq!(scanned(&[0x0a]), Err(ScanError::Truncated));
    assert_eq!(scanned(&[0x0a, 5, b'a']), Err(ScanError::Truncated));
    assert_eq!(scanned(&[0x80]), Err(ScanError::Truncated));
    assert_eq!(scanned(&[0x00, 0x00]), Err(ScanError::BadVarint));
    assert_eq!(scanned(&[0xff; 11]), Err(ScanError::BadVarint));
    assert_eq!(
        scanned(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02]),
        Err(ScanError::BadVarint)
    );
    // Groups: start and end.
    assert_eq!(scanned(&[0x0b, 0x0c]), Err(ScanError::WireType));
    assert_eq!(scanned(&[0x0e]), Err(ScanError::WireType));
    // Field 1 as a varint.
    assert_eq!(scanned(&[0x08, 0x01]), Err(ScanError::WrongType));
    assert_eq!(scanned(&field(1, &[0xff, 0xfe])), Err(ScanError::Utf8));
    // A length that reaches beyond everything.
    assert_eq!(
        scanned(&[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
        Err(ScanError::Truncated)
    );
}

#[test]
fn only_the_canonical_spelling_names_an_organization() {
    let id = "018f3c4e-7a2b-7c3d-8e4f-5a6b7c8d9e0f";
    let named = |scope: &str| scan::organization(scope).map(|uuid| uuid.to_string());
    assert_eq!(named(&format!("organizations/{id}")).as_deref(), Some(id));
    assert_eq!(
        named(&format!("organizations/{id}/groups/x")).as_deref(),
        Some(id)
    );
    assert_eq!(
        named(&format!("organizations/{id}/subscription")).as_deref(),
        Some(id)
    );
    for behind in [
        "x/../y",
        "..",
        "groups//x",
        "groups/x/",
        "groups/%2e",
        "groups/x y",
        "groups/é",
    ] {
        let bad = format!("organizations/{id}/{behind}");
        assert_eq!(named(&bad), None, "{bad}");
    }
    for bad in [
        String::new(),
        "organizations/".to_owned(),
        "organizations/-".to_owned(),
        id.to_owned(),
        format!("organizations/{id}/"),
        format!("organizations/{}", id.to_uppercase()),
        format!("organizations/{{{id}}}"),
        format!("organizations/{}", id.replace('-', "")),
        format!("organizations/urn:uuid:{id}"),
        format!("/organizations/{id}"),
        format!("organizations/{id} "),
        format!("organizations/{id}\0"),
        format!("Organizations/{id}"),
        format!("trainings/{id}"),
    ] {
        assert_eq!(named(&bad), None, "{bad}");
    }
}

/// What the decoder of the services would take for the scope.
fn decoded(path: &str, bytes: &[u8]) -> Option<Option<String>> {
    let mut message = DynamicMessage::decode(request(), bytes).ok()?;
    let mut names: Vec<_> = path.split('.').collect();
    let last = names.pop().unwrap();
    for name in names {
        if !message.has_field_by_name(name) {
            return Some(None);
        }
        message = message
            .get_field_by_name(name)
            .unwrap()
            .as_message()
            .unwrap()
            .clone();
    }
    Some(Some(
        message
            .get_field_by_name(last)
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned(),
    ))
}

fn random_text(random: &mut StdRng) -> String {
    (0..random.random_range(0..40))
        .map(|_| random.random_range('\u{1}'..'\u{2000}'))
        .collect()
}

fn random_inner(random: &mut StdRng, depth: u32) -> Value {
    let descriptor = request()
        .get_field_by_name("inner")
        .unwrap()
        .kind()
        .as_message()
        .unwrap()
        .clone();
    let mut inner = DynamicMessage::new(descriptor);
    if random.random_bool(0.8) {
        inner.set_field_by_name("name", Value::String(random_text(random)));
    }
    if random.random_bool(0.5) {
        inner.set_field_by_name("size", Value::U32(random.random()));
    }
    if depth > 0 && random.random_bool(0.6) {
        let deeper = random_inner(random, depth - 1);
        inner.set_field_by_name("inner", deeper);
    }
    Value::Message(inner)
}

fn random_request(random: &mut StdRng) -> Vec<u8> {
    let mut message = DynamicMessage::new(request());
    let mut set = |random: &mut StdRng, name: &str, value: Value| {
        if random.random_bool(0.6) {
            message.set_field_by_name(name, value);
        }
    };
    let text = random_text(random);
    set(random, "parent", Value::String(text));
    let inner = random_inner(random, 2);
    set(random, "inner", inner);
    let inners = vec![random_inner(random, 1), random_inner(random, 1)];
    set(random, "inners", Value::List(inners));
    let text = random_text(random);
    set(random, "maybe", Value::String(text));
    let left = Value::String(random_text(random));
    set(random, "left", left);
    let count = Value::I64(random.random());
    set(random, "count", count);
    let four = Value::U32(random.random());
    set(random, "four", four);
    let eight = Value::F64(random.random());
    set(random, "eight", eight);
    message.encode_to_vec()
}

#[test]
fn honest_messages_are_read_as_the_decoder_reads_them() {
    let mut random = StdRng::seed_from_u64(1);
    for _ in 0..3_000 {
        let bytes = random_request(&mut random);
        for dotted in ["parent", "inner.name", "inner.inner.name", "maybe"] {
            let expected = decoded(dotted, &bytes).unwrap().unwrap_or_default();
            let found = scan::scope(&path(dotted), &bytes).unwrap().unwrap_or_default();
            assert_eq!(found, expected, "{dotted} in {bytes:02x?}");
        }
    }
}

/// The property that authorization rests on: whatever the bytes, the scan never finds another scope than the service
/// will decode.
#[test]
fn mutated_messages_are_never_read_otherwise_than_the_decoder_reads_them() {
    let mut random = StdRng::seed_from_u64(2);
    let paths = ["parent", "inner.name"].map(|dotted| (dotted, path(dotted)));
    let mut agreed = 0;
    for _ in 0..20_000 {
        let bytes = mutated(&mut random);
        for (dotted, path) in &paths {
            let (Ok(found), Some(expected)) = (scan::scope(path, &bytes), decoded(dotted, &bytes)) else {
                continue;
            };
            assert_eq!(
                found.unwrap_or_default(),
                expected.unwrap_or_default(),
                "{dotted} in {bytes:02x?}"
            );
            agreed += 1;
        }
    }
    assert!(agreed > 1_000, "only {agreed} mutations were readable");
}

fn mutated(random: &mut StdRng) -> Vec<u8> {
    let mut bytes = random_request(random);
    for _ in 0..random.random_range(1..4) {
        match random.random_range(0..4) {
            0 if !bytes.is_empty() => {
                let at = random.random_range(0..bytes.len());
                bytes[at] = random.random();
            }
            1 if !bytes.is_empty() => bytes.truncate(random.random_range(0..bytes.len())),
            2 => {
                let more = random_request(random);
                bytes.extend_from_slice(&more);
            }
            _ => {
                let at = random.random_range(0..=bytes.len());
                bytes.insert(at, random.random());
            }
        }
    }
    bytes
}
