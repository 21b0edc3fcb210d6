//! What stands in the path and in the query.

use prost_reflect::{FieldDescriptor, MessageDescriptor};
use serde_json::{Value, json};

use super::bounds;
use super::schemas::{Schemas, Side, comment};
use crate::bindings::{Binding, Content};
use crate::request::resolve;

/// A part of a path: a slash would end it, and a colon begin a verb.
const PART: &str = "^[^/:\\u0000]+$";

/// All parameters; `names` are those of the path.
pub(super) fn of(binding: &Binding, names: &[String], schemas: &mut Schemas) -> Vec<Value> {
    let mut all: Vec<_> = names
        .iter()
        .zip(most_characters(binding))
        .map(|(name, most)| in_path(name, most))
        .collect();
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

fn in_path(name: &str, most: Option<u64>) -> Value {
    let mut schema = json!({ "type": "string", "minLength": 1, "pattern": PART });
    if let Some(most) = most {
        schema["maxLength"] = json!(most);
    }
    json!({ "name": name, "in": "path", "required": true, "schema": schema,
            "description": format!("The id of the {name}.") })
}

/// For each `*` of the path, how much the bound of its field leaves when all others are as short as can be.
fn most_characters(binding: &Binding) -> Vec<Option<u64>> {
    let input = binding.rpc.input();
    let most = |(field, around): (&str, usize)| {
        let fields = resolve(&input, field)?;
        let all = bounds::max_characters(fields.last()?)?;
        all.checked_sub(u64::try_from(around).ok()?)
    };
    let stars = binding.template.stars().into_iter();
    stars.map(|star| star.and_then(most)).collect()
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
        || matches!(&binding.body, Content::Field(body) if body == field.name())
}

fn is_deep(field: &FieldDescriptor) -> bool {
    let is_known = |message: &MessageDescriptor| message.full_name().starts_with("google.protobuf.");
    field
        .kind()
        .as_message()
        .is_some_and(|message| !is_known(message))
}
