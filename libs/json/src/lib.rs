//! The contract as plain JSON over HTTP.
//!
//! [`Bindings`] reads the `google.api.http` options that stand beside the RPCs; [`Json`] is a tower service in front of
//! one that speaks gRPC: it makes the call that a request means and turns the answer back. It knows no RPC by name and
//! decides nothing: who may call is the business of the service behind it. [`open_api`] describes all of it, and
//! [`reference()`] shows that to people.
//!
//! - Messages: the JSON mapping of protobuf, read strictly ([`mapping`]).
//! - Errors: `google.rpc.Status` with its details, and the HTTP code that `google/rpc/code.proto` gives to each.
//! - Streams of answers: one JSON object a line (`application/x-ndjson`).
//! - Files: what `muster/file/v1/file.proto` says of an RPC is downloaded, or uploaded, as a plain file.

mod answer;
mod bindings;
mod body;
mod boundary;
mod download;
mod files;
pub mod mapping;
mod messages;
mod open_api;
mod problem;
mod reference;
mod request;
mod service;
mod template;
mod upload;

pub use bindings::{Binding, BindingProblem, Bindings, Content, Found};
pub use files::{AcceptedFile, Served};
pub use open_api::{About, open_api};
pub use problem::refused;
pub use reference::reference;
pub use service::{Gate, Json};
pub use template::{PathPart, Template, TemplateProblem};
