//! One row: its own root trace, its invitation.

use std::borrow::Cow;

use muster_address::EmailAddress;
use muster_ids::InvitationId;
use muster_telemetry::propagation;
use time::OffsetDateTime;
use tracing::{Span, field, info_span};

use super::Work;
use crate::domain::import::{Outcome, Row};
use crate::domain::invitation::draft::Draft;
use crate::domain::invitation::{Source, trace_id};
use crate::domain::problem::{Problem, Reason};
use crate::domain::spreadsheet::RawRow;
use crate::ops::invitation::invite::Invited;
use crate::store::import::results::Applied;

pub(super) const DAYS_USED_UP: Why = Why::of(
    Reason::MessagesUsedUp,
    "the plan's messages of the next 90 days are used up; upload the row again later, or ask for a larger plan",
);
pub(super) const NOT_ACTIVE: Why = Why::of(
    Reason::OrganizationNotActive,
    "the organization is not active any more; nothing was sent",
);
const GROUPS_GONE: Why = Why::of(
    Reason::GroupsInactive,
    "none of the row's groups is active any more; name another one and upload the row again",
);
const ALREADY_ACTIVE: Why = Why::of(
    Reason::AddressOfLearner,
    "the address belongs to an active learner by now; nothing is to be done",
);
const TOO_MANY_GROUPS: Why = Why::of(
    Reason::TooManyGroupsTogether,
    "the address is invited already, and would have more than 50 groups with these; name fewer and upload the row again",
);
const NO_ADDRESS: Why = Why::of(Reason::AddressInvalid, "the address cannot be read");

/// Why a row got nothing.
#[derive(Debug, Clone)]
pub(super) struct Why {
    reason: Reason,
    text: Cow<'static, str>,
}

impl Why {
    const fn of(reason: Reason, text: &'static str) -> Self {
        Self {
            reason,
            text: Cow::Borrowed(text),
        }
    }

    /// No day of the next has room for one more mail to its mailbox.
    pub(super) fn mailbox_full(limit: usize) -> Self {
        let mails = if limit == 1 { "mail" } else { "mails" };
        let text = format!(
            "a mailbox gets at most {limit} {mails} in 24 hours, and this one has as many on each of the next 90 days; use addresses of other \
             mailboxes"
        );
        Self {
            reason: Reason::MailboxFull,
            text: Cow::Owned(text),
        }
    }

    /// As it is told of this row.
    fn problem(&self, row: &RawRow) -> Problem {
        let problem = Problem::error(self.reason, "", &*self.text);
        match self.reason {
            // Nothing is wrong with any cell.
            Reason::MessagesUsedUp | Reason::OrganizationNotActive => problem,
            Reason::GroupsInactive | Reason::TooManyGroupsTogether => problem.of(&row.groups.joined("; ")),
            _ => problem.of(&row.address),
        }
    }
}

/// A row in the trace that begins with it, runs on through outbox, broker and mail worker to the mail server's reply,
/// and links to the call that approved the import.
pub(super) struct Traced {
    row: Row,
    address: Option<EmailAddress>,
    span: Span,
    traceparent: Option<String>,
}

impl Traced {
    pub(super) fn begin(row: Row, approval: Option<&str>) -> Self {
        let span = info_span!(
            parent: None,
            "import row",
            otel.status_code = field::Empty,
            muster.import.line = row.raw.line
        );
        let traceparent = span.in_scope(|| {
            if let Some(approval) = approval {
                propagation::link_to(approval);
            }
            propagation::current_traceparent()
        });
        Self {
            address: row.raw.address.parse().ok(),
            row,
            span,
            traceparent,
        }
    }

    pub(super) fn canonical(&self) -> &str {
        self.address.as_ref().map_or("", EmailAddress::canonical)
    }

    /// What the row asks for, in those of its groups that are still active, and at its location if that still is; or why it gets
    /// nothing.
    pub(super) fn draft(&mut self, work: &Work<'_>, due: OffsetDateTime) -> Result<Draft, Why> {
        let Some(address) = self.address.take() else {
            return Err(NO_ADDRESS);
        };
        let groups = work.inviting.active_among(&self.row.groups);
        if groups.is_empty() {
            return Err(GROUPS_GONE);
        }
        Ok(Draft {
            organization: work.job.organization,
            id: work.context.clock.new_id(),
            address,
            language: work.inviting.language,
            groups,
            location: work.inviting.active_location(self.row.location),
            source: Source::Import,
            inviter: work.approval.approver,
            import: Some(work.job.import),
            now: work.act.time,
            due,
            traceparent: self.traceparent.clone(),
        })
    }

    /// What inviting its address came to.
    pub(super) fn invited(self, invited: &Invited) -> Applied {
        match invited {
            Invited::New(invitation) | Invited::Live(invitation) => self.applied(invitation.id),
            Invited::AlreadyActive => self.refused(&ALREADY_ACTIVE),
            Invited::TooManyGroups => self.refused(&TOO_MANY_GROUPS),
        }
    }

    /// The row got nothing, and says why.
    pub(super) fn refused(mut self, why: &Why) -> Applied {
        let problem = why.problem(&self.row.raw);
        self.row.problems.push(problem);
        self.span.record("otel.status_code", "ERROR");
        self.done(Outcome::Refused, None)
    }

    fn applied(self, invitation: InvitationId) -> Applied {
        self.done(Outcome::Applied, Some(invitation))
    }

    fn done(self, outcome: Outcome, invitation: Option<InvitationId>) -> Applied {
        Applied {
            line: self.row.raw.line,
            outcome,
            problems: self.row.problems,
            invitation,
            trace_id: trace_id(self.traceparent.as_deref()).to_owned(),
        }
    }
}
