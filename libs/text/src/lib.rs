//! What a text looks like to people: which of its characters nobody sees, and which texts differ in nothing but case.
//!
//! One definition for names, addresses, links and spreadsheets, by the properties of the Unicode Character Database.
//!
//! ```
//! use muster_text::{CodePoint, folded, is_blank, misplaced, visible};
//!
//! assert_eq!(misplaced("evil\u{ad}.com").map(CodePoint), Some(CodePoint('\u{ad}')));
//! assert_eq!(CodePoint('\u{ad}').to_string(), "U+00AD");
//! assert_eq!(visible("evil\u{ad}.com"), "evil.com");
//! assert!(is_blank(" \u{3164}\u{200b}"));
//! assert_eq!(folded("ΝΙΚΟΣ"), folded("νικος"));
//! ```

mod fold;
mod joiners;
mod shown;
mod unseen;
mod written;

use std::fmt;

pub use fold::{folded, folded_apart};
pub use shown::shown;
pub use unseen::{breaks_line, cleaned, is_blank, is_unseen, misplaced, visible};
pub use written::{TextProblem, line_problems, lines_problems};

/// A character by its number, as people look it up: `U+200B`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodePoint(pub char);

impl fmt::Display for CodePoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "U+{:04X}", u32::from(self.0))
    }
}
