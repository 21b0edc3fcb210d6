//! The chain that shows when somebody changes it.

use crate::entry::hexadecimal;
use crate::{Broken, HistoryEntry};

/// What the first entry of a chain is linked to.
pub(crate) const NOTHING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The place of an entry in the chain, and what is noted down of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// From 1, without gaps.
    pub position: i64,
    /// SHA-256, in hexadecimal digits.
    pub digest: String,
}

impl Seal {
    /// Before the first entry.
    #[must_use]
    pub fn of_nothing() -> Self {
        Self {
            position: 0,
            digest: NOTHING.to_owned(),
        }
    }

    /// That of the entry which comes next. `None`: it is in no form that there is.
    #[must_use]
    pub fn next(&self, entry: &HistoryEntry) -> Option<Self> {
        let position = self.position + 1;
        let bytes = entry.bytes(position, &self.digest)?;
        Some(Self {
            position,
            digest: hexadecimal(bytes.as_bytes()),
        })
    }
}

/// A chain that is followed from its beginning.
#[derive(Debug)]
pub struct Followed {
    at: Seal,
    /// What was noted down of it elsewhere.
    noted: Option<Seal>,
}

impl Followed {
    /// Nothing of it has been taken yet. `noted` is what was noted down of it elsewhere.
    #[must_use]
    pub fn new(noted: Option<Seal>) -> Self {
        Self {
            at: Seal::of_nothing(),
            noted,
        }
    }

    /// Where it has come to.
    #[must_use]
    pub fn position(&self) -> i64 {
        self.at.position
    }

    /// The next entry of the chain.
    ///
    /// # Errors
    /// When it is not the one that was sealed at its place.
    pub fn take(&mut self, entry: &HistoryEntry) -> Result<(), Broken> {
        let position = self.at.position + 1;
        if entry.seal.as_ref().is_some_and(|seal| seal.position > position) {
            return Err(Broken::Missing(position));
        }
        let is_whole = entry.is_unambiguous() && entry.texts_are_whole();
        let sealed = self
            .at
            .next(entry)
            .filter(|next| is_whole && entry.seal.as_ref() == Some(next));
        let Some(next) = sealed else {
            return Err(Broken::Altered(position));
        };
        let was_other = |noted: &Seal| noted.position == position && noted.digest != next.digest;
        if self.noted.as_ref().is_some_and(was_other) {
            return Err(Broken::Rewritten(position));
        }
        self.at = next;
        Ok(())
    }

    /// Compares it with the end that is written down. Answers where it ends.
    ///
    /// # Errors
    /// When it does not end there.
    pub fn ends(self, head: &Seal) -> Result<Seal, Broken> {
        let at = self.at;
        if at.position < head.position {
            return Err(Broken::EndMissing {
                from: at.position + 1,
                to: head.position,
            });
        }
        if at != *head {
            return Err(Broken::OtherEnd(at.position));
        }
        match self.noted {
            Some(noted) if noted.position > at.position => Err(Broken::NotedMissing(noted.position)),
            _ => Ok(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use muster_ids::{HistoryEntryId, OrganizationId};
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;
    use crate::entry::{CURRENT, Texts, text_digest};

    fn entry(number: u8) -> HistoryEntry {
        HistoryEntry {
            organization: OrganizationId::from_uuid(Uuid::nil()),
            id: HistoryEntryId::from_uuid(Uuid::from_u128(number.into())),
            number: number.into(),
            time: datetime!(2026-03-01 12:00:00.000_007 UTC),
            actor: "person:1".to_owned(),
            role: "OWNER".to_owned(),
            cause: "job reviews".to_owned(),
            subject: "organizations/1".to_owned(),
            act: "CHANGED".to_owned(),
            changes: format!("{{\"version\": [null, \"{number}\"]}}"),
            reason: "two\nlines".to_owned(),
            texts: Some(Texts::new()),
            format: CURRENT,
            previous: None,
            seal: None,
        }
    }

    fn chain(length: u8) -> (Vec<HistoryEntry>, Seal) {
        let mut at = Seal::of_nothing();
        let sealed = (1..=length).map(|number| {
            let entry = entry(number);
            at = at.next(&entry).unwrap();
            HistoryEntry {
                seal: Some(at.clone()),
                ..entry
            }
        });
        (sealed.collect(), at)
    }

    fn follow(entries: &[HistoryEntry], head: &Seal, noted: Option<Seal>) -> Result<Seal, Broken> {
        let mut followed = Followed::new(noted);
        for entry in entries {
            followed.take(entry)?;
        }
        followed.ends(head)
    }

    #[test]
    fn the_bytes_are_those_that_are_written_down() {
        let zeros = "0".repeat(64);
        let told = |format: i16, more: &str| {
            format!(
                "muster history {format}\nprevious {zeros}\norganization 00000000-0000-0000-0000-000000000000\nposition 1\n\
                 entry 00000000-0000-0000-0000-000000000001\ntime 2026-03-01T12:00:00.000007Z\nactor person:1\n{more}\
                 subject organizations/1\nact CHANGED\nchanges {{\"version\": [null, \"1\"]}}\nreason two\nlines\n"
            )
        };
        let current = entry(1);
        let bytes = current.bytes(1, NOTHING);
        assert_eq!(bytes, Some(told(2, "role OWNER\ncause job reviews\n")));
        let before = HistoryEntry {
            format: 1,
            ..entry(1)
        };
        assert_eq!(before.bytes(1, NOTHING), Some(told(1, "")));
        let unknown = HistoryEntry {
            format: 3,
            ..entry(1)
        };
        assert_eq!(unknown.bytes(1, NOTHING), None);
    }

    #[test]
    fn a_chain_that_an_earlier_program_began_goes_on_and_no_form_passes_for_another() {
        let (mut at, mut mixed) = (Seal::of_nothing(), Vec::new());
        for (number, format) in [(1, 1), (2, 1), (3, 2), (4, 1), (5, 2)] {
            let entry = HistoryEntry {
                format,
                ..entry(number)
            };
            at = at.next(&entry).unwrap();
            mixed.push(HistoryEntry {
                seal: Some(at.clone()),
                ..entry
            });
        }
        assert_eq!(follow(&mixed, &at, None), Ok(at.clone()));
        for place in 0..5 {
            let mut altered = mixed.clone();
            altered[place].format = 3 - altered[place].format;
            let position = i64::try_from(place).unwrap() + 1;
            assert_eq!(follow(&altered, &at, None), Err(Broken::Altered(position)));
        }
    }

    #[test]
    fn a_text_is_taken_out_and_not_altered() {
        let (salt, text) = ("1234", "she moved away");
        let digest = text_digest(salt, text);
        let with = |texts: &[(&str, &str, &str)]| {
            let text = |(digest, salt, text): &(&str, &str, &str)| {
                ((*digest).to_owned(), ((*salt).to_owned(), (*text).to_owned()))
            };
            let entry = HistoryEntry {
                reason: digest.clone(),
                texts: Some(texts.iter().map(text).collect()),
                ..entry(1)
            };
            let seal = Seal::of_nothing().next(&entry);
            HistoryEntry { seal, ..entry }
        };
        let take = |entry: &HistoryEntry| Followed::new(None).take(entry);
        let whole = with(&[(digest.as_str(), salt, text)]);
        assert_eq!(take(&whole), Ok(()));
        assert_eq!(whole.told(digest.clone()).as_deref(), Some(text));
        let taken_out = with(&[]);
        assert_eq!(take(&taken_out), Ok(()));
        assert_eq!(taken_out.told(digest.clone()), None);
        let other = text_digest(salt, "he did");
        for altered in [
            with(&[(digest.as_str(), salt, "he did")]),
            with(&[(other.as_str(), salt, "he did")]),
            HistoryEntry { texts: None, ..whole },
        ] {
            assert_eq!(take(&altered), Err(Broken::Altered(1)), "{altered:?}");
        }
    }

    #[test]
    fn whatever_is_done_to_a_chain_is_named_where_it_is() {
        let (whole, head) = chain(5);
        assert_eq!(follow(&whole, &head, None), Ok(head.clone()));

        let mut altered = whole.clone();
        altered[2].actor = "person:2".to_owned();
        assert_eq!(follow(&altered, &head, None), Err(Broken::Altered(3)));

        let mut removed = whole.clone();
        removed.remove(1);
        assert_eq!(follow(&removed, &head, None), Err(Broken::Missing(2)));

        let mut moved = whole.clone();
        let (third, fourth) = (moved[2].seal.clone(), moved[3].seal.clone());
        (moved[2].seal, moved[3].seal) = (fourth, third);
        moved.swap(2, 3);
        assert_eq!(follow(&moved, &head, None), Err(Broken::Altered(3)));

        let missing = Broken::EndMissing { from: 4, to: 5 };
        assert_eq!(follow(&whole[..3], &head, None), Err(missing));
        let other = Seal {
            digest: NOTHING.to_owned(),
            ..head.clone()
        };
        assert_eq!(follow(&whole, &other, None), Err(Broken::OtherEnd(5)));
    }

    #[test]
    fn what_was_noted_down_elsewhere_shows_a_chain_that_was_made_anew_or_is_shorter() {
        let (whole, head) = chain(5);
        let noted = whole[3].seal.clone();
        assert_eq!(follow(&whole, &head, noted.clone()), Ok(head.clone()));
        let (shorter, end) = chain(3);
        assert_eq!(follow(&shorter, &end, noted), Err(Broken::NotedMissing(4)));
        let before = Seal {
            position: 4,
            digest: NOTHING.to_owned(),
        };
        assert_eq!(follow(&whole, &head, Some(before)), Err(Broken::Rewritten(4)));
    }

    #[test]
    fn a_line_break_where_none_belongs_is_no_entry() {
        let mut entry = entry(1);
        entry.subject = "organizations/1\nact CHANGED".to_owned();
        entry.seal = Seal::of_nothing().next(&entry);
        let mut followed = Followed::new(None);
        assert_eq!(followed.take(&entry), Err(Broken::Altered(1)));
    }
}
