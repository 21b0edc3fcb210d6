//! What tests ask of files of messages.

use std::collections::{BTreeMap, BTreeSet};

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement, Resource};
use fluent_syntax::parser;

/// The keys of a Fluent file, each with the values that its message says.
///
/// # Errors
/// What is wrong with the file.
pub fn keys(source: &str) -> Result<BTreeMap<String, BTreeSet<String>>, String> {
    let resource: Resource<&str> =
        parser::parse(source).map_err(|(_, errors)| format!("it is not well formed: {errors:?}"))?;
    let mut keys = BTreeMap::new();
    for entry in resource.body {
        let Entry::Message(message) = entry else {
            continue;
        };
        let mut values = BTreeSet::new();
        if let Some(pattern) = &message.value {
            of_pattern(pattern, &mut values);
        }
        keys.insert(message.id.name.to_owned(), values);
    }
    Ok(keys)
}

/// What is wrong with the translation of a file: messages that are only in one of the two, and messages that do not say the
/// same values. Empty when nothing is.
#[must_use]
pub fn faults(english: &str, other: &str) -> Vec<String> {
    let (english, other) = match (keys(english), keys(other)) {
        (Ok(english), Ok(other)) => (english, other),
        (english, other) => return [english.err(), other.err()].into_iter().flatten().collect(),
    };
    let all: BTreeSet<&String> = english.keys().chain(other.keys()).collect();
    all.into_iter()
        .filter_map(|key| match (english.get(key), other.get(key)) {
            (Some(here), Some(there)) if here == there => None,
            (Some(here), Some(there)) => Some(format!("{key} says {here:?} here and {there:?} there")),
            (Some(_), None) => Some(format!("{key} is not translated")),
            (None, _) => Some(format!("{key} is translated from nothing")),
        })
        .collect()
}

fn of_pattern(pattern: &Pattern<&str>, values: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            of_expression(expression, values);
        }
    }
}

fn of_expression(expression: &Expression<&str>, values: &mut BTreeSet<String>) {
    match expression {
        Expression::Inline(inline) => of_inline(inline, values),
        Expression::Select { selector, variants } => {
            of_inline(selector, values);
            for variant in variants {
                of_pattern(&variant.value, values);
            }
        }
    }
}

fn of_inline(inline: &InlineExpression<&str>, values: &mut BTreeSet<String>) {
    match inline {
        InlineExpression::VariableReference { id } => {
            values.insert(id.name.to_owned());
        }
        InlineExpression::FunctionReference { arguments, .. } => {
            for argument in &arguments.positional {
                of_inline(argument, values);
            }
        }
        InlineExpression::Placeable { expression } => of_expression(expression, values),
        InlineExpression::StringLiteral { .. }
        | InlineExpression::NumberLiteral { .. }
        | InlineExpression::MessageReference { .. }
        | InlineExpression::TermReference { .. } => {}
    }
}

#[cfg(test)]
mod tests {
    use super::faults;

    #[test]
    fn a_translation_with_a_gap_or_another_value_is_found() {
        let english = "a = A\nb = { $x } and { $y }\nc = { $n ->\n    [one] { $z }\n   *[other] many\n }\n";
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
}
