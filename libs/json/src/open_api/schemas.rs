//! Messages and enums as JSON schemas, each once.

use std::collections::BTreeMap;

use prost_reflect::{EnumDescriptor, FieldDescriptor, FileDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

/// The schemas that were asked for, by the full names of what they describe.
#[derive(Debug, Default)]
pub(super) struct Schemas(BTreeMap<String, Value>);

impl Schemas {
    /// What stands under `components`.
    pub(super) fn finish(self) -> BTreeMap<String, Value> {
        self.0
    }

    /// A reference to a message, or what protobuf's JSON mapping makes of a well-known one.
    pub(super) fn of_message(&mut self, message: &MessageDescriptor) -> Value {
        let name = message.full_name();
        if let Some(known) = well_known(name) {
            return known;
        }
        if !self.0.contains_key(name) {
            // Before its fields: a message may hold itself.
            self.0.insert(name.to_owned(), Value::Null);
            let mut schema = self.of_fields(message.fields());
            schema["description"] = Value::String(comment(&message.parent_file(), message.path()));
            self.0.insert(name.to_owned(), schema);
        }
        reference(name)
    }

    /// An object of these fields. None is required: proto3 knows no such thing, and the rules stand in the comments.
    pub(super) fn of_fields(&mut self, fields: impl Iterator<Item = FieldDescriptor>) -> Value {
        let properties: Map<_, _> = fields
            .map(|field| {
                let mut schema = self.of_field(&field);
                let text = comment(&field.parent_file(), field.path());
                if !text.is_empty() {
                    // Nothing may stand beside a reference.
                    if schema.get("$ref").is_some() {
                        schema = json!({ "allOf": [schema] });
                    }
                    schema["description"] = Value::String(text);
                }
                (field.json_name().to_owned(), schema)
            })
            .collect();
        json!({ "type": "object", "properties": properties })
    }

    /// The value of a field.
    pub(super) fn of_field(&mut self, field: &FieldDescriptor) -> Value {
        if let Some(entry) = field.kind().as_message().filter(|_| field.is_map()) {
            let values = entry.map_entry_value_field();
            return json!({ "type": "object", "additionalProperties": self.of_kind(&values.kind()) });
        }
        let one = self.of_kind(&field.kind());
        if field.is_list() {
            json!({ "type": "array", "items": one })
        } else {
            one
        }
    }

    fn of_kind(&mut self, kind: &Kind) -> Value {
        match kind {
            Kind::Double => json!({ "type": "number", "format": "double" }),
            Kind::Float => json!({ "type": "number", "format": "float" }),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => json!({ "type": "integer", "format": "int32" }),
            Kind::Uint32 | Kind::Fixed32 => json!({ "type": "integer", "format": "int64", "minimum": 0 }),
            // The JSON mapping writes 64 bits as text.
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => json!({ "type": "string", "format": "int64" }),
            Kind::Uint64 | Kind::Fixed64 => json!({ "type": "string", "format": "uint64" }),
            Kind::Bool => json!({ "type": "boolean" }),
            Kind::String => json!({ "type": "string" }),
            Kind::Bytes => json!({ "type": "string", "format": "byte" }),
            Kind::Message(message) => self.of_message(message),
            Kind::Enum(all) => self.of_enum(all),
        }
    }

    fn of_enum(&mut self, all: &EnumDescriptor) -> Value {
        let name = all.full_name();
        if !self.0.contains_key(name) {
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
            self.0.insert(name.to_owned(), schema);
        }
        reference(name)
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
