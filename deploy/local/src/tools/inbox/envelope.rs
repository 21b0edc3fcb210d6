//! The envelope of the message in hand: what MAIL and RCPT say.

/// Sender and recipients.
#[derive(Default)]
pub(super) struct Envelope {
    pub(super) sender: Option<String>,
    pub(super) recipients: Vec<String>,
}

impl Envelope {
    /// Takes a MAIL command, and tells the answer.
    pub(super) fn from(&mut self, line: &str) -> &'static str {
        let Some(address) = address_of(line, "FROM:") else {
            return "501 5.5.4 MAIL FROM:<address>";
        };
        *self = Self {
            sender: Some(address),
            ..Self::default()
        };
        "250 2.1.0 ok"
    }

    /// Takes a RCPT command, and tells the answer.
    pub(super) fn to(&mut self, line: &str) -> &'static str {
        match address_of(line, "TO:") {
            _ if self.sender.is_none() => "503 5.5.1 first MAIL",
            Some(address) if !address.is_empty() => {
                self.recipients.push(address);
                "250 2.1.5 ok"
            }
            _ => "501 5.5.4 RCPT TO:<address>",
        }
    }
}

/// The address between angle brackets after a keyword.
fn address_of(line: &str, keyword: &str) -> Option<String> {
    let at = line.to_ascii_uppercase().find(keyword)?;
    let rest = line.get(at + keyword.len()..)?.trim_start().strip_prefix('<')?;
    Some(rest.split_once('>')?.0.to_owned())
}
