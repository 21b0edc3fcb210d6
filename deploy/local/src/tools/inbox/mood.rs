//! What a mail server may do to whoever sends: `cargo dev prove` puts this one into a bad mood now and then.
//!
//! The file `mood` beside the messages says which; it is looked at for every message.

use std::fs;
use std::path::Path;

/// How it behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mood {
    /// As it should.
    #[default]
    Good,
    /// Turns everybody away (RFC 5321, section 3.8).
    Away,
    /// Keeps the message, and hangs up instead of saying so.
    CutsAfterDot,
    /// Keeps the message, and says something that is no reply.
    Mumbles,
}

impl Mood {
    /// The mood of the inbox with this folder; good where none is named.
    pub(super) fn of(folder: &Path) -> Self {
        let named = fs::read_to_string(folder.join("mood")).unwrap_or_default();
        match named.trim() {
            "away" => Self::Away,
            "cuts-after-dot" => Self::CutsAfterDot,
            "mumbles" => Self::Mumbles,
            _ => Self::Good,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_good_unless_another_one_is_named() {
        let folder = std::env::temp_dir().join(format!("muster-mood-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        assert_eq!(Mood::of(&folder), Mood::Good);
        for (name, mood) in [
            ("away", Mood::Away),
            ("cuts-after-dot\n", Mood::CutsAfterDot),
            ("mumbles", Mood::Mumbles),
            ("nonsense", Mood::Good),
        ] {
            fs::write(folder.join("mood"), name).unwrap();
            assert_eq!(Mood::of(&folder), mood);
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
