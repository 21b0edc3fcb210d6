//! Progress of theirs that was moved, and what was moved to theirs.

use muster_proto::records::v1::{Assignment, ProgressTransfer};

use crate::pages::names::Names;
use crate::pages::view::MyMove;

/// One time that progress was moved, for whoever has these assignments.
pub(super) fn shown(one: &ProgressTransfer, own: &[Assignment], names: &Names) -> MyMove {
    let of_name = |name: &str| own.iter().find(|assignment| assignment.name == name);
    let (from, to) = (of_name(&one.assignment), of_name(&one.to));
    let is_within = person_of(&one.assignment) == person_of(&one.to);
    MyMove {
        display_name: from
            .or(to)
            .map(|assignment| assignment.training_display_name.clone())
            .unwrap_or_default(),
        time: one.transfer_time.map(|at| at.seconds),
        zone: names.zone(&one.organization),
        from: match to {
            Some(_) if !is_within => "move-from-other",
            _ => "move-from-own",
        },
        to: match from {
            Some(_) if !is_within => "move-to-other",
            _ => "move-to-own",
        },
        from_percent: one.progress_percent.to_string(),
        to_percent: one.to_progress_percent.to_string(),
        organization: names.called(&one.organization),
        reason: one.reason.clone(),
    }
}

/// The person in the name of an assignment of theirs.
fn person_of(assignment: &str) -> &str {
    let (person, _) = assignment.split_once("/assignments/").unwrap_or_default();
    person
}
