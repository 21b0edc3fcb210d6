//! The gateway: the only way into the suite from outside.
//!
//! - [`app`](start): the only wiring; [`Settings`]: what it is told.
//! - `net`: connections, TLS, and what is cut off before a request is there; `limits`: how much one client, one caller and
//!   all together may use.
//! - `router`: which part answers a request on the one port.
//! - `edge`: every gRPC call: rule, caller, scope, decision, caller token, forwarding; `upstream`: the services it
//!   forwards to.
//! - [`policy`]: the decision, by Cedar, and `trial`, what others would have decided; `access`: the same decision explained, the only RPCs that are answered here.
//! - `pages`: what people see in a browser, by the same rules.

mod access;
mod app;
mod caller_tags;
mod check;
mod edge;
mod issuer_watch;
mod limits;
mod name;
mod net;
mod pages;
pub mod policy;
mod router;
mod settings;
mod trial;
mod upstream;

pub use app::{Running, start};
pub use caller_tags::write_caller_tags;
pub use check::{check, findings};
pub use name::NAME;
pub use net::{InvalidProxies, TrustedProxies};
pub use pages::FORMS;
pub use router::{ExtraHeaders, InvalidHeaders, InvalidOrigins, Origins};
pub use settings::{PeerSettings, Settings};
pub use trial::{TrialSettings, try_policies};
