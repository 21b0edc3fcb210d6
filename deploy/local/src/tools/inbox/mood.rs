//! What a mail server may do to whoever sends: `cargo dev prove` puts this one into a bad mood now and then.
//!
//! The file `mood` beside the messages says which; it is looked at for every message.

use std::fs;
use std::path::Path;
use std::time::Duration;

/// How long it thinks before each reply, where it takes its time. Whoever begins a conversation is told to wait five times before they
/// may send a message, and three times in one that goes on: the mail worker of this suite (`MUSTER_MAIL_LEASE`) waits for three
/// seconds, and so gives up the one and not the other.
pub(super) const SLOWNESS: Duration = Duration::from_millis(700);

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
    /// Thinks before each reply.
    Slow,
    /// Asks whoever writes to somebody for the first time to come again later (RFC 6647).
    Greylists,
    /// Knows the recipient, and asks to come again later with the message.
    Busy,
}

impl Mood {
    /// The mood of the inbox with this folder; good where none is named.
    pub(super) fn of(folder: &Path) -> Self {
        let named = fs::read_to_string(folder.join("mood")).unwrap_or_default();
        match named.trim() {
            "away" => Self::Away,
            "cuts-after-dot" => Self::CutsAfterDot,
            "mumbles" => Self::Mumbles,
            "slow" => Self::Slow,
            "greylists" => Self::Greylists,
            "busy" => Self::Busy,
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
            ("slow", Mood::Slow),
            ("greylists", Mood::Greylists),
            ("busy\n", Mood::Busy),
            ("nonsense", Mood::Good),
        ] {
            fs::write(folder.join("mood"), name).unwrap();
            assert_eq!(Mood::of(&folder), mood);
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
