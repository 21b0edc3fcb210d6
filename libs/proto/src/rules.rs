//! The field rules of the contract (`buf.validate`, `muster.text.v1.written`), read once from the descriptors: for [`validate`](crate::validate), and for
//! whoever describes fields to others.
//!
//! Only the rules that the contract uses are known here; a test fails when a proto uses another one, so that a rule which
//! stands in the contract is never a rule that nobody enforces.

use std::collections::HashMap;
use std::sync::LazyLock;

use prost_reflect::{DynamicMessage, FieldDescriptor, Value};
use regex::Regex;

use crate::text::v1::Written;

/// A rule in the contract that is not enforced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownRule {
    /// Full name of the field.
    pub field: String,
    /// Name of the rule.
    pub rule: String,
}

/// One rule of one field.
#[derive(Debug, Clone)]
pub enum Rule {
    /// The field must be set.
    Required,
    /// A text has at least so many characters.
    MinLen(u64),
    /// A text has at most so many characters.
    MaxLen(u64),
    /// Bytes are at most so many.
    MaxBytes(u64),
    /// A text matches this expression (RE2).
    Pattern(Regex),
    /// A text is a UUID.
    Uuid,
    /// A text is one line that others can read, or empty.
    Line,
    /// A text is lines that others can read, or empty.
    Lines,
    /// A list has at least so many entries.
    MinItems(u64),
    /// A list has at most so many entries.
    MaxItems(u64),
    /// A list names nothing twice.
    Unique,
    /// A number is at least this.
    Gte(i64),
    /// A number is at most this.
    Lte(i64),
    /// An enum has one of its values.
    DefinedOnly,
    /// An enum has none of these values.
    NotIn(Vec<i32>),
}

/// The rules of one field.
#[derive(Debug, Clone, Default)]
pub struct FieldRules {
    /// In the order of the contract.
    pub rules: Vec<Rule>,
    /// A value that is not set breaks none of them.
    pub ignore_if_zero: bool,
}

pub(crate) type MessageRules = HashMap<u32, FieldRules>;

static RULES: LazyLock<(HashMap<String, MessageRules>, Vec<UnknownRule>)> = LazyLock::new(load);

/// The rules of a field; `None` when it has none.
pub fn field_rules(field: &FieldDescriptor) -> Option<&'static FieldRules> {
    message_rules(field.parent_message().full_name())?.get(&field.number())
}

/// The rules in the contract that are not known here.
pub fn unknown_rules() -> &'static [UnknownRule] {
    &RULES.1
}

pub(crate) fn message_rules(message: &str) -> Option<&'static MessageRules> {
    RULES.0.get(message)
}

impl FieldRules {
    /// Whether a message without the field breaks one of them.
    pub fn refuse_absence(&self) -> bool {
        !self.ignore_if_zero && self.rules.iter().any(Rule::refuses_absence)
            || self.rules.iter().any(|rule| matches!(rule, Rule::Required))
    }
}

impl Rule {
    fn refuses_absence(&self) -> bool {
        match self {
            Self::Required | Self::Uuid => true,
            Self::MinLen(least) | Self::MinItems(least) => *least > 0,
            Self::Pattern(pattern) => !pattern.is_match(""),
            Self::Gte(least) => *least > 0,
            Self::Lte(most) => *most < 0,
            Self::NotIn(refused) => refused.contains(&0),
            Self::MaxLen(_)
            | Self::MaxBytes(_)
            | Self::MaxItems(_)
            | Self::Unique
            | Self::DefinedOnly
            | Self::Line
            | Self::Lines => false,
        }
    }
}

fn load() -> (HashMap<String, MessageRules>, Vec<UnknownRule>) {
    let mut all = HashMap::new();
    let mut unknown = Vec::new();
    let named = |name| crate::pool().get_extension_by_name(name);
    let both = named("buf.validate.field").zip(named("muster.text.v1.written"));
    let Some((extension, written)) = both else {
        return (all, unknown);
    };
    for message in crate::pool()
        .all_messages()
        .filter(|m| m.full_name().starts_with("muster."))
    {
        let mut rules = MessageRules::new();
        for field in message.fields() {
            let options = field.options();
            let mut read = FieldRules::default();
            if let Value::Message(declared) = options.get_extension(&extension).as_ref() {
                read = read_rules(&field, declared, &mut unknown);
            }
            if let Value::EnumNumber(declared) = options.get_extension(&written).as_ref() {
                read.rules.extend(read_written(*declared));
            }
            if !read.rules.is_empty() {
                rules.insert(field.number(), read);
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
    read
}

fn read_written(declared: i32) -> Option<Rule> {
    match Written::try_from(declared) {
        Ok(Written::Line) => Some(Rule::Line),
        Ok(Written::Lines) => Some(Rule::Lines),
        Ok(Written::Unspecified) | Err(_) => None,
    }
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

    #[test]
    fn every_rule_in_the_contract_is_enforced() {
        assert_eq!(unknown_rules(), &[]);
        assert!(RULES.0.len() > 30, "rules were read from the descriptors");
    }
}
