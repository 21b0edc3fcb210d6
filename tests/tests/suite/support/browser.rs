//! A real browser: headless Chromium, driven by Debian's chromedriver.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use muster_testkit::eventually_some;
use serde_json::json;

use super::Suite;

const NO_BROWSER: &str = "there is no browser: install Chromium with its driver (Debian: `apt-get install chromium \
                          chromium-driver`; Ubuntu: `snap install chromium`), or Google Chrome and chromedriver";

/// One browser with a profile of its own. When it goes out of scope, also by a panic, nothing of it is left.
pub(crate) struct Browser {
    pub(crate) client: Client,
    /// In a process group of its own, with everything that it starts.
    driver: Child,
    profile: PathBuf,
    pictures: PathBuf,
}

impl Browser {
    pub(crate) async fn open(suite: &Suite) -> Self {
        Self::reading(suite, "en").await
    }

    /// One whose person reads this language.
    pub(crate) async fn reading(suite: &Suite, language: &str) -> Self {
        let profile = suite.dir().join("browsers").join(suite.unique());
        std::fs::create_dir_all(&profile).unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let driver = Command::new(chromedriver())
            .arg(format!("--port={port}"))
            .process_group(0)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect(NO_BROWSER);
        let profile_argument = format!("--user-data-dir={}", profile.display());
        let language_argument = format!("--accept-lang={language}");
        let arguments = [
            profile_argument.as_str(),
            language_argument.as_str(),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=900,800",
        ];
        let mut capabilities = Capabilities::new();
        capabilities.insert("browserName".into(), json!("chrome"));
        let preferences = json!({ "intl.accept_languages": language });
        let options = json!({ "args": arguments, "prefs": preferences });
        capabilities.insert("goog:chromeOptions".into(), options);
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities);
        let client =
            eventually_some(async || builder.connect(&format!("http://127.0.0.1:{port}")).await.ok()).await;
        Self {
            client,
            driver,
            profile,
            pictures: suite.dir().join("pictures"),
        }
    }

    pub(crate) async fn go(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// Waits for an element and clicks it.
    pub(crate) async fn click(&self, css: &str) {
        let element = self.client.wait().for_element(Locator::Css(css)).await;
        element
            .unwrap_or_else(|error| panic!("no {css}: {error}"))
            .click()
            .await
            .unwrap();
    }

    /// Waits until the page shows a text.
    pub(crate) async fn shows(&self, text: &str) {
        let found = eventually_some(async || {
            let body = self
                .client
                .find(Locator::Css("body"))
                .await
                .ok()?
                .text()
                .await
                .ok()?;
            body.contains(text).then_some(())
        });
        found.await;
    }

    /// Makes the window as narrow as a phone's.
    pub(crate) async fn narrow(&self, width: u32) {
        self.client.set_window_size(width, 800).await.unwrap();
    }

    /// Keeps a picture of the page beside the suite's state, for people to look at.
    pub(crate) async fn picture(&self, name: &str) {
        self.picture_in(&self.pictures, name).await;
    }

    /// Keeps it there.
    pub(crate) async fn picture_in(&self, folder: &Path, name: &str) {
        let png = self.client.screenshot().await.unwrap();
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), png).unwrap();
    }

    /// How much wider than the window the page is, in pixels.
    pub(crate) async fn overhang(&self) -> i64 {
        let script = "return document.documentElement.scrollWidth - window.innerWidth";
        let found = self.client.execute(script, Vec::new()).await.unwrap();
        found.as_i64().unwrap().max(0)
    }

    /// The language that the page says it is in.
    pub(crate) async fn language(&self) -> String {
        let page = self.client.find(Locator::Css("html")).await.unwrap();
        page.attr("lang").await.unwrap().unwrap_or_default()
    }

    /// What all its processes have in their command lines.
    pub(crate) fn mark(&self) -> String {
        self.profile.display().to_string()
    }

    pub(crate) async fn close(self) {
        let _ = self.client.clone().close().await;
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let group = format!("-{}", self.driver.id());
        let _ = Command::new("kill").args(["-s", "KILL", "--", &group]).status();
        let _ = self.driver.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

/// The one that `cargo dev test` has found, or the one on the search path.
fn chromedriver() -> String {
    let found = std::env::var("MUSTER_TEST_CHROMEDRIVER").unwrap_or_else(|_| "chromedriver".to_owned());
    assert!(!found.is_empty(), "{NO_BROWSER}");
    found
}
