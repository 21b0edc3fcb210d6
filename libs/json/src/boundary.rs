//! What stands between the parts of a form.

use http::{HeaderMap, header};
use mime::Mime;
use muster_refusal::{Refusal, Violations};

/// The longest boundary of a form (RFC 2046, section 5.1.1).
const MAX_BOUNDARY: usize = 70;

/// What stands between the parts of a form (RFC 2046, section 5.1.1); `None` of everything that is no form.
///
/// # Errors
/// A form that does not say, or says what nobody may: taken for the file itself it would be stored with all that is around it.
pub(crate) fn of(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let mut kinds = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(kind), second) = (kinds.next(), kinds.next()) else {
        return Ok(None);
    };
    let kind = String::from_utf8_lossy(kind.as_bytes());
    if !kind.trim_start().to_ascii_lowercase().starts_with("multipart/") && second.is_none() {
        return Ok(None);
    }
    let named = of_form(&kind).filter(|_| second.is_none());
    named.map(Some).ok_or_else(|| {
        let mut violations = Violations::new();
        violations.add(
            "content-type",
            "must be multipart/form-data with one boundary of 1 to 70 characters, or the type of the file itself",
        );
        violations.into_refusal()
    })
}

/// The one boundary of a form, if it is one that may be.
fn of_form(kind: &str) -> Option<String> {
    let kind: Mime = kind.parse().ok()?;
    if (kind.type_(), kind.subtype()) != (mime::MULTIPART, mime::FORM_DATA) {
        return None;
    }
    let mut named = kind.params().filter(|(name, _)| *name == mime::BOUNDARY);
    let (boundary, others) = (named.next()?.1.as_str(), named.next());
    let may_be = |c: char| c.is_ascii_alphanumeric() || "'()+_,-./:=? ".contains(c);
    let is_one = others.is_none()
        && (1..=MAX_BOUNDARY).contains(&boundary.len())
        && boundary.chars().all(may_be)
        && !boundary.ends_with(' ');
    is_one.then(|| boundary.to_owned())
}
