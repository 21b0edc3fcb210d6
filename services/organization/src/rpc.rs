//! gRPC: each method parses, calls and maps. The shell has verified the caller; what the field rules of the contract
//! cannot say is parsed here, once, and what is wrong with it told together with broken rules.

mod catalog;
mod convert;
mod groups;
mod internal;
mod locations;
mod organizations;
mod parse;
mod subscriptions;

use muster_server::page::PageKey;

use crate::domain::{Limits, Padding};
use crate::ops::Desk;

/// Answers every gRPC service of this process.
#[derive(Clone, Debug)]
pub(crate) struct Rpc {
    pub(crate) desk: Desk,
    pub(crate) page_key: PageKey,
    /// What organizations without a subscription may do.
    pub(crate) basic: Limits,
    /// How authorities pad their license numbers.
    pub(crate) padding: Padding,
}
