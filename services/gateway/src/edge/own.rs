//! Calls that the edge answers itself: admitted as all others are, and then not forwarded.

use std::sync::Arc;

use http::Response;
use muster_access::MethodRule;
use muster_refusal::Refusal;
use tonic::body::Body;

use super::deadline::Time;
use super::observe::Observation;
use super::{Arrived, Shared, messages};

impl Shared {
    /// The answer to a call of the gateway's own area.
    pub(super) async fn answer_itself(
        self: &Arc<Self>,
        rule: &'static MethodRule,
        arrived: Arrived,
        time: &Time,
        observation: &mut Observation,
    ) -> Result<Response<Body>, Refusal> {
        let Arrived { who, first, .. } = arrived;
        let caller = Arc::clone(&who.caller);
        self.admit(rule, who, first.as_ref(), time, observation).await?;
        let message = first.as_ref().map(messages::payload).unwrap_or_default();
        self.access.answer(rule, &caller, message, time.left()).await
    }
}
