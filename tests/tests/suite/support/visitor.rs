//! A browser without scripts: cookies, redirects and forms. It also posts what no honest page would.

use reqwest::RequestBuilder;

use super::Suite;

/// One cookie jar.
pub(crate) struct Visitor {
    http: reqwest::Client,
    edge: String,
}

impl Visitor {
    /// Somebody who has followed a link.
    pub(crate) async fn follow(suite: &Suite, link: &str) -> Self {
        let builder = suite.visitor().cookie_store(true);
        let visitor = Self {
            http: builder.build().unwrap(),
            edge: suite.address("gateway"),
        };
        visitor.http.get(link).send().await.unwrap();
        visitor
    }

    /// Signs in at the developer's issuer as the person of an address.
    pub(crate) async fn sign_in(&self, email: &str) {
        let asked = self
            .http
            .get(format!("{}/sign-in", self.edge))
            .send()
            .await
            .unwrap();
        let authorize = asked.url().join("/authorize").unwrap();
        let page = asked.text().await.unwrap();
        let form = page
            .split("id=\"register\"")
            .nth(1)
            .expect("the issuer asks who it is");
        let mut fields = hidden(form);
        fields.push(("email".to_owned(), email.to_owned()));
        let back = self.http.post(authorize).form(&fields).send().await.unwrap();
        assert_eq!(back.url().path(), "/invitation", "the sign-in comes back");
    }

    /// What the page of the invitation shows.
    pub(crate) async fn page(&self) -> String {
        self.sees("/invitation").await
    }

    /// What a page shows.
    pub(crate) async fn sees(&self, path: &str) -> String {
        let page = self.http.get(format!("{}{path}", self.edge)).send().await;
        page.unwrap().text().await.unwrap()
    }

    /// The token in the forms of this session.
    pub(crate) async fn form_token(&self) -> String {
        let page = self.page().await;
        let field = page
            .split("name=\"form_token\"")
            .nth(1)
            .expect("the page has a form");
        attribute(field, "value")
    }

    /// A post to the form that accepts; what it carries is the caller's.
    pub(crate) fn accepting(&self) -> RequestBuilder {
        self.posting("/invitation/accept")
    }

    /// A post to a form; what it carries is the caller's.
    pub(crate) fn posting(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.edge))
    }
}

/// What the first form of a page that posts there carries by itself; `None` without such a form.
pub(crate) fn fields_of(page: &str, path: &str) -> Option<Vec<(String, String)>> {
    let form = page.split(&format!("action=\"{path}\"")).nth(1)?;
    form.split("</form>").next().map(hidden)
}

/// The fields of a form that nobody sees.
fn hidden(form: &str) -> Vec<(String, String)> {
    let tags = form.split("<input").filter(|tag| tag.contains("type=\"hidden\""));
    tags.map(|tag| (attribute(tag, "name"), attribute(tag, "value")))
        .collect()
}

/// The value of the next attribute of that name.
fn attribute(tag: &str, name: &str) -> String {
    let value = tag
        .split(&format!(" {name}=\""))
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    value
        .unwrap_or_else(|| panic!("no {name} in {tag}"))
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#38;", "&")
        .replace("&amp;", "&")
}
