//! Protobuf's JSON mapping (<https://protobuf.dev/programming-guides/json/>), read strictly.
//!
//! Everything that is wrong is told at once, each with the path of its member as the client spelled it
//! (`requests[6].sendTime`). What is refused here though protobuf's own readers take it, and what is written differently,
//! stands in this crate's README.
//!
//! Messages that no request of the suite holds (`Any`, `Struct`, `Value`, wrappers) are left to `prost-reflect`.

mod message;
mod path;
mod scalar;
mod time;
mod tree;

use muster_refusal::{Refusal, Violations};
use prost_reflect::{DynamicMessage, MessageDescriptor, SerializeOptions};
use serde_json::{Map, Value};

pub(crate) use self::message::{field_of, fill, is_written_as_fields, value};
pub(crate) use self::path::Path;

/// The message that a JSON object is.
///
/// # Errors
/// `INVALID_REQUEST` with everything that is wrong, or with the first fault of the syntax, its line and column.
pub fn read(descriptor: MessageDescriptor, json: &[u8]) -> Result<DynamicMessage, Refusal> {
    let mut violations = Violations::new();
    let mut message = DynamicMessage::new(descriptor);
    if let Some(members) = object(json, &Path::Root, &mut violations) {
        fill(&mut message, members, &Path::Root, &mut violations);
    }
    violations.finish().map(|()| message)
}

/// The message as one JSON object, without line breaks. Fields that were not set are there, with what they hold then:
/// `false`, `0`, `""`, `[]`, `{}`, the first value of an enum. Absent are only those whose absence means something: messages,
/// members of a `oneof`, and what is declared `optional`.
///
/// # Errors
/// What the mapping has no form for: times after the year 9999, for one.
pub fn write(message: &DynamicMessage) -> Result<Vec<u8>, serde_json::Error> {
    let mut json = Vec::with_capacity(256);
    let everything = SerializeOptions::new().skip_default_fields(false);
    message.serialize_with_options(&mut serde_json::Serializer::new(&mut json), &everything)?;
    Ok(json)
}

/// The members of the object that this text is.
pub(crate) fn object(
    json: &[u8],
    path: &Path<'_>,
    violations: &mut Violations,
) -> Option<Map<String, Value>> {
    match tree::parsed(json, path, violations) {
        Ok(Value::Object(members)) => Some(members),
        Ok(_) => {
            violations.add("body", "must be a JSON object");
            None
        }
        Err(problem) => {
            violations.add("body", problem);
            None
        }
    }
}
