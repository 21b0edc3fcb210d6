//! An answer that is a file.

use std::fmt::Write as _;

use bytes::Bytes;
use http::{HeaderValue, Response, header};
use http_body::Frame;
use http_body_util::StreamBody;
use muster_proto::HttpBody;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use prost_reflect::{DynamicMessage, MessageDescriptor};
use tonic::Status;
use tonic::body::Body;

use crate::files::Served;
use crate::messages::Messages;
use crate::problem::{self, whole};

/// What stands in `filename*` as it is (RFC 8187, `attr-char`).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The file. What is refused before its first byte is an error like any other; what breaks afterwards breaks the answer off,
/// so that nobody takes half a file for all of it.
pub(crate) async fn file(mut messages: Messages, served: &Served) -> Response<Body> {
    let first = match messages.next().await {
        Some(Ok(message)) => message,
        Some(Err(status)) => return whole(problem::of_service(&status)),
        None => return whole(problem::response(&messages.broken())),
    };
    let reader = Reader {
        output: messages.output().clone(),
        field: served.field.clone(),
    };
    let begun = reader.piece(&first).and_then(|piece| {
        let media_type = piece.media_type.split(';').next().unwrap_or_default().trim();
        let is_known = served.media_types.iter().any(|known| known == media_type);
        let kind = HeaderValue::from_str(&piece.media_type)
            .ok()
            .filter(|_| is_known)?;
        let disposition = HeaderValue::from_str(&attachment(&piece.file_name)).ok()?;
        Some((kind, disposition, piece.bytes))
    });
    let Some((kind, disposition, bytes)) = begun else {
        return whole(problem::response(&messages.broken()));
    };
    let mut response = Response::new(Body::new(StreamBody::new(pieces(bytes, messages, reader))));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    // It is written while it is sent: from a place on it would be another file's.
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("none"));
    response
}

/// The bytes of a first message, then those of all others.
fn pieces(
    first: Bytes,
    messages: Messages,
    reader: Reader,
) -> impl futures::Stream<Item = Result<Frame<Bytes>, Status>> {
    let state = Some((Some(first), messages, reader));
    futures::stream::unfold(state, |state| async move {
        let (first, mut messages, reader) = state?;
        let piece = match first {
            Some(first) => Ok(first),
            None => messages.next().await?.and_then(|message| {
                let piece = reader.piece(&message);
                piece.map(|piece| piece.bytes).ok_or_else(|| messages.broken())
            }),
        };
        let rest = piece.is_ok().then_some((None, messages, reader));
        Some((piece.map(Frame::data), rest))
    })
}

/// Reads the messages of a file.
struct Reader {
    output: MessageDescriptor,
    field: String,
}

struct Piece {
    media_type: String,
    file_name: String,
    bytes: Bytes,
}

impl Reader {
    /// `None` of what is no message of the contract.
    fn piece(&self, message: &Bytes) -> Option<Piece> {
        let message = DynamicMessage::decode(self.output.clone(), message.clone()).ok()?;
        let file_name = message.get_field_by_name("file_name")?.as_str()?.to_owned();
        let body = message.get_field_by_name(&self.field)?;
        let body: HttpBody = body.as_message()?.transcode_to().ok()?;
        Some(Piece {
            media_type: body.content_type,
            file_name,
            bytes: body.data.into(),
        })
    }
}

/// `Content-Disposition` (RFC 6266): the name for everybody who reads only ASCII, and the name itself.
fn attachment(file_name: &str) -> String {
    let mut value = "attachment".to_owned();
    if file_name.is_empty() {
        return value;
    }
    let plain = |c: char| {
        if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '/' | '%') || c == ' ' {
            c
        } else {
            '_'
        }
    };
    let ascii: String = file_name.chars().map(plain).collect();
    // Writing to memory succeeds.
    let _ = write!(value, "; filename=\"{ascii}\"");
    if ascii != file_name {
        let _ = write!(
            value,
            "; filename*=UTF-8''{}",
            utf8_percent_encode(file_name, ENCODED)
        );
    }
    value
}

#[cfg(test)]
mod tests {
    use super::attachment;

    #[test]
    fn names_are_told_to_everybody_and_end_no_header() {
        assert_eq!(attachment(""), "attachment");
        assert_eq!(
            attachment("staff report.csv"),
            r#"attachment; filename="staff report.csv""#
        );
        assert_eq!(
            attachment("Kita Zürich.csv"),
            r#"attachment; filename="Kita Z_rich.csv"; filename*=UTF-8''Kita%20Z%C3%BCrich.csv"#
        );
        assert_eq!(
            attachment("a\"\r\nx: y/..\\b%41"),
            r#"attachment; filename="a___x: y_.._b_41"; filename*=UTF-8''a%22%0D%0Ax%3A%20y%2F..%5Cb%2541"#
        );
    }

    #[test]
    fn whatever_a_file_is_called_its_header_is_one_line_with_two_names() {
        let long = "\u{e9}".repeat(300);
        for name in [
            "M\u{fc}ller \"A\"; x=1.xlsx",
            "\u{65e5}\u{672c}\u{8a9e}.csv",
            "a\r\nSet-Cookie: x=1.csv",
            "../../etc/passwd",
            "..\\x\0.csv",
            "\u{202e}fdp.csv",
            "100%20.csv",
            long.as_str(),
        ] {
            let value = attachment(name);
            let header = http::HeaderValue::from_str(&value);
            assert!(header.is_ok() && value.is_ascii(), "{value:?}");
            // Three parts, whatever the name has in it: the quoted one has no quotation mark, backslash or slash.
            let rest = value.strip_prefix("attachment; filename=\"").unwrap();
            let (quoted, encoded) = rest.split_once("\"; filename*=UTF-8''").unwrap();
            assert!(!quoted.contains(['"', '\\', '/', '%']), "{quoted:?}");
            assert!(!encoded.contains([';', '"', ' ', '/', '\\']), "{encoded:?}");
            let decoded = percent_encoding::percent_decode_str(encoded).decode_utf8();
            assert_eq!(decoded.unwrap(), name);
        }
    }
}
