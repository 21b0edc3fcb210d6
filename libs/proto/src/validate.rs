//! Enforces the field rules of the contract.

use std::collections::HashSet;

use muster_text::{TextProblem, line_problems, lines_problems};
use prost::{Message, Name};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage, Value};

use crate::rules::{FieldRules, Rule, message_rules};

/// One broken field rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldViolation {
    /// Path of the field in the request, such as `invitation.groups` or `requests[3].invitation.address`.
    pub field: String,
    /// What the field must be.
    pub description: String,
}

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

fn can_be_broken(message: &MessageDescriptor, depth: usize) -> bool {
    depth < 8
        && (message_rules(message.full_name()).is_some()
            || message.fields().any(|field| match field.kind() {
                Kind::String => true,
                Kind::Message(inner) => can_be_broken(&inner, depth + 1),
                _ => false,
            }))
}

fn check_message(message: &DynamicMessage, path: &str, violations: &mut Vec<FieldViolation>) {
    let descriptor = message.descriptor();
    let rules = message_rules(descriptor.full_name());
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
        Rule::Line => written(value, line_problems),
        Rule::Lines => written(value, lines_problems),
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

/// What is wrong with a text that people typed. Whether it may be empty is said by other rules.
fn written(value: &Value, problems: impl Fn(&str) -> Vec<TextProblem>) -> Option<String> {
    let text = value.as_str().filter(|text| !text.is_empty())?;
    let problems: Vec<_> = problems(text).iter().map(ToString::to_string).collect();
    (!problems.is_empty()).then(|| problems.join("; "))
}

fn has_twins(value: &Value) -> bool {
    let (mut texts, mut numbers) = (HashSet::new(), HashSet::new());
    value.as_list().is_some_and(|list| {
        list.iter().any(|item| match item {
            Value::String(text) => !texts.insert(text),
            Value::EnumNumber(number) => !numbers.insert(number),
            _ => false,
        })
    })
}

#[cfg(test)]
mod written;
#[cfg(test)]
mod tests {
    use super::*;
    use crate::invitation::v1::{CreateInvitationRequest, Invitation};
    use crate::organization::v1::{ActivateSubscriptionRequest, Limits};

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
