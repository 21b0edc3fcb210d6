//! Messages and enums as JSON schemas, each once for each side on which it stands.

use std::collections::{BTreeMap, HashSet};

use prost_reflect::{EnumDescriptor, FieldDescriptor, FileDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

use super::bounds::{self, beside};
use crate::bindings::Bindings;

/// No text of a request may hold the character NUL.
pub(super) const WITHOUT_NUL: &str = "^[^\\u0000]*$";

/// The schemas that were asked for, by their names.
#[derive(Debug, Default)]
pub(super) struct Schemas {
    all: BTreeMap<String, Value>,
    /// The full names of all messages that stand in answers.
    answered: HashSet<String>,
}

/// Where a message stands. Requests are read strictly. Answers hold every field whose absence means nothing, and a newer
/// server says more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Request,
    /// A resource of which only what a mask names is read.
    Update,
    Answer,
}

impl Schemas {
    /// For these bindings; nothing is asked for yet.
    pub(super) fn of(bindings: &Bindings) -> Self {
        let mut answered = HashSet::new();
        for binding in bindings.all() {
            gather(&binding.rpc.output(), &mut answered);
        }
        let all = BTreeMap::new();
        Self { all, answered }
    }

    /// What stands under `components`.
    pub(super) fn finish(self) -> BTreeMap<String, Value> {
        self.all
    }

    /// A reference to a message, or what protobuf's JSON mapping makes of a well-known one.
    pub(super) fn of_message(&mut self, message: &MessageDescriptor, side: Side) -> Value {
        if let Some(known) = well_known(message.full_name()) {
            return known;
        }
        let name = self.name(message, side);
        if !self.all.contains_key(&name) {
            // Before its fields: a message may hold itself.
            self.all.insert(name.clone(), Value::Null);
            let mut schema = self.of_fields(message.fields(), side);
            schema["description"] = Value::String(comment(&message.parent_file(), message.path()));
            self.all.insert(name.clone(), schema);
        }
        reference(&name)
    }

    /// A reference to those fields of a request that its body holds. It has a name of its own: generators take bodies that
    /// look alike for one otherwise, and call all of them by the first.
    pub(super) fn of_body(
        &mut self,
        input: &MessageDescriptor,
        is_in_body: impl Fn(&FieldDescriptor) -> bool,
    ) -> Value {
        if input.fields().all(|field| is_in_body(&field)) {
            return self.of_message(input, Side::Request);
        }
        let name = format!("{}-Body", input.full_name());
        let mut schema = self.of_fields(input.fields().filter(is_in_body), Side::Request);
        schema["description"] = Value::String(comment(&input.parent_file(), input.path()));
        self.all.insert(name.clone(), schema);
        reference(&name)
    }

    /// Its full name. Of two schemas, that for requests has a name that no message can have.
    fn name(&self, message: &MessageDescriptor, side: Side) -> String {
        let name = message.full_name();
        match side {
            Side::Request if self.answered.contains(name) => format!("{name}-Input"),
            Side::Update => format!("{name}-Update"),
            Side::Request | Side::Answer => name.to_owned(),
        }
    }

    /// An object of these fields. In requests, those are required whose rules refuse their absence, and others are none;
    /// in answers, those that are always there.
    pub(super) fn of_fields(&mut self, fields: impl Iterator<Item = FieldDescriptor>, side: Side) -> Value {
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for field in fields {
            let mut schema = self.of_field(&field, side);
            let text = comment(&field.parent_file(), field.path());
            if !text.is_empty() {
                beside(&mut schema)["description"] = Value::String(text);
            }
            properties.insert(field.json_name().to_owned(), schema);
            if is_required(&field, side) {
                required.push(field.json_name().to_owned());
            }
        }
        let mut object = json!({ "type": "object", "properties": properties });
        if side != Side::Answer {
            object["additionalProperties"] = json!(false);
        }
        // An empty list is none of OpenAPI 3.0.
        if !required.is_empty() {
            object["required"] = json!(required);
        }
        object
    }

    /// The value of a field, within its bounds.
    pub(super) fn of_field(&mut self, field: &FieldDescriptor, side: Side) -> Value {
        if let Some(entry) = field.kind().as_message().filter(|_| field.is_map()) {
            let values = entry.map_entry_value_field();
            return json!({ "type": "object", "additionalProperties": self.of_kind(&values.kind(), side) });
        }
        let one = self.of_kind(&field.kind(), side);
        let mut schema = if field.is_list() {
            json!({ "type": "array", "items": one })
        } else {
            one
        };
        bounds::write(field, &mut schema);
        schema
    }

    fn of_kind(&mut self, kind: &Kind, side: Side) -> Value {
        match kind {
            Kind::Double => json!({ "type": "number", "format": "double" }),
            Kind::Float => json!({ "type": "number", "format": "float" }),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
                json!({ "type": "integer", "format": "int32", "minimum": i32::MIN, "maximum": i32::MAX })
            }
            Kind::Uint32 | Kind::Fixed32 => {
                json!({ "type": "integer", "format": "int64", "minimum": 0, "maximum": u32::MAX })
            }
            // The JSON mapping writes 64 bits as text.
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
                json!({ "type": "string", "format": "int64", "pattern": "^-?[0-9]+$" })
            }
            Kind::Uint64 | Kind::Fixed64 => {
                json!({ "type": "string", "format": "uint64", "pattern": "^[0-9]+$" })
            }
            Kind::Bool => json!({ "type": "boolean" }),
            Kind::String if side != Side::Answer => json!({ "type": "string", "pattern": WITHOUT_NUL }),
            Kind::String => json!({ "type": "string" }),
            Kind::Bytes => json!({ "type": "string", "format": "byte" }),
            Kind::Message(message) => self.of_message(message, side),
            Kind::Enum(all) => self.of_enum(all),
        }
    }

    fn of_enum(&mut self, all: &EnumDescriptor) -> Value {
        let name = all.full_name();
        if !self.all.contains_key(name) {
            let file = all.parent_file();
            let mut text = comment(&file, all.path());
            let mut values = Vec::new();
            for value in all.values() {
                text.push_str(&format!(
                    "\n- `{}`: {}",
                    value.name(),
                    comment(&file, value.path())
                ));
                values.push(value.name().to_owned());
            }
            let schema = json!({ "type": "string", "enum": values, "description": text });
            self.all.insert(name.to_owned(), schema);
        }
        reference(name)
    }
}

fn is_required(field: &FieldDescriptor, side: Side) -> bool {
    match side {
        Side::Request => bounds::must_be_said(field),
        Side::Update => false,
        Side::Answer => !field.supports_presence() || is_answered(field),
    }
}

/// The one message that a response is about: a call without it would have been refused.
fn is_answered(field: &FieldDescriptor) -> bool {
    let is_response = field.parent_message().name().ends_with("Response");
    is_response && field.containing_oneof().is_none()
}

/// The message, and all messages that it holds.
fn gather(message: &MessageDescriptor, names: &mut HashSet<String>) {
    if names.insert(message.full_name().to_owned()) {
        for field in message.fields() {
            if let Some(inside) = field.kind().as_message() {
                gather(inside, names);
            }
        }
    }
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn well_known(name: &str) -> Option<Value> {
    Some(match name {
        "google.protobuf.Timestamp" => json!({ "type": "string", "format": "date-time" }),
        "google.protobuf.Duration" => json!({ "type": "string", "example": "1.5s" }),
        "google.protobuf.FieldMask" => json!({ "type": "string", "example": "displayName,state" }),
        "google.protobuf.Empty" => json!({ "type": "object" }),
        _ => return None,
    })
}

/// The comment that stands before something in its proto file, as one text.
pub(super) fn comment(file: &FileDescriptor, path: &[i32]) -> String {
    let locations = file
        .file_descriptor_proto()
        .source_code_info
        .iter()
        .flat_map(|info| &info.location);
    let comment = locations
        .filter(|location| location.path == path)
        .find_map(|location| location.leading_comments.as_deref());
    let lines = comment.unwrap_or_default().lines().map(str::trim);
    lines.collect::<Vec<_>>().join(" ").trim().to_owned()
}
