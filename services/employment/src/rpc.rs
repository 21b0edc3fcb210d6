//! gRPC: each method parses, calls and maps. The shell has verified the caller; what the field rules of the contract
//! cannot say is parsed here, once, and what is wrong with it told together with broken rules.

mod employment;
mod history;
mod mail_source;

use crate::context::Context;

/// Answers every gRPC service of this process.
#[derive(Clone, Debug)]
pub(crate) struct Rpc {
    context: Context,
}

impl Rpc {
    pub(crate) fn new(context: Context) -> Self {
        Self { context }
    }
}
