//! Commands of SMTP (RFC 5321, section 4.1) and LMTP (RFC 2033), as far as a mailbox for reports needs them.

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// LHLO, EHLO or HELO: how the conversation goes.
    Hello(Dialect),
    /// TLS is to begin (RFC 3207).
    StartTls,
    /// A mail begins. Reports come from nobody, `<>`.
    Mail { from_nobody: bool, size: u64 },
    /// It goes to this address.
    Rcpt(String),
    /// It follows.
    Data,
    /// It is none.
    Rset,
    /// Nothing.
    Noop,
    /// Goodbye.
    Quit,
    /// Asks who has an address here.
    Vrfy,
}

/// In which of its forms the protocol is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// One reply for each recipient after the message, and the extensions are told.
    Lmtp,
    /// One reply after the message, and the extensions are told.
    Esmtp,
    /// One reply after the message.
    Smtp,
}

/// What is no command that can be obeyed, with the reply to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Misunderstood(pub(super) &'static str);

const NO_COMMAND: Misunderstood = Misunderstood("500 5.5.2 No command that is known here");
const NO_ARGUMENT: Misunderstood = Misunderstood("501 5.5.4 Nothing follows this command");
const NO_HELLO: Misunderstood = Misunderstood("501 5.5.4 Say who you are: LHLO name");
const NO_PATH: Misunderstood = Misunderstood("501 5.1.7 An address in angle brackets is missing");
const NO_PARAMETER: Misunderstood = Misunderstood("555 5.5.4 A parameter that is not known here");

impl Command {
    /// Reads a line, without its end.
    pub(super) fn parse(line: &[u8]) -> Result<Self, Misunderstood> {
        let line = std::str::from_utf8(line).map_err(|_| NO_COMMAND)?;
        let line = line.trim_end();
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim_start();
        let alone = |command| {
            if rest.is_empty() {
                Ok(command)
            } else {
                Err(NO_ARGUMENT)
            }
        };
        match verb.to_ascii_uppercase().as_str() {
            "LHLO" => hello(Dialect::Lmtp, rest),
            "EHLO" => hello(Dialect::Esmtp, rest),
            "HELO" => hello(Dialect::Smtp, rest),
            "STARTTLS" => alone(Self::StartTls),
            "MAIL" => mail(rest),
            "RCPT" => rcpt(rest),
            "DATA" => alone(Self::Data),
            "RSET" => alone(Self::Rset),
            "NOOP" => Ok(Self::Noop),
            "QUIT" => alone(Self::Quit),
            "VRFY" | "EXPN" => Ok(Self::Vrfy),
            _ => Err(NO_COMMAND),
        }
    }
}

fn hello(dialect: Dialect, name: &str) -> Result<Command, Misunderstood> {
    if name.is_empty() {
        Err(NO_HELLO)
    } else {
        Ok(Command::Hello(dialect))
    }
}

fn mail(rest: &str) -> Result<Command, Misunderstood> {
    let (path, parameters) = path(rest, "FROM:")?;
    let mut size = 0;
    for parameter in parameters.split_ascii_whitespace() {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match name.to_ascii_uppercase().as_str() {
            "SIZE" => size = value.parse().map_err(|_| NO_PARAMETER)?,
            "BODY" | "SMTPUTF8" => {}
            _ => return Err(NO_PARAMETER),
        }
    }
    Ok(Command::Mail {
        from_nobody: path.is_empty(),
        size,
    })
}

fn rcpt(rest: &str) -> Result<Command, Misunderstood> {
    match path(rest, "TO:")? {
        (path, "") => Ok(Command::Rcpt(path.to_owned())),
        _ => Err(NO_PARAMETER),
    }
}

/// What stands between the brackets, and what follows them. A bracket within quotation marks is none; no address of ours has one.
fn path<'a>(rest: &'a str, keyword: &str) -> Result<(&'a str, &'a str), Misunderstood> {
    let (given, rest) = rest.split_at_checked(keyword.len()).ok_or(NO_PATH)?;
    let rest = rest.trim_start().strip_prefix('<').ok_or(NO_PATH)?;
    if !given.eq_ignore_ascii_case(keyword) {
        return Err(NO_PATH);
    }
    let (mut is_quoted, mut is_escaped) = (false, false);
    let is_end = |letter: char| {
        let ends = letter == '>' && !is_quoted && !is_escaped;
        is_quoted ^= letter == '"' && !is_escaped;
        is_escaped = letter == '\\' && !is_escaped;
        ends
    };
    let end = rest.find(is_end).ok_or(NO_PATH)?;
    let (path, rest) = rest.split_at_checked(end).ok_or(NO_PATH)?;
    Ok((path, rest.strip_prefix('>').unwrap_or(rest).trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, Misunderstood> {
        Command::parse(line.as_bytes())
    }

    fn mail(from_nobody: bool, size: u64) -> Result<Command, Misunderstood> {
        Ok(Command::Mail { from_nobody, size })
    }

    #[test]
    fn commands_are_read_in_any_case() {
        for (line, expected) in [
            ("LHLO mail.example", Ok(Command::Hello(Dialect::Lmtp))),
            ("ehlo [192.0.2.1]", Ok(Command::Hello(Dialect::Esmtp))),
            ("Helo x", Ok(Command::Hello(Dialect::Smtp))),
            ("LHLO", Err(NO_HELLO)),
            ("mail from:<>", mail(true, 0)),
            ("MAIL FROM:<> SIZE=1234 BODY=8BITMIME SMTPUTF8", mail(true, 1234)),
            ("MAIL FROM: <ada@a.example>", mail(false, 0)),
            ("MAIL FROM:<\"a>b\\\">\"@a.example>", mail(false, 0)),
            ("MAIL FROM:<> RET=HDRS", Err(NO_PARAMETER)),
            ("MAIL FROM:<> SIZE=many", Err(NO_PARAMETER)),
            ("MAIL FROM:ada@a.example", Err(NO_PATH)),
            ("MAIL FROM:<ada@a.example", Err(NO_PATH)),
            ("MAIL TO:<>", Err(NO_PATH)),
            ("MAIL", Err(NO_PATH)),
            ("MAIL FR\u{fc}", Err(NO_PATH)),
            (
                "rcpt to:<b@a.example>",
                Ok(Command::Rcpt("b@a.example".to_owned())),
            ),
            ("RCPT TO:<>", Ok(Command::Rcpt(String::new()))),
            ("RCPT TO:<b@a.example> NOTIFY=NEVER", Err(NO_PARAMETER)),
            ("DATA ", Ok(Command::Data)),
            ("DATA now", Err(NO_ARGUMENT)),
            ("RSET", Ok(Command::Rset)),
            ("NOOP whatever", Ok(Command::Noop)),
            ("QUIT", Ok(Command::Quit)),
            ("STARTTLS", Ok(Command::StartTls)),
            ("VRFY ada", Ok(Command::Vrfy)),
            ("BDAT 5 LAST", Err(NO_COMMAND)),
            ("GET / HTTP/1.1", Err(NO_COMMAND)),
            ("", Err(NO_COMMAND)),
        ] {
            assert_eq!(parsed(line), expected, "{line}");
        }
        assert_eq!(Command::parse(b"NOOP \xff"), Err(NO_COMMAND));
    }
}
