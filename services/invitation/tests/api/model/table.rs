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
    /// The employment that followed is over.
    Archive {
        of: usize,
    },
}

impl Act {
    /// The same act with `of` as a place among so many invitations; none when there is no such invitation.
    pub(super) fn on(self, count: usize) -> Option<Self> {
        let place = |of: usize| count.checked_sub(of + 1);
        Some(match self {
            Act::Create => Act::Create,
            Act::MailsAge => Act::MailsAge,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Prospect,
    Active(Invitee),
    Declined {
        was_expired: bool,
        undoable: bool,
    },
    Cancelled,
    /// A newer one was made after it had run out.
    Expired,
    Archived,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Invited {
    state: State,
    ran_out: bool,
    /// Whether the link that the test holds is still the one.
    linked: bool,
    suppressed: bool,
}

impl Invited {
    fn shown(&self) -> InvitationState {
        match self.state {
            State::Prospect if self.ran_out => InvitationState::Expired,
            State::Prospect => InvitationState::Prospect,
            State::Active(_) => InvitationState::Active,
            State::Declined { .. } => InvitationState::Declined,
            State::Cancelled => InvitationState::Cancelled,
            State::Expired => InvitationState::Expired,
            State::Archived => InvitationState::Archived,
        }
    }

    fn occupies(&self) -> bool {
        matches!(self.state, State::Prospect | State::Active(_))
    }

    /// Whether the via opens.
    fn opens(&self, via: Via, who: Invitee) -> Answer {
        match (via, self.state) {
            (Via::Account, _) if who == Invitee::Eve => Err(R::NotFound),
            (_, State::Cancelled) => Err(R::InvitationCancelled),
            (Via::Link, _) if !self.linked => Err(R::LinkReplaced),
            _ => Ok(()),
        }
    }
}

/// All invitations of one address, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Table {
    all: Vec<Invited>,
    /// To the address, in the last day.
    mails: u32,
    /// Whose decline said that no more are wanted.
    opted_out: Option<usize>,
}

impl Table {
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// What the organization sees of each.
    pub(super) fn shown(&self) -> Vec<(InvitationState, bool)> {
        self.all.iter().map(|one| (one.shown(), one.suppressed)).collect()
    }

    /// The table when these acts were taken in this order, and what each of them is answered.
    pub(super) fn after(&self, acts: &[Act], order: &[usize]) -> (Self, Vec<Answer>) {
        let mut next = self.clone();
        let mut answers = vec![Ok(()); acts.len()];
        for &place in order {
            answers[place] = next.take(&acts[place]);
        }
        (next, answers)
    }

    /// Takes an act, and tells what it is answered.
    fn take(&mut self, act: &Act) -> Answer {
        match *act {
            Act::Create => self.create(),
            Act::MailsAge => {
                self.mails = 0;
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
                if matches!(self.all[of].state, State::Active(_)) {
                    self.all[of].state = State::Archived;
                }
                Ok(())
            }
        }
    }

    /// Whether a newer invitation keeps the address; one that has run out makes room.
    fn makes_room(&mut self) -> bool {
        let kept = self.all.iter_mut().find(|one| one.occupies());
        match kept {
            Some(one) if one.shown() == InvitationState::Expired => {
                one.state = State::Expired;
                true
            }
            Some(_) => false,
            None => true,
        }
    }

    fn create(&mut self) -> Answer {
        let is_suppressed = self.opted_out.is_some();
        let is_full = !is_suppressed && self.mails >= MAILS_A_DAY;
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
        self.all.push(Invited {
            state: State::Prospect,
            ran_out: false,
            linked: true,
            suppressed: is_suppressed,
        });
        self.mails += u32::from(!is_suppressed);
        Ok(())
    }

    fn resend(&mut self, of: usize, rotate: bool) -> Answer {
        if self.all[of].state == State::Expired && self.all.iter().any(Invited::occupies) {
            return Err(R::InvitationClosed);
        }
        if self.opted_out.is_some() {
            return Err(R::AddressSuppressed);
        }
        let one = &mut self.all[of];
        match one.state {
            State::Prospect | State::Expired => {}
            State::Cancelled => return Err(R::InvitationCancelled),
            State::Active(_) | State::Declined { .. } | State::Archived => return Err(R::InvitationClosed),
        }
        if self.mails >= MAILS_A_DAY {
            return Err(R::RateLimited);
        }
        self.mails += 1;
        one.linked &= !rotate;
        one.state = State::Prospect;
        one.ran_out = false;
        one.suppressed = false;
        Ok(())
    }

    fn cancel(&mut self, of: usize) -> Answer {
        let one = &mut self.all[of];
        match one.state {
            State::Prospect | State::Expired | State::Cancelled => {
                one.state = State::Cancelled;
                Ok(())
            }
            State::Active(_) | State::Declined { .. } | State::Archived => Err(R::InvitationClosed),
        }
    }

    fn accept(&mut self, of: usize, via: Via, who: Invitee) -> Answer {
        let one = &mut self.all[of];
        one.opens(via, who)?;
        match one.state {
            _ if who == Invitee::Eve => Err(R::AddressMismatch),
            State::Active(by) if by == who => Ok(()),
            State::Prospect if !one.ran_out => {
                one.state = State::Active(who);
                Ok(())
            }
            State::Prospect | State::Expired => Err(R::InvitationExpired),
            _ => Err(R::InvitationClosed),
        }
    }

    fn decline(&mut self, of: usize, via: Via, who: Invitee, for_ever: bool) -> Answer {
        let one = &mut self.all[of];
        one.opens(via, who)?;
        match one.state {
            State::Prospect | State::Expired => {
                one.state = State::Declined {
                    was_expired: one.state == State::Expired,
                    undoable: true,
                };
            }
            State::Declined { .. } => {}
            _ => return Err(R::InvitationClosed),
        }
        if for_ever {
            self.opted_out.get_or_insert(of);
        }
        Ok(())
    }

    fn undo(&mut self, of: usize, via: Via, who: Invitee) -> Answer {
        self.all[of].opens(via, who)?;
        let was_expired = match self.all[of].state {
            State::Declined {
                was_expired,
                undoable: true,
            } => was_expired,
            State::Declined { .. } => return Err(R::UndoTooLate),
            State::Prospect | State::Expired => return Ok(()),
            _ => return Err(R::InvitationClosed),
        };
        if !self.makes_room() {
            return Err(R::InvitationClosed);
        }
        self.all[of].state = if was_expired {
            State::Expired
        } else {
            State::Prospect
        };
        if self.opted_out == Some(of) {
            self.opted_out = None;
        }
        Ok(())
    }
}

/// Whether a mail to it is suppressed.
pub(super) fn is_suppressed(state: DeliveryState) -> bool {
    state == DeliveryState::Suppressed
}

/// Every order of so many acts, at most three.
pub(super) fn orders(count: usize) -> Vec<Vec<usize>> {
    match count {
        0 => vec![vec![]],
        1 => vec![vec![0]],
        2 => vec![vec![0, 1], vec![1, 0]],
        _ => [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
            .map(Vec::from)
            .to_vec(),
    }
}
