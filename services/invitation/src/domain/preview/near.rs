//! The name that was probably meant.

/// Letters that may be wrong, missing or too many.
const MOST_SLIPS: usize = 2;
/// Longer texts are not compared letter by letter.
const LONGEST: usize = 100;

/// The one name nearest to `given`: equal but for case and spaces, else within two slips of the keys. `None` when there
/// is none, or two are equally near.
pub(super) fn nearest(given: &str, names: &[&str]) -> Option<String> {
    let wanted = plain(given);
    if wanted.len() > LONGEST {
        return None;
    }
    let mut best: Option<(usize, &str)> = None;
    let mut is_tied = false;
    for &name in names {
        let Some(slips) = distance(&wanted, &plain(name)) else {
            continue;
        };
        match best {
            Some((least, _)) if slips > least => {}
            Some((least, _)) if slips == least => is_tied = true,
            _ => (best, is_tied) = (Some((slips, name)), false),
        }
    }
    best.filter(|_| !is_tied).map(|(_, name)| name.to_owned())
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

/// Levenshtein's distance, when it is small against the length.
fn distance(left: &[char], right: &[char]) -> Option<usize> {
    let most = MOST_SLIPS.min(left.len().min(right.len()) / 3);
    if left.len().abs_diff(right.len()) > most {
        return None;
    }
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let change = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().filter(|slips| *slips <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_miss_finds_its_name() {
        let names = ["Nurses", "Night shift", "Aides"];
        for (given, meant) in [
            ("nurses", Some("Nurses")),
            ("Nurses ", Some("Nurses")),
            ("Nigth shift", Some("Night shift")),
            ("Night  Shift", Some("Night shift")),
            ("Nurse", Some("Nurses")),
            ("Cooks", None),
            ("", None),
        ] {
            assert_eq!(nearest(given, &names).as_deref(), meant, "{given}");
        }
    }

    #[test]
    fn two_equally_near_names_are_no_suggestion() {
        assert_eq!(nearest("Room Z", &["Room A", "Room B"]), None);
    }
}
