//! What the field rules of the contract say, as far as a JSON schema can say it.

use muster_proto::rules::{Rule, field_rules};
use prost_reflect::{FieldDescriptor, Kind};
use serde_json::{Value, json};

use super::ecma;

/// Whether a request without the field is refused.
pub(super) fn must_be_said(field: &FieldDescriptor) -> bool {
    field_rules(field).is_some_and(|declared| declared.refuse_absence())
}

/// Writes into the schema of the field what its values must be.
pub(super) fn write(field: &FieldDescriptor, schema: &mut Value) {
    let Some(declared) = field_rules(field) else {
        return;
    };
    for rule in &declared.rules {
        let said = match keyword(rule, &field.kind()) {
            Some((word, bound)) if declared.ignore_if_zero => or_nothing(word, bound),
            said => said,
        };
        if let Some((word, bound)) = said {
            beside(schema)[word] = bound;
        }
    }
}

/// A schema that may say more than it does: nothing may stand beside a reference.
pub(super) fn beside(schema: &mut Value) -> &mut Value {
    if schema.get("$ref").is_some() {
        *schema = json!({ "allOf": [schema.take()] });
    }
    schema
}

/// A rule in the words of JSON Schema, where it has words for it.
fn keyword(rule: &Rule, kind: &Kind) -> Option<(&'static str, Value)> {
    Some(match rule {
        // Characters here as there.
        Rule::MinLen(least) => ("minLength", json!(least)),
        Rule::MaxLen(most) => ("maxLength", json!(most)),
        Rule::Pattern(pattern) if ecma::is_shared(pattern.as_str()) => ("pattern", json!(pattern.as_str())),
        Rule::Uuid => ("format", json!("uuid")),
        Rule::MinItems(least) => ("minItems", json!(least)),
        Rule::MaxItems(most) => ("maxItems", json!(most)),
        Rule::Unique => ("uniqueItems", json!(true)),
        Rule::Gte(least) if is_number(kind) => ("minimum", json!(least)),
        Rule::Lte(most) if is_number(kind) => ("maximum", json!(most)),
        Rule::NotIn(refused) => {
            let values = kind.as_enum()?.values();
            let left = values.filter(|value| !refused.contains(&value.number()));
            ("enum", left.map(|value| json!(value.name())).collect())
        }
        // What is required is said in the object. No expression that others share says which characters nobody sees. The schema of an enum names its values; bytes are counted before they are
        // written as base64; and what has 64 bits is written as text, which has no size.
        Rule::Required
        | Rule::DefinedOnly
        | Rule::MaxBytes(_)
        | Rule::Pattern(_)
        | Rule::Line
        | Rule::Lines
        | Rule::Gte(_)
        | Rule::Lte(_) => return None,
    })
}

/// The same of a field that may also say nothing, which JSON writes as an empty text, an empty list or 0.
fn or_nothing(word: &'static str, bound: Value) -> Option<(&'static str, Value)> {
    match (word, &bound) {
        ("minLength" | "minItems", _) => None,
        ("pattern", Value::String(pattern)) => Some((word, json!(format!("^$|{pattern}")))),
        ("minimum", Value::Number(least)) if least.as_i64() > Some(0) => Some((word, json!(0))),
        _ => Some((word, bound)),
    }
}

/// Whether JSON writes it as a number.
fn is_number(kind: &Kind) -> bool {
    matches!(kind, Kind::Int32 | Kind::Sint32 | Kind::Sfixed32)
}
