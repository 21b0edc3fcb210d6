//! What a text may look like before a parser is given it: Cedar's parser goes as deep as the text does, and would take the
//! process with it.

/// The most brackets within brackets.
const DEEPEST: usize = 32;
/// The longest policy, in bytes.
const LONGEST: usize = 16 * 1024;

/// Looks at the brackets and the length of every policy, past strings and comments.
///
/// # Errors
/// Where it goes wrong, as an offset, and what is wrong.
pub(super) fn check(text: &str) -> Result<(), (usize, String)> {
    let (mut depth, mut begin) = (0usize, 0);
    let mut bytes = text.bytes().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => {
                while let Some((_, byte)) = bytes.next() {
                    match byte {
                        b'\\' => drop(bytes.next()),
                        b'"' => break,
                        _ => {}
                    }
                }
            }
            b'/' if bytes.next_if(|(_, next)| *next == b'/').is_some() => {
                while bytes.next_if(|(_, next)| *next != b'\n').is_some() {}
            }
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b';' => begin = at + 1,
            _ => {}
        }
        if depth > DEEPEST {
            return Err((at, format!("more than {DEEPEST} brackets within brackets")));
        }
        if at.saturating_sub(begin) > LONGEST {
            return Err((begin, format!("a policy of more than {LONGEST} bytes")));
        }
    }
    Ok(())
}
