//! What stands in the path and in the query.

use std::borrow::Cow;

use prost_reflect::{FieldDescriptor, MessageDescriptor};
use serde_json::{Value, json};

use super::bounds;
use super::schemas::{Schemas, Side, comment};
use crate::bindings::{Binding, Content};
use crate::template::PathPart;

/// An id, as every name has it.
pub(super) const ID: &str = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
/// The id of a person, or the caller's own.
pub(super) const ID_OR_ME: &str = "^(me|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$";

/// All parameters; `parts` are those of the path.
pub(super) fn of(binding: &Binding, parts: &[PathPart<'_>], schemas: &mut Schemas) -> Vec<Value> {
    let mut all: Vec<_> = parts.iter().map(in_path).collect();
    if reason_of_staff(binding) {
        all.push(in_header());
    }
    if binding.body == Content::Whole {
        return all;
    }
    for field in binding.rpc.input().fields() {
        if !is_said(binding, &field) && !is_deep(&field) {
            all.push(in_query(&field, schemas));
        }
    }
    all
}

/// Whether the access rule asks registry staff for a reason.
fn reason_of_staff(binding: &Binding) -> bool {
    let rule = binding
        .rpc
        .parent_pool()
        .get_extension_by_name("muster.access.v1.rule");
    let require = rule.and_then(|rule| {
        let rule = binding.rpc.options().get_extension(&rule).into_owned();
        rule.as_message()?
            .get_field_by_name("require")
            .map(Cow::into_owned)
    });
    require.is_some_and(|require| {
        let asked = require
            .as_message()
            .and_then(|require| require.get_field_by_name("reason_of_staff"));
        asked.is_some_and(|asked| asked.as_bool() == Some(true))
    })
}

fn in_header() -> Value {
    json!({ "name": "muster-reason", "in": "header", "required": false,
            "schema": { "type": "string", "minLength": 1, "maxLength": 500 },
            "description": "Why registry staff look at what is personal; the organization and whoever it concerns can read it. \
                            Only whoever has no role in the organization needs it." })
}

/// Clients have names, such as `organizations/0190…`, and paths want their parts.
fn in_path(part: &PathPart<'_>) -> Value {
    let PathPart { name, collection } = part;
    let mut text = format!("The id of the {name}: of its `name`, the part after `{collection}/`.");
    let mut pattern = ID;
    if *collection == "persons" {
        text.push_str(" Or `me`: whoever calls.");
        pattern = ID_OR_ME;
    }
    json!({ "name": name, "in": "path", "required": true, "description": text,
            "schema": { "type": "string", "pattern": pattern } })
}

fn in_query(field: &FieldDescriptor, schemas: &mut Schemas) -> Value {
    let mut parameter = json!({
        "name": field.json_name(), "in": "query", "schema": schemas.of_field(field, Side::Request),
        "description": comment(&field.parent_file(), field.path()),
    });
    if bounds::must_be_said(field) {
        parameter["required"] = json!(true);
    }
    parameter
}

/// In the path or in the body.
pub(super) fn is_said(binding: &Binding, field: &FieldDescriptor) -> bool {
    let mut in_path = binding.template.fields();
    in_path.any(|path| path.split('.').next() == Some(field.name()))
        || binding.body.field() == Some(field.name())
}

fn is_deep(field: &FieldDescriptor) -> bool {
    let is_known = |message: &MessageDescriptor| message.full_name().starts_with("google.protobuf.");
    field
        .kind()
        .as_message()
        .is_some_and(|message| !is_known(message))
}
