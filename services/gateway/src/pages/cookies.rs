//! The cookies of the pages.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use cookie::SameSite;
use muster_clock::Clock;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use time::Duration;

use super::seal::Seal;
use super::session::IDLE;

/// A cookie of ours. All are sealed, `HttpOnly`, `SameSite=Lax` and for the whole host.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cookie {
    /// Who is signed in.
    Session,
    /// A sign-in that is under way.
    SignIn,
    /// The link that was followed.
    Link,
    /// The link that confirms an address.
    Join,
    /// What was typed in a form when the sign-in had ended.
    Form,
    /// The language that was chosen.
    Language,
}

impl Cookie {
    fn purpose(self) -> &'static str {
        match self {
            Self::Session => "muster-session",
            Self::SignIn => "muster-sign-in",
            Self::Link => "muster-link",
            Self::Join => "muster-join",
            Self::Form => "muster-form",
            Self::Language => "muster-language",
        }
    }

    /// How long the browser keeps it. A session's time begins anew with each page.
    fn max_age(self) -> Duration {
        match self {
            Self::Session => Duration::seconds(IDLE.as_secs() as i64),
            Self::SignIn | Self::Form => Duration::minutes(15),
            Self::Link | Self::Join => Duration::hours(1),
            Self::Language => Duration::days(365),
        }
    }
}

/// The longest cookie that all browsers keep, its name included, in bytes (RFC 6265, section 6.1).
const LONGEST: usize = 4096;

/// What is sealed: a browser is not trusted to forget in time.
#[derive(Serialize, Deserialize)]
struct Kept<T> {
    until: i64,
    value: T,
}

/// A cookie that browsers would not keep.
#[derive(Debug, thiserror::Error)]
#[error("cookie of {0} bytes is longer than browsers keep")]
pub(crate) struct TooLong(usize);

/// Reads and writes cookies.
pub(crate) struct Cookies {
    seal: Seal,
    clock: Clock,
    /// Whether the pages are served by TLS; without it (development on loopback) browsers refuse `__Host-`.
    secure: bool,
}

impl Cookies {
    pub(crate) fn new(seal: Seal, clock: Clock, secure: bool) -> Self {
        Self { seal, clock, secure }
    }

    pub(crate) fn seal(&self) -> &Seal {
        &self.seal
    }

    fn name(&self, cookie: Cookie) -> String {
        let prefix = if self.secure { "__Host-" } else { "" };
        format!("{prefix}{}", cookie.purpose())
    }

    /// The value of a cookie, if the browser sent one that was sealed here and still counts.
    pub(crate) fn get<T: DeserializeOwned>(&self, headers: &HeaderMap, cookie: Cookie) -> Option<T> {
        let name = self.name(cookie);
        headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|header| header.to_str().ok())
            .flat_map(cookie::Cookie::split_parse)
            .filter_map(Result::ok)
            .find(|sent| sent.name() == name)
            .and_then(|sent| self.seal.open::<Kept<T>>(cookie.purpose(), sent.value()))
            .filter(|kept| kept.until > self.clock.now().unix_timestamp())
            .map(|kept| kept.value)
    }

    /// Adds a cookie to an answer.
    ///
    /// # Errors
    /// It would be too long: browsers drop such a cookie without a word.
    pub(crate) fn set<T: Serialize>(
        &self,
        headers: &mut HeaderMap,
        cookie: Cookie,
        value: &T,
    ) -> Result<(), TooLong> {
        let until = (self.clock.now() + cookie.max_age()).unix_timestamp();
        let Some(sealed) = self.seal.close(cookie.purpose(), &Kept { until, value }) else {
            return Ok(());
        };
        let length = self.name(cookie).len() + "=".len() + sealed.len();
        if length > LONGEST {
            return Err(TooLong(length));
        }
        self.append(headers, cookie, sealed, cookie.max_age());
        Ok(())
    }

    /// The time, in seconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now().unix_timestamp()
    }

    /// Whether an answer says something about a cookie already.
    pub(crate) fn is_set(&self, headers: &HeaderMap, cookie: Cookie) -> bool {
        let begin = format!("{}=", self.name(cookie));
        let mut set = headers.get_all(SET_COOKIE).iter();
        set.any(|header| header.as_bytes().starts_with(begin.as_bytes()))
    }

    /// Takes a cookie away.
    pub(crate) fn clear(&self, headers: &mut HeaderMap, cookie: Cookie) {
        self.append(headers, cookie, String::new(), Duration::ZERO);
    }

    fn append(&self, headers: &mut HeaderMap, cookie: Cookie, value: String, max_age: Duration) {
        let set = cookie::Cookie::build((self.name(cookie), value))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .max_age(max_age)
            .secure(self.secure);
        if let Ok(header) = HeaderValue::from_str(&set.to_string()) {
            headers.append(SET_COOKIE, header);
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn cookies(key: u8) -> (Cookies, Clock) {
        let clock = Clock::fixed(datetime!(2026-03-01 12:00 UTC));
        let seal = Seal::new(&[vec![key; 32]]).unwrap();
        (Cookies::new(seal, clock.clone(), true), clock)
    }

    /// As the browser sends it back.
    fn sent_back(answer: &HeaderMap) -> HeaderMap {
        let set = answer[SET_COOKIE].to_str().unwrap();
        let pair = format!("other=1; {}", set.split(';').next().unwrap());
        HeaderMap::from_iter([(COOKIE, HeaderValue::from_str(&pair).unwrap())])
    }

    #[test]
    fn a_cookie_comes_back_until_its_time_is_up_and_a_foreign_one_does_not() {
        let (cookies, clock) = cookies(1);
        let mut answer = HeaderMap::new();
        cookies.set(&mut answer, Cookie::Link, &"token").unwrap();
        let set = answer[SET_COOKIE].to_str().unwrap().to_owned();
        assert!(set.starts_with("__Host-muster-link="), "{set}");
        assert!(
            set.ends_with("; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=3600"),
            "{set}"
        );

        let request = sent_back(&answer);
        let token = || cookies.get::<String>(&request, Cookie::Link);
        assert_eq!(token().as_deref(), Some("token"));
        assert_eq!(cookies.get::<String>(&request, Cookie::Session), None);
        let (others, _) = super::tests::cookies(2);
        assert_eq!(others.get::<String>(&request, Cookie::Link), None);
        clock.advance(std::time::Duration::from_secs(3600));
        assert_eq!(token(), None);
    }

    #[test]
    fn a_cookie_that_browsers_would_drop_is_not_set() {
        let (cookies, _) = cookies(1);
        let mut answer = HeaderMap::new();
        assert!(
            cookies
                .set(&mut answer, Cookie::Session, &"x".repeat(3100))
                .is_err()
        );
        assert!(answer.is_empty());
        cookies
            .set(&mut answer, Cookie::Session, &"x".repeat(2900))
            .unwrap();
    }
}
