//! How many calls run at the same time: of all callers together, and of each of them.

use std::net::IpAddr;
use std::sync::Arc;

use muster_access::MethodRule;
use muster_identity::Caller;
use muster_refusal::Refusal;

use super::refuse;
use crate::limits::{CallerKey, ConcurrencyLimit, Permit};
use muster_server::{KeyedLimit, KeyedPermit};

/// Streams live for long, so they have pools of their own that cannot take the other calls': a quarter of its size for what is
/// uploaded, and as much for what is downloaded or watched. Whoever only watches keeps nobody from uploading.
const STREAMS: usize = 4;
/// Of the calls, one caller may have 40 % at the same time: less than the half that one service may have, so that one
/// caller cannot use up a service. Of the uploads, a quarter; of what is answered as a stream, which may last for half an hour and cost
/// nothing to hold, a tenth.
const PERCENT_OF_CALLER: usize = 40;
const UPLOAD_PERCENT_OF_CALLER: usize = 25;
const ANSWER_PERCENT_OF_CALLER: usize = 10;
/// Health and reflection need no sign-in and hold next to nothing; a few for one network.
const INFRASTRUCTURE: usize = 512;
const INFRASTRUCTURE_OF_NETWORK: usize = 16;

/// The pools of calls that may run at the same time.
pub(super) struct Capacity {
    calls: Pool,
    uploads: Pool,
    answers: Pool,
    infrastructure: Pool,
}

struct Pool {
    all: Arc<ConcurrencyLimit>,
    by_caller: KeyedLimit<CallerKey>,
}

/// One of the calls that its caller may have at the same time.
pub(super) type CallerPermit = KeyedPermit<CallerKey>;

/// One of the calls that may run at the same time, and of its caller's.
pub(super) struct CallPermit {
    _of_all: Permit,
    _of_caller: CallerPermit,
}

impl Capacity {
    /// For so many calls, and beside them a quarter as many uploads, and streams of answers.
    pub(super) fn new(max_calls: usize) -> Self {
        let streams = (max_calls / STREAMS).max(1);
        Self {
            calls: Pool::new(max_calls, max_calls * PERCENT_OF_CALLER / 100),
            uploads: Pool::new(streams, streams * UPLOAD_PERCENT_OF_CALLER / 100),
            answers: Pool::new(streams, streams * ANSWER_PERCENT_OF_CALLER / 100),
            infrastructure: Pool::new(INFRASTRUCTURE, INFRASTRUCTURE_OF_NETWORK),
        }
    }

    /// Refuses when no call of this method could run now, before anything is spent on it.
    pub(super) fn check(&self, rule: &MethodRule) -> Result<(), Refusal> {
        if self.pool(rule).all.is_reached() {
            return Err(refuse::overloaded());
        }
        Ok(())
    }

    /// One more call of this caller. Taken before its message is read, so that one caller cannot keep many waiting.
    pub(super) fn of_caller(&self, rule: &MethodRule, caller: CallerKey) -> Result<CallerPermit, Refusal> {
        self.pool(rule).of_caller(caller)
    }

    /// One more call of all. Taken only once the first message has arrived, so that a client that sends nothing cannot
    /// exhaust the limit.
    pub(super) fn of_all(&self, rule: &MethodRule, of_caller: CallerPermit) -> Result<CallPermit, Refusal> {
        self.pool(rule).of_all(of_caller)
    }

    /// One more call of health or reflection from this network.
    pub(super) fn infrastructure(&self, address: IpAddr) -> Result<CallPermit, Refusal> {
        let caller = CallerKey::of(&Caller::Anonymous, address);
        self.infrastructure.of_all(self.infrastructure.of_caller(caller)?)
    }

    fn pool(&self, rule: &MethodRule) -> &Pool {
        if rule.client_streaming {
            &self.uploads
        } else if rule.server_streaming {
            &self.answers
        } else {
            &self.calls
        }
    }
}

impl Pool {
    fn new(size: usize, of_caller: usize) -> Self {
        Self {
            all: ConcurrencyLimit::new(size),
            by_caller: KeyedLimit::new(of_caller.max(1)),
        }
    }

    fn of_caller(&self, caller: CallerKey) -> Result<CallerPermit, Refusal> {
        self.by_caller.take(caller).ok_or_else(refuse::overloaded)
    }

    fn of_all(&self, of_caller: CallerPermit) -> Result<CallPermit, Refusal> {
        Ok(CallPermit {
            _of_all: self.all.take().ok_or_else(refuse::overloaded)?,
            _of_caller: of_caller,
        })
    }
}
