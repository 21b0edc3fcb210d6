//! What is wrong with a chain.

use std::fmt;

/// Why a history is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// An entry was removed.
    Missing(i64),
    /// An entry is not the one that was sealed at its place: it was altered, moved or put there.
    Altered(i64),
    /// There are entries behind the end of the chain.
    BehindTheEnd(i64),
    /// Entries of the end were removed: these are missing, from the first to the last one.
    EndMissing {
        /// The first.
        from: i64,
        /// The last.
        to: i64,
    },
    /// Every link holds, and the chain does not end with what is written down of its end.
    OtherEnd(i64),
    /// It is not known where the chain ends.
    EndUnknown,
    /// It has no entry at all, and everything that has a history has one from its beginning.
    Empty,
    /// The chain was made anew: this entry had another digest when it was noted down.
    Rewritten(i64),
    /// An entry that was noted down is not there any more.
    NotedMissing(i64),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(position) => write!(f, "entry {position} is missing"),
            Self::Altered(position) => write!(
                f,
                "entry {position} is not the one that was sealed there: it was altered, moved or put in its place"
            ),
            Self::BehindTheEnd(position) => write!(f, "entry {position} stands behind the end of the chain"),
            Self::EndMissing { from, to } if from == to => {
                write!(f, "entry {from}, the last one, is missing")
            }
            Self::EndMissing { from, to } => write!(f, "entries {from} to {to}, the last ones, are missing"),
            Self::OtherEnd(position) => write!(
                f,
                "entry {position}, the last one, is not the end that was written down"
            ),
            Self::EndUnknown => f.write_str("where the chain ends is no longer written down"),
            Self::Empty => f.write_str("there is no history at all"),
            Self::Rewritten(position) => {
                write!(f, "entry {position} had another digest when it was noted down")
            }
            Self::NotedMissing(position) => {
                write!(f, "entry {position}, which was noted down, is not there any more")
            }
        }
    }
}
