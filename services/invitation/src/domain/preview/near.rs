//! The name that was probably meant.

use std::collections::HashMap;

/// Letters that may be wrong, missing or too many.
const MOST_SLIPS: usize = 2;
/// Longer texts, in bytes, are not compared letter by letter.
const LONGEST: usize = 400;

/// How many different unknown names get a suggestion: looking for one compares it with every name, and a file may
/// hold a hundred thousand unknown names.
pub(super) const MOST_SUGGESTIONS: usize = 500;

/// The names that may have been meant, and what was found before.
pub(super) struct Known<'a> {
    names: Vec<(Vec<char>, &'a str)>,
    found: HashMap<String, Option<&'a str>>,
}

impl<'a> Known<'a> {
    pub(super) fn new(names: impl Iterator<Item = &'a str>) -> Self {
        Self {
            names: names.map(|name| (plain(name), name)).collect(),
            found: HashMap::new(),
        }
    }

    /// The one name nearest to `given`: equal but for case and spaces, else within two slips of the keys. `None` when
    /// there is none, or two are equally near, or too many were asked for already.
    pub(super) fn nearest(&mut self, given: &str) -> Option<&'a str> {
        if let Some(found) = self.found.get(given) {
            return *found;
        }
        if self.found.len() == MOST_SUGGESTIONS || given.len() > LONGEST {
            return None;
        }
        let found = self.look(&plain(given));
        self.found.insert(given.to_owned(), found);
        found
    }

    fn look(&self, wanted: &[char]) -> Option<&'a str> {
        let mut best: Option<(usize, &str)> = None;
        let mut is_tied = false;
        for &(ref name, shown) in &self.names {
            let Some(slips) = distance(wanted, name) else {
                continue;
            };
            match best {
                Some((least, _)) if slips > least => {}
                Some((least, _)) if slips == least => is_tied = true,
                _ => (best, is_tied) = (Some((slips, shown)), false),
            }
        }
        best.filter(|_| !is_tied).map(|(_, name)| name)
    }
}

/// Lower case, single spaces.
fn plain(text: &str) -> Vec<char> {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase()
        .chars()
        .collect()
}

/// Levenshtein's distance, when it is small against the length. Only places that near each other are compared: what
/// is farther apart would take more slips than there may be.
fn distance(left: &[char], right: &[char]) -> Option<usize> {
    let most = MOST_SLIPS.min(left.len().min(right.len()) / 3);
    if left.len().abs_diff(right.len()) > most {
        return None;
    }
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let (first, last) = (i.saturating_sub(most), (i + most + 1).min(right.len()));
        let mut diagonal = row[first];
        row[first] = if first == 0 { i + 1 } else { most + 1 };
        for j in first..last {
            let change = diagonal + usize::from(*a != right[j]);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
        if let Some(beyond) = row.get_mut(last + 1) {
            *beyond = most + 1;
        }
    }
    row.last().copied().filter(|slips| *slips <= most)
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
    fn looking_only_near_the_diagonal_finds_what_looking_everywhere_finds() {
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
            let most = MOST_SLIPS.min(left.len().min(right.len()) / 3);
            let expected = Some(by_the_book(&left, &right)).filter(|slips| *slips <= most);
            assert_eq!(distance(&left, &right), expected, "{left:?} {right:?}");
        }
    }
}
