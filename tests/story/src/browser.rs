//! A person at a browser: cookies, redirects and forms, nothing else. (The tests drive a real one.)

use std::time::Duration;

use anyhow::{Context, bail};
use muster_local::Addresses;
use reqwest::{Client, RequestBuilder, Url};

use super::diagnosis::{Answered, PartError};

/// How long a page may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// One browser, with its cookies.
pub(super) struct Browser {
    client: Client,
    addresses: Addresses,
    /// Where it is.
    pub(super) at: Url,
    /// What it shows.
    page: String,
}

impl Browser {
    /// A fresh browser that opens a page.
    pub(super) async fn open(addresses: &Addresses, url: &str) -> anyhow::Result<Self> {
        let client = Client::builder()
            .cookie_store(true)
            .timeout(PATIENCE)
            .no_proxy()
            .build()?;
        let mut browser = Self {
            client,
            addresses: addresses.clone(),
            at: Url::parse(url)?,
            page: String::new(),
        };
        browser.go(browser.client.get(url)).await?;
        Ok(browser)
    }

    /// Follows the link with this id.
    pub(super) async fn click(&mut self, id: &str) -> anyhow::Result<()> {
        let link = self.element(&format!("id=\"{id}\""))?;
        self.follow(&link).await
    }

    /// Follows the first link whose address begins so.
    pub(super) async fn click_to(&mut self, address: &str) -> anyhow::Result<()> {
        let link = self.element(&format!("href=\"{address}"))?;
        self.follow(&link).await
    }

    /// The first link that begins so.
    pub(super) fn link_to(&self, address: &str) -> anyhow::Result<String> {
        let link = self.element(&format!("href=\"{address}"))?;
        attribute(&link, "href").context("the link leads nowhere")
    }

    /// How many links begin so.
    pub(super) fn links_to(&self, address: &str) -> usize {
        self.page.matches(&format!("href=\"{address}")).count()
    }

    /// Posts the form with this action, with its hidden fields and more.
    pub(super) async fn submit(
        &mut self,
        action: &str,
        more: impl IntoIterator<Item = (&str, &str)>,
    ) -> anyhow::Result<()> {
        let start = self.position(&format!("action=\"{action}\""))?;
        let form = self.page.get(start..).unwrap_or_default();
        let form = form.split("</form>").next().unwrap_or_default();
        let hidden = form.split("<input").filter(|tag| tag.contains("type=\"hidden\""));
        let mut fields: Vec<(String, String)> = hidden
            .filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value")?)))
            .collect();
        let more = more.into_iter();
        fields.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
        self.go(self.client.post(self.at.join(action)?).form(&fields))
            .await
    }

    /// What the page must show.
    pub(super) fn shows(&self, text: &str) -> anyhow::Result<()> {
        self.position(text).map(drop)
    }

    async fn follow(&mut self, link: &str) -> anyhow::Result<()> {
        let target = attribute(link, "href").context("the link leads nowhere")?;
        self.go(self.client.get(self.at.join(&target)?)).await
    }

    async fn go(&mut self, request: RequestBuilder) -> anyhow::Result<()> {
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => {
                let asked = error.url().cloned().unwrap_or_else(|| self.at.clone());
                let message = format!("the page {} does not open", without_secrets(&asked));
                let at = PartError::of_page(&self.addresses, &asked, Answered::No, message);
                return Err(anyhow::Error::new(error.without_url()).context(at));
            }
        };
        self.at = response.url().clone();
        let status = response.status();
        self.page = response.text().await?;
        if !status.is_success() {
            bail!(self.at(format!("answers {status}")));
        }
        Ok(())
    }

    /// The tag that holds a text.
    fn element(&self, marker: &str) -> anyhow::Result<String> {
        let at = self.position(marker)?;
        let start = self.page.get(..at).and_then(|page| page.rfind('<'));
        let rest = self.page.get(start.unwrap_or(at)..).unwrap_or_default();
        Ok(rest.split('>').next().unwrap_or_default().to_owned())
    }

    fn position(&self, text: &str) -> anyhow::Result<usize> {
        let found = self.page.find(text);
        found.ok_or_else(|| self.at(format!("does not show “{text}”")).into())
    }

    fn at(&self, problem: String) -> PartError {
        let message = format!("the page {} {problem}", without_secrets(&self.at));
        PartError::of_page(&self.addresses, &self.at, Answered::Yes, message)
    }
}

/// An address that may be printed: links of mails and sign-ins hold secrets.
fn without_secrets(url: &Url) -> String {
    let mut printed = url.clone();
    printed.set_query(None);
    for secret in ["/i/", "/j/"] {
        if url.path().starts_with(secret) {
            printed.set_path(&format!("{secret}…"));
        }
    }
    printed.to_string()
}

/// The value of an attribute, with the few entities that our pages write.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let value = tag.split_once(&format!(" {name}=\""))?.1.split('"').next()?;
    Some(
        value
            .replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&#38;", "&")
            .replace("&amp;", "&"),
    )
}
