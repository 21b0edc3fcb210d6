//! Where a mail server is and how it is talked to.

use std::fmt;
use std::net::IpAddr;

use percent_encoding::percent_decode_str;
use thiserror::Error;
use url::Url;

use super::login::{Login, SecretFile};

/// One mail server: `smtp://HOST:PORT` or `smtps://HOST:PORT`, with what [`SmtpUrl::parse`] knows besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpUrl {
    /// Name or address of the server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether others on the way can read.
    pub encryption: Encryption,
    /// Who we are there.
    pub login: Option<Login>,
}

/// Whether others on the way can read what is said. Wherever there is TLS, the certificate and its name are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// They can.
    None,
    /// They cannot, if the server offers STARTTLS. Who can change what is said on the way can also take the offer away.
    Opportunistic,
    /// They cannot: without STARTTLS (RFC 3207) nothing is sent.
    Required,
    /// They cannot: TLS begins with the connection (RFC 8314).
    Implicit,
}

/// What is wrong with a URL. Nothing of it is repeated, since there may be a password in it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UrlProblem {
    /// It is no such URL.
    #[error("must have the form smtp://HOST:PORT or smtps://HOST:PORT")]
    Form,
    /// Environments and command lines are no place for passwords.
    #[error("must not hold a password: name a file that holds it, ?password_file=PATH")]
    Password,
    /// A user alone.
    #[error("has a user and no secret: add ?password_file=PATH, or ?token_file=PATH for XOAUTH2")]
    NoSecret,
    /// A secret alone.
    #[error("has a secret and no user: it is written before the host, smtps://USER@HOST")]
    NoUser,
    /// Two secrets.
    #[error("has both password_file and token_file")]
    TwoSecrets,
    /// A word that is none of the three.
    #[error("tls must be required, opportunistic or none")]
    Tls,
    /// A word where there is nothing to say.
    #[error("tls has no meaning at smtps://, which is always encrypted")]
    TlsTwice,
    /// Others could read the secret.
    #[error("would send its secret in clear text: with a user, tls must be required")]
    ClearText,
    /// The name of a parameter.
    #[error("has a parameter that is unknown or stands twice: there are tls, password_file and token_file")]
    Parameter,
}

impl SmtpUrl {
    /// Reads `smtp[s]://[USER@]HOST[:PORT][?tls=…][&password_file=…|&token_file=…]`.
    ///
    /// Without a port it is 25, or 465 at `smtps://`. `tls` is `required`, `opportunistic` or `none`; without it, it is
    /// required, except on this machine's own addresses. Special characters of the user are percent-encoded.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn parse(text: &str) -> Result<Self, Vec<UrlProblem>> {
        let url = Url::parse(text).map_err(|_| vec![UrlProblem::Form])?;
        let (host, port) = place(&url).ok_or_else(|| vec![UrlProblem::Form])?;
        let mut problems = Vec::new();
        if url.password().is_some() {
            problems.push(UrlProblem::Password);
        }
        let parameters = Parameters::of(&url).unwrap_or_else(|problem| {
            problems.push(problem);
            Parameters::default()
        });
        let keep = |problem| problems.push(problem);
        let encryption = encryption(&url, parameters.tls.as_deref(), is_loopback(&host));
        let encryption = encryption.map_err(keep).unwrap_or(Encryption::Required);
        let keep = |problem| problems.push(problem);
        let login = login(&url, parameters).map_err(keep).unwrap_or_default();
        let in_clear_text = matches!(encryption, Encryption::None | Encryption::Opportunistic);
        if login.is_some() && in_clear_text && !is_loopback(&host) {
            problems.push(UrlProblem::ClearText);
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self {
            host,
            port,
            encryption,
            login,
        })
    }
}

#[derive(Debug, Default)]
struct Parameters {
    tls: Option<String>,
    password_file: Option<String>,
    token_file: Option<String>,
}

impl Parameters {
    fn of(url: &Url) -> Result<Self, UrlProblem> {
        let mut parameters = Self::default();
        for (name, value) in url.query_pairs() {
            let place = match &*name {
                "tls" => &mut parameters.tls,
                "password_file" => &mut parameters.password_file,
                "token_file" => &mut parameters.token_file,
                _ => return Err(UrlProblem::Parameter),
            };
            if place.replace(value.into_owned()).is_some() {
                return Err(UrlProblem::Parameter);
            }
        }
        Ok(parameters)
    }
}

/// Host and port.
fn place(url: &Url) -> Option<(String, u16)> {
    let default = match url.scheme() {
        "smtp" => 25,
        "smtps" => 465,
        _ => return None,
    };
    let host = url.host_str()?;
    let host = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    let nothing_else = matches!(url.path(), "" | "/") && url.fragment().is_none();
    (nothing_else && !host.is_empty() && host.chars().all(is_plain))
        .then(|| (host.to_owned(), url.port().unwrap_or(default)))
}

fn encryption(url: &Url, tls: Option<&str>, is_loopback: bool) -> Result<Encryption, UrlProblem> {
    match (url.scheme(), tls) {
        ("smtps", None) => Ok(Encryption::Implicit),
        ("smtps", Some(_)) => Err(UrlProblem::TlsTwice),
        (_, Some("required")) => Ok(Encryption::Required),
        (_, Some("opportunistic")) => Ok(Encryption::Opportunistic),
        (_, Some("none")) => Ok(Encryption::None),
        (_, Some(_)) => Err(UrlProblem::Tls),
        (_, None) if is_loopback => Ok(Encryption::None),
        (_, None) => Ok(Encryption::Required),
    }
}

fn login(url: &Url, parameters: Parameters) -> Result<Option<Login>, UrlProblem> {
    let secret = match (parameters.password_file, parameters.token_file) {
        (Some(_), Some(_)) => return Err(UrlProblem::TwoSecrets),
        (Some(file), None) => Some(SecretFile::Password(file.into())),
        (None, Some(file)) => Some(SecretFile::Token(file.into())),
        (None, None) => None,
    };
    let user = percent_decode_str(url.username()).decode_utf8();
    let user = user.map_err(|_| UrlProblem::Form)?.into_owned();
    match (user.is_empty(), secret) {
        (true, None) => Ok(None),
        (true, Some(_)) => Err(UrlProblem::NoUser),
        (false, None) => Err(UrlProblem::NoSecret),
        (false, Some(secret)) => Ok(Some(Login { user, secret })),
    }
}

/// Whether nothing leaves this machine.
fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl fmt::Display for SmtpUrl {
    /// Scheme, host and port.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.encryption {
            Encryption::Implicit => "smtps",
            _ => "smtp",
        };
        if self.host.contains(':') {
            write!(f, "{scheme}://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{scheme}://{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (String, u16, Encryption) {
        let url = SmtpUrl::parse(text).unwrap();
        (url.host, url.port, url.encryption)
    }

    #[test]
    fn an_address_is_a_host_and_a_port() {
        let place = |text| {
            let (host, port, _) = parsed(text);
            (host, port)
        };
        assert_eq!(
            place("smtp://mail.example.org:2525"),
            ("mail.example.org".to_owned(), 2525)
        );
        assert_eq!(place("smtp://127.0.0.1/"), ("127.0.0.1".to_owned(), 25));
        assert_eq!(place("smtp://[::1]:25"), ("::1".to_owned(), 25));
        assert_eq!(place("smtps://[2001:db8::1]"), ("2001:db8::1".to_owned(), 465));
        assert_eq!(
            SmtpUrl::parse("smtps://[2001:db8::1]").unwrap().to_string(),
            "smtps://[2001:db8::1]:465"
        );
    }

    #[test]
    fn off_this_machine_nothing_travels_readable_unless_it_is_asked_for() {
        for (text, encryption) in [
            ("smtp://mail.example.org", Encryption::Required),
            ("smtp://10.0.0.1", Encryption::Required),
            ("smtp://127.0.0.1:25", Encryption::None),
            ("smtp://localhost:25", Encryption::None),
            ("smtp://[::1]:25", Encryption::None),
            ("smtp://[::1]:25?tls=required", Encryption::Required),
            ("smtp://mail.example.org?tls=none", Encryption::None),
            (
                "smtp://mail.example.org?tls=opportunistic",
                Encryption::Opportunistic,
            ),
            ("smtps://mail.example.org", Encryption::Implicit),
        ] {
            assert_eq!(parsed(text).2, encryption, "{text}");
        }
    }

    #[test]
    fn a_user_has_a_secret_in_a_file() {
        let login = |text| SmtpUrl::parse(text).unwrap().login.unwrap();
        assert_eq!(
            login("smtps://ada%40example.org@mail.example.org?password_file=/run/secrets/a%20b"),
            Login {
                user: "ada@example.org".to_owned(),
                secret: SecretFile::Password("/run/secrets/a b".into()),
            }
        );
        let token = login("smtp://ada@mail.example.org:587?tls=required&token_file=/t");
        assert_eq!(token.secret, SecretFile::Token("/t".into()));
    }

    #[test]
    fn everything_that_is_wrong_is_told() {
        use UrlProblem::*;
        for (text, problems) in [
            ("", vec![Form]),
            ("mail.example.org", vec![Form]),
            ("mail.example.org:25", vec![Form]),
            ("http://mail.example.org", vec![Form]),
            ("smtp://", vec![Form]),
            ("smtp://a:x", vec![Form]),
            ("smtp://a/path", vec![Form]),
            ("smtp://b\u{fc}cher.example", vec![Form]),
            ("smtp://user:secret@a:25", vec![Password, NoSecret]),
            ("smtps://a?password_file=/p", vec![NoUser]),
            ("smtps://u@a?password_file=/p&token_file=/t", vec![TwoSecrets]),
            ("smtp://a?tls=yes", vec![Tls]),
            ("smtps://a?tls=required", vec![TlsTwice]),
            ("smtp://u@a?tls=none&password_file=/p", vec![ClearText]),
            ("smtp://u@a?tls=opportunistic&password_file=/p", vec![ClearText]),
            ("smtps://a?verify=no", vec![Parameter]),
            ("smtp://a?tls=none&tls=none", vec![Parameter]),
            ("smtps://u:secret@a?tls=maybe", vec![Password, TlsTwice, NoSecret]),
        ] {
            assert_eq!(SmtpUrl::parse(text).unwrap_err(), problems, "{text}");
        }
        assert!(SmtpUrl::parse("smtp://u@127.0.0.1?password_file=/p").is_ok());
    }
}
