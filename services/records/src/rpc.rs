//! gRPC: each method parses, calls and maps. The shell has verified the caller; what the field rules of the contract
//! cannot say is parsed here, once, and what is wrong with it told together with broken rules.

mod assignments;
mod convert;
mod grants;
mod learning_record;
mod parse;
mod person_record;
mod progress;
mod trainings;
mod trainings_internal;

use muster_server::page::PageKey;

use crate::ops::Desk;

/// Answers every gRPC service of this process.
#[derive(Clone, Debug)]
pub(crate) struct Rpc {
    pub(crate) desk: Desk,
    pub(crate) page_key: PageKey,
}
