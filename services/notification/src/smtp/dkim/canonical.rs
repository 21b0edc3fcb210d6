//! What of a message is signed: "relaxed" header fields and body (RFC 6376, sections 3.4.2 and 3.4.4), which stay the same when a mail
//! server on the way folds lines anew or changes white space.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::transparency::lines;

/// A message in this form.
pub(super) struct Canonical {
    fields: Vec<Field>,
    body: Vec<u8>,
}

/// A header field in this form.
pub(super) struct Field {
    name: String,
    text: Vec<u8>,
}

impl Canonical {
    pub(super) fn of(message: &[u8]) -> Self {
        let mut rest = lines(message);
        let mut fields: Vec<Vec<u8>> = Vec::new();
        for line in rest.by_ref().take_while(|line| !line.is_empty()) {
            match fields.last_mut() {
                Some(field) if line.starts_with(b" ") || line.starts_with(b"\t") => {
                    field.extend_from_slice(line);
                }
                _ => fields.push(line.to_vec()),
            }
        }
        Self {
            fields: fields.iter().map(|field| Field::of(field)).collect(),
            body: body(rest),
        }
    }

    /// The names of its header fields, in lower case, from the first to the last.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| field.name.as_str())
    }

    /// The fields of these names, each with its end. A name stands for the last field that has it and has not been taken yet, or for
    /// nothing (RFC 6376, section 5.4.2).
    pub(super) fn fields(&self, names: &[&str]) -> Vec<u8> {
        let mut left: Vec<&Field> = self.fields.iter().collect();
        let mut text = Vec::new();
        for name in names {
            if let Some(at) = left.iter().rposition(|field| field.name == *name) {
                text.extend_from_slice(&left.remove(at).text);
                text.extend_from_slice(b"\r\n");
            }
        }
        text
    }

    /// SHA-256 of the body, in base64.
    pub(super) fn body_hash(&self) -> String {
        STANDARD.encode(digest(&SHA256, &self.body))
    }

    #[cfg(test)]
    pub(super) fn body(&self) -> &[u8] {
        &self.body
    }
}

impl Field {
    /// A field as it stands in a message; folded or not.
    pub(super) fn of(field: &[u8]) -> Self {
        let field = lines(field).collect::<Vec<_>>().concat();
        let colon = field.iter().position(|byte| *byte == b':');
        let (name, value) = field.split_at(colon.unwrap_or(field.len()));
        let name = String::from_utf8_lossy(name).trim_end().to_ascii_lowercase();
        let value = collapsed(value.strip_prefix(b":").unwrap_or(value));
        let value = value.strip_prefix(b" ").unwrap_or(&value);
        Self {
            text: [name.as_bytes(), b":", value].concat(),
            name,
        }
    }

    /// The field without its end.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }
}

/// Without the empty lines at the end.
fn body<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let (mut body, mut empty) = (Vec::new(), 0);
    for line in lines.map(collapsed) {
        if line.is_empty() {
            empty += 1;
            continue;
        }
        body.extend(b"\r\n".repeat(empty));
        body.extend(line);
        body.extend_from_slice(b"\r\n");
        empty = 0;
    }
    body
}

/// A space for any run of spaces and tabs, and none at the end.
fn collapsed(text: &[u8]) -> Vec<u8> {
    let mut collapsed: Vec<u8> = Vec::with_capacity(text.len());
    for byte in text {
        let byte = if *byte == b'\t' { b' ' } else { *byte };
        if byte != b' ' || collapsed.last() != Some(&b' ') {
            collapsed.push(byte);
        }
    }
    if collapsed.last() == Some(&b' ') {
        collapsed.pop();
    }
    collapsed
}
