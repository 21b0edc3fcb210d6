//! Enforces the `buf.validate` field rules from the descriptors.
//!
//! Only the rules that the contract uses are known here; a test fails when a proto uses another one, so that a rule
//! which stands in the contract is never a rule that nobody enforces.

use std::collections::HashMap;
use std::sync::LazyLock;

use prost::{Message, Name};
use prost_reflect::{
    Cardinality, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage, Value,
};
use regex::Regex;

/// One broken field rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldViolation {
    /// Path of the field in the request, such as `invitation.groups` or `requests[3].invitation.address`.
    pub field: String,
    /// What the field must be.
    pub description: String,
}

/// A rule in the contract that is not enforced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownRule {
    /// Full name of the field.
    pub field: String,
    /// Name of the rule.
    pub rule: String,
}

/// One rule of one field.
#[derive(Debug)]
enum Rule {
    Required,
    MinLen(u64),
    MaxLen(u64),
    MaxBytes(u64),
    Pattern(Regex),
    Uuid,
    MinItems(u64),
    MaxItems(u64),
    Unique,
    Gte(i64),
    Lte(i64),
    DefinedOnly,
    NotIn(Vec<i32>),
}

#[derive(Debug, Default)]
struct FieldRules {
    rules: Vec<Rule>,
    ignore_if_zero: bool,
}

type MessageRules = HashMap<u32, FieldRules>;

static RULES: LazyLock<(HashMap<String, MessageRules>, Vec<UnknownRule>)> = LazyLock::new(load);

/// Every violation of the field rules of `message`, in the order of its fields, nested messages included. Besides what
/// stands with the fields, no text may hold the character NUL: PostgreSQL cannot store it.
pub fn validate<M: Message + Name>(message: &M) -> Vec<FieldViolation> {
    let mut violations = Vec::new();
    let Some(descriptor) = crate::pool().get_message_by_name(&M::full_name()) else {
        return violations;
    };
    if can_be_broken(&descriptor, 0) {
        let bytes = message.encode_to_vec();
        if let Ok(dynamic) = DynamicMessage::decode(descriptor, bytes.as_slice()) {
            check_message(&dynamic, "", &mut violations);
        }
    }
    violations
}

/// The rules in the contract that this module does not know.
pub fn unknown_rules() -> &'static [UnknownRule] {
    &RULES.1
}

fn can_be_broken(message: &MessageDescriptor, depth: usize) -> bool {
    depth < 8
        && (RULES.0.contains_key(message.full_name())
            || message.fields().any(|field| match field.kind() {
                Kind::String => true,
                Kind::Message(inner) => can_be_broken(&inner, depth + 1),
                _ => false,
            }))
}

fn check_message(message: &DynamicMessage, path: &str, violations: &mut Vec<FieldViolation>) {
    let descriptor = message.descriptor();
    let rules = RULES.0.get(descriptor.full_name());
    for field in descriptor.fields() {
        let path = if path.is_empty() {
            field.name().to_owned()
        } else {
            format!("{path}.{}", field.name())
        };
        if let Some(rules) = rules.and_then(|rules| rules.get(&field.number())) {
            check_field(message, &field, rules, &path, violations);
        }
        if !message.has_field(&field) {
            continue;
        }
        match message.get_field(&field).as_ref() {
            Value::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    check_inside(item, || format!("{path}[{index}]"), violations);
                }
            }
            value => check_inside(value, || path.clone(), violations),
        }
    }
}

fn check_inside(value: &Value, path: impl Fn() -> String, violations: &mut Vec<FieldViolation>) {
    match value {
        Value::Message(inner) => check_message(inner, &path(), violations),
        Value::String(text) if text.contains('\0') => violations.push(FieldViolation {
            field: path(),
            description: "must not hold the character NUL".to_owned(),
        }),
        _ => {}
    }
}

fn check_field(
    message: &DynamicMessage,
    field: &FieldDescriptor,
    rules: &FieldRules,
    path: &str,
    violations: &mut Vec<FieldViolation>,
) {
    let present = message.has_field(field);
    if rules.ignore_if_zero && !present {
        return;
    }
    let value = message.get_field(field);
    for rule in &rules.rules {
        if let Some(description) = broken(rule, value.as_ref(), present, field) {
            violations.push(FieldViolation {
                field: path.to_owned(),
                description,
            });
        }
    }
}

/// What the value must be, when it is not.
fn broken(rule: &Rule, value: &Value, present: bool, field: &FieldDescriptor) -> Option<String> {
    let characters = || value.as_str().map_or(0, |text| text.chars().count() as u64);
    let items = || value.as_list().map_or(0, |list| list.len() as u64);
    let number = || {
        value
            .as_i32()
            .map(i64::from)
            .or_else(|| value.as_i64())
            .unwrap_or_default()
    };
    match rule {
        Rule::Required => (!present).then(|| "must be set".to_owned()),
        Rule::MinLen(least) => (characters() < *least).then(|| match least {
            1 => "must not be empty".to_owned(),
            _ => format!("must have at least {least} characters"),
        }),
        Rule::MaxLen(most) => (characters() > *most).then(|| format!("must have at most {most} characters")),
        Rule::MaxBytes(most) => (value.as_bytes().map_or(0, |bytes| bytes.len() as u64) > *most)
            .then(|| format!("must have at most {most} bytes")),
        Rule::Pattern(pattern) => (!value.as_str().is_some_and(|text| pattern.is_match(text)))
            .then(|| format!("must match {}", pattern.as_str())),
        Rule::Uuid => (!value
            .as_str()
            .is_some_and(|text| text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()))
        .then(|| "must be a UUID such as 0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88".to_owned()),
        Rule::MinItems(least) => (items() < *least).then(|| format!("must have at least {least} entries")),
        Rule::MaxItems(most) => (items() > *most).then(|| format!("must have at most {most} entries")),
        Rule::Unique => has_twins(value).then(|| "must not name anything twice".to_owned()),
        Rule::Gte(least) => (number() < *least).then(|| format!("must be at least {least}")),
        Rule::Lte(most) => (number() > *most).then(|| format!("must be at most {most}")),
        Rule::DefinedOnly => {
            let Kind::Enum(kind) = field.kind() else {
                return None;
            };
            kind.get_value(value.as_enum_number().unwrap_or_default())
                .is_none()
                .then(|| format!("must be a value of {}", kind.name()))
        }
        Rule::NotIn(refused) => refused
            .contains(&value.as_enum_number().unwrap_or_default())
            .then(|| "must be chosen".to_owned()),
    }
}

fn has_twins(value: &Value) -> bool {
    let mut seen = std::collections::HashSet::new();
    value.as_list().is_some_and(|list| {
        list.iter()
            .filter_map(Value::as_str)
            .any(|text| !seen.insert(text))
    })
}

fn load() -> (HashMap<String, MessageRules>, Vec<UnknownRule>) {
    let mut all = HashMap::new();
    let mut unknown = Vec::new();
    let Some(extension) = crate::pool().get_extension_by_name("buf.validate.field") else {
        return (all, unknown);
    };
    for message in crate::pool()
        .all_messages()
        .filter(|m| m.full_name().starts_with("muster."))
    {
        let mut rules = MessageRules::new();
        for field in message.fields() {
            let options = field.options();
            if !options.has_extension(&extension) {
                continue;
            }
            if let Value::Message(declared) = options.get_extension(&extension).as_ref() {
                rules.insert(field.number(), read_rules(&field, declared, &mut unknown));
            }
        }
        if !rules.is_empty() {
            all.insert(message.full_name().to_owned(), rules);
        }
    }
    (all, unknown)
}

fn read_rules(
    field: &FieldDescriptor,
    declared: &DynamicMessage,
    unknown: &mut Vec<UnknownRule>,
) -> FieldRules {
    let mut read = FieldRules::default();
    for (rule, value) in declared.fields() {
        match (rule.name(), value) {
            ("required", Value::Bool(true)) => read.rules.push(Rule::Required),
            // IGNORE_IF_ZERO_VALUE
            ("ignore", Value::EnumNumber(1)) => read.ignore_if_zero = true,
            (group, Value::Message(inner)) => {
                for (rule, value) in inner.fields() {
                    match known(group, rule.name(), value) {
                        Some(rule) => read.rules.push(rule),
                        None => unknown.push(UnknownRule {
                            field: field.full_name().to_owned(),
                            rule: format!("{group}.{}", rule.name()),
                        }),
                    }
                }
            }
            (rule, _) => unknown.push(UnknownRule {
                field: field.full_name().to_owned(),
                rule: rule.to_owned(),
            }),
        }
    }
    debug_assert!(
        field.cardinality() != Cardinality::Required,
        "proto3 has no required fields"
    );
    read
}

fn known(group: &str, name: &str, value: &Value) -> Option<Rule> {
    let number = || value.as_i32().map(i64::from).or_else(|| value.as_i64());
    match (group, name) {
        ("string", "min_len") => value.as_u64().map(Rule::MinLen),
        ("string", "max_len") => value.as_u64().map(Rule::MaxLen),
        ("string", "pattern") => Regex::new(value.as_str()?).ok().map(Rule::Pattern),
        ("string", "uuid") => value.as_bool().filter(|on| *on).map(|_| Rule::Uuid),
        ("bytes", "max_len") => value.as_u64().map(Rule::MaxBytes),
        ("repeated", "min_items") => value.as_u64().map(Rule::MinItems),
        ("repeated", "max_items") => value.as_u64().map(Rule::MaxItems),
        ("repeated", "unique") => value.as_bool().filter(|on| *on).map(|_| Rule::Unique),
        ("int32" | "int64", "gte") => number().map(Rule::Gte),
        ("int32" | "int64", "lte") => number().map(Rule::Lte),
        ("enum", "defined_only") => value.as_bool().filter(|on| *on).map(|_| Rule::DefinedOnly),
        ("enum", "not_in") => value
            .as_list()
            .map(|list| Rule::NotIn(list.iter().filter_map(Value::as_i32).collect())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invitation::v1::{CreateInvitationRequest, Invitation};
    use crate::organization::v1::{ActivateSubscriptionRequest, Limits};

    #[test]
    fn every_rule_in_the_contract_is_enforced() {
        assert_eq!(unknown_rules(), &[]);
        assert!(RULES.0.len() > 30, "rules were read from the descriptors");
    }

    #[test]
    fn all_violations_are_told_at_once_with_their_paths() {
        let request = CreateInvitationRequest {
            parent: String::new(),
            invitation: Some(Invitation {
                address: "x".into(),
                ..Default::default()
            }),
            request_id: "not-a-uuid".into(),
        };
        let fields: Vec<_> = validate(&request)
            .into_iter()
            .map(|violation| violation.field)
            .collect();
        assert_eq!(fields, ["invitation.address", "invitation.groups", "request_id"]);
    }

    #[test]
    fn no_text_holds_nul() {
        let request = CreateInvitationRequest {
            parent: "organizations/x\0".into(),
            invitation: Some(Invitation {
                address: "ada@example.org".into(),
                groups: vec!["organizations/x/groups/y".into(), "\0".into()],
                ..Default::default()
            }),
            request_id: String::new(),
        };
        let fields: Vec<_> = validate(&request)
            .into_iter()
            .map(|violation| violation.field)
            .collect();
        assert_eq!(fields, ["parent", "invitation.groups[1]"]);
    }

    #[test]
    fn a_missing_message_and_a_number_out_of_bounds_are_refused() {
        let request = ActivateSubscriptionRequest {
            name: "organizations/x/subscription".into(),
            plan: 99,
            limits: Some(Limits {
                invitations_by_hand: 0,
                import_rows: -1,
                messages_per_day: 1,
            }),
            reason: "why".into(),
            ..Default::default()
        };
        let fields: Vec<_> = validate(&request)
            .into_iter()
            .map(|violation| violation.field)
            .collect();
        assert_eq!(
            fields,
            ["plan", "limits.invitations_by_hand", "limits.import_rows"]
        );
    }
}
