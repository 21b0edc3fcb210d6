//! A mail server's reply.

use std::fmt;

/// How much of the text is kept, in bytes.
const MAX_TEXT: usize = 512;
/// How many of the server's words are shown, in characters.
const MAX_WORDS: usize = 200;
/// Stands where an address stood, or what may be a part of one.
const MASK: &str = "[...]";
/// A shorter part of an address stands in too many words that have nothing to do with it.
const MIN_PART: usize = 3;
/// As many addresses as words are compared with, each word with each of them.
const MAX_MASKED: usize = 100;

/// A reply (RFC 5321, section 4.2). Its three digits are what counts; the text may be anything, or missing.
///
/// [`Display`](fmt::Display) shows the code and the enhanced status (RFC 3463), such as `550 5.1.1`, and of a refusal that was
/// [`masked`](Reply::masked) the server's words: servers repeat the address of the recipient in the text. [`Reply::text`] is for
/// replies that cannot hold one.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    code: u16,
    enhanced: Option<String>,
    text: Vec<u8>,
    /// Without an address; empty when they are not to be shown.
    words: String,
}

/// What the first digit of a code says (RFC 5321, section 4.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// 2yz: it is done.
    Completion,
    /// 3yz: something more is awaited.
    Intermediate,
    /// 4yz: it may work later.
    Transient,
    /// 5yz: it will not work.
    Permanent,
}

impl Reply {
    /// A reply of one line.
    #[must_use]
    pub fn new(code: u16, text: impl AsRef<[u8]>) -> Self {
        Self::of_lines(code, &[text])
    }

    /// A reply of several lines, without their codes. What is beyond 512 bytes of text is dropped.
    #[must_use]
    pub fn of_lines(code: u16, lines: &[impl AsRef<[u8]>]) -> Self {
        let mut lines = lines.iter().map(AsRef::as_ref);
        let enhanced = lines.clone().find_map(|line| enhanced_status(code, line));
        let mut text = lines.next().unwrap_or_default().to_vec();
        for line in lines {
            text.push(b' ');
            text.extend_from_slice(line);
            if text.len() > MAX_TEXT {
                break;
            }
        }
        text.truncate(MAX_TEXT);
        Self {
            code,
            enhanced,
            text,
            words: String::new(),
        }
    }

    /// The same, which shows also the server's words if it refuses or postpones a message: at most 200 characters of printable ASCII,
    /// in which no address stands, and nothing of these, user and domain: of the recipient's, above all.
    #[must_use]
    pub fn masked(mut self, masked: &[(&str, &str)]) -> Self {
        if matches!(self.severity(), Some(Severity::Transient | Severity::Permanent)) {
            self.words = words(&self.text, self.enhanced.as_slice(), masked);
        }
        self
    }

    /// The three digits.
    #[must_use]
    pub fn code(&self) -> u16 {
        self.code
    }

    /// What the first digit says; `None` when it is none of the four that there are.
    #[must_use]
    pub fn severity(&self) -> Option<Severity> {
        match self.code / 100 {
            2 => Some(Severity::Completion),
            3 => Some(Severity::Intermediate),
            4 => Some(Severity::Transient),
            5 => Some(Severity::Permanent),
            _ => None,
        }
    }

    /// The code and the text, on one line, with everything but printable ASCII escaped. It may hold the address of a
    /// recipient when the reply is one about a message.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{} {}", self.code, printable(&self.text))
            .trim_end()
            .to_owned()
    }
}

/// Printable ASCII as it is, also quotes, which servers like to use; everything else escaped.
fn printable(text: &[u8]) -> String {
    let mut shown = String::with_capacity(text.len());
    for byte in text {
        match byte {
            b' '..=b'~' => shown.push(char::from(*byte)),
            _ => shown.extend(byte.escape_ascii().map(char::from)),
        }
    }
    shown
}

/// What a report (RFC 3464) quotes of the server that refused a message, shown as a [`Reply`] is: `550 5.1.1 [...] no such user`. Its
/// `status` counts where the server said none of its own; of a program that is no server there is no code. Who is not to stand in it is
/// masked, user and domain; of a report that names nobody, or more than a report of one message can, no word is shown.
#[must_use]
pub fn reported(status: Option<&str>, diagnostic: &str, masked: &[(&str, &str)]) -> String {
    let (code, text) = match diagnostic.split_at_checked(3) {
        Some((digits, text)) if is_refusal(digits) => (Some(digits), text.trim_start_matches([' ', '-'])),
        _ => (None, diagnostic),
    };
    let number = code.and_then(|code| code.parse().ok());
    let said = number.and_then(|number| enhanced_status(number, text.as_bytes()));
    let enhanced = said.or_else(|| status.map(str::to_owned));
    // Of a reply of several lines each begins with them, and all of them have become one.
    let mut known: Vec<String> = enhanced.iter().cloned().collect();
    if let Some(code) = code {
        known.extend([code.to_owned(), format!("{code}-")]);
        known.extend(enhanced.iter().map(|enhanced| format!("{code}-{enhanced}")));
    }
    let words = if (1..=MAX_MASKED).contains(&masked.len()) {
        words(beginning(text.as_bytes()), &known, masked)
    } else {
        String::new()
    };
    let parts = [
        code.unwrap_or_default(),
        enhanced.as_deref().unwrap_or_default(),
        &words,
    ];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

/// As much of a text as is kept, in whole words: half a name is not known as one.
fn beginning(text: &[u8]) -> &[u8] {
    let Some(cut) = text.get(..MAX_TEXT) else {
        return text;
    };
    let end = cut.iter().rposition(u8::is_ascii_whitespace);
    end.and_then(|end| cut.get(..end)).unwrap_or_default()
}

/// Three digits that refuse or postpone.
fn is_refusal(digits: &str) -> bool {
    digits.starts_with(['4', '5']) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The words of a text, without those that are shown before them: the enhanced status, which servers put before each line.
fn words(text: &[u8], known: &[String], masked: &[(&str, &str)]) -> String {
    let parts: Vec<[String; 3]> = masked
        .iter()
        .map(|(user, domain)| parts_of(user, domain))
        .collect();
    let mut shown = String::new();
    let words = text.split(u8::is_ascii_whitespace);
    let words = words.filter(|word| !word.is_empty() && known.iter().all(|known| known.as_bytes() != *word));
    for word in words {
        let word = match may_be_of_an_address(word, &parts) {
            true if shown.ends_with(MASK) => continue,
            true => MASK.to_owned(),
            false => printable(word),
        };
        if shown.len() + word.len() >= MAX_WORDS {
            break;
        }
        if !shown.is_empty() {
            shown.push(' ');
        }
        shown.push_str(&word);
    }
    shown
}

/// Any address, also as it is written in a link, and whatever has a part of one of these in it.
fn may_be_of_an_address(word: &[u8], parts: &[[String; 3]]) -> bool {
    let word = String::from_utf8_lossy(word).to_lowercase();
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    let is_named = |part: &str| bare == part || (part.len() >= MIN_PART && word.contains(part));
    word.contains('@') || word.contains("%40") || parts.iter().flatten().any(|part| is_named(part))
}

/// The parts of an address that are not shown: the user, with and without what follows a `+`, and the domain.
fn parts_of(user: &str, domain: &str) -> [String; 3] {
    let user = user.to_lowercase();
    let base = user.split('+').next().unwrap_or_default().to_owned();
    [user, base, domain.to_lowercase()]
}

/// `class.subject.detail` at the beginning of a line (RFC 2034), with the class of the code and one to three digits in
/// the others.
fn enhanced_status(code: u16, line: &[u8]) -> Option<String> {
    let word = line.split(u8::is_ascii_whitespace).next()?;
    let word = std::str::from_utf8(word).ok()?;
    let parts: Vec<&str> = word.split('.').collect();
    let number =
        |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let of_this_class = matches!(parts[..], [class, _, _] if class == (code / 100).to_string());
    (of_this_class && parts.iter().all(number)).then(|| word.to_owned())
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        let enhanced = self.enhanced.as_deref().unwrap_or_default();
        for part in [enhanced, &self.words] {
            if !part.is_empty() {
                write!(f, " {part}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Reply {
    /// Without the text, too.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_shown_without_its_text() {
        let shown = |code, text: &str| Reply::new(code, text).to_string();
        assert_eq!(shown(550, "5.1.1 <ada@example.org>: no such user"), "550 5.1.1");
        assert_eq!(shown(250, "2.0.0 Ok: queued as 4F2A"), "250 2.0.0");
        assert_eq!(shown(250, "ada@example.org queued"), "250");
        assert_eq!(shown(450, "5.1.1 wrong class"), "450");
        assert_eq!(shown(450, ""), "450");
        let reply = Reply::new(550, "5.1.1 <ada@example.org>: no such user");
        assert_eq!(format!("{reply:?}"), "Reply(550 5.1.1)");
    }

    #[test]
    fn the_words_of_a_refusal_are_shown_and_no_address_is() {
        let shown = |text: &str| {
            let reply = Reply::new(550, text).masked(&[("Ada+news", "learners.example")]);
            reply.to_string()
        };
        let no_such_user = "550 5.1.1 [...] no such user";
        for address in [
            "<ada+news@learners.example>:",
            "ADA+NEWS@LEARNERS.EXAMPLE",
            "ada+news",
            "<ada>",
            "prvs=1234=ada+news=learners.example",
            "https://mail.example/?to=somebody%40elsewhere.example",
            "somebody@elsewhere.example somebody.else@elsewhere.example",
            "(learners.example)",
        ] {
            assert_eq!(shown(&format!("5.1.1 {address} no such user")), no_such_user);
        }
        assert_eq!(
            shown("5.7.1 blocked, see https://a.example/b"),
            "550 5.7.1 blocked, see https://a.example/b"
        );
        let lines = ["5.1.1 The account", "5.1.1 does not exist"];
        let many = Reply::of_lines(550, &lines).masked(&[("ada", "learners.example")]);
        assert_eq!(many.to_string(), "550 5.1.1 The account does not exist");
        assert_eq!(shown("Gr\u{fc}\u{df}e\u{7}"), r"550 Gr\xc3\xbc\xc3\x9fe\x07");
        assert!(shown(&"words ".repeat(1_000)).len() < 210);
        assert_eq!(shown(""), "550");
    }

    #[test]
    fn a_short_name_is_masked_where_it_is_a_word() {
        let reply = Reply::new(451, "4.2.1 mailbox of al is full: al, also").masked(&[("al", "x.example")]);
        assert_eq!(
            reply.to_string(),
            "451 4.2.1 mailbox of [...] is full: [...] also"
        );
    }

    #[test]
    fn who_takes_a_message_is_not_quoted() {
        let reply = Reply::new(250, "2.0.0 Ok: queued as 4F2A").masked(&[("ada", "learners.example")]);
        assert_eq!(reply.to_string(), "250 2.0.0");
    }

    #[test]
    fn a_report_is_quoted_as_its_server_is() {
        let ada = [("ada", "learners.example")];
        let shown = |status, diagnostic: &str| reported(status, diagnostic, &ada);
        let status = Some("5.1.1");
        for (status, diagnostic, expected) in [
            (
                status,
                "550 5.1.1 <ada@learners.example>: no such user",
                "550 5.1.1 [...] no such user",
            ),
            (
                status,
                "550-5.1.1 The account does not\t550 5.1.1 exist",
                "550 5.1.1 The account does not exist",
            ),
            (Some("5.0.0"), "550 5.1.1 unknown", "550 5.1.1 unknown"),
            (status, "550 unknown", "550 5.1.1 unknown"),
            (status, "unknown user: \"ada\"", "5.1.1 unknown user: [...]"),
            (None, "mailbox unavailable", "mailbox unavailable"),
            (status, "250 2.0.0 fine", "5.1.1 250 2.0.0 fine"),
            (status, "", "5.1.1"),
            (None, "", ""),
            (status, "\u{fc}\u{fc}", r"5.1.1 \xc3\xbc\xc3\xbc"),
        ] {
            assert_eq!(shown(status, diagnostic), expected, "{diagnostic}");
        }
        assert!(shown(status, &"words ".repeat(1_000)).len() < 210);
        // Whose name could stand in it is not known.
        assert_eq!(reported(status, "550 ada has left", &[]), "550 5.1.1");
        let many = [("ada", "learners.example"), ("countess", "old.example")];
        assert_eq!(
            reported(status, "550 countess is ada of old.example", &many),
            "550 5.1.1 [...] is [...] of [...]"
        );
    }

    #[test]
    fn of_a_report_so_much_is_read_and_no_name_is_cut_in_two() {
        let ada = ("ada", "learners.example");
        let shown = |diagnostic: &str| reported(None, diagnostic, &[ada]);
        // Words that are masked take no room in what is shown, and are read no further all the same.
        assert_eq!(shown(&format!("{}end", "ada ".repeat(100))), "[...] end");
        assert_eq!(shown(&format!("{}end", "ada ".repeat(10_000))), "[...]");
        let cut = format!("{}x adalovelace", "ada ".repeat(127));
        assert_eq!(shown(&cut), "[...] x");
        assert_eq!(shown(&"x".repeat(MAX_TEXT + 1)), "");
        for (named, expected) in [
            (MAX_MASKED, "550 5.1.1 [...] left"),
            (MAX_MASKED + 1, "550 5.1.1"),
        ] {
            assert_eq!(reported(None, "550 5.1.1 ada left", &vec![ada; named]), expected);
        }
    }

    #[test]
    fn the_status_may_stand_in_any_line() {
        let reply = Reply::of_lines(550, &["we are sorry", "5.7.1 not allowed"]);
        assert_eq!(reply.to_string(), "550 5.7.1");
    }

    #[test]
    fn any_text_is_shown_on_one_line_of_ascii() {
        let text = |bytes: &[u8]| Reply::new(554, bytes).text();
        assert_eq!(text(b"Gr\xfc\xdf Gott"), r"554 Gr\xfc\xdf Gott");
        assert_eq!(text("a\r\nb\u{202e}".as_bytes()), r"554 a\r\nb\xe2\x80\xae");
        assert_eq!(text(b""), "554");
        assert!(text(&[b'x'; 100_000]).len() < 600);
        let many = Reply::of_lines(554, &vec!["line"; 10_000]);
        assert!(many.text().starts_with("554 line line ") && many.text().len() < 600);
    }
}
