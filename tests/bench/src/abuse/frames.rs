//! HTTP/2 by the byte (RFC 9113): what no decent client sends, and what comes back.

/// What a connection begins with.
pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Before the payload: length, type, flags, stream.
const HEAD: usize = 9;

/// The last frame of this direction of a stream; of SETTINGS and PING, that it answers one.
pub(super) const END_STREAM: u8 = 1;
/// The last frame of a header block.
pub(super) const END_HEADERS: u8 = 4;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

const CANCEL: u32 = 8;

/// What a server said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServerFrame {
    /// It ends the connection.
    GoAway(u32),
    /// It ends a stream.
    Reset(u32),
    /// It answers a stream; with this status, if that can be read.
    Answer(Option<u16>),
    /// Anything else.
    Other,
}

/// One frame.
pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    let mut bytes = Vec::with_capacity(HEAD + payload.len());
    bytes.extend(length.iter().skip(1));
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// A header block, or its beginning.
pub(super) fn headers(stream: u32, flags: u8, block: &[u8]) -> Vec<u8> {
    frame(HEADERS, flags, stream, block)
}

/// More of a header block.
pub(super) fn continuation(stream: u32, flags: u8, block: &[u8]) -> Vec<u8> {
    frame(CONTINUATION, flags, stream, block)
}

/// Bytes of a body, in frames that everybody takes.
pub(super) fn data(stream: u32, body: &[u8]) -> Vec<u8> {
    const MAX_FRAME_BYTES: usize = 16 * 1024;
    let last = body.len().div_ceil(MAX_FRAME_BYTES).saturating_sub(1);
    let frames = body.chunks(MAX_FRAME_BYTES).enumerate();
    frames
        .flat_map(|(n, chunk)| frame(DATA, if n == last { END_STREAM } else { 0 }, stream, chunk))
        .collect()
}

/// Takes a stream back.
pub(super) fn reset(stream: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &CANCEL.to_be_bytes())
}

/// Settings by number and value.
pub(super) fn settings(values: &[(u16, u32)]) -> Vec<u8> {
    let payload: Vec<u8> = values
        .iter()
        .flat_map(|(id, value)| id.to_be_bytes().into_iter().chain(value.to_be_bytes()))
        .collect();
    frame(SETTINGS, 0, 0, &payload)
}

/// A question that must be answered.
pub(super) fn ping() -> Vec<u8> {
    frame(PING, 0, 0, &[7; 8])
}

/// Takes the first whole frame off the bytes.
pub(super) fn take(bytes: &mut Vec<u8>) -> Option<ServerFrame> {
    let [a, b, c, kind, flags, ..] = *bytes.first_chunk::<HEAD>()?;
    let whole = HEAD + u32::from_be_bytes([0, a, b, c]) as usize;
    if bytes.len() < whole {
        return None;
    }
    let frame: Vec<u8> = bytes.drain(..whole).collect();
    let payload = frame.get(HEAD..)?;
    let code = |at: usize| {
        let code = payload.get(at..)?.first_chunk::<4>()?;
        Some(u32::from_be_bytes(*code))
    };
    Some(match kind {
        GOAWAY => ServerFrame::GoAway(code(4)?),
        RST_STREAM => ServerFrame::Reset(code(0)?),
        HEADERS if flags & END_HEADERS != 0 => ServerFrame::Answer(super::headers::status(payload)),
        _ => ServerFrame::Other,
    })
}

/// The name of an error code (RFC 9113, section 7).
pub(super) fn reason(code: u32) -> &'static str {
    const NAMES: [&str; 14] = [
        "NO_ERROR",
        "PROTOCOL_ERROR",
        "INTERNAL_ERROR",
        "FLOW_CONTROL_ERROR",
        "SETTINGS_TIMEOUT",
        "STREAM_CLOSED",
        "FRAME_SIZE_ERROR",
        "REFUSED_STREAM",
        "CANCEL",
        "COMPRESSION_ERROR",
        "CONNECT_ERROR",
        "ENHANCE_YOUR_CALM",
        "INADEQUATE_SECURITY",
        "HTTP_1_1_REQUIRED",
    ];
    NAMES.get(code as usize).copied().unwrap_or("an unknown code")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_taken_when_they_are_whole() {
        let mut bytes = frame(GOAWAY, 0, 0, &[0, 0, 0, 1, 0, 0, 0, 11]);
        let rest = bytes.split_off(12);
        assert_eq!(take(&mut bytes), None);
        bytes.extend(rest);
        bytes.extend(reset(5));
        assert_eq!(take(&mut bytes), Some(ServerFrame::GoAway(11)));
        assert_eq!(take(&mut bytes), Some(ServerFrame::Reset(CANCEL)));
        assert_eq!((take(&mut bytes), bytes.len()), (None, 0));
        assert_eq!(reason(11), "ENHANCE_YOUR_CALM");
    }

    #[test]
    fn only_the_last_frame_of_a_body_ends_it() {
        let bytes = data(1, &[0; 20_000]);
        assert_eq!(bytes.len(), 20_000 + 2 * HEAD);
        assert_eq!((bytes[4], bytes[HEAD + 16 * 1024 + 4]), (0, END_STREAM));
    }
}
