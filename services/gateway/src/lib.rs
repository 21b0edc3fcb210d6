//! The gateway: the one door of the suite.
//!
//! - [`app`](start): the only wiring; [`Settings`]: what it is told.
//! - `listener`, `connection`, `fair`, `finish`, `frames`, `limit`, `tls`, `unread`: connections and their limits; `proxies`, `visitor`: from where somebody calls; `door`: who
//!   answers what on the one port; `cors`: which pages of others may ask there.
//! - [`edge`]: every gRPC call: rule, caller, scope, decision, caller token, forwarding.
//! - [`policy`]: the decision, by Cedar; [`roles`]: who has which role where; [`rate`]: how often without signing in.
//! - `access`: the same decision in words, for whoever asks about themself: the only RPCs that are answered here.
//! - `readiness`: whether the services are there; `reflection`: health and descriptions.
//! - [`pages`]: what people see in a browser, by the same rules.

mod access;
mod app;
mod connection;
mod cors;
mod descriptors;
mod door;
pub mod edge;
mod fair;
mod finish;
mod frames;
mod limit;
mod listener;
pub mod pages;
pub mod policy;
mod proxies;
pub mod rate;
mod readiness;
mod reflection;
pub mod roles;
mod settings;
mod tally;
mod tls;
mod unread;
mod visitor;
mod workers;

pub use app::{NAME, Running, start};
pub use cors::{NotOrigins, Origins};
pub use proxies::{NotProxies, Proxies};
pub use settings::{FileProblem, Issuers, PeerSettings, Settings};
