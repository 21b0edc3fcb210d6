//! What callers may ask: parse, call, answer.

mod delivery;

use crate::context::Context;

/// Answers every gRPC service of this process.
#[derive(Clone)]
pub(crate) struct Rpc {
    pub(crate) context: Context,
}
