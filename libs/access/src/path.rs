//! Where a request names its organization: a dotted path of fields, resolved once to tags.

use prost_reflect::{Cardinality, FieldDescriptor, Kind, MessageDescriptor};

use crate::Problem;

/// A path through singular message fields to a singular string field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopePath {
    dotted: String,
    tags: Vec<u32>,
}

impl ScopePath {
    /// Resolves a dotted path against the request message.
    ///
    /// # Errors
    /// A field that does not exist, is repeated, a map, a group or a member of a oneof, or does not end in a string.
    pub fn resolve(dotted: &str, request: &MessageDescriptor) -> Result<ScopePath, Problem> {
        let wrong = |why| Problem::Scope {
            path: dotted.to_owned(),
            why,
        };
        let mut tags = Vec::new();
        let mut message = Some(request.clone());
        let mut ends_in_string = false;
        for name in dotted.split('.') {
            let field = message
                .as_ref()
                .ok_or_else(|| wrong("goes on behind a field that is not a message"))?
                .get_field_by_name(name)
                .ok_or_else(|| wrong("names a field that does not exist"))?;
            singular(&field).map_err(wrong)?;
            tags.push(field.number());
            ends_in_string = field.kind() == Kind::String;
            message = field.kind().as_message().cloned();
        }
        if !ends_in_string {
            return Err(wrong("does not end in a string"));
        }
        Ok(ScopePath {
            dotted: dotted.to_owned(),
            tags,
        })
    }

    /// The path as written in the rule: `parent` or `invitation.name`.
    pub fn as_str(&self) -> &str {
        &self.dotted
    }

    /// The field numbers along the path, outermost first. Never empty.
    pub fn tags(&self) -> &[u32] {
        &self.tags
    }
}

/// Only fields whose wire form has one reading. In a oneof a later member would silently clear the field that was
/// scanned; repeated fields have no single value.
fn singular(field: &FieldDescriptor) -> Result<(), &'static str> {
    if field.cardinality() == Cardinality::Repeated {
        return Err("goes through a repeated field");
    }
    if field.is_group() {
        return Err("goes through a group");
    }
    if field
        .containing_oneof()
        .is_some_and(|oneof| !oneof.is_synthetic())
    {
        return Err("goes through a oneof");
    }
    Ok(())
}
