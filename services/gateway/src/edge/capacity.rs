//! How many calls run at the same time: of all callers together, and of one of them.

use std::net::IpAddr;
use std::sync::Arc;

use muster_access::MethodRule;
use muster_identity::Caller;
use muster_ids::PersonId;
use muster_refusal::Refusal;

use super::refuse;
use crate::limit::{Limit, Taken};
use crate::rate;
use crate::tally::{Held, Tally};

/// Streams live for long: they have room of their own, a quarter of the calls', so that they cannot take all of it.
const STREAMS: usize = 4;
/// Of the calls, one caller may have 40 % at the same time: less than one service may have, which would be nobody else's
/// otherwise. Of the streams, a quarter.
const ONE_CALLERS_CALLS: usize = 40;
const ONE_CALLERS_STREAMS: usize = 25;
/// Health and reflection, which need no sign-in and hold next to nothing; a few for one network.
const OWN: usize = 512;
const ONE_NETWORKS: usize = 16;

/// Whose calls are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Who {
    Person(PersonId),
    Workload(String),
    /// Whoever is not signed in, by network.
    Network(IpAddr),
}

/// The room for calls and the room for streams.
pub(super) struct Capacity {
    calls: Room,
    streams: Room,
    own: Room,
}

struct Room {
    all: Arc<Limit>,
    shares: Tally<Who>,
}

/// A call's place among all that run, and among its caller's.
pub(super) struct Place {
    _one: Taken,
    _share: Held<Who>,
}

impl Who {
    pub(super) fn of(caller: &Caller, address: IpAddr) -> Self {
        match caller {
            Caller::Person(person) => Self::Person(person.id),
            Caller::Workload { name } => Self::Workload(name.clone()),
            Caller::Anonymous => Self::Network(rate::network(address)),
        }
    }
}

impl Capacity {
    /// Room for so many calls, and for a quarter as many streams beside them.
    pub(super) fn new(max_calls: usize) -> Self {
        let streams = (max_calls / STREAMS).max(1);
        Self {
            calls: Room::new(max_calls, max_calls * ONE_CALLERS_CALLS / 100),
            streams: Room::new(streams, streams * ONE_CALLERS_STREAMS / 100),
            own: Room::new(OWN, ONE_NETWORKS),
        }
    }

    /// Refuses when no call of this method could run now: before anything is spent on it.
    pub(super) fn look(&self, rule: &MethodRule) -> Result<(), Refusal> {
        if self.room(rule).all.is_reached() {
            return Err(refuse::overloaded());
        }
        Ok(())
    }

    /// One more call of this caller. Taken before its message is there, so that a caller cannot keep many waiting.
    pub(super) fn share(&self, rule: &MethodRule, who: Who) -> Result<Held<Who>, Refusal> {
        self.room(rule).share(who)
    }

    /// A place for a call whose message is there.
    pub(super) fn place(&self, rule: &MethodRule, share: Held<Who>) -> Result<Place, Refusal> {
        self.room(rule).place(share)
    }

    /// A place for a call of health or reflection from this network.
    pub(super) fn own(&self, address: IpAddr) -> Result<Place, Refusal> {
        let who = Who::of(&Caller::Anonymous, address);
        self.own.place(self.own.share(who)?)
    }

    fn room(&self, rule: &MethodRule) -> &Room {
        if rule.client_streaming || rule.server_streaming {
            &self.streams
        } else {
            &self.calls
        }
    }
}

impl Room {
    fn new(size: usize, of_one: usize) -> Self {
        Self {
            all: Limit::new(size),
            shares: Tally::new(of_one.max(1)),
        }
    }

    fn share(&self, who: Who) -> Result<Held<Who>, Refusal> {
        self.shares.take(who).ok_or_else(refuse::overloaded)
    }

    fn place(&self, share: Held<Who>) -> Result<Place, Refusal> {
        Ok(Place {
            _one: self.all.take().ok_or_else(refuse::overloaded)?,
            _share: share,
        })
    }
}
