//! Objects as messages.

use std::collections::HashMap;

use muster_refusal::Violations;
use prost_reflect::{
    DeserializeOptions, DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor,
    ReflectMessage as _, Value,
};
use serde_json::{Map, Value as Json};

use super::path::Path;
use super::scalar::{map_key, scalar};
use super::time;

/// Sets what the members say. What is wrong is told and left out.
pub(crate) fn fill(
    message: &mut DynamicMessage,
    members: Map<String, Json>,
    path: &Path<'_>,
    violations: &mut Violations,
) {
    let descriptor = message.descriptor();
    let mut spelled: HashMap<u32, String> = HashMap::new();
    for (name, value) in members {
        let path = Path::Member(path, &name);
        let Some(field) = field_of(&descriptor, &name) else {
            let told = format!("is no field of {}", descriptor.full_name());
            path.tell(violations, told);
            continue;
        };
        if let Some(first) = spelled.get(&field.number()) {
            path.tell(violations, format!("is given twice, as {first} too"));
            continue;
        }
        if !(value.is_null() && is_unset_by_null(&field)) {
            set(message, &field, value, &path, violations);
        }
        spelled.insert(field.number(), name);
    }
}

/// By either spelling.
pub(crate) fn field_of(message: &MessageDescriptor, name: &str) -> Option<FieldDescriptor> {
    message
        .get_field_by_json_name(name)
        .or_else(|| message.get_field_by_name(name))
}

/// Everywhere but where a null is a value.
fn is_unset_by_null(field: &FieldDescriptor) -> bool {
    let name = match field.kind() {
        Kind::Message(message) => message.full_name().to_owned(),
        Kind::Enum(all) => all.full_name().to_owned(),
        _ => return true,
    };
    field.is_list()
        || !matches!(
            name.as_str(),
            "google.protobuf.Value" | "google.protobuf.NullValue"
        )
}

fn set(
    message: &mut DynamicMessage,
    field: &FieldDescriptor,
    value: Json,
    path: &Path<'_>,
    violations: &mut Violations,
) {
    if let Some(rival) = rival(message, field) {
        path.tell(
            violations,
            format!("cannot be given beside {}", rival.json_name()),
        );
    } else if let Some(value) = read(field, value, path, violations) {
        message.set_field(field, value);
    }
}

/// A member of the same `oneof` that is set.
fn rival(message: &DynamicMessage, field: &FieldDescriptor) -> Option<FieldDescriptor> {
    let mut members = field.containing_oneof()?.fields().collect::<Vec<_>>().into_iter();
    members.find(|member| message.has_field(member))
}

fn read(field: &FieldDescriptor, value: Json, path: &Path<'_>, violations: &mut Violations) -> Option<Value> {
    if field.is_map() {
        entries(field, value, path, violations)
    } else if field.is_list() {
        items(field, value, path, violations)
    } else {
        one(&field.kind(), value, path, violations)
    }
}

fn items(
    field: &FieldDescriptor,
    value: Json,
    path: &Path<'_>,
    violations: &mut Violations,
) -> Option<Value> {
    let Json::Array(items) = value else {
        path.tell(violations, "must be a list");
        return None;
    };
    let items = items.into_iter().enumerate();
    let read = items.filter_map(|(place, item)| {
        let path = Path::Item(path, place);
        one(&field.kind(), item, &path, violations)
    });
    Some(Value::List(read.collect()))
}

fn entries(
    field: &FieldDescriptor,
    value: Json,
    path: &Path<'_>,
    violations: &mut Violations,
) -> Option<Value> {
    let Json::Object(members) = value else {
        path.tell(violations, "must be an object");
        return None;
    };
    let entry = field.kind().as_message()?.clone();
    let (key, kind) = (
        entry.map_entry_key_field().kind(),
        entry.map_entry_value_field().kind(),
    );
    let mut entries: HashMap<MapKey, Value> = HashMap::with_capacity(members.len());
    for (name, value) in members {
        let path = Path::Member(path, &name);
        match map_key(&key, &name) {
            Ok(key) => entries.extend(one(&kind, value, &path, violations).map(|value| (key, value))),
            Err(must) => path.tell(violations, format!("as a key {must}")),
        }
    }
    Some(Value::Map(entries))
}

/// A value that is no list.
fn one(kind: &Kind, value: Json, path: &Path<'_>, violations: &mut Violations) -> Option<Value> {
    match kind {
        Kind::Message(message) if is_written_as_fields(message) => {
            nested(message, value, path, violations).map(Value::Message)
        }
        _ => self::value(kind, value)
            .map_err(|must| path.tell(violations, must))
            .ok(),
    }
}

/// A value that is not written as the fields of a message.
///
/// # Errors
/// What it must be.
pub(crate) fn value(kind: &Kind, value: Json) -> Result<Value, String> {
    match kind {
        Kind::Message(message) => well_known(message, value).map(Value::Message),
        _ => scalar(kind, &value),
    }
}

fn nested(
    descriptor: &MessageDescriptor,
    value: Json,
    path: &Path<'_>,
    violations: &mut Violations,
) -> Option<DynamicMessage> {
    let Json::Object(members) = value else {
        path.tell(violations, "must be an object");
        return None;
    };
    let mut message = DynamicMessage::new(descriptor.clone());
    fill(&mut message, members, path, violations);
    Some(message)
}

/// Whether its JSON is an object of its fields.
pub(crate) fn is_written_as_fields(message: &MessageDescriptor) -> bool {
    !matches!(
        message.full_name().strip_prefix("google.protobuf."),
        Some(
            "Any"
                | "BoolValue"
                | "BytesValue"
                | "DoubleValue"
                | "Duration"
                | "Empty"
                | "FieldMask"
                | "FloatValue"
                | "Int32Value"
                | "Int64Value"
                | "ListValue"
                | "StringValue"
                | "Struct"
                | "Timestamp"
                | "UInt32Value"
                | "UInt64Value"
                | "Value"
        )
    )
}

fn well_known(descriptor: &MessageDescriptor, value: Json) -> Result<DynamicMessage, String> {
    match (descriptor.full_name(), &value) {
        ("google.protobuf.Timestamp", _) => time::timestamp(descriptor, &value).map_err(str::to_owned),
        ("google.protobuf.Duration", _) => time::duration(descriptor, &value).map_err(str::to_owned),
        ("google.protobuf.FieldMask", Json::String(mask)) if mask.contains('_') => {
            Err("must name fields as JSON does, such as displayName".to_owned())
        }
        _ => DynamicMessage::deserialize_with_options(descriptor.clone(), value, &DeserializeOptions::new())
            .map_err(|problem| problem.to_string()),
    }
}
