//! What people type for others to read.

use std::fmt;

use crate::{CodePoint, breaks_line, is_blank, misplaced};

/// One thing that a text must not be or hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextProblem {
    /// It holds this character, which nobody sees.
    Unseen(CodePoint),
    /// It is to be one line.
    NotOneLine,
    /// It holds control characters that end no line.
    Control,
    /// There is nothing to see.
    Blank,
}

/// Everything that keeps the text from being one line that others can read, such as a name.
#[must_use]
pub fn line_problems(text: &str) -> Vec<TextProblem> {
    let broken = text.chars().any(breaks_line).then_some(TextProblem::NotOneLine);
    problems(text, broken)
}

/// The same, for a text that may have lines.
#[must_use]
pub fn lines_problems(text: &str) -> Vec<TextProblem> {
    let steers = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    let steering = text.chars().any(steers).then_some(TextProblem::Control);
    problems(text, steering)
}

fn problems(text: &str, control: Option<TextProblem>) -> Vec<TextProblem> {
    let unseen = misplaced(text).map(|c| TextProblem::Unseen(CodePoint(c)));
    let blank = is_blank(text).then_some(TextProblem::Blank);
    unseen.into_iter().chain(control).chain(blank).collect()
}

impl fmt::Display for TextProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unseen(c) => write!(f, "must not hold {c}, which cannot be seen; remove it"),
            Self::NotOneLine => f.write_str("must be one line of text, without control characters"),
            Self::Control => f.write_str("must not hold control characters"),
            Self::Blank => f.write_str("must have something that can be seen"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_seen_whole() {
        let unseen = TextProblem::Unseen(CodePoint('\u{202e}'));
        assert_eq!(line_problems("Ticket 4711: Zoë, Nr. 5"), []);
        assert_eq!(line_problems("a\u{202e}b"), [unseen]);
        assert_eq!(line_problems("a\nb"), [TextProblem::NotOneLine]);
        assert_eq!(line_problems("a\u{2028}b"), [TextProblem::NotOneLine]);
        assert_eq!(line_problems(""), [TextProblem::Blank]);
        assert_eq!(
            line_problems("\u{202e}\n"),
            [unseen, TextProblem::NotOneLine, TextProblem::Blank]
        );
        let said = unseen.to_string();
        assert_eq!(said, "must not hold U+202E, which cannot be seen; remove it");
    }

    #[test]
    fn lines_may_end_and_be_indented() {
        assert_eq!(lines_problems("one\r\n\ttwo\u{2028}three"), []);
        assert_eq!(lines_problems("one\u{1b}[2J"), [TextProblem::Control]);
        assert_eq!(
            lines_problems("one\n\u{2066}two"),
            [TextProblem::Unseen(CodePoint('\u{2066}'))]
        );
    }
}
