//! What the field rules of the contract (`buf.validate`) say, as far as a JSON schema can say it.

use prost_reflect::{FieldDescriptor, Kind, Value as Declared};
use regex::Regex;
use serde_json::{Value, json};

use super::ecma;

/// The rules of one field, as they stand in its proto.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    /// Of the field itself.
    required: bool,
    /// Of its value, by kind and name: `string.max_len`.
    rules: Vec<(String, Declared)>,
    /// A value that is not set breaks none of them.
    may_be_absent: bool,
}

impl Bounds {
    pub(super) fn of(field: &FieldDescriptor) -> Self {
        let mut bounds = Self::default();
        let extension = field.parent_pool().get_extension_by_name("buf.validate.field");
        let Some(extension) = extension else {
            return bounds;
        };
        let options = field.options();
        let Declared::Message(declared) = options.get_extension(&extension).into_owned() else {
            return bounds;
        };
        for (rule, value) in declared.fields() {
            match (rule.name(), value) {
                ("required", Declared::Bool(on)) => bounds.required = *on,
                // IGNORE_IF_ZERO_VALUE
                ("ignore", Declared::EnumNumber(1)) => bounds.may_be_absent = true,
                (kind, Declared::Message(rules)) => {
                    let named = rules
                        .fields()
                        .map(|(rule, value)| (format!("{kind}.{}", rule.name()), value.clone()));
                    bounds.rules.extend(named);
                }
                _ => {}
            }
        }
        bounds
    }

    /// Whether a request without the field is refused. An answer may leave out whatever is empty.
    pub(super) fn must_be_said(&self) -> bool {
        let refuses_absence = |(rule, value): &(String, Declared)| match rule.as_str() {
            "string.min_len" | "repeated.min_items" => value.as_u64().is_some_and(|least| least > 0),
            "string.uuid" => value.as_bool() == Some(true),
            "string.pattern" => value.as_str().is_some_and(|pattern| !takes_nothing(pattern)),
            "int32.gte" => value.as_i32().is_some_and(|least| least > 0),
            "int32.lte" => value.as_i32().is_some_and(|most| most < 0),
            "enum.not_in" => numbers(value).contains(&0),
            _ => false,
        };
        self.required || (!self.may_be_absent && self.rules.iter().any(refuses_absence))
    }

    /// The longest text that is taken.
    pub(super) fn most_characters(&self) -> Option<u64> {
        let mut rules = self.rules.iter();
        rules.find_map(|(rule, value)| value.as_u64().filter(|_| rule == "string.max_len"))
    }

    /// Writes into the schema of the field what its values must be.
    pub(super) fn write(&self, field: &FieldDescriptor, schema: &mut Value) {
        for (rule, value) in &self.rules {
            for (keyword, bound) in keywords(rule, value, &field.kind()).unwrap_or_default() {
                beside(schema)[keyword] = bound;
            }
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

/// Whether the empty text matches.
fn takes_nothing(pattern: &str) -> bool {
    Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(""))
}

/// A rule in the words of JSON Schema, which may have none for it; `None` for a rule that is not known here.
fn keywords(rule: &str, value: &Declared, kind: &Kind) -> Option<Vec<(&'static str, Value)>> {
    let whole = |keyword| value.as_u64().map(|number| vec![(keyword, json!(number))]);
    let number = |keyword| value.as_i32().map(|number| vec![(keyword, json!(number))]);
    match rule {
        // Characters here as there.
        "string.min_len" => whole("minLength"),
        "string.max_len" => whole("maxLength"),
        "string.pattern" => value.as_str().map(|pattern| {
            let shared = ecma::is_shared(pattern).then(|| ("pattern", json!(pattern)));
            shared.into_iter().collect()
        }),
        "string.uuid" => Some(vec![("format", json!("uuid"))]),
        "repeated.min_items" => whole("minItems"),
        "repeated.max_items" => whole("maxItems"),
        "repeated.unique" => value.as_bool().map(|unique| vec![("uniqueItems", json!(unique))]),
        "int32.gte" => number("minimum"),
        "int32.lte" => number("maximum"),
        "enum.not_in" => kind.as_enum().map(|all| {
            let refused = numbers(value);
            let left = all.values().filter(|value| !refused.contains(&value.number()));
            let names: Vec<_> = left.map(|value| value.name().to_owned()).collect();
            vec![("enum", json!(names))]
        }),
        // The schema of the enum names its values; bytes are counted before they are written as base64; and what has 64
        // bits is written as text, which has no size.
        "enum.defined_only" | "bytes.max_len" | "int64.gte" | "int64.lte" => Some(Vec::new()),
        _ => None,
    }
}

fn numbers(value: &Declared) -> Vec<i32> {
    let list = value.as_list().unwrap_or_default();
    list.iter().filter_map(Declared::as_i32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_of_the_contract_is_known() {
        let messages = muster_proto::pool().all_messages();
        let ours = messages.filter(|message| message.full_name().starts_with("muster."));
        let mut seen = 0;
        for field in ours.flat_map(|message| message.fields().collect::<Vec<_>>()) {
            for (rule, value) in Bounds::of(&field).rules {
                let known = keywords(&rule, &value, &field.kind());
                assert!(known.is_some(), "{}: {rule}", field.full_name());
                seen += 1;
            }
        }
        assert!(seen > 100, "{seen} rules were read");
    }
}
