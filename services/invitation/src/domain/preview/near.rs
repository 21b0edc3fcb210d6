//! The name that was probably meant.

use std::collections::HashMap;
use std::fmt;

use muster_text::{CodePoint, folded, is_unseen, visible};
use rapidfuzz::distance::levenshtein;
use unicode_security::skeleton;

/// Letters that may be wrong, missing or too many.
const MAX_SLIPS: usize = 2;
/// Longer texts, in bytes, are not compared letter by letter.
const LONGEST: usize = 400;

/// How many different unknown names get a suggestion: looking for one compares it with every name, and a file may
/// hold a hundred thousand unknown names.
pub(super) const MAX_SUGGESTIONS: usize = 500;

/// The names that may have been meant, and what was found before, by its place among them.
pub(super) struct Known {
    names: Vec<Name>,
    found: HashMap<String, Option<usize>>,
}

/// A name in the forms that it is compared in.
struct Name {
    shown: String,
    plain: Vec<char>,
    /// What all texts have in common that look like the plain one.
    look: String,
}

/// How a name differs from one that looks just like it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::domain) enum Disguise {
    /// By a character that nobody sees.
    Unseen(CodePoint),
    /// By characters that look the same: those at the first place that differs, here and there. `None` past the end.
    Written(Option<CodePoint>, Option<CodePoint>),
}

impl Known {
    pub(super) fn new<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        Self {
            names: names.map(Name::new).collect(),
            found: HashMap::new(),
        }
    }

    /// The one name nearest to `given`: one that looks the same but for case and spaces, else within two slips of the
    /// keys. `None` when there is none, or two are equally near, or too many were asked for already.
    pub(super) fn nearest(&mut self, given: &str) -> Option<&str> {
        let place = match self.found.get(given) {
            Some(found) => *found,
            None if self.found.len() == MAX_SUGGESTIONS || given.len() > LONGEST => None,
            None => {
                let found = self.look(&Name::new(given));
                self.found.insert(given.to_owned(), found);
                found
            }
        };
        place.map(|place| self.names[place].shown.as_str())
    }

    fn look(&self, wanted: &Name) -> Option<usize> {
        let mut best: Option<(usize, usize)> = None;
        let mut is_tied = false;
        for (place, name) in self.names.iter().enumerate() {
            let Some(slips) = name.slips_from(wanted) else {
                continue;
            };
            match best {
                Some((least, _)) if slips > least => {}
                Some((least, _)) if slips == least => is_tied = true,
                _ => (best, is_tied) = (Some((slips, place)), false),
            }
        }
        best.filter(|_| !is_tied).map(|(_, place)| place)
    }
}

impl Name {
    fn new(shown: &str) -> Self {
        let plain = plain(shown);
        Self {
            shown: shown.to_owned(),
            look: skeleton(&plain).collect(),
            plain: plain.chars().collect(),
        }
    }

    fn slips_from(&self, wanted: &Name) -> Option<usize> {
        if self.look == wanted.look {
            Some(0)
        } else {
            distance(&wanted.plain, &self.plain)
        }
    }
}

/// How `given` is written otherwise than `name`, if it looks exactly like it (Unicode TS 39, confusables).
pub(in crate::domain) fn disguise(given: &str, name: &str) -> Option<Disguise> {
    if !skeleton(&visible(given)).eq(skeleton(&visible(name))) {
        return None;
    }
    if let Some(unseen) = given.chars().find(|c| is_unseen(*c) && !name.contains(*c)) {
        return Some(Disguise::Unseen(CodePoint(unseen)));
    }
    let (mut here, mut there) = (given.chars(), name.chars());
    loop {
        match (here.next(), there.next()) {
            (None, None) => return None,
            (one, other) if one == other => {}
            (one, other) => return Some(Disguise::Written(one.map(CodePoint), other.map(CodePoint))),
        }
    }
}

impl fmt::Display for Disguise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Disguise::Unseen(c) => write!(f, "it holds {c}, which cannot be seen"),
            Disguise::Written(Some(here), Some(there)) => {
                write!(
                    f,
                    "it is written with other code points, such as {here} in place of {there}"
                )
            }
            Disguise::Written(..) => f.write_str("it is written with other code points"),
        }
    }
}

/// What can be seen, without case, with single spaces.
fn plain(text: &str) -> String {
    let visible = visible(text);
    let words: Vec<&str> = visible.split_whitespace().collect();
    folded(&words.join(" "))
}

/// Levenshtein's distance, when it is small against the length.
fn distance(left: &[char], right: &[char]) -> Option<usize> {
    let most = MAX_SLIPS.min(left.len().min(right.len()) / 3);
    let args = levenshtein::Args::default().score_cutoff(most);
    levenshtein::distance_with_args(left.iter().copied(), right.iter().copied(), &args)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_miss_finds_its_name() {
        let mut names = Known::new(["Nurses", "Night shift", "Aides"].into_iter());
        for (given, meant) in [
            ("nurses", Some("Nurses")),
            ("Nurses ", Some("Nurses")),
            ("Nigth shift", Some("Night shift")),
            ("Night  Shift", Some("Night shift")),
            ("Nurse", Some("Nurses")),
            ("Cooks", None),
            ("", None),
        ] {
            assert_eq!(names.nearest(given), meant, "{given}");
        }
    }

    #[test]
    fn a_name_that_looks_the_same_is_found_and_told_apart() {
        let names = ["Caf\u{e9} staff", "Nurses", "Children's room", "Night shift"];
        let written = |here, there| Disguise::Written(Some(CodePoint(here)), Some(CodePoint(there)));
        for (given, meant, differs) in [
            ("Cafe\u{301} staff", names[0], Some(written('e', '\u{e9}'))),
            ("Nurs\u{435}s", names[1], Some(written('\u{435}', 'e'))),
            ("\u{39d}urses", names[1], Some(written('\u{39d}', 'N'))),
            (
                "Nurses\u{200b}",
                names[1],
                Some(Disguise::Unseen(CodePoint('\u{200b}'))),
            ),
            (
                "Nur\u{ad}ses",
                names[1],
                Some(Disguise::Unseen(CodePoint('\u{ad}'))),
            ),
            (
                "Children\u{2019}s room",
                names[2],
                Some(written('\u{2019}', '\'')),
            ),
            ("Night\u{a0}shift", names[3], Some(written('\u{a0}', ' '))),
            ("night shift", names[3], None),
            ("Nigth shift", names[3], None),
        ] {
            assert_eq!(
                Known::new(names.into_iter()).nearest(given),
                Some(meant),
                "{given}"
            );
            assert_eq!(disguise(given, meant), differs, "{given}");
        }
        assert_eq!(disguise("Nurses", "Nurses"), None);
    }

    #[test]
    fn two_equally_near_names_are_no_suggestion() {
        assert_eq!(
            Known::new(["Room A", "Room B"].into_iter()).nearest("Room Z"),
            None
        );
    }

    /// All cells, as the textbook has it.
    fn by_the_book(left: &[char], right: &[char]) -> usize {
        let mut rows = vec![vec![0; right.len() + 1]; left.len() + 1];
        for i in 0..=left.len() {
            for j in 0..=right.len() {
                rows[i][j] = match (i, j) {
                    (0, _) => j,
                    (_, 0) => i,
                    _ => (rows[i - 1][j - 1] + usize::from(left[i - 1] != right[j - 1]))
                        .min(rows[i - 1][j] + 1)
                        .min(rows[i][j - 1] + 1),
                };
            }
        }
        rows[left.len()][right.len()]
    }

    #[test]
    fn a_small_distance_is_that_of_the_textbook() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut letter = move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            if state >> 63 == 0 { 'a' } else { 'b' }
        };
        for length in 0..400 {
            let left: Vec<char> = (0..length % 9).map(|_| letter()).collect();
            let right: Vec<char> = (0..length % 7 + 2).map(|_| letter()).collect();
            let most = MAX_SLIPS.min(left.len().min(right.len()) / 3);
            let expected = Some(by_the_book(&left, &right)).filter(|slips| *slips <= most);
            assert_eq!(distance(&left, &right), expected, "{left:?} {right:?}");
        }
    }
}
