//! A person at a browser: cookies, redirects and forms, nothing else. (The tests drive a real one.)

use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::{Client, Response, Url};

/// One browser, with its cookies.
pub(super) struct Browser {
    client: Client,
    /// Where it is.
    at: Url,
    /// What it shows.
    page: String,
}

impl Browser {
    /// A fresh browser that opens a page.
    pub(super) async fn open(url: &str) -> anyhow::Result<Self> {
        let client = Client::builder()
            .cookie_store(true)
            .timeout(Duration::from_secs(10))
            .no_proxy()
            .build()?;
        let response = client.get(url).send().await?;
        let mut browser = Self {
            client,
            at: Url::parse(url)?,
            page: String::new(),
        };
        browser.arrive(response).await?;
        Ok(browser)
    }

    /// Follows the link with this id.
    pub(super) async fn click(&mut self, id: &str) -> anyhow::Result<()> {
        let tag = self
            .tag(&format!("id=\"{id}\""))
            .with_context(|| format!("there is no link {id} at {}", self.at))?;
        let target = attribute(&tag, "href").context("the link leads nowhere")?;
        let response = self.client.get(self.at.join(&target)?).send().await?;
        self.arrive(response).await
    }

    /// Posts the form with this action, with its hidden fields and one more.
    pub(super) async fn submit(&mut self, action: &str, more: Option<(&str, &str)>) -> anyhow::Result<()> {
        let marker = format!("action=\"{action}\"");
        let start = self
            .page
            .find(&marker)
            .with_context(|| format!("there is no form {action} at {}", self.at))?;
        let form = self
            .page
            .get(start..)
            .and_then(|rest| rest.split("</form>").next())
            .unwrap_or_default();
        let hidden = form.split("<input").filter(|tag| tag.contains("type=\"hidden\""));
        let mut fields: Vec<(String, String)> = hidden
            .filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value")?)))
            .collect();
        fields.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let response = self
            .client
            .post(self.at.join(action)?)
            .form(&fields)
            .send()
            .await?;
        self.arrive(response).await
    }

    /// What the page shows.
    pub(super) fn shows(&self, text: &str) -> anyhow::Result<()> {
        if !self.page.contains(text) {
            bail!("the page {} does not show “{text}”", self.at.path());
        }
        Ok(())
    }

    async fn arrive(&mut self, response: Response) -> anyhow::Result<()> {
        self.at = response.url().clone();
        let status = response.status();
        self.page = response.text().await?;
        if !status.is_success() {
            bail!("the page {} answers {status}", self.at.path());
        }
        Ok(())
    }

    fn tag(&self, marker: &str) -> Option<String> {
        let at = self.page.find(marker)?;
        let start = self.page.get(..at)?.rfind('<')?;
        let rest = self.page.get(start..)?;
        rest.split('>').next().map(str::to_owned)
    }
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
