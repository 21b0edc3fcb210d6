//! A call that is to be refused, and the call itself.

use std::net::IpAddr;

use bytes::Bytes;
use futures::future::join_all;
use muster_access::{Mode, Rules};
use muster_refusal::{ErrorReason, code_of, fields_of, quota_of, reason_of};
use muster_testkit::eventually_some;
use prost::Message;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};

use super::promises;
use super::stage::Stage;
use super::trace::Trace;
use crate::support::RawCall;

/// A request that is to be refused, and what the refusal has to say.
pub(super) struct Attempt {
    who: Option<String>,
    messages: Vec<Bytes>,
    from: Option<IpAddr>,
    before_each: Option<Box<dyn Fn()>>,
    fields: Option<Vec<String>>,
    quota: Option<(i64, i64)>,
    metadata: Option<(&'static str, String)>,
}

impl Attempt {
    /// By a person of the developer's issuer, or by the learning system.
    pub(super) fn by(who: &str, message: &impl Message) -> Self {
        Self::streamed(who, std::slice::from_ref(message))
    }

    /// Several messages, one after the other.
    pub(super) fn streamed(who: &str, messages: &[impl Message]) -> Self {
        Self {
            who: Some(who.to_owned()),
            messages: messages
                .iter()
                .map(|message| message.encode_to_vec().into())
                .collect(),
            from: None,
            before_each: None,
            fields: None,
            quota: None,
            metadata: None,
        }
    }

    /// By somebody who is not signed in.
    pub(super) fn by_nobody(message: &impl Message) -> Self {
        Self {
            who: None,
            ..Self::by("", message)
        }
    }

    /// From this network address, not from one of its own.
    pub(super) fn from(mut self, address: IpAddr) -> Self {
        self.from = Some(address);
        self
    }

    /// To be made again and again, each time after this, until it is refused as it should be.
    pub(super) fn each_time(mut self, before: impl Fn() + 'static) -> Self {
        self.before_each = Some(Box::new(before));
        self
    }

    /// The fields that `BadRequest` names: exactly these, in any order.
    pub(super) fn violates(mut self, fields: &[&str]) -> Self {
        self.fields = Some(fields.iter().map(|field| (*field).to_owned()).collect());
        self
    }

    /// Used and limit.
    pub(super) fn quota(mut self, used: i64, limit: i64) -> Self {
        self.quota = Some((used, limit));
        self
    }

    /// A fact in `ErrorInfo.metadata`.
    pub(super) fn metadata(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.metadata = Some((key, value.into()));
        self
    }

    fn judge(&self, reason: ErrorReason, status: &Status) -> Result<(), String> {
        if reason_of(status) != Some(reason) || status.code() != code_of(reason) {
            return Err(format!(
                "{:?} {:?}: {}",
                status.code(),
                reason_of(status),
                status.message()
            ));
        }
        promises::kept(reason, status)?;
        if let Some(expected) = &self.fields {
            let mut found = fields_of(status);
            let mut expected = expected.clone();
            found.sort();
            expected.sort();
            same("fields", &found, &expected)?;
        }
        if self.quota.is_some() {
            same("quota", &quota_of(status), &self.quota)?;
        }
        let names_support = promises::fact(status, "support").is_some();
        same("support", &names_support, &reason.is_helped_by_staff())?;
        if let Some((key, expected)) = &self.metadata {
            same(key, &promises::fact(status, key).as_ref(), &Some(expected))?;
        }
        Ok(())
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Result<(), String> {
    if found == expected {
        Ok(())
    } else {
        Err(format!("{what} {found:?}, not {expected:?}"))
    }
}

/// Calls of an attempt that is made again and again: on a slow machine, one after the other would be counted too rarely to be too
/// many.
const CONCURRENCY: usize = 16;

/// Makes the call, through the edge; what is internal, at the service, as one of the services that may. The trace that the refused
/// call was.
///
/// # Errors
/// What is not as it should be.
pub(super) async fn provoke(
    stage: &Stage,
    rpc: &str,
    reason: ErrorReason,
    attempt: Attempt,
) -> Result<Trace, String> {
    let (call, channel) = call(stage, rpc, reason, &attempt);
    let send = async || {
        let (call, trace) = Trace::begin(stage, &call);
        (call.send(channel.clone()).await.err(), trace)
    };
    let Some(before) = &attempt.before_each else {
        let (status, trace) = send().await;
        let status = status.ok_or("it was not refused")?;
        return attempt.judge(reason, &status).map(|()| trace);
    };
    let refused = eventually_some(async || {
        before();
        let sent = join_all((0..CONCURRENCY).map(|_| send())).await;
        let mut refused = sent
            .into_iter()
            .filter_map(|(status, trace)| Some((status?, trace)));
        refused.find_map(|(status, trace)| attempt.judge(reason, &status).ok().map(|()| trace))
    });
    Ok(refused.await)
}

fn call(stage: &Stage, rpc: &str, reason: ErrorReason, attempt: &Attempt) -> (RawCall, Channel) {
    let rules = Rules::load(muster_proto::pool()).expect("the contract's rules load");
    let rule = rules.iter().find(|rule| rule.method == rpc);
    let rule = rule.unwrap_or_else(|| panic!("there is no RPC {rpc}"));
    let mut messages = attempt.messages.iter().cloned();
    let mut call = RawCall::new(&rule.path, messages.next().unwrap_or_default());
    call.later = messages.collect();
    call.client_streaming = rule.client_streaming;
    if let Mode::Internal { callers } = &rule.mode {
        let server = &rule.served_by[0];
        let token = stage.suite.workload_token(&callers[0], server);
        let service = Endpoint::from_shared(stage.suite.service(server)).unwrap();
        return (call.bearer(&token), service.connect_lazy());
    }
    if rule.reason_of_staff && reason != ErrorReason::StaffReasonRequired {
        call = call.header("muster-reason", "a test");
    }
    if let Some(who) = &attempt.who {
        call = call.bearer(&stage.suite.token(who));
    }
    let edge = match attempt.from {
        Some(address) => stage.suite.edge_from(address),
        None => stage.suite.edge(),
    };
    (call, edge)
}
