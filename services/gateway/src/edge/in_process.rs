//! Calls of the gateway's own area: admitted as all others are, then answered in this process.

use std::sync::Arc;

use muster_refusal::Refusal;

use super::answer::{Buffered, CallPermits};
use super::call::{Call, Received};
use super::messages;
use super::pass::Answered;
use super::shared::Shared;

impl Shared {
    pub(super) async fn answer_in_process(
        self: &Arc<Self>,
        call: &mut Call,
        received: Received,
    ) -> Result<Answered, Refusal> {
        let Received {
            who, first, permit, ..
        } = received;
        let caller = Arc::clone(&who.caller);
        self.admit(call, who, first.as_ref()).await?;
        let message = first.as_ref().map(messages::payload).unwrap_or_default();
        let answered = self.access.answer(call.rule, &caller, message, call.time.left());
        let response = answered.await?;
        let held = CallPermits {
            authorization: None,
            _permit: permit,
            _upstream: None,
        };
        let answer = self.answer_of(call, held);
        Ok((response.map(|body| (Buffered::default(), body)), answer))
    }
}
