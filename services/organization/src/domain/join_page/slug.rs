//! What stands in the address of a page.

use thiserror::Error;

const LENGTH: std::ops::RangeInclusive<usize> = 3..=50;

/// Words that are pages of the suite, or that people take for pages of whoever runs it.
const RESERVED: [&str; 46] = [
    "about",
    "account",
    "admin",
    "administrator",
    "api",
    "app",
    "assets",
    "auth",
    "billing",
    "blog",
    "cdn",
    "contact",
    "docs",
    "download",
    "favicon",
    "health",
    "help",
    "home",
    "index",
    "info",
    "invitation",
    "invitations",
    "invite",
    "join",
    "legal",
    "login",
    "logout",
    "mail",
    "metrics",
    "muster",
    "new",
    "oauth",
    "openapi",
    "owner",
    "privacy",
    "registry",
    "robots",
    "root",
    "security",
    "settings",
    "sign-in",
    "sign-out",
    "sitemap",
    "static",
    "support",
    "www",
];

/// What stands in the address of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slug(String);

/// What is wrong with a text that is to be a slug. It is never made into another one that might be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum SlugProblem {
    #[error("must have 3 to 50 characters")]
    Length,
    #[error("must hold only a-z, 0-9 and `-`: small letters of English, no accents, no dots and no spaces")]
    Character,
    #[error("must begin and end with a letter or a digit")]
    Ends,
    #[error("must not hold `--`, by which the encoded form of other alphabets is known")]
    DoubleHyphen,
    #[error("is a word that is kept for the suite itself; choose the name of your organization")]
    Reserved,
}

impl Slug {
    pub(crate) fn parse(text: &str) -> Result<Self, SlugProblem> {
        if !text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        {
            Err(SlugProblem::Character)
        } else if !LENGTH.contains(&text.len()) {
            Err(SlugProblem::Length)
        } else if text.starts_with('-') || text.ends_with('-') {
            Err(SlugProblem::Ends)
        } else if text.contains("--") {
            Err(SlugProblem::DoubleHyphen)
        } else if RESERVED.contains(&text) {
            Err(SlugProblem::Reserved)
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// A slug that was taken before. Looked at by no rule: it stays readable when the rules change.
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_slug_is_refused_by_the_rule_that_it_breaks() {
        use SlugProblem as P;
        for (text, problem) in [
            ("Sunny", P::Character),
            ("\u{455}unny", P::Character),
            (".well-known", P::Character),
            ("a b", P::Character),
            ("", P::Length),
            ("ab", P::Length),
            (&"a".repeat(51), P::Length),
            ("-sunny", P::Ends),
            ("sunny-", P::Ends),
            ("xn--a", P::DoubleHyphen),
            ("sun--ny", P::DoubleHyphen),
            ("api", P::Reserved),
            ("join", P::Reserved),
        ] {
            assert_eq!(Slug::parse(text).unwrap_err(), problem, "{text:?}");
        }
        for text in ["sunny", "abc", "4-kids", &"a".repeat(50)] {
            assert_eq!(Slug::parse(text).unwrap().as_str(), text);
        }
        assert!(RESERVED.is_sorted());
    }
}
