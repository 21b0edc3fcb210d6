//! JSON text as a tree, in which no member stands twice.

use std::fmt;

use muster_refusal::Violations;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::path::Path;

/// How a text begins that is no UTF-8, or has a mark in front, and what that is called.
const MARKS: [(&[u8], &str); 3] = [
    (
        b"\xef\xbb\xbf",
        "begins with a byte order mark (U+FEFF), which JSON does not have; send it without",
    ),
    (
        b"\xff\xfe",
        "begins with the byte order mark of UTF-16; send it in UTF-8, without a mark",
    ),
    (
        b"\xfe\xff",
        "begins with the byte order mark of UTF-16; send it in UTF-8, without a mark",
    ),
];

/// The value; members that stand twice are told and dropped.
///
/// # Errors
/// The first fault of the syntax, with its line and column.
pub(super) fn parsed(json: &[u8], path: &Path<'_>, violations: &mut Violations) -> Result<Value, String> {
    if let Some((_, told)) = MARKS.iter().find(|(mark, _)| json.starts_with(mark)) {
        return Err((*told).to_owned());
    }
    let mut text = serde_json::Deserializer::from_slice(json);
    let tree = Tree { path, violations }.deserialize(&mut text);
    tree.and_then(|tree| text.end().map(|()| tree))
        .map_err(|problem| format!("is no JSON: {problem}"))
}

/// What is read at a place.
struct Tree<'t> {
    path: &'t Path<'t>,
    violations: &'t mut Violations,
}

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, text: D) -> Result<Value, D::Error> {
        text.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(Tree {
            path: &Path::Item(self.path, items.len()),
            violations: self.violations,
        })? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = object.next_key::<String>()? {
            let path = Path::Member(self.path, &name);
            let value = object.next_value_seed(Tree {
                path: &path,
                violations: self.violations,
            })?;
            if members.contains_key(&name) {
                path.tell(self.violations, "is given twice");
            } else {
                members.insert(name, value);
            }
        }
        Ok(Value::Object(members))
    }
}
