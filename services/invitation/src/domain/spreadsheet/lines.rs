//! Lines, as an editor counts them: ended by a line feed, a carriage return, or both.

/// How many lines end in the bytes. A carriage return at their very end counts, whatever follows it.
pub(super) fn line_ends(bytes: &[u8]) -> i32 {
    let ends = memchr::memchr2_iter(b'\n', b'\r', bytes)
        .filter(|&at| bytes[at] == b'\n' || bytes.get(at + 1) != Some(&b'\n'));
    i32::try_from(ends.count()).unwrap_or(i32::MAX)
}

/// Where the line ends that holds the byte at `from`, its line end not included.
pub(super) fn end_of_line(bytes: &[u8], from: usize) -> usize {
    memchr::memchr2(b'\n', b'\r', &bytes[from..]).map_or(bytes.len(), |end| from + end)
}
