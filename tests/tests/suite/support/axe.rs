//! What axe-core has against a page: what keeps people from it who do not see it, or not well, or use no mouse.

use std::fmt;

use fantoccini::Client;
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use url::{ParseError, Url};

/// The library, whose version and origin are told beside it.
pub(crate) const AXE: &str = include_str!("../../../axe/axe.min.js");
/// Its SHA-256.
pub(crate) const DIGEST: &str = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c";

/// Runs every rule, and tells what came of it.
const RUN: &str = "
const told = arguments[arguments.length - 1];
const place = node => node.target.join(' ') + ' (' + node.failureSummary.replace(/\\s+/g, ' ') + ')';
axe.run(document, { resultTypes: ['violations'] }).then(
    found => told({
        checked: found.passes.length,
        faults: found.violations.map(one => ({ rule: one.id, help: one.help, places: one.nodes.map(place) })),
    }),
    error => told({ checked: 0, faults: [{ rule: 'none', help: String(error), places: [] }] }));
";

/// A rule that a page breaks.
#[derive(Debug, Deserialize)]
pub(crate) struct Fault {
    /// Such as `color-contrast`.
    pub(crate) rule: String,
    help: String,
    places: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Found {
    /// How many rules the page keeps.
    checked: usize,
    faults: Vec<Fault>,
}

/// The colours that people prefer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Colours {
    Light,
    Dark,
}

impl Colours {
    const BOTH: [Self; 2] = [Self::Light, Self::Dark];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}: {}: {}", self.rule, self.help, self.places.join("; "))
    }
}

/// What is wrong with the page that a browser shows, in light colours and in dark ones. Pages run no script, so it is put there by the
/// browser's driver, which no policy of a page keeps out.
pub(crate) async fn faults(browser: &Client) -> Vec<(Colours, Fault)> {
    let mut all = Vec::new();
    browser.execute(AXE, Vec::new()).await.unwrap();
    for colours in Colours::BOTH {
        prefer(browser, colours.word()).await;
        let found = browser.execute_async(RUN, Vec::new()).await.unwrap();
        let found: Found = serde_json::from_value(found).unwrap();
        // A page on which nothing was looked at is not without faults.
        assert!(found.checked > 5, "axe-core has looked at nothing: {found:?}");
        all.extend(found.faults.into_iter().map(|fault| (colours, fault)));
    }
    prefer(browser, "").await;
    all
}

/// Makes a page look as for somebody who prefers these colours; the browser's own when none are said.
pub(crate) async fn prefer(browser: &Client, colours: &str) {
    let features = json!([{ "name": "prefers-color-scheme", "value": colours }]);
    let preferred = json!({ "features": features });
    devtools(browser, "Emulation.setEmulatedMedia", preferred).await;
}

/// Asks the browser by its own protocol, through its driver.
pub(crate) async fn devtools(browser: &Client, method: &'static str, parameters: Value) -> Value {
    let asked = DevTools { method, parameters };
    let answer = browser.issue_cmd(asked).await;
    answer.unwrap_or_else(|error| panic!("{method}: {error}"))
}

#[derive(Debug)]
struct DevTools {
    method: &'static str,
    parameters: Value,
}

impl fantoccini::wd::WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base_url: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base_url.join(&format!(
            "session/{}/goog/cdp/execute",
            session.unwrap_or_default()
        ))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let body = json!({ "cmd": self.method, "params": self.parameters });
        (Method::POST, Some(body.to_string()))
    }
}
