//! Header blocks (RFC 7541), written without Huffman and without a table, and the one thing that is read of them.

/// In front of a literal that is not to be remembered, and of one that is.
const FORGOTTEN: u8 = 0;
const REMEMBERED: u8 = 0x40;
/// The newest entry of the dynamic table: the first after the 61 that everybody knows.
pub(super) const NEWEST: u8 = 0x80 | 62;

/// The headers of a gRPC call.
pub(super) fn call(method: &str, token: Option<&str>) -> Vec<u8> {
    // POST, http, and the names of `:path` and `:authority`.
    let mut block = vec![0x83, 0x86, 0x04];
    text(&mut block, method);
    block.push(0x01);
    text(&mut block, "muster");
    literal(&mut block, FORGOTTEN, "content-type", "application/grpc");
    literal(&mut block, FORGOTTEN, "te", "trailers");
    if let Some(token) = token {
        literal(&mut block, FORGOTTEN, "authorization", &format!("Bearer {token}"));
    }
    block
}

/// A header that means nothing.
pub(super) fn filler(bytes: usize) -> Vec<u8> {
    let mut block = Vec::with_capacity(bytes + 16);
    literal(&mut block, FORGOTTEN, "x-filler", &"x".repeat(bytes));
    block
}

/// The same, to be named again by [`NEWEST`].
pub(super) fn remembered_filler(bytes: usize) -> Vec<u8> {
    let mut block = Vec::with_capacity(bytes + 16);
    literal(&mut block, REMEMBERED, "x-filler", &"x".repeat(bytes));
    block
}

fn literal(block: &mut Vec<u8>, how: u8, name: &str, value: &str) {
    block.push(how);
    text(block, name);
    text(block, value);
}

/// A length with a prefix of seven bits, then the text.
fn text(block: &mut Vec<u8>, text: &str) {
    const MAX_PREFIX: usize = 127;
    match text.len() {
        short if short < MAX_PREFIX => block.push(short as u8),
        long => {
            block.push(MAX_PREFIX as u8);
            let mut rest = long - MAX_PREFIX;
            while rest >= 128 {
                block.push((rest % 128) as u8 | 128);
                rest /= 128;
            }
            block.push(rest as u8);
        }
    }
    block.extend(text.as_bytes());
}

/// The status that an answer begins with: 200 has an index of its own, others are three digits in Huffman's code.
pub(super) fn status(block: &[u8]) -> Option<u16> {
    match block {
        [0x88, ..] => Some(200),
        [0x89, ..] => Some(204),
        [0x8c, ..] => Some(400),
        [0x8d, ..] => Some(404),
        [0x48 | 0x08 | 0x18, length, rest @ ..] if length & 0x80 != 0 => digits(rest),
        [0x48 | 0x08 | 0x18, 3, rest @ ..] => std::str::from_utf8(rest.get(..3)?).ok()?.parse().ok(),
        _ => None,
    }
}

/// Digits have five bits up to 2, six from 3 on.
fn digits(bytes: &[u8]) -> Option<u16> {
    let bits = bytes.first_chunk::<3>().map_or_else(
        || Some(u32::from_be_bytes([*bytes.first()?, *bytes.get(1)?, 0, 0])),
        |three| Some(u32::from_be_bytes([three[0], three[1], three[2], 0])),
    )?;
    let mut at = 0;
    let mut value = 0;
    for _ in 0..3 {
        let left = bits << at;
        let digit = match (left >> 27, left >> 26) {
            (short @ 0..=2, _) => {
                at += 5;
                short
            }
            (_, long @ 0b01_1001..=0b01_1111) => {
                at += 6;
                long - 0b01_1001 + 3
            }
            _ => return None,
        };
        value = value * 10 + digit;
    }
    u16::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_as_hpack_wants_them() {
        let mut block = Vec::new();
        text(&mut block, &"x".repeat(1337));
        assert_eq!(block[..3], [127, 0b1011_1010, 9]);
        assert_eq!(block.len(), 3 + 1337);
    }

    #[test]
    fn a_status_is_read() {
        assert_eq!(status(&[0x88, 1, 2]), Some(200));
        // 431: 011010 011001 00001, filled up with ones.
        assert_eq!(
            status(&[0x48, 0x83, 0b0110_1001, 0b1001_0000, 0b1111_1111]),
            Some(431)
        );
        assert_eq!(status(&[0x48, 3, b'4', b'1', b'5']), Some(415));
        assert_eq!(status(&[]), None);
    }
}
