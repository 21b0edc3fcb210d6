//! The cookies of the pages.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::seal::Seal;

/// A cookie of ours. All are sealed, `HttpOnly`, `SameSite=Lax` and for the whole host.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cookie {
    /// Who is signed in.
    Session,
    /// A sign-in that is under way.
    SignIn,
    /// The link that was followed.
    Link,
}

impl Cookie {
    fn purpose(self) -> &'static str {
        match self {
            Self::Session => "muster-session",
            Self::SignIn => "muster-sign-in",
            Self::Link => "muster-link",
        }
    }

    /// How long the browser keeps it, in seconds.
    fn max_age(self) -> i64 {
        match self {
            Self::Session => 8 * 3600,
            Self::SignIn => 15 * 60,
            Self::Link => 3600,
        }
    }
}

/// Reads and writes cookies.
pub(crate) struct Cookies {
    seal: Seal,
    /// Whether the pages are served by TLS; without it (development on loopback) browsers refuse `__Host-`.
    secure: bool,
}

impl Cookies {
    pub(crate) fn new(seal: Seal, secure: bool) -> Self {
        Self { seal, secure }
    }

    pub(crate) fn seal(&self) -> &Seal {
        &self.seal
    }

    fn name(&self, cookie: Cookie) -> String {
        let prefix = if self.secure { "__Host-" } else { "" };
        format!("{prefix}{}", cookie.purpose())
    }

    /// The value of a cookie, if the browser sent one that was sealed here.
    pub(crate) fn get<T: DeserializeOwned>(&self, headers: &HeaderMap, cookie: Cookie) -> Option<T> {
        let name = self.name(cookie);
        headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|header| header.to_str().ok())
            .flat_map(|header| header.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(key, _)| *key == name)
            .and_then(|(_, value)| self.seal.open(cookie.purpose(), value))
    }

    /// Adds a cookie to an answer.
    pub(crate) fn set<T: Serialize>(&self, headers: &mut HeaderMap, cookie: Cookie, value: &T) {
        if let Some(sealed) = self.seal.close(cookie.purpose(), value) {
            self.append(headers, cookie, &sealed, cookie.max_age());
        }
    }

    /// Takes a cookie away.
    pub(crate) fn clear(&self, headers: &mut HeaderMap, cookie: Cookie) {
        self.append(headers, cookie, "", 0);
    }

    fn append(&self, headers: &mut HeaderMap, cookie: Cookie, value: &str, max_age: i64) {
        let secure = if self.secure { "; Secure" } else { "" };
        let name = self.name(cookie);
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age}{secure}");
        if let Ok(header) = HeaderValue::from_str(&text) {
            headers.append(SET_COOKIE, header);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_comes_back_and_a_foreign_one_does_not() {
        let cookies = Cookies::new(Seal::new(&[1; 32]).unwrap(), true);
        let mut answer = HeaderMap::new();
        cookies.set(&mut answer, Cookie::Link, &"token");
        let set = answer[SET_COOKIE].to_str().unwrap().to_owned();
        assert!(set.starts_with("__Host-muster-link="), "{set}");
        assert!(
            set.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=3600; Secure"),
            "{set}"
        );

        let mut request = HeaderMap::new();
        let pair = set.split(';').next().unwrap();
        request.insert(
            COOKIE,
            HeaderValue::from_str(&format!("other=1; {pair}")).unwrap(),
        );
        assert_eq!(
            cookies.get::<String>(&request, Cookie::Link).as_deref(),
            Some("token")
        );
        assert_eq!(cookies.get::<String>(&request, Cookie::Session), None);
        let others = Cookies::new(Seal::new(&[2; 32]).unwrap(), true);
        assert_eq!(others.get::<String>(&request, Cookie::Link), None);
    }
}
