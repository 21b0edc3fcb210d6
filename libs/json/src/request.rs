//! The message that an HTTP request means: path, query and body put together.

use std::collections::HashSet;

use muster_refusal::{Refusal, Violations};
use percent_encoding::percent_decode_str;
use prost_reflect::prost::Message as _;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};
use serde_json::Value as Json;

use crate::bindings::{Binding, Content};
use crate::mapping::{self, Path};

/// The most parameters of a query. No request of the contract has a tenth of them.
pub(crate) const MAX_PARAMETERS: usize = 64;

/// The encoded message. `captures` are the fields of the path, `parameters` those of the query, `body` the bytes of the body.
///
/// # Errors
/// Everything that is wrong with path, query and body at once; of a body that is no JSON, its first fault.
pub(crate) fn encoded(
    binding: &Binding,
    captures: &[(&str, String)],
    parameters: &[Parameter],
    body: &[u8],
) -> Result<Vec<u8>, Refusal> {
    let mut message = DynamicMessage::new(binding.rpc.input());
    let mut violations = Violations::new();
    read_body(&mut message, &binding.body, body, &mut violations);
    read_parameters(&mut message, binding, parameters, &mut violations);
    for (path, text) in captures {
        if !capture(&mut message, path, text) {
            violations.add(*path, "is another one in the path than in the body");
        }
    }
    violations.finish().map(|()| message.encode_to_vec())
}

/// No body is as good as an empty object.
fn read_body(message: &mut DynamicMessage, content: &Content, body: &[u8], violations: &mut Violations) {
    let (message, path) = match content {
        Content::File(_) => return,
        Content::None if body.is_empty() => return,
        Content::None => {
            return violations.add("body", "this request takes none; use the query");
        }
        Content::Whole => (Some(message), Path::Root),
        Content::Field(field) => (
            message
                .get_field_by_name_mut(field)
                .and_then(Value::as_message_mut),
            Path::Member(&Path::Root, field),
        ),
    };
    let Some(message) = message.filter(|_| !body.is_empty()) else {
        return;
    };
    if let Some(members) = mapping::object(body, &path, violations) {
        mapping::fill(message, members, &path, violations);
    }
}

fn read_parameters(
    message: &mut DynamicMessage,
    binding: &Binding,
    parameters: &[Parameter],
    violations: &mut Violations,
) {
    if binding.body == Content::Whole && !parameters.is_empty() {
        violations.add(
            "query",
            "everything that the path does not say belongs into the body",
        );
        return;
    }
    if parameters.len() > MAX_PARAMETERS {
        violations.add("query", format!("has more than {MAX_PARAMETERS} parameters"));
        return;
    }
    let mut given = HashSet::new();
    for (name, text) in parameters {
        let put = parameter(&binding.rpc.input(), binding, name).and_then(|fields| {
            let is_first = given.insert(dotted(&fields));
            put(message, &fields, text, is_first)
        });
        if let Err(must) = put {
            Path::Member(&Path::Root, name).tell(violations, must);
        }
    }
}

/// A field by its dotted name, and its value as text.
pub(crate) type Parameter = (String, String);

/// Names and values of a query, decoded as forms write them: not many more than a request may have.
pub(crate) fn parameters(query: &str) -> Vec<Parameter> {
    let decoded = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let parameters = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    });
    parameters.take(MAX_PARAMETERS + 1).collect()
}

/// The fields that a parameter's dotted name leads through, unless path or body say that value already.
fn parameter(
    input: &MessageDescriptor,
    binding: &Binding,
    name: &str,
) -> Result<Vec<FieldDescriptor>, String> {
    let fields = resolve(input, name).ok_or_else(|| format!("is no field of {}", input.full_name()))?;
    let full = dotted(&fields);
    let is_said = binding.template.fields().any(|field| field == full)
        || binding
            .body
            .field()
            .is_some_and(|field| full.split('.').next() == Some(field));
    if is_said {
        Err("stands in the path or in the body already".to_owned())
    } else {
        Ok(fields)
    }
}

fn dotted(fields: &[FieldDescriptor]) -> String {
    let names: Vec<_> = fields.iter().map(FieldDescriptor::name).collect();
    names.join(".")
}

/// The fields that a dotted path leads through; `None` if it leads nowhere.
pub(crate) fn resolve(input: &MessageDescriptor, path: &str) -> Option<Vec<FieldDescriptor>> {
    let mut fields = Vec::new();
    let mut message = Some(input.clone());
    for name in path.split('.') {
        let field = mapping::field_of(&message?, name)?;
        message = field
            .kind()
            .as_message()
            .filter(|_| !field.is_list() && !field.is_map())
            .cloned();
        fields.push(field);
    }
    Some(fields)
}

/// Writes a parameter into the message.
fn put(
    message: &mut DynamicMessage,
    fields: &[FieldDescriptor],
    text: &str,
    is_first: bool,
) -> Result<(), String> {
    let Some((field, [])) = fields.split_first() else {
        let (field, rest) = fields.split_first().ok_or("is no field of the request")?;
        let inside = message.get_field_mut(field).as_message_mut();
        return put(inside.ok_or("has no fields of its own")?, rest, text, is_first);
    };
    let value = value(field, text)?;
    match message.get_field_mut(field) {
        Value::List(list) => list.push(value),
        _ if !is_first => return Err("is given twice".to_owned()),
        whole => *whole = value,
    }
    Ok(())
}

/// Writes a value of the path into the message, unless the body says another one.
fn capture(message: &mut DynamicMessage, path: &str, text: &str) -> bool {
    let (name, rest) = path.split_once('.').unwrap_or((path, ""));
    match message.get_field_by_name_mut(name) {
        Some(Value::Message(inside)) => capture(inside, rest, text),
        Some(Value::String(said)) if said.is_empty() => {
            text.clone_into(said);
            true
        }
        Some(Value::String(said)) => said == text,
        // Bindings capture texts only.
        _ => true,
    }
}

/// The text as JSON would write the value.
fn value(field: &FieldDescriptor, text: &str) -> Result<Value, String> {
    let json = match field.kind() {
        Kind::Bool => Json::Bool(text.parse().map_err(|_| "must be true or false")?),
        Kind::Message(message) if field.is_map() || mapping::is_written_as_fields(&message) => {
            return Err("cannot stand in a query; name its fields".to_owned());
        }
        _ => Json::from(text),
    };
    mapping::value(&field.kind(), json)
}
