//! The form that addresses are compared by.

use icu_properties::props::GeneralCategory;
use icu_properties::{CodePointMapData, CodePointMapDataBorrowed};
use muster_text::{folded_apart, is_unseen, misplaced};
use unicode_normalization::UnicodeNormalization;

use crate::AddressProblem;

const CATEGORIES: CodePointMapDataBorrowed<'static, GeneralCategory> =
    CodePointMapData::<GeneralCategory>::new();

/// The longest part before the `@`, in bytes: RFC 5321, section 4.5.3.1.1.
const MAX_LOCAL: usize = 64;
/// The longest domain name, in bytes: RFC 1035, section 2.3.4, as text.
const MAX_DOMAIN: usize = 253;

/// What nobody sees in an address. Variation selectors never belong there (RFC 8264, section 4.2.3).
pub(crate) fn unseen(text: &str) -> Option<char> {
    let is_joiner = |c: char| matches!(c, '\u{200c}' | '\u{200d}');
    text.chars()
        .find(|c| is_unseen(*c) && !is_joiner(*c))
        .or_else(|| misplaced(text))
}

/// The local part is a dot-atom of RFC 5322 (with RFC 6532's letters); quoted local parts are not taken.
pub(crate) fn local(local: &str) -> Result<String, AddressProblem> {
    if local.len() > MAX_LOCAL {
        return Err(AddressProblem::TooLong);
    }
    // A sign such as the Kelvin sign composes to a plain letter: two spellings of somebody else's address.
    let is_disguised = local
        .chars()
        .any(|c| !c.is_ascii() && std::iter::once(c).nfc().all(|n| n.is_ascii()));
    let composed: String = local.nfc().collect();
    if is_disguised || !composed.split('.').all(is_atom) {
        return Err(AddressProblem::Local);
    }
    Ok(folded_apart(&composed))
}

fn is_atom(part: &str) -> bool {
    let is_mark = |c: char| {
        matches!(
            CATEGORIES.get(c),
            GeneralCategory::NonspacingMark | GeneralCategory::SpacingMark
        )
    };
    let is_taken = |c: char| {
        if c.is_ascii() {
            c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c)
        } else {
            c.is_alphanumeric() || is_mark(c) || is_unseen(c)
        }
    };
    !part.is_empty() && !part.starts_with(is_mark) && part.chars().all(is_taken)
}

/// The domain in the ASCII form of IDNA.
pub(crate) fn domain(domain: &str) -> Result<String, AddressProblem> {
    let ascii = idna::domain_to_ascii_strict(domain).map_err(|_| AddressProblem::Domain)?;
    let labels: Vec<&str> = ascii.split('.').collect();
    let is_numeric = labels
        .last()
        .is_some_and(|last| last.chars().all(|c| c.is_ascii_digit()));
    if labels.len() < 2
        || labels.iter().any(|label| label.is_empty())
        || is_numeric
        || ascii.len() > MAX_DOMAIN
    {
        return Err(AddressProblem::Domain);
    }
    Ok(ascii)
}
