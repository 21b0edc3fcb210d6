//! Who calls, found out and counted before the body is read.
//!
//! JSON is parsed and translated before the edge sees a call, which costs a thousand times as much as refusing it. So the
//! translation asks here first, and the call that it makes afterwards carries what was found out.

use http::request::Parts;
use http::{Extensions, Response};
use muster_access::MethodRule;
use muster_refusal::{ErrorReason, Refusal};
use tokio::time::timeout_at;
use tonic::body::Body;

use super::call::{Call, Entered};
use super::deadline::Time;
use super::identify::Identified;
use super::observe::{CallerTag, Decision};
use super::pass::finished;
use super::refuse;
use super::shared::Shared;
use crate::limits::{CallerKey, ClientAddress, RequestGuard};

/// Who was let through for this method.
#[derive(Clone)]
struct Passed {
    method: &'static str,
    who: Identified,
}

impl Shared {
    pub(super) async fn gate(&self, path: &str, head: &mut Parts) -> Option<Response<Body>> {
        // An unknown method is refused when it is called.
        let rule = self.exposed(path)?;
        let time = Time::of(rule, &head.headers);
        let mut caller = None;
        let identifying = async {
            self.capacity.check(rule)?;
            self.known(rule, head, &mut caller).await
        };
        match timeout_at(time.first(), identifying)
            .await
            .unwrap_or_else(|_| Err(refuse::too_late()))
        {
            Ok(who) => {
                let method = &rule.path;
                head.extensions.insert(Passed { method, who });
                None
            }
            Err(refusal) => Some(self.refused(rule, head, caller, refusal)),
        }
    }

    fn refused(
        &self,
        rule: &'static MethodRule,
        head: &Parts,
        caller: Option<CallerTag>,
        refusal: Refusal,
    ) -> Response<Body> {
        let guard = head.extensions.get::<RequestGuard>().cloned();
        let mut observation = self.parts.observer.begin(Some(rule), head);
        observation.called_by(caller);
        observation.decided(Decision::Refused);
        finished(Err(refusal), observation, guard)
    }

    /// Who calls, and whether they may call at all now: what the headers alone decide, before anything is read.
    pub(super) async fn enter(&self, call: &mut Call) -> Result<Entered, Refusal> {
        let mut caller = None;
        let known = match passed(call.rule, &call.parts.extensions) {
            Some(who) => {
                caller.clone_from(&who.tag);
                Ok(who)
            }
            None => self.known(call.rule, &call.parts, &mut caller).await,
        };
        call.observation.called_by(caller);
        let who = known?;
        let permit = self.capacity.of_caller(call.rule, key(&who, &call.parts))?;
        Ok(Entered { who, permit })
    }

    /// Who calls, as [`Self::counted`] tells. Whoever calls too often is also read more slowly.
    async fn known(
        &self,
        rule: &'static MethodRule,
        head: &Parts,
        caller: &mut Option<CallerTag>,
    ) -> Result<Identified, Refusal> {
        let known = self.counted(rule, head, caller).await;
        let is_too_often = |refusal: &Refusal| refusal.reason() == ErrorReason::RateLimited;
        if known.as_ref().is_err_and(is_too_often) {
            let guard = head.extensions.get::<RequestGuard>();
            guard.inspect(|guard| guard.refused());
        }
        known
    }

    /// Who calls; the call is counted by how often they do. `caller` is set also for whoever is known and refused.
    async fn counted(
        &self,
        rule: &'static MethodRule,
        head: &Parts,
        caller: &mut Option<CallerTag>,
    ) -> Result<Identified, Refusal> {
        let who = self.identify(rule, head).await?;
        caller.clone_from(&who.tag);
        if let Some(limit) = self.parts.calls_per_second.filter(|_| who.is_signed_in()) {
            let taken = self.rate.take_of_caller(key(&who, head), limit.get());
            taken.map_err(refuse::too_busy)?;
        }
        Ok(who)
    }
}

/// What was found out at the gate.
fn passed(rule: &MethodRule, extensions: &Extensions) -> Option<Identified> {
    let passed: &Passed = extensions.get()?;
    (passed.method == rule.path).then(|| passed.who.clone())
}

fn key(who: &Identified, head: &Parts) -> CallerKey {
    let ClientAddress(address) = ClientAddress::of(&head.extensions);
    CallerKey::of(&who.caller, address)
}
