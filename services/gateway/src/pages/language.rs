//! In which language a browser is spoken to: the one that was chosen by a link (`?lang=es`), the one that was chosen before, the
//! one that the browser likes best, English. The choice is kept by the browser alone, in a cookie: nothing changes here.

use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_LANGUAGE, VARY};
use axum::http::{HeaderMap, HeaderValue, Uri};
use muster_language::Language;
use url::form_urlencoded;

use super::cookies::{Cookie, Cookies};

/// The parameter by which a link chooses.
const PARAMETER: &str = "lang";

/// What is known of the language of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spoken {
    pub(crate) language: Language,
    /// Whether it was chosen just now.
    is_chosen: bool,
}

impl Spoken {
    /// The language of the browser that sent this.
    pub(crate) fn of(uri: &Uri, headers: &HeaderMap, cookies: &Cookies) -> Self {
        if let Some(language) = chosen(uri) {
            return Self {
                language,
                is_chosen: true,
            };
        }
        let kept = || cookies.get::<String>(headers, Cookie::Language)?.parse().ok();
        let preferred = || Language::preferred(headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?);
        Self {
            language: kept().or_else(preferred).unwrap_or_default(),
            is_chosen: false,
        }
    }

    /// Says on an answer in which language it is, and what that depended on; a choice is kept.
    pub(crate) fn tell(self, answer: &mut HeaderMap, cookies: &Cookies) {
        let tag = self.language.tag();
        answer.insert(CONTENT_LANGUAGE, HeaderValue::from_static(tag));
        answer.append(VARY, HeaderValue::from_static("accept-language, cookie"));
        if self.is_chosen {
            // It is never too long.
            let _ = cookies.set(answer, Cookie::Language, &tag);
        }
    }
}

fn chosen(uri: &Uri) -> Option<Language> {
    form_urlencoded::parse(uri.query()?.as_bytes())
        .find(|(name, _)| name == PARAMETER)
        .and_then(|(_, tag)| tag.parse().ok())
}
