//! Where in a request something stands.

use std::fmt;

use muster_refusal::Violations;

/// The most that is repeated of what a client sent, in characters.
const MAX_QUOTED: usize = 200;

/// A chain of members and places, from the innermost outwards: it costs nothing as long as nobody is told.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Path<'p> {
    /// The request itself.
    Root,
    /// A member of an object, as the client spelled it.
    Member(&'p Path<'p>, &'p str),
    /// A place in a list, counted from 0.
    Item(&'p Path<'p>, usize),
}

impl Path<'_> {
    /// Tells what must be here.
    pub(crate) fn tell(&self, violations: &mut Violations, description: impl AsRef<str>) {
        let place = match self {
            Self::Root => "body".to_owned(),
            path => path.to_string(),
        };
        violations.add(shortened(&place), shortened(description.as_ref()));
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Member(Self::Root, name) => f.write_str(name),
            Self::Member(outer, name) => write!(f, "{outer}.{name}"),
            Self::Item(outer, place) => write!(f, "{outer}[{place}]"),
        }
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_QUOTED) {
        Some((end, _)) => format!("{} …", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
