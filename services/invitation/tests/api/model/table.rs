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

/// Who invites by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inviter {
    Owner,
    /// Somebody who has no role by the time of whatever comes next: what they have made is the organization's.
    Former,
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
    /// The mail server may have taken it.
    Uncertain,
    /// The mail server asked to come back later.
    Deferred,
    /// The mail server refused it.
    Failed,
    /// The mail server took it, and told later that it did not arrive.
    Bounced,
    /// Whoever has the address wants none.
    Suppressed,
    /// Taken back before its time, or not wanted when its turn came.
    Dropped,
}

impl Mail {
    pub(super) fn of(state: DeliveryState) -> Self {
        match state {
            DeliveryState::Scheduled => Self::Scheduled,
            DeliveryState::Queued | DeliveryState::Sending => Self::Out,
            DeliveryState::Held => Self::Held,
            DeliveryState::Sent => Self::Sent,
            DeliveryState::Uncertain => Self::Uncertain,
            DeliveryState::Deferred => Self::Deferred,
            DeliveryState::Failed => Self::Failed,
            DeliveryState::Bounced => Self::Bounced,
            DeliveryState::Suppressed => Self::Suppressed,
            DeliveryState::Dropped => Self::Dropped,
            DeliveryState::Unspecified => panic!("nothing is told of the mail"),
        }
    }

    /// Whether the worker may ask about it: there is an attempt to come.
    fn is_to_come(self) -> bool {
        matches!(
            self,
            Self::Out | Self::Held | Self::Scheduled | Self::Deferred | Self::Uncertain
        )
    }

    /// Whether it goes out later, or not before somebody says so.
    fn waits(self) -> bool {
        matches!(self, Self::Scheduled | Self::Held)
    }
}

/// What the mail worker reports of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Report {
    Sent,
    Uncertain,
    Deferred,
    Failed,
    /// It was not wanted when its turn came.
    Dropped,
    Bounced,
    /// Not it, but the one before it with the same link has come back.
    BouncedBefore,
}

impl Report {
    /// What it says of the mail that it is about.
    fn mail(self) -> Mail {
        match self {
            Self::Sent => Mail::Sent,
            Self::Uncertain => Mail::Uncertain,
            Self::Deferred => Mail::Deferred,
            Self::Failed => Mail::Failed,
            Self::Dropped => Mail::Dropped,
            Self::Bounced | Self::BouncedBefore => Mail::Bounced,
        }
    }

    /// Whether it is one that follows when this is what is known of the latest mail.
    fn follows(self, mail: Mail) -> bool {
        match self {
            Self::Sent | Self::Uncertain | Self::Deferred | Self::Failed => {
                matches!(mail, Mail::Out | Mail::Deferred | Mail::Uncertain)
            }
            Self::Dropped => matches!(mail, Mail::Out | Mail::Deferred | Mail::Held),
            Self::Bounced => matches!(mail, Mail::Sent | Mail::Uncertain),
            Self::BouncedBefore => true,
        }
    }
}

/// Which of the address's invitations a filter lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filter {
    All,
    /// Those that can be answered.
    Live,
    Expired,
}

impl Filter {
    /// The states that it names.
    pub(super) fn states(self) -> &'static [InvitationState] {
        use InvitationState as S;
        match self {
            Self::All => &[
                S::Prospect,
                S::Pending,
                S::Active,
                S::Declined,
                S::Cancelled,
                S::Expired,
                S::Archived,
            ],
            Self::Live => &[S::Prospect, S::Pending],
            Self::Expired => &[S::Expired],
        }
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
    Create {
        by: Inviter,
        /// By one call that names the address twice.
        is_twice: bool,
    },
    /// By the owner, the mail to go out later.
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
    /// All of them are taken back, by their names, oldest first.
    CancelNamed,
    /// All of them are sent again, by their names, oldest first.
    ResendNamed {
        rotate: bool,
    },
    /// Those are taken back that a filter lists.
    CancelListed {
        filter: Filter,
        /// One of them has changed since they were listed.
        is_stale: bool,
    },
    /// Those are sent again that a filter lists.
    ResendListed {
        filter: Filter,
        rotate: bool,
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
    /// The mail worker tells what became of the mail that was the latest before the step.
    Reported {
        of: usize,
        report: Report,
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
    /// Registry staff halt the organization.
    Suspend,
    /// It goes on.
    Resume,
    /// It is closed, for good.
    Close,
}

impl Act {
    /// The same act with `of` as a place among so many invitations; none when there is no such invitation.
    pub(super) fn on(self, count: usize) -> Option<Self> {
        let place = |of: usize| count.checked_sub(of + 1);
        Some(match self {
            Act::Create { .. }
            | Act::CreateForLater
            | Act::CancelListed { .. }
            | Act::ResendListed { .. }
            | Act::MailsAge
            | Act::Verify
            | Act::Ask
            | Act::GroupGoes
            | Act::GroupReturns
            | Act::Suspend
            | Act::Resume
            | Act::Close => self,
            Act::CancelNamed | Act::ResendNamed { .. } if count == 0 => return None,
            Act::CancelNamed | Act::ResendNamed { .. } => self,
            Act::Reschedule { of } => Act::Reschedule { of: place(of)? },
            Act::Restore { of } => Act::Restore { of: place(of)? },
            Act::Reported { of, report } => Act::Reported {
                of: place(of)?,
                report,
            },
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

/// What an act is answered; where it is one on many, with what was said of each, [`R::Unspecified`] of what was done.
pub(super) type Answer = Result<Vec<R>, R>;

/// What an act on one is answered.
type Told = Result<(), R>;

/// What the organization sees of an invitation: its state, what became of its latest mail, and who vouches; nobody where the invitee has asked
/// to join.
pub(super) type Shown = (InvitationState, Mail, Option<Inviter>);

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
    /// Whether the latest one was asked for: there is somebody who reports of it.
    is_mailed: bool,
    /// The latest report that was heard, by the step and the place in it.
    heard: Option<(u32, usize)>,
    /// Who invited by hand for the last time.
    voucher: Option<Inviter>,
    /// Whether the worker was told to send it: it is shown as on its way until that is reported.
    handed_over: bool,
    /// Which link the latest mail carries, and which of those that do it is.
    latest: (u32, u32),
    /// How many of its mails its mailbox had in the last day, or gets.
    mails: u32,
}

impl Invited {
    fn new(mail: Mail, voucher: Option<Inviter>) -> Self {
        Self {
            state: State::Prospect,
            ran_out: false,
            linked: true,
            mail,
            is_mailed: mail == Mail::Out,
            heard: None,
            voucher,
            handed_over: false,
            latest: (1, 1),
            mails: u32::from(mail != Mail::Suppressed),
        }
    }

    fn shown(&self) -> Shown {
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
        let mail = if self.handed_over { Mail::Out } else { self.mail };
        (state, mail, self.voucher)
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
    fn opens(&self, via: Via, who: Invitee) -> Told {
        match (via, self.state) {
            (Via::Account, _) if who == Invitee::Eve || self.is_hidden() => Err(R::NotFound),
            (_, State::Cancelled) => Err(R::InvitationCancelled),
            (Via::Link, _) if !self.linked => Err(R::LinkReplaced),
            (Via::Link, _) if self.is_hidden() => Err(R::InvitationNotSent),
            _ => Ok(()),
        }
    }
}

/// Where the organization stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Organization {
    #[default]
    Active,
    Suspended,
    Closed,
}

/// All invitations of one address, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Table {
    all: Vec<Invited>,
    /// How many steps there were.
    steps: u32,
    organization: Organization,
    /// Whose decline said that no more are wanted.
    opted_out: Option<usize>,
    /// The latest request to join, if its link is known: whether it is confirmed.
    asked: Option<bool>,
    group_is_gone: bool,
}

/// What was done oldest first, as it is told.
fn newest_first(mut told: Vec<R>) -> Vec<R> {
    told.reverse();
    told
}

impl Table {
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// What the organization sees of each.
    pub(super) fn shown(&self) -> Vec<Shown> {
        self.all.iter().map(Invited::shown).collect()
    }

    /// Whether what is needed for the act is there.
    pub(super) fn has(&self, act: &Act) -> bool {
        match *act {
            Act::Verify => self.asked.is_some(),
            Act::Reported { of, report } => {
                let one = &self.all[of];
                let is_there = report != Report::BouncedBefore || one.latest.1 > 1;
                one.is_mailed && is_there && report.follows(one.shown().1)
            }
            Act::WorkerAsks { of } => self.all[of].shown().1.is_to_come(),
            Act::CancelListed { filter, .. } | Act::ResendListed { filter, .. } => {
                !self.listed(filter).is_empty()
            }
            Act::Suspend => self.organization == Organization::Active,
            Act::Resume => self.organization == Organization::Suspended,
            // Of an organization that is closed no claim is corrected.
            Act::Close | Act::Restore { .. } => self.organization != Organization::Closed,
            _ => true,
        }
    }

    /// Those that the filter lists, oldest first.
    fn listed(&self, filter: Filter) -> Vec<usize> {
        let places = 0..self.all.len();
        let is_listed = |of: &usize| filter.states().contains(&self.all[*of].shown().0);
        places.filter(is_listed).collect()
    }

    /// The table when these acts were taken in this order, and what each of them is answered.
    pub(super) fn after(&self, acts: &[Act], order: &[usize]) -> (Self, Vec<Answer>) {
        let mut next = self.clone();
        next.steps += 1;
        let mut answers = vec![Ok(Vec::new()); acts.len()];
        let named: Vec<usize> = (0..self.all.len()).collect();
        for &place in order {
            answers[place] = match acts[place] {
                Act::Reported { of, report } => {
                    next.report(of, report, self.all[of].latest, place);
                    Ok(Vec::new())
                }
                Act::CancelNamed => Ok(next.each(&named, Self::cancel)),
                Act::ResendNamed { rotate } => next.resend_each(&named, rotate),
                Act::CancelListed { is_stale: true, .. } => Err(R::InvitationsChanged),
                Act::CancelListed { filter, .. } => {
                    let listed = next.listed(filter);
                    Ok(newest_first(next.each(&listed, Self::cancel)))
                }
                Act::ResendListed { filter, rotate } => {
                    let listed = next.listed(filter);
                    next.resend_each(&listed, rotate).map(newest_first)
                }
                act => next.take(&act).map(|()| Vec::new()),
            };
        }
        // The test looks for the links of new ones, as the worker does.
        let is_wanted = next.opted_out.is_none() && !next.group_is_gone && next.is_active();
        for new in &mut next.all[self.all.len()..] {
            new.handed_over = is_wanted && new.is_live() && new.mail == Mail::Out;
        }
        (next, answers)
    }

    /// Does something with each of them, one after the other; what became of each.
    fn each(&mut self, which: &[usize], act: impl Fn(&mut Self, usize) -> Told) -> Vec<R> {
        let mut told = Vec::new();
        for of in which {
            told.push(act(self, *of).err().unwrap_or(R::Unspecified));
        }
        told
    }

    fn resend_each(&mut self, which: &[usize], rotate: bool) -> Answer {
        self.require_active()?;
        Ok(self.each(which, |table, of| table.resend(of, rotate)))
    }

    fn is_active(&self) -> bool {
        self.organization == Organization::Active
    }

    /// Only an active organization invites, and is joined.
    fn require_active(&self) -> Told {
        match self.is_active() {
            true => Ok(()),
            false => Err(R::OrganizationNotActive),
        }
    }

    /// Takes an act on one, and tells what it is answered.
    fn take(&mut self, act: &Act) -> Told {
        match *act {
            Act::Create { by, .. } => self.create(Mail::Out, by),
            Act::CreateForLater => self.create(Mail::Scheduled, Inviter::Owner),
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
            Act::Verify => self.verify(),
            Act::Ask => self.ask(),
            Act::TimeComes { of } => {
                let one = &mut self.all[of];
                if one.is_hidden() && one.occupies() {
                    one.mail = Mail::Out;
                    one.is_mailed = true;
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
            Act::Suspend => {
                self.organization = Organization::Suspended;
                Ok(())
            }
            Act::Resume => {
                self.organization = Organization::Active;
                Ok(())
            }
            Act::Close => {
                self.close();
                Ok(())
            }
            Act::Reported { .. }
            | Act::CancelNamed
            | Act::ResendNamed { .. }
            | Act::CancelListed { .. }
            | Act::ResendListed { .. } => unreachable!("{act:?} is none on one"),
        }
    }

    /// What was not answered is taken back, and whoever had joined has left.
    fn close(&mut self) {
        self.organization = Organization::Closed;
        for of in 0..self.all.len() {
            match self.all[of].state {
                State::Prospect | State::Pending => self.cancel(of).unwrap(),
                State::Active(who) => self.all[of].state = State::Archived(who),
                State::Declined { .. } | State::Cancelled | State::Expired | State::Archived(_) => {}
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

    fn create(&mut self, mail: Mail, by: Inviter) -> Told {
        self.require_active()?;
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
            return match self.all.iter_mut().find(|one| one.occupies()) {
                Some(one) if !matches!(one.state, State::Active(_)) => {
                    one.voucher = Some(by);
                    Ok(())
                }
                _ => Err(R::LearnerAlreadyActive),
            };
        }
        let mail = if is_suppressed { Mail::Suppressed } else { mail };
        self.all.push(Invited::new(mail, Some(by)));
        Ok(())
    }

    fn resend(&mut self, of: usize, rotate: bool) -> Told {
        self.require_active()?;
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
        one.is_mailed = true;
        Ok(())
    }

    fn reschedule(&mut self, of: usize) -> Told {
        self.require_active()?;
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
        one.is_mailed = false;
        Ok(())
    }

    fn cancel(&mut self, of: usize) -> Told {
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

    fn accept(&mut self, of: usize, via: Via, who: Invitee) -> Told {
        let is_active = self.require_active();
        let one = &mut self.all[of];
        one.opens(via, who)?;
        match one.state {
            _ if who == Invitee::Eve => Err(R::AddressMismatch),
            State::Active(by) if by == who => Ok(()),
            State::Prospect | State::Pending if one.ran_out => Err(R::InvitationExpired),
            State::Prospect | State::Pending if is_active.is_err() => is_active,
            State::Prospect | State::Pending if self.group_is_gone => Err(R::GroupInactive),
            State::Prospect | State::Pending => {
                one.state = State::Active(who);
                Ok(())
            }
            State::Expired => Err(R::InvitationExpired),
            _ => Err(R::InvitationClosed),
        }
    }

    fn decline(&mut self, of: usize, via: Via, who: Invitee, for_ever: bool) -> Told {
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

    fn undo(&mut self, of: usize, via: Via, who: Invitee) -> Told {
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
        if self.organization == Organization::Closed {
            // It would be taken back with all others.
            return Err(R::InvitationCancelled);
        }
        if !self.makes_room() {
            return Err(R::InvitationClosed);
        }
        self.all[of].state = before.into();
        if self.opted_out == Some(of) {
            self.opted_out = None;
        }
        Ok(())
    }

    /// The mail worker tells what became of the mail that was the latest when it was asked for, with this link and number. It has told
    /// in the order of the places: what is heard later and older says nothing.
    fn report(&mut self, of: usize, report: Report, (link, number): (u32, u32), place: usize) {
        let told = (self.steps, place);
        let one = &mut self.all[of];
        let number = number - u32::from(report == Report::BouncedBefore);
        if link != one.latest.0 || one.heard.is_some_and(|heard| heard >= told) {
            return;
        }
        one.heard = Some(told);
        let is_latest = number >= one.latest.1;
        one.handed_over &= !is_latest;
        let mail = report.mail();
        if mail == Mail::Sent {
            match &mut one.state {
                State::Prospect => one.state = State::Pending,
                State::Declined { before, .. } if *before == Unanswered::Prospect => {
                    *before = Unanswered::Pending;
                }
                _ => {}
            }
        }
        // That it is held back says more than that it was dropped for that.
        let is_held = mail == Mail::Dropped && one.mail == Mail::Held;
        // Somebody has sent it again since, perhaps for that.
        let is_past = mail == Mail::Bounced && !is_latest;
        if !is_held && !is_past && (is_latest || !one.mail.waits()) {
            one.mail = mail;
        }
    }

    fn ask(&mut self) -> Told {
        if !self.is_active() {
            // There is no page.
            return Err(R::NotFound);
        }
        if self.group_is_gone {
            return Err(R::GroupInactive);
        }
        // The mail to a learner has no link to confirm by.
        if !self.all.iter().any(|one| matches!(one.state, State::Active(_))) {
            self.asked = Some(false);
        }
        Ok(())
    }

    fn verify(&mut self) -> Told {
        if !self.is_active() {
            return Err(R::JoinPageClosed);
        }
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
                ..Invited::new(Mail::Sent, None)
            });
        } else if let Some(hidden) = self.all.iter_mut().find(|one| one.occupies() && one.is_hidden()) {
            hidden.state = State::Pending;
            hidden.mail = Mail::Sent;
            hidden.mails -= 1;
        }
        Ok(())
    }

    fn worker_asks(&mut self, of: usize) -> Told {
        let is_active = self.require_active();
        let one = &mut self.all[of];
        if self.opted_out.is_some() || !one.is_live() || one.mail.waits() {
            return Err(UNWANTED);
        }
        // The mail of an organization that is halted waits.
        is_active?;
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
