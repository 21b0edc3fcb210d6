//! Enums that are stored as words.

/// A word that this release knows no variant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the word is no {0}")]
pub struct UnknownVariant(&'static str);

impl UnknownVariant {
    /// Not one of the words of this enum.
    #[must_use]
    pub const fn of(name: &'static str) -> Self {
        Self(name)
    }
}

/// Declares enums whose variants are stored, and shown, as upper-case words: `as_str`, `ALL`, `WORDS`, `Display` and
/// `FromStr`; and `sqlx`'s `Type`, `Encode` and `Decode`, as `text` and `text[]`. See the [crate](crate) for an example.
///
/// A stored word without a variant fails the row that holds it; statements that must leave such rows to the release
/// that wrote them compare with `WORDS`.
#[macro_export]
macro_rules! stored_enum {
    ($($(#[$doc:meta])* $see:vis enum $name:ident { $($(#[$about:meta])* $variant:ident = $word:literal),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        $see enum $name {
            $($(#[$about])* $variant,)+
        }

        impl $name {
            /// Every one, in the order of the declaration.
            $see const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];
            /// The word of every one, in the same order.
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
            type Err = $crate::UnknownVariant;

            fn from_str(word: &str) -> ::std::result::Result<Self, $crate::UnknownVariant> {
                match word {
                    $($word => ::std::result::Result::Ok(Self::$variant),)+
                    _ => ::std::result::Result::Err($crate::UnknownVariant::of(::std::stringify!($name))),
                }
            }
        }

        $crate::stored_as_text!($name);
    )+};
}

/// `sqlx`'s side of [`stored_enum!`].
#[doc(hidden)]
#[macro_export]
macro_rules! stored_as_text {
    ($name:ident) => {
        impl $crate::sqlx::Type<$crate::sqlx::Postgres> for $name {
            fn type_info() -> $crate::sqlx::postgres::PgTypeInfo {
                <&str as $crate::sqlx::Type<$crate::sqlx::Postgres>>::type_info()
            }

            fn compatible(other: &$crate::sqlx::postgres::PgTypeInfo) -> bool {
                <&str as $crate::sqlx::Type<$crate::sqlx::Postgres>>::compatible(other)
            }
        }

        impl $crate::sqlx::postgres::PgHasArrayType for $name {
            fn array_type_info() -> $crate::sqlx::postgres::PgTypeInfo {
                <&str as $crate::sqlx::postgres::PgHasArrayType>::array_type_info()
            }

            fn array_compatible(other: &$crate::sqlx::postgres::PgTypeInfo) -> bool {
                <&str as $crate::sqlx::postgres::PgHasArrayType>::array_compatible(other)
            }
        }

        impl $crate::sqlx::Encode<'_, $crate::sqlx::Postgres> for $name {
            fn encode_by_ref(
                &self,
                buffer: &mut $crate::sqlx::postgres::PgArgumentBuffer,
            ) -> ::std::result::Result<$crate::sqlx::encode::IsNull, $crate::sqlx::error::BoxDynError> {
                <&str as $crate::sqlx::Encode<'_, $crate::sqlx::Postgres>>::encode(self.as_str(), buffer)
            }
        }

        impl<'r> $crate::sqlx::Decode<'r, $crate::sqlx::Postgres> for $name {
            fn decode(
                value: $crate::sqlx::postgres::PgValueRef<'r>,
            ) -> ::std::result::Result<Self, $crate::sqlx::error::BoxDynError> {
                let word = <&str as $crate::sqlx::Decode<'r, $crate::sqlx::Postgres>>::decode(value)?;
                ::std::result::Result::Ok(word.parse::<Self>()?)
            }
        }
    };
}
