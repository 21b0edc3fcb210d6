//! What tests ask of files of messages.

use std::collections::{BTreeMap, BTreeSet};

use fluent_syntax::ast::{
    Entry, Expression, InlineExpression, Pattern, PatternElement, Resource, VariantKey,
};
use fluent_syntax::parser;

/// What forms are called that are said for so many of something (CLDR), but the one for all others.
const PLURALS: [&str; 5] = ["zero", "one", "two", "few", "many"];

/// What is found in a message.
#[derive(Debug, Default)]
struct Found {
    /// The values that it says.
    values: BTreeSet<String>,
    /// Whether it has forms for how many something is.
    counts: bool,
}

/// The keys of a Fluent file, each with the values that its message says.
///
/// # Errors
/// What is wrong with the file.
pub fn keys(source: &str) -> Result<BTreeMap<String, BTreeSet<String>>, String> {
    let found = messages(source)?.into_iter();
    Ok(found.map(|(key, found)| (key, found.values)).collect())
}

/// The messages of a Fluent file by their keys, or what is wrong with it.
fn messages(source: &str) -> Result<BTreeMap<String, Found>, String> {
    let resource: Resource<&str> =
        parser::parse(source).map_err(|(_, errors)| format!("it is not well formed: {errors:?}"))?;
    let mut messages = BTreeMap::new();
    for entry in resource.body {
        let Entry::Message(message) = entry else {
            continue;
        };
        let mut found = Found::default();
        if let Some(pattern) = &message.value {
            of_pattern(pattern, &mut found);
        }
        messages.insert(message.id.name.to_owned(), found);
    }
    Ok(messages)
}

/// What is wrong with the translation of a file: messages that are only in one of the two, and messages that do not say the
/// same values; and messages with forms for how many something is: values are given as texts, which match none of these, so
/// that `1` would be said in the form for all others. Empty when nothing is.
#[must_use]
pub fn faults(english: &str, other: &str) -> Vec<String> {
    let (english, other) = match (messages(english), messages(other)) {
        (Ok(english), Ok(other)) => (english, other),
        (english, other) => return [english.err(), other.err()].into_iter().flatten().collect(),
    };
    let all: BTreeSet<&String> = english.keys().chain(other.keys()).collect();
    all.into_iter()
        .filter_map(|key| match (english.get(key), other.get(key)) {
            (Some(here), Some(there)) if here.counts || there.counts => {
                Some(format!("{key} has forms for how many, which are never said"))
            }
            (Some(here), Some(there)) if here.values == there.values => None,
            (Some(here), Some(there)) => Some(format!(
                "{key} says {:?} here and {:?} there",
                here.values, there.values
            )),
            (Some(_), None) => Some(format!("{key} is not translated")),
            (None, _) => Some(format!("{key} is translated from nothing")),
        })
        .collect()
}

fn of_pattern(pattern: &Pattern<&str>, found: &mut Found) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            of_expression(expression, found);
        }
    }
}

fn of_expression(expression: &Expression<&str>, found: &mut Found) {
    match expression {
        Expression::Inline(inline) => of_inline(inline, found),
        Expression::Select { selector, variants } => {
            of_inline(selector, found);
            for variant in variants {
                found.counts |= match &variant.key {
                    VariantKey::Identifier { name } => PLURALS.contains(name),
                    VariantKey::NumberLiteral { .. } => true,
                };
                of_pattern(&variant.value, found);
            }
        }
    }
}

fn of_inline(inline: &InlineExpression<&str>, found: &mut Found) {
    match inline {
        InlineExpression::VariableReference { id } => {
            found.values.insert(id.name.to_owned());
        }
        InlineExpression::FunctionReference { arguments, .. } => {
            for argument in &arguments.positional {
                of_inline(argument, found);
            }
        }
        InlineExpression::Placeable { expression } => of_expression(expression, found),
        InlineExpression::StringLiteral { .. }
        | InlineExpression::NumberLiteral { .. }
        | InlineExpression::MessageReference { .. }
        | InlineExpression::TermReference { .. } => {}
    }
}

#[cfg(test)]
mod tests {
    use super::faults;
    use crate::{Language, Texts};

    #[test]
    fn a_translation_with_a_gap_or_another_value_is_found() {
        let english = "a = A\nb = { $x } and { $y }\nc = { $n ->\n    [owner] { $z }\n   *[other] many\n }\n";
        let wrong = "b = { $x } y { $w }\nd = D\nc = { $n ->\n   *[other] { $z }\n }\n";
        assert_eq!(faults(english, english), Vec::<String>::new());
        assert_eq!(
            faults(english, wrong),
            [
                "a is not translated",
                "b says {\"x\", \"y\"} here and {\"w\", \"x\"} there",
                "d is translated from nothing",
            ]
        );
        assert_eq!(faults("a = {", "a = A").len(), 1);
    }

    #[test]
    fn a_form_for_how_many_is_found_because_no_value_is_said_in_it() {
        for form in ["one", "1"] {
            let file = format!("a = {{ $n ->\n    [{form}] a day\n   *[other] {{ $n }} days\n }}\n");
            let texts = Texts::new(&file, &file).unwrap();
            assert_eq!(texts.say(Language::English, "a", &[("n", "1")]), "1 days");
            assert_eq!(
                faults(&file, &file),
                ["a has forms for how many, which are never said"]
            );
        }
    }
}
