//! A browser without a window: it follows no redirect by itself, and keeps cookies.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use muster_clock::Clock;
use reqwest::header::{HeaderMap, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::json;
use url::Url;

use crate::issuer::Issuer;
use crate::support::Fixture;

#[derive(Clone)]
pub(crate) struct Browser {
    client: Client,
    edge: String,
    cookies: BTreeMap<String, String>,
    /// What it says of the languages that its person reads.
    accept_language: &'static str,
}

/// A page as it came.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) location: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Browser {
    pub(crate) fn of(fixture: &Fixture) -> Self {
        Self {
            client: Client::builder().redirect(Policy::none()).build().unwrap(),
            edge: format!("http://{}", fixture.address),
            cookies: BTreeMap::new(),
            accept_language: "",
        }
    }

    /// A browser whose person reads these languages.
    pub(crate) fn reading(fixture: &Fixture, accept_language: &'static str) -> Self {
        Self {
            accept_language,
            ..Self::of(fixture)
        }
    }

    /// The same cookies at another replica.
    pub(crate) fn at(&self, address: SocketAddr) -> Self {
        Self {
            edge: format!("http://{address}"),
            ..self.clone()
        }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        let request = self.client.get(format!("{}{path}", self.edge));
        self.send(request).await
    }

    /// Asks for what it has already.
    pub(crate) async fn get_if_none_match(&mut self, path: &str, etags: &str) -> Page {
        let request = self.client.get(format!("{}{path}", self.edge));
        self.send(request.header("if-none-match", etags)).await
    }

    /// Posts a form with one form token.
    pub(crate) async fn post(&mut self, path: &str, form_token: &str) -> Page {
        self.post_with(path, form_token, "").await
    }

    /// Posts a form with more in it.
    pub(crate) async fn post_with(&mut self, path: &str, form_token: &str, more: &str) -> Page {
        let form = [("form_token", form_token), ("more", more)];
        let request = self.client.post(format!("{}{path}", self.edge)).form(&form);
        self.send(request).await
    }

    /// Posts a form as it is sent.
    pub(crate) async fn post_text(&mut self, path: &str, text: String) -> Page {
        let request = self.client.post(format!("{}{path}", self.edge));
        let kind = "application/x-www-form-urlencoded";
        self.send(request.header("content-type", kind).body(text)).await
    }

    /// Posts a form as a page of another site makes a browser do.
    pub(crate) async fn post_from(&mut self, origin: &str, path: &str, form_token: &str) -> Page {
        self.post_from_with(origin, path, &[("form_token", form_token)])
            .await
    }

    /// The same with more in it.
    pub(crate) async fn post_from_with(&mut self, origin: &str, path: &str, form: &[(&str, &str)]) -> Page {
        let request = self.client.post(format!("{}{path}", self.edge));
        self.send(request.header("origin", origin).form(form)).await
    }

    /// Asks for a page by this method.
    pub(crate) async fn ask(&mut self, method: &str, path: &str) -> Page {
        let request = self
            .client
            .request(method.parse().unwrap(), format!("{}{path}", self.edge));
        self.send(request).await
    }

    /// Signs in as this person, whose access token is this one; what the callback answers.
    pub(crate) async fn sign_in(&mut self, fixture: &Fixture, subject: &str, access_token: &str) -> Page {
        let asked = self.leave("/sign-in").await;
        fixture.issuer.will_give(subject, &asked["nonce"], access_token);
        self.come_back(&asked, &[("code", "1")]).await
    }

    /// Signs in by this link, at this issuer.
    pub(crate) async fn sign_in_at(&mut self, issuer: &Issuer, link: &str, subject: &str) -> Page {
        let asked = self.leave(link).await;
        issuer.will_give(subject, &asked["nonce"], &issuer.token(subject));
        self.come_back(&asked, &[("code", "1")]).await
    }

    /// Signs in by this link as this person, with tokens that hold for a day.
    pub(crate) async fn sign_in_for_long(&mut self, fixture: &Fixture, link: &str, subject: &str) -> Page {
        let asked = self.leave(link).await;
        let tomorrow = json!({ "exp": Clock::system().now().unix_timestamp() + 86_400 });
        let token = fixture.issuer.token_with(subject, tomorrow.clone());
        fixture
            .issuer
            .will_say(subject, &asked["nonce"], tomorrow, &token);
        self.come_back(&asked, &[("code", "1")]).await
    }

    /// Goes to the issuer by this link; what the issuer is asked.
    pub(crate) async fn leave(&mut self, link: &str) -> BTreeMap<String, String> {
        asked(&self.get(link).await)
    }

    /// Comes back from the issuer with this answer to what it was asked.
    pub(crate) async fn come_back(
        &mut self,
        asked: &BTreeMap<String, String>,
        answer: &[(&str, &str)],
    ) -> Page {
        let mut back = Url::parse(&format!("{}/sign-in/callback", self.edge)).unwrap();
        back.query_pairs_mut()
            .extend_pairs(answer)
            .append_pair("state", &asked["state"]);
        let request = self.client.get(back);
        self.send(request).await
    }

    /// Puts a cookie into it.
    pub(crate) fn put(&mut self, cookie: &str, value: &str) {
        self.cookies.insert(cookie.to_owned(), value.to_owned());
    }

    /// The value of a cookie that it keeps.
    pub(crate) fn cookie(&self, cookie: &str) -> String {
        self.cookies[cookie].clone()
    }

    /// Whether it keeps this cookie.
    pub(crate) fn has(&self, cookie: &str) -> bool {
        self.cookies.get(cookie).is_some_and(|value| !value.is_empty())
    }

    async fn send(&mut self, request: RequestBuilder) -> Page {
        let pairs: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = request
            .header("cookie", pairs.join("; "))
            .header("accept-language", self.accept_language);
        let response = request.send().await.unwrap();
        self.keep(&response);
        let location = response.headers().get(LOCATION);
        Page {
            status: response.status(),
            location: location.map(|location| location.to_str().unwrap().to_owned()),
            headers: response.headers().clone(),
            text: response.text().await.unwrap(),
        }
    }

    fn keep(&mut self, response: &Response) {
        for set in response.headers().get_all(SET_COOKIE) {
            let (name, rest) = set.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

/// What an issuer is asked by a page that sends there.
pub(crate) fn asked(page: &Page) -> BTreeMap<String, String> {
    let sent = Url::parse(page.location.as_deref().unwrap()).unwrap();
    sent.query_pairs().into_owned().collect()
}

impl Page {
    /// Where the link with this text leads; `None` without such a link.
    pub(crate) fn link(&self, text: &str) -> Option<String> {
        let (before, _) = self.text.split_once(&format!(">{text}</a>"))?;
        let (_, href) = before.rsplit_once("href=\"")?;
        Some(href.trim_end_matches('"').replace("&#38;", "&"))
    }

    /// The token of the form that posts there.
    pub(crate) fn form_token(&self, action: &str) -> String {
        form_token(&self.text, action)
    }
}

/// The token of the form in a text that posts there.
pub(crate) fn form_token(text: &str, action: &str) -> String {
    let form = text.split(&format!("action=\"{action}\"")).nth(1);
    let form = form.unwrap_or_else(|| panic!("no form for {action} in {text}"));
    form.split("value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned()
}
