//! Finds the one field that a rule names in the bytes of a request, without decoding the rest.
//!
//! Decoders disagree about messages that carry a singular field twice: some take the last, some merge. What two
//! parsers may read differently is a hole in an authorization, so the scan refuses it: every field on the path may
//! occur once. Groups, truncation, bad lengths and bad UTF-8 are refused too.

use crate::ScopePath;

/// Why a request cannot be authorized by its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// The message ends inside a field.
    #[error("the message is cut short")]
    Truncated,
    /// A varint is longer than ten bytes or overflows, or a field number is impossible.
    #[error("the message has an impossible number in it")]
    BadVarint,
    /// A wire type that proto3 does not have.
    #[error("the message has a wire type that is not used")]
    WireType,
    /// A field on the path occurs twice.
    #[error("a field that names the scope occurs twice")]
    Duplicate,
    /// A field on the path has a wire type that its declaration does not allow.
    #[error("a field that names the scope has the wrong type")]
    WrongType,
    /// The value is not UTF-8.
    #[error("the field that names the scope is not UTF-8")]
    Utf8,
}

/// The value of the field at `path` in a protobuf message, or `None` if the field is absent.
///
/// # Errors
/// A message that decoders could read in more than one way, or not at all.
pub fn scope<'m>(path: &ScopePath, message: &'m [u8]) -> Result<Option<&'m str>, ScanError> {
    let mut current = message;
    for tag in path.tags() {
        match only(*tag, current)? {
            Some(value) => current = value,
            None => return Ok(None),
        }
    }
    std::str::from_utf8(current)
        .map(Some)
        .map_err(|_| ScanError::Utf8)
}

/// The organization of a scope value: `organizations/{id}` alone, or the name of something inside it. The id must be
/// written in its one canonical form, so that no two spellings name the same organization; and what follows must be parts
/// of a resource name (AIP-122), so that nothing which is no name, such as `organizations/{id}/x/../y`, names one.
pub fn organization(scope: &str) -> Option<uuid::Uuid> {
    let mut parts = scope.strip_prefix("organizations/")?.split('/');
    let id = parts.next()?;
    if !parts.all(is_part) {
        return None;
    }
    let uuid = uuid::Uuid::try_parse(id).ok()?;
    (uuid.hyphenated().to_string() == id).then_some(uuid)
}

/// A collection, or an id in it: letters, digits, dashes and underscores.
fn is_part(part: &str) -> bool {
    !part.is_empty()
        && part
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// The single length-delimited field `tag` of a message; the whole message is walked to know that it is single.
fn only(tag: u32, message: &[u8]) -> Result<Option<&[u8]>, ScanError> {
    let mut found = None;
    let mut rest = Reader(message);
    while !rest.0.is_empty() {
        let key = rest.varint()?;
        let number = u32::try_from(key).map_err(|_| ScanError::BadVarint)? >> 3;
        if number == 0 {
            return Err(ScanError::BadVarint);
        }
        let value = match key & 7 {
            0 => rest.varint().map(|_| None)?,
            1 => rest.take(8).map(|_| None)?,
            2 => Some(rest.delimited()?),
            5 => rest.take(4).map(|_| None)?,
            _ => return Err(ScanError::WireType),
        };
        if number == tag {
            if found.is_some() {
                return Err(ScanError::Duplicate);
            }
            found = Some(value.ok_or(ScanError::WrongType)?);
        }
    }
    Ok(found)
}

/// The rest of a message.
struct Reader<'m>(&'m [u8]);

impl<'m> Reader<'m> {
    fn varint(&mut self) -> Result<u64, ScanError> {
        let mut value = 0u64;
        for shift in (0..70).step_by(7) {
            let byte = *self.take(1)?.first().ok_or(ScanError::Truncated)?;
            // The tenth byte has room for one bit only.
            if shift == 63 && byte > 1 {
                return Err(ScanError::BadVarint);
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(ScanError::BadVarint)
    }

    fn delimited(&mut self) -> Result<&'m [u8], ScanError> {
        let length = self.varint()?;
        self.take(usize::try_from(length).map_err(|_| ScanError::Truncated)?)
    }

    fn take(&mut self, length: usize) -> Result<&'m [u8], ScanError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(ScanError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }
}
