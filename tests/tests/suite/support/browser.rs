//! A real browser: headless Chromium, driven by Debian's chromedriver.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use fantoccini::elements::Element;
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use muster_testkit::eventually_some;
use serde_json::{Value, json};

use super::Suite;
use super::axe::{self, Colours};

const NO_BROWSER: &str = "there is no browser: install Chromium with its driver (Debian: `apt-get install chromium \
                          chromium-driver`; Ubuntu: `snap install chromium`), or Google Chrome and chromedriver";

/// How long a page may take, and what a test looks at it with. Four browsers and the whole suite on two processors take their time.
const PATIENCE: Duration = Duration::from_secs(120);
const TABULATOR: &str = "\u{e004}";
/// No page has so many elements that take the focus.
const MOST_STOPS: usize = 40;

/// One browser with a profile of its own. When it goes out of scope, also by a panic, nothing of it is left.
pub(crate) struct Browser {
    pub(crate) client: Client,
    /// In a process group of its own, with everything that it starts.
    driver: Child,
    profile: PathBuf,
    pictures: PathBuf,
    /// Where the pages are that are looked at closely.
    edge: String,
    /// Whether pages may run scripts.
    scripts: bool,
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
        let patience = json!({ "script": PATIENCE.as_secs() * 1000 });
        capabilities.insert("timeouts".into(), patience);
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities);
        let client =
            eventually_some(async || builder.connect(&format!("http://127.0.0.1:{port}")).await.ok()).await;
        Self {
            client,
            driver,
            profile,
            pictures: suite.dir().join("pictures"),
            edge: suite.address("gateway"),
            scripts: true,
        }
    }

    /// The same browser, in which no page runs a script.
    pub(crate) async fn without_scripts(mut self) -> Self {
        self.let_run(false).await;
        self.scripts = false;
        self
    }

    /// The same browser, which looks closely at the pages that are here.
    pub(crate) fn at(mut self, edge: &str) -> Self {
        self.looks_at(edge);
        self
    }

    /// From now on it looks closely at the pages that are here.
    pub(crate) fn looks_at(&mut self, edge: &str) {
        edge.clone_into(&mut self.edge);
    }

    /// Whether pages may run scripts.
    pub(crate) fn runs_scripts(&self) -> bool {
        self.scripts
    }

    async fn let_run(&self, scripts: bool) {
        let value = json!({ "value": !scripts });
        axe::devtools(&self.client, "Emulation.setScriptExecutionDisabled", value).await;
    }

    pub(crate) async fn go(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// Waits for an element and clicks it.
    pub(crate) async fn click(&self, css: &str) {
        self.element(css).await.click().await.unwrap();
    }

    async fn element(&self, css: &str) -> Element {
        let waiting = self.client.wait().at_most(PATIENCE);
        let element = waiting.for_element(Locator::Css(css)).await;
        element.unwrap_or_else(|error| panic!("no {css}: {error}"))
    }

    /// Types into a field, once it is there.
    pub(crate) async fn types(&self, css: &str, text: &str) {
        self.element(css).await.send_keys(text).await.unwrap();
    }

    /// Registers at the issuer, whose page is shown; `None`: without saying a name.
    pub(crate) async fn registers(&self, address: &str, name: Option<&str>) {
        self.fills_in(address, name).await;
        self.click("#register button").await;
    }

    /// Fills in the issuer's form to register, and does not hand it in.
    pub(crate) async fn fills_in(&self, address: &str, name: Option<&str>) {
        self.types("#register input[name=email]", address).await;
        if let Some(name) = name {
            self.types("#register input[name=name]", name).await;
        }
    }

    /// The host name of the page that is shown.
    pub(crate) async fn host(&self) -> String {
        let at = self.client.current_url().await.unwrap();
        at.host_str().unwrap_or_default().to_owned()
    }

    /// Presses keys, wherever the focus is.
    pub(crate) async fn press(&self, keys: &str) {
        let focused = self.client.active_element().await.unwrap();
        focused.send_keys(keys).await.unwrap();
    }

    /// Goes on from element to element by the tabulator key until this one has the focus, and shows that it has.
    pub(crate) async fn tab_to(&self, css: &str) {
        const SCRIPT: &str = "
            const focused = document.activeElement;
            if (!focused.matches(arguments[0])) return null;
            const style = getComputedStyle(focused);
            return focused.matches(':focus-visible') && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;";
        for _ in 0..MOST_STOPS {
            self.press(TABULATOR).await;
            let has_focus = self.client.execute(SCRIPT, vec![json!(css)]).await.unwrap();
            if !has_focus.is_null() {
                assert_eq!(
                    has_focus,
                    json!(true),
                    "{css} does not show that it has the focus"
                );
                return;
            }
        }
        panic!("{css} is not reached by the tabulator key");
    }

    /// Waits until the page shows a text. If it is one of ours, nothing on it keeps people out.
    pub(crate) async fn shows(&self, text: &str) {
        self.says(text).await;
        if self
            .client
            .current_url()
            .await
            .unwrap()
            .as_str()
            .starts_with(&self.edge)
        {
            let faults = self.faults().await;
            let told: Vec<_> = faults
                .iter()
                .map(|(colours, fault)| format!("{}: {fault}", colours.word()))
                .collect();
            assert!(told.is_empty(), "the page that says {text:?}: {told:#?}");
        }
    }

    /// What axe-core has against the page, in which colours.
    pub(crate) async fn faults(&self) -> Vec<(Colours, axe::Fault)> {
        if self.scripts {
            return axe::faults(&self.client).await;
        }
        self.let_run(true).await;
        let faults = axe::faults(&self.client).await;
        self.let_run(false).await;
        faults
    }

    /// Waits until the page shows a text.
    async fn says(&self, text: &str) {
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

    /// Where the links of the page lead.
    pub(crate) async fn links(&self) -> Vec<String> {
        let script = "return [...document.links].map(link => link.href)";
        let found = self.client.execute(script, Vec::new()).await.unwrap();
        serde_json::from_value(found).unwrap()
    }

    /// Makes the page as narrow as on a phone. (No window is as narrow.)
    pub(crate) async fn narrow(&self, width: u32) {
        self.as_large(width, 1).await;
    }

    /// Makes the page so wide, and the window so high that there is no need to scroll.
    pub(crate) async fn tall(&self, width: u32) {
        self.sized(width, 4000, 1).await;
    }

    async fn sized(&self, width: u32, height: u32, times: u32) {
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": times, "mobile": false });
        axe::devtools(&self.client, "Emulation.setDeviceMetricsOverride", metrics).await;
        // As on a phone, whose bars take no room.
        let hidden = json!({ "hidden": true });
        axe::devtools(&self.client, "Emulation.setScrollbarsHidden", hidden).await;
    }

    /// Shows a page that is nowhere: the HTML of a mail.
    pub(crate) async fn open_html(&self, html: &str) {
        let page = format!(
            "data:text/html;charset=utf-8;base64,{}",
            BASE64_STANDARD.encode(html)
        );
        self.go(&page).await;
    }

    /// Makes the page so wide, and everything on it so many times larger: 640 and 2 are a window of 1280 pixels at 200 %.
    pub(crate) async fn as_large(&self, width: u32, times: u32) {
        self.sized(width, 800, times).await;
    }

    /// Makes the page look as for somebody who prefers these colours.
    pub(crate) async fn prefers(&self, colours: Colours) {
        axe::prefer(&self.client, colours.word()).await;
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

    /// Keeps a picture of the whole page there, also of what is below the window.
    pub(crate) async fn picture_whole_in(&self, folder: &Path, name: &str) {
        let metrics = axe::devtools(&self.client, "Page.getLayoutMetrics", json!({})).await;
        let size = &metrics["cssContentSize"];
        self.picture_of(folder, name, &size["width"], &size["height"])
            .await;
    }

    /// Keeps a picture there that ends where the page does, also where the window goes on.
    pub(crate) async fn picture_cut_in(&self, folder: &Path, name: &str) {
        let script = "const page = document.body.getBoundingClientRect();
                      return [document.documentElement.clientWidth, Math.ceil(page.bottom) + 16]";
        let size = self.client.execute(script, Vec::new()).await.unwrap();
        self.picture_of(folder, name, &size[0], &size[1]).await;
    }

    async fn picture_of(&self, folder: &Path, name: &str, width: &Value, height: &Value) {
        let clip = json!({ "x": 0, "y": 0, "width": width, "height": height, "scale": 1 });
        let how = json!({ "captureBeyondViewport": true, "clip": clip });
        let taken = axe::devtools(&self.client, "Page.captureScreenshot", how).await;
        let png = BASE64_STANDARD.decode(taken["data"].as_str().unwrap()).unwrap();
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), png).unwrap();
    }

    /// Makes all text so large, in per cent of what it usually is, and nothing else: what people set who do not see well.
    pub(crate) async fn writes(&self, percent: u32) {
        let sizes = json!({ "standard": 16 * percent / 100, "fixed": 13 * percent / 100 });
        axe::devtools(&self.client, "Page.setFontSizes", json!({ "fontSizes": sizes })).await;
    }

    /// Whether text is at least half as large again as usual.
    pub(crate) async fn is_large(&self) -> bool {
        let script = "return parseFloat(getComputedStyle(document.documentElement).fontSize) >= 24";
        self.client.execute(script, Vec::new()).await.unwrap() == json!(true)
    }

    /// What on the page shows less than it holds, or is partly beside the window.
    pub(crate) async fn cut(&self) -> Vec<String> {
        const SCRIPT: &str = "
            const width = document.documentElement.clientWidth;
            const is_cut = one => {
                const box = one.getBoundingClientRect();
                const beside = box.width > 0 && (box.left < -1 || box.right > width + 1);
                const hides = one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== 'inline';
                return beside || (hides && !one.matches('input, select, option, html'));
            };
            return [...document.body.querySelectorAll('*')]
                .filter(one => !one.closest('.unseen') && is_cut(one))
                .map(one => one.outerHTML.slice(0, 120));";
        let found = self.client.execute(SCRIPT, Vec::new()).await.unwrap();
        serde_json::from_value(found).unwrap()
    }

    /// How much wider than the window the page is, in pixels.
    pub(crate) async fn overhang(&self) -> i64 {
        let script = "const page = document.documentElement; return page.scrollWidth - page.clientWidth";
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
