//! The contract's services: parse, call, map.

mod acceptance;
mod counting;
mod import;
mod invitation;
mod join_request;
mod learner;
mod link;
mod mail_source;
mod parse;
mod person;

use crate::context::Context;
use invitation::{Crowd, crowd};

/// Answers every gRPC service of this process.
#[derive(Clone)]
pub(crate) struct Rpc {
    context: Context,
    crowd: Crowd,
}

impl Rpc {
    pub(crate) fn new(context: Context) -> Self {
        let crowd = crowd();
        Self { context, crowd }
    }
}
