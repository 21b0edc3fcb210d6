//! Enums that are stored as words.

/// A stored word that this release does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored word is no {0}")]
pub struct UnknownWord(&'static str);

impl UnknownWord {
    /// Not one of the words of this enum.
    #[must_use]
    pub const fn of(name: &'static str) -> Self {
        Self(name)
    }
}

/// Enums whose variants are stored, and told, as upper-case words.
///
/// ```
/// use muster_database::words;
///
/// words! {
///     /// Where a request stands.
///     pub enum State {
///         /// Nobody has looked at it.
///         Open = "OPEN",
///         /// Somebody has.
///         Closed = "CLOSED",
///     }
/// }
///
/// assert_eq!(State::Open.as_str(), "OPEN");
/// assert_eq!("CLOSED".parse(), Ok(State::Closed));
/// assert!("open".parse::<State>().is_err());
/// assert_eq!(State::WORDS, ["OPEN", "CLOSED"]);
/// ```
#[macro_export]
macro_rules! words {
    ($($(#[$doc:meta])* $see:vis enum $name:ident { $($(#[$about:meta])* $variant:ident = $word:literal),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        $see enum $name {
            $($(#[$about])* $variant,)+
        }

        impl $name {
            /// Every one, in the order of the declaration.
            $see const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];
            /// The word of every one: statements leave rows with others to the release that wrote them.
            $see const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word.
            #[must_use]
            $see const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::UnknownWord;

            fn from_str(word: &str) -> ::std::result::Result<Self, $crate::UnknownWord> {
                match word {
                    $($word => ::std::result::Result::Ok(Self::$variant),)+
                    _ => ::std::result::Result::Err($crate::UnknownWord::of(::std::stringify!($name))),
                }
            }
        }
    )+};
}
