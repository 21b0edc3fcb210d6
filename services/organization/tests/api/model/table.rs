//! The table, written down a second time: by who has what, without rows, versions or statements. Time goes by in weeks.

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::organization::v1::{
    AccessRequestState, OwnershipOfferState, ProfileUserOrigin, ProfileUserState, Role,
};

/// Somebody who owns the organization at first, and others.
pub(super) const PEOPLE: usize = 3;
/// A request that nobody decides ends after 30 days, and whoever was denied asks again after 30 days: in the fifth week.
const MONTH: u32 = 5;
/// How often somebody asks in that time.
const REQUESTS: usize = 10;

/// Whom the edge takes for the owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    Owner,
    Somebody(usize),
}

/// What is heard of somebody's employment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    Verified,
    Waits,
    Over,
}

/// One act. Requests and offers are the latest ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Hear {
        who: usize,
        news: News,
    },
    Add {
        by: By,
        who: usize,
        role: Role,
    },
    Change {
        by: By,
        who: usize,
        role: Role,
    },
    Remove {
        by: By,
        who: usize,
    },
    /// They remove themself.
    Leave {
        who: usize,
    },
    Ask {
        who: usize,
        role: Role,
    },
    Approve {
        by: By,
        who: usize,
    },
    Deny {
        by: By,
        who: usize,
    },
    TakeBack {
        who: usize,
    },
    Offer {
        by: By,
        who: usize,
    },
    Accept {
        who: usize,
    },
    Decline {
        who: usize,
    },
    Withdraw {
        by: By,
    },
    /// By registry staff.
    Move {
        who: usize,
    },
    WeekPasses,
}

/// An act with what was the latest before it, and who was the owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Aimed {
    pub(super) act: Act,
    pub(super) by: usize,
    /// The place of the request of its person, or of the offer.
    pub(super) at: usize,
}

/// What an act is answered.
pub(super) type Answer = Result<(), R>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct User {
    role: Role,
    origin: ProfileUserOrigin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Request {
    role: Role,
    state: AccessRequestState,
    week: u32,
    decided: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Offer {
    to: usize,
    state: OwnershipOfferState,
    week: u32,
}

/// One person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Person {
    user: Option<User>,
    employment: Option<News>,
    is_reachable: bool,
    requests: Vec<Request>,
}

/// The whole organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    owner: usize,
    people: Vec<Person>,
    offers: Vec<Offer>,
    week: u32,
}

/// What everybody sees of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) owner: usize,
    /// Of each person but the owner.
    pub(super) users: Vec<Option<(Role, ProfileUserOrigin, ProfileUserState)>>,
    pub(super) reachable: Vec<bool>,
    pub(super) requests: Vec<Vec<AccessRequestState>>,
    pub(super) offers: Vec<(usize, OwnershipOfferState)>,
}

impl Table {
    pub(super) fn new() -> Self {
        let mut people = vec![Person::default(); PEOPLE];
        people[0].is_reachable = true;
        people[0].employment = Some(News::Verified);
        Self {
            owner: 0,
            people,
            offers: Vec::new(),
            week: 0,
        }
    }

    /// The act at what is there now; none where it is about nothing.
    pub(super) fn aim(&self, act: Act) -> Option<Aimed> {
        let by = match act {
            Act::Add { by, .. }
            | Act::Change { by, .. }
            | Act::Remove { by, .. }
            | Act::Approve { by, .. }
            | Act::Deny { by, .. }
            | Act::Offer { by, .. }
            | Act::Withdraw { by } => match by {
                By::Owner => self.owner,
                By::Somebody(by) => by,
            },
            _ => self.owner,
        };
        let at = match act {
            Act::Approve { who, .. } | Act::Deny { who, .. } | Act::TakeBack { who } => {
                self.people[who].requests.len().checked_sub(1)?
            }
            Act::Accept { .. } | Act::Decline { .. } | Act::Withdraw { .. } => {
                self.offers.len().checked_sub(1)?
            }
            _ => 0,
        };
        Some(Aimed { act, by, at })
    }

    pub(super) fn shown(&self) -> Shown {
        let of_user = |(who, person): (usize, &Person)| {
            let user = person.user?;
            Some((user.role, user.origin, self.state_of(who)?))
        };
        let requests = |person: &Person| person.requests.iter().map(|one| self.request(one)).collect();
        Shown {
            owner: self.owner,
            users: self.people.iter().enumerate().map(of_user).collect(),
            reachable: self.people.iter().map(|person| person.is_reachable).collect(),
            requests: self.people.iter().map(requests).collect(),
            offers: self.offers.iter().map(|one| (one.to, self.offer(one))).collect(),
        }
    }

    /// The table when these acts were taken in this order, and what each of them is answered.
    pub(super) fn after(&self, acts: &[Aimed], order: &[usize]) -> (Self, Vec<Answer>) {
        let mut next = self.clone();
        let mut answers = vec![Ok(()); acts.len()];
        for &place in order {
            answers[place] = next.take(&acts[place]);
        }
        (next, answers)
    }

    /// Takes an act, and tells what it is answered. A refused one changes nothing.
    fn take(&mut self, aimed: &Aimed) -> Answer {
        let before = self.clone();
        let answer = self.carry_out(aimed);
        if answer.is_err() {
            *self = before;
        }
        answer
    }

    fn carry_out(&mut self, aimed: &Aimed) -> Answer {
        let Aimed { act, by, at } = *aimed;
        match act {
            Act::Hear { who, news } => self.hear(who, news),
            Act::Add { who, role, .. } => self.add(by, who, role)?,
            Act::Change { who, role, .. } => self.change(by, who, role)?,
            Act::Remove { who, .. } => self.remove(by, who)?,
            Act::Leave { who } => self.remove(who, who)?,
            Act::Ask { who, role } => self.ask(who, role)?,
            Act::Approve { who, .. } => self.approve(by, who, at)?,
            Act::Deny { who, .. } => {
                self.is_owner(by)?;
                self.decide(who, at, AccessRequestState::Denied)?;
            }
            Act::TakeBack { who } => {
                self.decide(who, at, AccessRequestState::Withdrawn)?;
            }
            Act::Offer { who, .. } => self.make_offer(by, who)?,
            Act::Accept { who } => self.accept(who, at)?,
            Act::Decline { who } => {
                self.is_theirs(who, at)?;
                self.answer(at, OwnershipOfferState::Declined)?;
            }
            Act::Withdraw { .. } => {
                self.is_owner(by)?;
                self.answer(at, OwnershipOfferState::Withdrawn)?;
            }
            Act::Move { who } => self.move_to(who)?,
            Act::WeekPasses => self.week += 1,
        }
        Ok(())
    }

    fn is_owner(&self, by: usize) -> Answer {
        if by == self.owner {
            Ok(())
        } else {
            Err(R::PermissionDenied)
        }
    }

    /// Whether the access of who is no owner counts; none where there is none.
    fn state_of(&self, who: usize) -> Option<ProfileUserState> {
        let person = &self.people[who];
        let user = person.user?;
        let sleeps =
            user.origin == ProfileUserOrigin::Employment && person.employment != Some(News::Verified);
        Some(if sleeps {
            ProfileUserState::Asleep
        } else {
            ProfileUserState::Active
        })
    }

    fn request(&self, request: &Request) -> AccessRequestState {
        match request.state {
            AccessRequestState::Pending if self.week >= request.week + MONTH => AccessRequestState::Expired,
            state => state,
        }
    }

    fn offer(&self, offer: &Offer) -> OwnershipOfferState {
        match offer.state {
            OwnershipOfferState::Offered if self.week > offer.week => OwnershipOfferState::Expired,
            state => state,
        }
    }

    /// The offer that can be answered, if it is one that `concerns`, has lost its ground.
    fn lapse(&mut self, concerns: impl Fn(&Offer) -> bool) {
        let week = self.week;
        let open = |offer: &&mut Offer| offer.state == OwnershipOfferState::Offered && week == offer.week;
        if let Some(offer) = self.offers.iter_mut().find(open)
            && concerns(offer)
        {
            offer.state = OwnershipOfferState::Lapsed;
        }
    }

    fn hear(&mut self, who: usize, news: News) {
        self.people[who].employment = Some(news);
        let depends = |user: &User| user.origin == ProfileUserOrigin::Employment;
        if news == News::Verified || !self.people[who].user.as_ref().is_some_and(depends) {
            return;
        }
        if news == News::Over {
            self.loses_access(who);
        }
        self.lapse(|offer| offer.to == who);
    }

    /// With the address that was kept for it.
    fn loses_access(&mut self, who: usize) {
        self.people[who].user = None;
        self.people[who].is_reachable = false;
    }

    /// What they have asked for is granted, if it waits. Tells whether it did.
    fn settle(&mut self, who: usize) -> bool {
        let Some(latest) = self.people[who].requests.last().copied() else {
            return false;
        };
        let waits = self.request(&latest) == AccessRequestState::Pending;
        if waits {
            let last = self.people[who].requests.len() - 1;
            self.people[who].requests[last].state = AccessRequestState::Approved;
            self.people[who].is_reachable = true;
        }
        waits
    }

    fn add(&mut self, by: usize, who: usize, role: Role) -> Answer {
        self.is_owner(by)?;
        if who == self.owner {
            return Ok(());
        }
        if self.people[who].employment != Some(News::Verified) {
            return Err(R::EmployeeNotVerified);
        }
        self.settle(who);
        self.raise_or(who, role, ProfileUserOrigin::Employment);
        Ok(())
    }

    /// Who is one already has at least the role; others become one by this.
    fn raise_or(&mut self, who: usize, role: Role, origin: ProfileUserOrigin) {
        let user = self.people[who].user.get_or_insert(User { role, origin });
        user.role = user.role.max(role);
    }

    fn change(&mut self, by: usize, who: usize, role: Role) -> Answer {
        self.is_owner(by)?;
        if who == self.owner {
            return Err(R::OwnerMustTransfer);
        }
        let sleeps = self.state_of(who) == Some(ProfileUserState::Asleep);
        let user = self.people[who].user.as_mut().ok_or(R::NotFound)?;
        let is_other = user.role != role;
        user.role = role;
        if is_other && (role != Role::Admin || sleeps) {
            self.lapse(|offer| offer.to == who);
        }
        Ok(())
    }

    fn remove(&mut self, by: usize, who: usize) -> Answer {
        if by != who {
            self.is_owner(by)?;
        }
        if who == self.owner {
            return Err(R::OwnerMustTransfer);
        }
        if self.people[who].user.is_none() {
            return Err(R::NotFound);
        }
        self.loses_access(who);
        self.lapse(|offer| offer.to == who);
        Ok(())
    }

    fn ask(&mut self, who: usize, role: Role) -> Answer {
        let person = &self.people[who];
        if who == self.owner || (person.user.is_some() && person.is_reachable) {
            return Err(R::ProfileUserExists);
        }
        if let Some(latest) = person.requests.last() {
            match self.request(latest) {
                AccessRequestState::Pending => return Ok(()),
                AccessRequestState::Denied if self.week < latest.decided + MONTH => {
                    return Err(R::AccessRequestDenied);
                }
                _ => {}
            }
        }
        let lately = person.requests.iter().filter(|one| self.week < one.week + MONTH);
        if lately.count() >= REQUESTS {
            return Err(R::TooManyAccessRequests);
        }
        let (state, week) = (AccessRequestState::Pending, self.week);
        let decided = 0;
        self.people[who].requests.push(Request {
            role,
            state,
            week,
            decided,
        });
        Ok(())
    }

    /// Tells whether it was not so already.
    fn decide(&mut self, who: usize, at: usize, to: AccessRequestState) -> Result<bool, R> {
        let state = self.request(&self.people[who].requests[at]);
        if state == to {
            return Ok(false);
        }
        if state != AccessRequestState::Pending {
            return Err(R::AccessRequestState);
        }
        let request = &mut self.people[who].requests[at];
        request.state = to;
        request.decided = self.week;
        Ok(true)
    }

    fn approve(&mut self, by: usize, who: usize, at: usize) -> Answer {
        self.is_owner(by)?;
        if self.decide(who, at, AccessRequestState::Approved)? {
            let role = self.people[who].requests[at].role;
            let sleeps = self.state_of(who) == Some(ProfileUserState::Asleep);
            self.raise_or(who, role, ProfileUserOrigin::Request);
            if let Some(user) = self.people[who].user.as_mut().filter(|_| sleeps) {
                user.origin = ProfileUserOrigin::Request;
            }
            self.people[who].is_reachable = true;
        }
        Ok(())
    }

    fn make_offer(&mut self, by: usize, who: usize) -> Answer {
        self.is_owner(by)?;
        let is_admin = self.people[who].user.is_some_and(|user| user.role == Role::Admin);
        if !is_admin || self.state_of(who) != Some(ProfileUserState::Active) {
            return Err(R::SuccessorCannotAct);
        }
        let open = self
            .offers
            .iter()
            .find(|one| self.offer(one) == OwnershipOfferState::Offered);
        match open {
            Some(open) if open.to == who => Ok(()),
            Some(_) => Err(R::OwnershipOfferOpen),
            None => {
                let (state, week) = (OwnershipOfferState::Offered, self.week);
                self.offers.push(Offer { to: who, state, week });
                Ok(())
            }
        }
    }

    fn is_theirs(&self, who: usize, at: usize) -> Answer {
        if self.offers[at].to == who {
            Ok(())
        } else {
            Err(R::NotFound)
        }
    }

    /// Tells whether it was not so already.
    fn answer(&mut self, at: usize, to: OwnershipOfferState) -> Result<bool, R> {
        let state = self.offer(&self.offers[at]);
        if state == to {
            return Ok(false);
        }
        if state != OwnershipOfferState::Offered {
            return Err(R::OwnershipOfferState);
        }
        self.offers[at].state = to;
        Ok(true)
    }

    fn accept(&mut self, who: usize, at: usize) -> Answer {
        self.is_theirs(who, at)?;
        if self.answer(at, OwnershipOfferState::Accepted)? {
            self.settle(who);
            self.people[who].is_reachable = true;
            self.becomes_owner(who);
        }
        Ok(())
    }

    fn becomes_owner(&mut self, who: usize) {
        self.people[who].user = None;
        self.people[self.owner].user = Some(User {
            role: Role::Admin,
            origin: ProfileUserOrigin::Request,
        });
        self.owner = who;
    }

    fn move_to(&mut self, who: usize) -> Answer {
        if who == self.owner {
            return Ok(());
        }
        let may_act = self.state_of(who) == Some(ProfileUserState::Active);
        let is_verified = self.people[who].employment == Some(News::Verified);
        let asked = self.settle(who);
        if !(may_act || is_verified || asked) || !self.people[who].is_reachable {
            return Err(R::SuccessorCannotAct);
        }
        self.lapse(|_| true);
        self.becomes_owner(who);
        Ok(())
    }
}

/// Without news that would be heard at the same moment: nobody could tell when both have been.
pub(super) fn heard_one_by_one(mut acts: Vec<Aimed>) -> Vec<Aimed> {
    let is_news = |aimed: &Aimed| matches!(aimed.act, Act::Hear { .. });
    if acts.iter().filter(|aimed| is_news(aimed)).count() > 1 {
        acts.truncate(1);
    }
    acts
}
