//! What anybody may find in the registry, and how it is looked for: words that are meant, and which entry has the most of them.

use std::collections::{BTreeSet, HashMap};

use muster_ids::{OrganizationId, ProgrammeId};
use muster_states::stored_enum;
use uuid::Uuid;

use super::license::SEPARATORS;
use super::{LicenseStatus, OrganizationNumber, OrganizationType, ProgrammeAddress, ProgrammeType};

/// As many words of what is looked for count.
pub(crate) const MAX_WORDS: usize = 8;
/// As many are found at most.
pub(crate) const MAX_FOUND: usize = 200;

/// One licensed site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RegistryEntry {
    /// That of the programme, or of the organization.
    pub(crate) id: Uuid,
    pub(crate) display_name: String,
    pub(crate) authority: String,
    /// As its authority tells it, or as the organization says.
    pub(crate) kind: OrganizationType,
    /// As it is shown; empty for a start-up.
    pub(crate) license_number: String,
    /// For comparing; empty for a start-up.
    pub(crate) normalized: String,
    /// As its authority tells it, or as staff wrote it down of the organization; `None` when nobody said.
    pub(crate) license_status: Option<LicenseStatus>,
    /// As its authority tells it, or as the organization says; `None` when nobody does.
    pub(crate) address: Option<ProgrammeAddress>,
    /// Unless no authority told of it.
    pub(crate) programme: Option<ToldEntry>,
    pub(crate) state: RegistryEntryState,
    /// The approved organization that holds the license.
    pub(crate) holder: Option<Holder>,
    /// By which it is found.
    pub(crate) words: Vec<String>,
    /// The number by which it was found, when it had that one before.
    pub(crate) former_number: Option<String>,
}

/// Where an entry stands among what is found: how unlike it is to what is looked for, with how many words, its name, and its id. It says
/// so by itself, whatever else is found: who goes on behind it misses nothing and sees nothing twice that has stayed as it was.
pub(crate) type FoundPlace = (u32, usize, String, [u8; 16]);

/// An approved organization, by what leads to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holder {
    /// People who work there claim their employment by it.
    pub(crate) organization: OrganizationId,
    /// Others ask for access by it.
    pub(crate) number: OrganizationNumber,
}

/// What anybody may know of an organization that was approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicOrganization {
    pub(crate) organization: OrganizationId,
    pub(crate) display_name: String,
    /// Who licenses it: people are told its times by the zone of that authority.
    pub(crate) authority: String,
}

/// What an authority tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ToldEntry {
    pub(crate) id: ProgrammeId,
    pub(crate) kind: ProgrammeType,
}

stored_enum! {
    /// Whether a site can be claimed.
    pub(crate) enum RegistryEntryState {
        Unregistered = "UNREGISTERED",
        Claimed = "CLAIMED",
        Registered = "REGISTERED",
    }
}

/// A word of the vocabulary that may have been meant by a typed one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Meant {
    /// Which of the typed words, from 1.
    pub(crate) place: i64,
    pub(crate) word: String,
    /// 1 is the typed word itself, 0 has nothing of it.
    pub(crate) likeness: f32,
}

/// What is looked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct RegistryQuery {
    /// For each typed word that anything is like: those that may have been meant.
    words: Vec<HashMap<String, f32>>,
    /// The text as a license number, where it may be one.
    pub(crate) number: Option<String>,
    /// Only sites of these types; empty: of all.
    pub(crate) types: Vec<OrganizationType>,
}

impl RegistryQuery {
    pub(crate) fn new(text: &str, meant: Vec<Meant>) -> Self {
        let mut places: HashMap<i64, HashMap<String, f32>> = HashMap::new();
        for Meant {
            place,
            word,
            likeness,
        } in meant
        {
            places.entry(place).or_default().insert(word, likeness);
        }
        let mut places: Vec<_> = places.into_iter().collect();
        places.sort_by_key(|(place, _)| *place);
        Self {
            words: places.into_iter().map(|(_, words)| words).collect(),
            number: number(text),
            types: Vec::new(),
        }
    }

    /// The same among sites of these types; none: among all.
    pub(crate) fn of(self, types: Vec<OrganizationType>) -> Self {
        Self { types, ..self }
    }

    /// The conditions on the words of an entry, the strictest first, as text queries of the database: every word as it is
    /// typed, where there is such a word; every word or one like it; all but one.
    pub(crate) fn queries(&self) -> Vec<String> {
        if self.words.is_empty() {
            return Vec::new();
        }
        let typed: Vec<_> = self.words.iter().map(|meant| any_of(as_typed(meant))).collect();
        let alike: Vec<_> = self
            .words
            .iter()
            .map(|meant| any_of(meant.keys().collect()))
            .collect();
        let mut queries = vec![typed.join(" & "), alike.join(" & ")];
        if alike.len() > 1 {
            let but = |left_out: usize| {
                let others = alike.iter().enumerate().filter(|(place, _)| *place != left_out);
                let others: Vec<_> = others.map(|(_, words)| words.as_str()).collect();
                format!("({})", others.join(" & "))
            };
            queries.push((0..alike.len()).map(but).collect::<Vec<_>>().join(" | "));
        }
        queries.dedup();
        queries
    }

    /// How much an entry is what is looked for.
    fn likeness(&self, entry: &RegistryEntry) -> f32 {
        let number = self
            .number
            .as_ref()
            .map_or(0.0, |number| match &entry.normalized {
                _ if entry.former_number.is_some() => 4.0,
                same if same == number => 4.0,
                longer if longer.starts_with(number.as_str()) => 3.0,
                longer if longer.ends_with(number.as_str()) => 2.0,
                _ => 0.0,
            });
        let best = |meant: &HashMap<String, f32>| {
            let likes = entry.words.iter().filter_map(|word| meant.get(word));
            likes.copied().fold(0.0, f32::max)
        };
        // At most eight.
        let count = f32::from(u8::try_from(self.words.len().max(1)).unwrap_or(u8::MAX));
        number + self.words.iter().map(best).sum::<f32>() / count
    }

    fn place(&self, entry: &RegistryEntry) -> FoundPlace {
        // The bits of numbers that are not negative are in their order.
        let unlikeness = u32::MAX - self.likeness(entry).to_bits();
        let name = entry.display_name.clone();
        (unlikeness, entry.words.len(), name, entry.id.into_bytes())
    }

    /// The best first: the likest, then those with the fewest words beside what was looked for, then by name.
    pub(crate) fn rank(&self, found: Vec<RegistryEntry>) -> Vec<(FoundPlace, RegistryEntry)> {
        let placed = found.into_iter().map(|entry| (self.place(&entry), entry));
        let mut ranked: Vec<_> = placed.collect();
        ranked.sort_by(|(one, _), (other, _)| one.cmp(other));
        ranked.truncate(MAX_FOUND);
        ranked
    }
}

/// The typed word alone, where it is a word; else all that are like it.
fn as_typed(meant: &HashMap<String, f32>) -> Vec<&String> {
    let exact: Vec<_> = meant
        .iter()
        .filter_map(|(word, likeness)| (*likeness >= 1.0).then_some(word))
        .collect();
    if exact.is_empty() {
        meant.keys().collect()
    } else {
        exact
    }
}

/// Words hold letters and digits alone, whoever put them into the vocabulary; whatever else stood there is left out.
fn any_of(words: Vec<&String>) -> String {
    let words: BTreeSet<_> = words
        .into_iter()
        .map(|word| format!("'{}'", word.replace(['\'', '\\'], "")))
        .collect();
    let words: Vec<_> = words.into_iter().collect();
    format!("({})", words.join(" | "))
}

/// Letters and digits of a text of which nothing else is left but spaces and dashes, with at least one digit.
fn number(text: &str) -> Option<String> {
    let kept: String = text
        .chars()
        .filter(|c| !SEPARATORS.contains(c))
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let is_number = (3..=40).contains(&kept.len())
        && kept.chars().all(|c| c.is_ascii_alphanumeric())
        && kept.contains(|c: char| c.is_ascii_digit());
    is_number.then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(place: i64, word: &str, likeness: f32) -> Meant {
        Meant {
            place,
            word: word.to_owned(),
            likeness,
        }
    }

    fn entry(name: &str, normalized: &str) -> RegistryEntry {
        RegistryEntry {
            id: Uuid::nil(),
            display_name: name.to_owned(),
            authority: "us-mi".to_owned(),
            kind: OrganizationType::DirectCare,
            license_number: normalized.to_owned(),
            normalized: normalized.to_owned(),
            license_status: None,
            address: None,
            programme: None,
            state: RegistryEntryState::Registered,
            holder: None,
            words: name.split(' ').map(str::to_lowercase).collect(),
            former_number: None,
        }
    }

    fn names(entries: Vec<(FoundPlace, RegistryEntry)>) -> Vec<String> {
        entries.into_iter().map(|(_, entry)| entry.display_name).collect()
    }

    #[test]
    fn every_word_as_typed_comes_before_words_that_are_like_it_and_these_before_all_but_one() {
        let wanted = RegistryQuery::new(
            "sunshin bear",
            vec![
                meant(1, "sunshine", 0.7),
                meant(2, "bear", 1.0),
                meant(2, "bears", 0.6),
            ],
        );
        assert_eq!(
            wanted.queries(),
            [
                "('sunshine') & ('bear')",
                "('sunshine') & ('bear' | 'bears')",
                "(('bear' | 'bears')) | (('sunshine'))",
            ]
        );
        let found = ["Bear", "Sunshine Bears", "Sunshine Bear Den", "Sunshine Bear"];
        let found = found.map(|name| entry(name, "DC1")).to_vec();
        assert_eq!(
            names(wanted.rank(found)),
            ["Sunshine Bear", "Sunshine Bear Den", "Sunshine Bears", "Bear"]
        );
    }

    #[test]
    fn a_number_comes_before_words() {
        let wanted = RegistryQuery::new("dc-63", vec![meant(1, "dc", 1.0), meant(2, "63", 1.0)]);
        assert_eq!(wanted.number.as_deref(), Some("DC63"));
        let found = vec![
            entry("Dc 63", "1"),
            entry("Ends", "1DC63"),
            entry("Begins", "DC631"),
            entry("Is", "DC63"),
        ];
        assert_eq!(names(wanted.rank(found)), ["Is", "Begins", "Ends", "Dc 63"]);
    }

    #[test]
    fn what_is_like_no_word_is_not_asked_for() {
        assert!(RegistryQuery::new("xyzzy", Vec::new()).queries().is_empty());
        let one = RegistryQuery::new("sun", vec![meant(1, "sun", 1.0)]);
        assert_eq!(one.queries(), ["('sun')"]);
    }

    #[test]
    fn a_text_is_a_license_number_when_it_may_be_one() {
        for (text, expected) in [
            ("dc-630 012", Some("DC630012")),
            ("123", Some("123")),
            ("12", None),
            ("sunshine", None),
            ("№ 1234", None),
            ("Ann's 3", None),
        ] {
            assert_eq!(number(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn no_word_of_the_vocabulary_breaks_a_query() {
        let wanted = RegistryQuery::new("x", vec![meant(1, "o'brien\\", 1.0)]);
        assert_eq!(wanted.queries(), ["('obrien')"]);
    }
}
