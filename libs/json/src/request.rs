//! The message that an HTTP request means: path, query and body put together.

use muster_refusal::{Refusal, Violations};
use percent_encoding::percent_decode_str;
use prost_reflect::prost::Message as _;
use prost_reflect::{DeserializeOptions, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value};

use crate::bindings::{Binding, Content};

/// The most parameters of a query. No request of the contract has a tenth of them.
const MOST_PARAMETERS: usize = 64;
/// What is said about a body is not longer than this, in characters: it may quote what stands there.
const LONGEST_PROBLEM: usize = 200;

/// The encoded message. `captures` are the fields of the path, `query` what follows the question mark, `body` the bytes of
/// the body.
///
/// # Errors
/// Everything that is wrong with path and query at once; of the body, the first thing.
pub(crate) fn encoded(
    binding: &Binding,
    captures: &[(&str, String)],
    query: &str,
    body: &[u8],
) -> Result<Vec<u8>, Refusal> {
    let input = binding.rpc.input();
    let mut whole = match &binding.body {
        Content::None if !body.is_empty() => {
            return Err(wrong("body", "this request takes none; use the query"));
        }
        Content::None => Map::new(),
        Content::Whole => object(body)?,
        Content::Field(field) => Map::from_iter([(field.clone(), Value::Object(object(body)?))]),
    };
    let mut violations = Violations::new();
    if binding.body == Content::Whole && !query.is_empty() {
        violations.add(
            "query",
            "everything that the path does not say belongs into the body",
        );
    } else if pairs(query).nth(MOST_PARAMETERS).is_some() {
        violations.add("query", format!("has more than {MOST_PARAMETERS} parameters"));
    } else {
        for (name, text) in pairs(query) {
            let given = parameter(&input, binding, &name).and_then(|fields| put(&mut whole, &fields, &text));
            violations.check(name, given);
        }
    }
    for (path, text) in captures {
        let Some(fields) = resolve(&input, path) else {
            continue;
        };
        if !capture(&mut whole, &fields, text) {
            violations.add(*path, "is another one in the path than in the body");
        }
    }
    violations.finish()?;
    message(input, Value::Object(whole))
}

fn message(input: MessageDescriptor, whole: Value) -> Result<Vec<u8>, Refusal> {
    let strict = DeserializeOptions::new().deny_unknown_fields(true);
    DynamicMessage::deserialize_with_options(input, whole, &strict)
        .map(|message| message.encode_to_vec())
        .map_err(|problem| wrong("body", shortened(&problem.to_string())))
}

fn shortened(problem: &str) -> String {
    match problem.char_indices().nth(LONGEST_PROBLEM) {
        Some((end, _)) => format!("{} …", problem.get(..end).unwrap_or_default()),
        None => problem.to_owned(),
    }
}

fn wrong(field: &str, description: impl Into<String>) -> Refusal {
    let mut violations = Violations::new();
    violations.add(field, description);
    violations.into_refusal()
}

/// The object in the body; none is an empty one.
fn object(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(wrong("body", "must be a JSON object")),
        Err(problem) => Err(wrong("body", format!("is no JSON: {problem}"))),
    }
}

/// Names and values of a query, decoded as forms write them.
fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    let decoded = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    query.split('&').filter(|pair| !pair.is_empty()).map(move |pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    })
}

/// The fields that a parameter's dotted name leads through, unless path or body say that value already.
fn parameter(
    input: &MessageDescriptor,
    binding: &Binding,
    name: &str,
) -> Result<Vec<FieldDescriptor>, &'static str> {
    let fields = resolve(input, name).ok_or("is no field of the request")?;
    let full: Vec<_> = fields.iter().map(FieldDescriptor::name).collect();
    let full = full.join(".");
    let is_said = binding.template.fields().any(|field| field == full)
        || matches!(&binding.body, Content::Field(field) if full.split('.').next() == Some(field));
    if is_said {
        Err("stands in the path or in the body already")
    } else {
        Ok(fields)
    }
}

/// The fields that a dotted path leads through; `None` if it leads nowhere.
pub(crate) fn resolve(input: &MessageDescriptor, path: &str) -> Option<Vec<FieldDescriptor>> {
    let mut fields = Vec::new();
    let mut message = Some(input.clone());
    for name in path.split('.') {
        let inside = message?;
        let field = inside
            .get_field_by_name(name)
            .or_else(|| inside.get_field_by_json_name(name))?;
        message = field
            .kind()
            .as_message()
            .filter(|_| !field.is_list() && !field.is_map())
            .cloned();
        fields.push(field);
    }
    Some(fields)
}

/// Writes a parameter into the tree.
fn put(whole: &mut Map<String, Value>, fields: &[FieldDescriptor], text: &str) -> Result<(), &'static str> {
    let (field, rest) = fields.split_first().ok_or("is no field of the request")?;
    let name = field.name();
    if !rest.is_empty() {
        let inside = whole.entry(name).or_insert_with(|| Value::Object(Map::new()));
        return put(inside.as_object_mut().ok_or("is given twice")?, rest, text);
    }
    let value = value(field, text)?;
    if field.is_list() {
        let list = whole.entry(name).or_insert_with(|| Value::Array(Vec::new()));
        list.as_array_mut().ok_or("is given twice")?.push(value);
        return Ok(());
    }
    match whole.insert(name.to_owned(), value) {
        None => Ok(()),
        Some(_) => Err("is given twice"),
    }
}

/// Writes a value of the path into the tree, unless the body says another one.
fn capture(whole: &mut Map<String, Value>, fields: &[FieldDescriptor], text: &str) -> bool {
    let Some((field, rest)) = fields.split_first() else {
        return true;
    };
    let known = [field.name(), field.json_name()]
        .into_iter()
        .find(|name| whole.contains_key(*name))
        .unwrap_or(field.name())
        .to_owned();
    if rest.is_empty() {
        let said = whole.insert(known, Value::String(text.to_owned()));
        return said.is_none_or(|said| said == *text || said == *"");
    }
    let inside = whole.entry(known).or_insert_with(|| Value::Object(Map::new()));
    inside
        .as_object_mut()
        .is_none_or(|inside| capture(inside, rest, text))
}

/// A value as the JSON mapping wants it: numbers and enums may be texts there, booleans and messages may not.
fn value(field: &FieldDescriptor, text: &str) -> Result<Value, &'static str> {
    if field.is_map() {
        return Err("cannot stand in a query");
    }
    match field.kind() {
        Kind::Bool => text.parse().map(Value::Bool).map_err(|_| "must be true or false"),
        Kind::Message(message) if !is_written_as_text(&message) => {
            Err("cannot stand in a query; name its fields")
        }
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => number(text.parse::<i32>()),
        Kind::Uint32 | Kind::Fixed32 => number(text.parse::<u32>()),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => number(text.parse::<i64>()),
        Kind::Uint64 | Kind::Fixed64 => number(text.parse::<u64>()),
        Kind::Enum(all) if all.get_value_by_name(text).is_none() => Err("is none of its values"),
        _ => Ok(Value::String(text.to_owned())),
    }
}

fn number<N: Into<Value>, E>(parsed: Result<N, E>) -> Result<Value, &'static str> {
    parsed
        .map(Into::into)
        .map_err(|_| "must be a whole number in range")
}

fn is_written_as_text(message: &MessageDescriptor) -> bool {
    matches!(
        message.full_name(),
        "google.protobuf.Timestamp"
            | "google.protobuf.Duration"
            | "google.protobuf.FieldMask"
            | "google.protobuf.StringValue"
    )
}
