//! The table, written down a second time: by states and guards alone, without times, rows or statements.

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{DeliveryState, InvitationState};

/// How many mails go out to the address in a day, whichever of its invitations they are about.
const MAILS_A_DAY: u32 = 3;

/// Who acts as the invitee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Invitee {
    Ada,
    /// Another sign-in with the same verified address.
    AdaElsewhere,
    /// Somebody with another address.
    Eve,
}

/// What became of the latest mail of an invitation, as far as the table says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mail {
    /// Waits for its time.
    Scheduled,
    /// Asked for; it may be on its way.
    Out,
    /// Held back, until somebody sends it.
    Held,
    /// The mail server took it, or the invitee has confirmed the address by another one.
    Sent,
    /// Whoever has the address wants none.
    Suppressed,
    /// Taken back before its time.
    Dropped,
}

impl Mail {
    pub(super) fn of(state: DeliveryState) -> Self {
        match state {
            DeliveryState::Scheduled => Self::Scheduled,
            DeliveryState::Queued | DeliveryState::Sending => Self::Out,
            DeliveryState::Held => Self::Held,
            DeliveryState::Sent => Self::Sent,
            DeliveryState::Suppressed => Self::Suppressed,
            DeliveryState::Dropped => Self::Dropped,
            other => panic!("nothing is reported but what was sent: {other:?}"),
        }
    }

    /// Whether the worker was told of it, and has not reported yet.
    pub(super) fn is_asked_for(self) -> bool {
        matches!(self, Self::Out | Self::Held | Self::Scheduled)
    }

    /// Whether it goes out later, or not before somebody says so.
    fn waits(self) -> bool {
        matches!(self, Self::Scheduled | Self::Held)
    }
}

/// What the mail worker hears of a mail that is not wanted: no refusal, and no mail.
pub(super) const UNWANTED: R = R::Unspecified;

/// How the invitee comes to the invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Via {
    Link,
    Account,
}

/// One act; `of` counts invitations of the address from the newest one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Create,
    /// As [`Act::Create`], the mail to go out later.
    CreateForLater,
    /// The mail gets another time.
    Reschedule {
        of: usize,
    },
    Resend {
        of: usize,
        rotate: bool,
    },
    Cancel {
        of: usize,
    },
    Accept {
        of: usize,
        via: Via,
        who: Invitee,
    },
    Decline {
        of: usize,
        via: Via,
        who: Invitee,
        for_ever: bool,
    },
    Undo {
        of: usize,
        via: Via,
        who: Invitee,
    },
    /// Its time has run out.
    RunOut {
        of: usize,
    },
    /// All mails to the address are a day old.
    MailsAge,
    /// Its decline is a day old.
    DayPasses {
        of: usize,
    },
    /// The employment that followed is rejected.
    Archive {
        of: usize,
    },
    /// And corrected by the person.
    Restore {
        of: usize,
    },
    /// The mail server has taken the mail that was the latest before the step.
    Delivered {
        of: usize,
    },
    /// They confirm the address with which they asked to join.
    Verify,
    /// They ask to join by the organization's page.
    Ask,
    /// The time of a mail has come.
    TimeComes {
        of: usize,
    },
    /// The mail worker asks whether the latest mail is wanted.
    WorkerAsks {
        of: usize,
    },
    /// The group that they are invited to takes learners no more.
    GroupGoes,
    /// It does again.
    GroupReturns,
}

impl Act {
    /// The same act with `of` as a place among so many invitations; none when there is no such invitation.
    pub(super) fn on(self, count: usize) -> Option<Self> {
        let place = |of: usize| count.checked_sub(of + 1);
        Some(match self {
            Act::Create
            | Act::CreateForLater
            | Act::MailsAge
            | Act::Verify
            | Act::Ask
            | Act::GroupGoes
            | Act::GroupReturns => self,
            Act::Reschedule { of } => Act::Reschedule { of: place(of)? },
            Act::Restore { of } => Act::Restore { of: place(of)? },
            Act::Delivered { of } => Act::Delivered { of: place(of)? },
            Act::TimeComes { of } => Act::TimeComes { of: place(of)? },
            Act::WorkerAsks { of } => Act::WorkerAsks { of: place(of)? },
            Act::Resend { of, rotate } => Act::Resend {
                of: place(of)?,
                rotate,
            },
            Act::Cancel { of } => Act::Cancel { of: place(of)? },
            Act::Accept { of, via, who } => Act::Accept {
                of: place(of)?,
                via,
                who,
            },
            Act::Decline {
                of,
                via,
                who,
                for_ever,
            } => Act::Decline {
                of: place(of)?,
                via,
                who,
                for_ever,
            },
            Act::Undo { of, via, who } => Act::Undo {
                of: place(of)?,
                via,
                who,
            },
            Act::RunOut { of } => Act::RunOut { of: place(of)? },
            Act::DayPasses { of } => Act::DayPasses { of: place(of)? },
            Act::Archive { of } => Act::Archive { of: place(of)? },
        })
    }
}

/// What an act is answered.
pub(super) type Answer = Result<(), R>;

/// What an invitation was before it was declined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unanswered {
    Prospect,
    Pending,
    Expired,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Prospect,
    Pending,
    Active(Invitee),
    Declined {
        before: Unanswered,
        undoable: bool,
    },
    Cancelled,
    /// A newer one was made after it had run out.
    Expired,
    Archived(Invitee),
}

impl From<Unanswered> for State {
    fn from(before: Unanswered) -> Self {
        match before {
            Unanswered::Prospect => Self::Prospect,
            Unanswered::Pending => Self::Pending,
            Unanswered::Expired => Self::Expired,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Invited {
    state: State,
    ran_out: bool,
    /// Whether the link that the test holds, if it does, is still the one.
    linked: bool,
    mail: Mail,
    /// Whether the worker was told to send it: it is shown as on its way until that is reported.
    handed_over: bool,
    /// Which link the latest mail carries, and which of those that do it is.
    latest: (u32, u32),
    /// How many of its mails its mailbox had in the last day, or gets.
    mails: u32,
}

impl Invited {
    fn new(mail: Mail) -> Self {
        Self {
            state: State::Prospect,
            ran_out: false,
            linked: true,
            mail,
            handed_over: false,
            latest: (1, 1),
            mails: u32::from(mail != Mail::Suppressed),
        }
    }

    fn shown(&self) -> (InvitationState, Mail) {
        let state = match self.state {
            State::Prospect | State::Pending if self.ran_out => InvitationState::Expired,
            State::Prospect => InvitationState::Prospect,
            State::Pending => InvitationState::Pending,
            State::Active(_) => InvitationState::Active,
            State::Declined { .. } => InvitationState::Declined,
            State::Cancelled => InvitationState::Cancelled,
            State::Expired => InvitationState::Expired,
            State::Archived(_) => InvitationState::Archived,
        };
        (state, if self.handed_over { Mail::Out } else { self.mail })
    }

    fn is_expired(&self) -> bool {
        self.shown().0 == InvitationState::Expired
    }

    fn occupies(&self) -> bool {
        matches!(self.state, State::Prospect | State::Pending | State::Active(_))
    }

    fn is_live(&self) -> bool {
        matches!(self.state, State::Prospect | State::Pending) && !self.ran_out
    }

    /// Whether the invitee is not to know of it yet.
    fn is_hidden(&self) -> bool {
        self.mail == Mail::Scheduled
    }

    /// Whether the via opens.
    fn opens(&self, via: Via, who: Invitee) -> Answer {
        match (via, self.state) {
            (Via::Account, _) if who == Invitee::Eve || self.is_hidden() => Err(R::NotFound),
            (_, State::Cancelled) => Err(R::InvitationCancelled),
            (Via::Link, _) if !self.linked => Err(R::LinkReplaced),
            (Via::Link, _) if self.is_hidden() => Err(R::InvitationNotSent),
            _ => Ok(()),
        }
    }
}

/// All invitations of one address, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Table {
    all: Vec<Invited>,
    /// Whose decline said that no more are wanted.
    opted_out: Option<usize>,
    /// The latest request to join, if its link is known: whether it is confirmed.
    asked: Option<bool>,
    group_is_gone: bool,
}

impl Table {
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// What the organization sees of each.
    pub(super) fn shown(&self) -> Vec<(InvitationState, Mail)> {
        self.all.iter().map(Invited::shown).collect()
    }

    /// Whether what is needed for the act is there.
    pub(super) fn has(&self, act: &Act) -> bool {
        match *act {
            Act::Verify => self.asked.is_some(),
            Act::Delivered { of } => self.all[of].shown().1 == Mail::Out,
            Act::WorkerAsks { of } => self.all[of].shown().1.is_asked_for(),
            _ => true,
        }
    }

    /// The table when these acts were taken in this order, and what each of them is answered.
    pub(super) fn after(&self, acts: &[Act], order: &[usize]) -> (Self, Vec<Answer>) {
        let mut next = self.clone();
        let mut answers = vec![Ok(()); acts.len()];
        for &place in order {
            answers[place] = match acts[place] {
                Act::Delivered { of } => next.delivered(of, self.all[of].latest),
                act => next.take(&act),
            };
        }
        // The test looks for the links of new ones, as the worker does.
        let is_wanted = next.opted_out.is_none() && !next.group_is_gone;
        for new in &mut next.all[self.all.len()..] {
            new.handed_over = is_wanted && new.is_live() && new.mail == Mail::Out;
        }
        (next, answers)
    }

    /// Takes an act, and tells what it is answered.
    fn take(&mut self, act: &Act) -> Answer {
        match *act {
            Act::Create => self.create(Mail::Out),
            Act::CreateForLater => self.create(Mail::Scheduled),
            Act::Reschedule { of } => self.reschedule(of),
            Act::MailsAge => {
                for one in &mut self.all {
                    one.mails = u32::from(one.mail == Mail::Scheduled);
                }
                Ok(())
            }
            Act::Resend { of, rotate } => self.resend(of, rotate),
            Act::Cancel { of } => self.cancel(of),
            Act::Accept { of, via, who } => self.accept(of, via, who),
            Act::Decline {
                of,
                via,
                who,
                for_ever,
            } => self.decline(of, via, who, for_ever),
            Act::Undo { of, via, who } => self.undo(of, via, who),
            Act::RunOut { of } => {
                self.all[of].ran_out = true;
                Ok(())
            }
            Act::DayPasses { of } => {
                if let State::Declined { undoable, .. } = &mut self.all[of].state {
                    *undoable = false;
                }
                Ok(())
            }
            Act::Archive { of } => {
                if let State::Active(who) | State::Archived(who) = self.all[of].state {
                    let theirs = |one: &&mut Invited| one.state == State::Active(who);
                    for one in self.all.iter_mut().filter(theirs) {
                        one.state = State::Archived(who);
                    }
                }
                Ok(())
            }
            Act::Restore { of } => {
                if let State::Archived(who) = self.all[of].state
                    && self.makes_room()
                {
                    self.all[of].state = State::Active(who);
                }
                Ok(())
            }
            Act::Delivered { of } => self.delivered(of, self.all[of].latest),
            Act::Verify => self.verify(),
            Act::Ask => self.ask(),
            Act::TimeComes { of } => {
                let one = &mut self.all[of];
                if one.is_hidden() && one.occupies() {
                    one.mail = Mail::Out;
                }
                Ok(())
            }
            Act::WorkerAsks { of } => self.worker_asks(of),
            Act::GroupGoes => {
                self.group_is_gone = true;
                Ok(())
            }
            Act::GroupReturns => {
                self.group_is_gone = false;
                Ok(())
            }
        }
    }

    fn mails(&self) -> u32 {
        self.all.iter().map(|one| one.mails).sum()
    }

    /// Whether a newer invitation keeps the address; one that has run out makes room.
    fn makes_room(&mut self) -> bool {
        let kept = self.all.iter_mut().find(|one| one.occupies());
        match kept {
            Some(one) if one.is_expired() => {
                one.state = State::Expired;
                true
            }
            Some(_) => false,
            None => true,
        }
    }

    fn create(&mut self, mail: Mail) -> Answer {
        if self.group_is_gone {
            return Err(R::GroupInactive);
        }
        let is_suppressed = self.opted_out.is_some();
        let is_full = !is_suppressed && self.mails() >= MAILS_A_DAY;
        if is_full && self.clone().makes_room() {
            // Nothing is stored, of the expired one that would have made room neither.
            return Err(R::RateLimited);
        }
        if !self.makes_room() {
            let is_active = self.all.iter().any(|one| matches!(one.state, State::Active(_)));
            return if is_active {
                Err(R::LearnerAlreadyActive)
            } else {
                Ok(())
            };
        }
        let mail = if is_suppressed { Mail::Suppressed } else { mail };
        self.all.push(Invited::new(mail));
        Ok(())
    }

    fn resend(&mut self, of: usize, rotate: bool) -> Answer {
        if self.all[of].state == State::Expired && self.all.iter().any(Invited::occupies) {
            return Err(R::InvitationClosed);
        }
        if self.opted_out.is_some() {
            return Err(R::AddressSuppressed);
        }
        match self.all[of].state {
            State::Prospect | State::Pending | State::Expired => {}
            State::Cancelled => return Err(R::InvitationCancelled),
            State::Active(_) | State::Declined { .. } | State::Archived(_) => {
                return Err(R::InvitationClosed);
            }
        }
        // One that waited for its time is sent instead of later.
        let waited = self.all[of].mail == Mail::Scheduled;
        if self.mails() - u32::from(waited) >= MAILS_A_DAY {
            return Err(R::RateLimited);
        }
        let one = &mut self.all[of];
        one.mails += u32::from(!waited);
        one.latest = match one.latest {
            (link, _) if rotate => (link + 1, 1),
            latest if waited => latest,
            (link, number) => (link, number + 1),
        };
        one.linked &= !rotate;
        if one.state == State::Expired {
            one.state = State::Prospect;
        }
        one.ran_out = false;
        one.mail = Mail::Out;
        Ok(())
    }

    fn reschedule(&mut self, of: usize) -> Answer {
        match self.all[of].state {
            State::Prospect | State::Pending if self.all[of].is_live() => {}
            State::Prospect | State::Pending | State::Expired => return Err(R::InvitationNotScheduled),
            State::Cancelled => return Err(R::InvitationCancelled),
            State::Active(_) | State::Declined { .. } | State::Archived(_) => {
                return Err(R::InvitationClosed);
            }
        }
        match self.all[of].mail {
            Mail::Scheduled => return Ok(()),
            Mail::Held if self.mails() >= MAILS_A_DAY => return Err(R::RateLimited),
            Mail::Held => {}
            _ => return Err(R::InvitationNotScheduled),
        }
        let one = &mut self.all[of];
        one.latest.1 += 1;
        one.mails += 1;
        one.mail = Mail::Scheduled;
        Ok(())
    }

    fn cancel(&mut self, of: usize) -> Answer {
        let one = &mut self.all[of];
        match one.state {
            State::Cancelled => Ok(()),
            State::Prospect | State::Pending | State::Expired => {
                one.state = State::Cancelled;
                if one.mail == Mail::Scheduled {
                    one.mail = Mail::Dropped;
                    one.mails -= 1;
                }
                Ok(())
            }
            State::Active(_) | State::Declined { .. } | State::Archived(_) => Err(R::InvitationClosed),
        }
    }

    fn accept(&mut self, of: usize, via: Via, who: Invitee) -> Answer {
        let one = &mut self.all[of];
        one.opens(via, who)?;
        match one.state {
            _ if who == Invitee::Eve => Err(R::AddressMismatch),
            State::Active(by) if by == who => Ok(()),
            State::Prospect | State::Pending if one.ran_out => Err(R::InvitationExpired),
            State::Prospect | State::Pending if self.group_is_gone => Err(R::GroupInactive),
            State::Prospect | State::Pending => {
                one.state = State::Active(who);
                Ok(())
            }
            State::Expired => Err(R::InvitationExpired),
            _ => Err(R::InvitationClosed),
        }
    }

    fn decline(&mut self, of: usize, via: Via, who: Invitee, for_ever: bool) -> Answer {
        let one = &mut self.all[of];
        one.opens(via, who)?;
        let before = match one.state {
            State::Prospect => Some(Unanswered::Prospect),
            State::Pending => Some(Unanswered::Pending),
            State::Expired => Some(Unanswered::Expired),
            State::Declined { .. } => None,
            _ => return Err(R::InvitationClosed),
        };
        if let Some(before) = before {
            one.state = State::Declined {
                before,
                undoable: true,
            };
        }
        if for_ever {
            self.opted_out.get_or_insert(of);
        }
        Ok(())
    }

    fn undo(&mut self, of: usize, via: Via, who: Invitee) -> Answer {
        self.all[of].opens(via, who)?;
        let before = match self.all[of].state {
            State::Declined {
                before,
                undoable: true,
            } => before,
            State::Declined { .. } => return Err(R::UndoTooLate),
            State::Prospect | State::Pending | State::Expired => return Ok(()),
            _ => return Err(R::InvitationClosed),
        };
        if !self.makes_room() {
            return Err(R::InvitationClosed);
        }
        self.all[of].state = before.into();
        if self.opted_out == Some(of) {
            self.opted_out = None;
        }
        Ok(())
    }

    /// The mail server took the mail that was the latest when it was asked for.
    fn delivered(&mut self, of: usize, asked: (u32, u32)) -> Answer {
        let one = &mut self.all[of];
        if asked.0 != one.latest.0 {
            return Ok(());
        }
        let is_latest = asked.1 >= one.latest.1;
        one.handed_over &= !is_latest;
        match &mut one.state {
            State::Prospect => one.state = State::Pending,
            State::Declined { before, .. } if *before == Unanswered::Prospect => {
                *before = Unanswered::Pending;
            }
            _ => {}
        }
        if is_latest || !one.mail.waits() {
            one.mail = Mail::Sent;
        }
        Ok(())
    }

    fn ask(&mut self) -> Answer {
        if self.group_is_gone {
            return Err(R::GroupInactive);
        }
        // The mail to a learner has no link to confirm by.
        if !self.all.iter().any(|one| matches!(one.state, State::Active(_))) {
            self.asked = Some(false);
        }
        Ok(())
    }

    fn verify(&mut self) -> Answer {
        if self.group_is_gone {
            return Err(R::GroupInactive);
        }
        if self.asked.replace(true) == Some(true) {
            return Ok(());
        }
        self.opted_out = None;
        if self.makes_room() {
            self.all.push(Invited {
                state: State::Pending,
                ..Invited::new(Mail::Sent)
            });
        } else if let Some(hidden) = self.all.iter_mut().find(|one| one.occupies() && one.is_hidden()) {
            hidden.state = State::Pending;
            hidden.mail = Mail::Sent;
            hidden.mails -= 1;
        }
        Ok(())
    }

    fn worker_asks(&mut self, of: usize) -> Answer {
        let one = &mut self.all[of];
        if self.opted_out.is_some() || !one.is_live() || one.mail.waits() {
            return Err(UNWANTED);
        }
        if self.group_is_gone {
            one.mail = Mail::Held;
            one.handed_over = false;
            one.mails = 0;
            return Err(UNWANTED);
        }
        one.handed_over = true;
        Ok(())
    }
}
