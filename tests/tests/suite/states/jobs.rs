//! What every job does about an organization that is SUSPENDED, and about one that is CLOSED.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// One job.
pub(super) struct Job {
    /// The crate that it is in, and what it is called there.
    pub(super) name: &'static str,
    pub(super) while_suspended: &'static str,
    pub(super) when_closed: &'static str,
    /// The tests that hold it to that; none where it looks at no state.
    held_by: &'static [&'static str],
}

const ANY: &str = "does what it does of any organization";
const CLOSING: &str = "has nothing to do";

pub(super) const JOBS: &[Job] = &[
    Job {
        name: "employment/closings",
        while_suspended: CLOSING,
        when_closed: "ends every open employment, a few at a time",
        held_by: &["everybodys_open_employment_ends_and_is_published_once_however_often_it_is_told"],
    },
    Job {
        name: "employment/employment-ends",
        while_suspended: "ends what is due: who leaves on a day leaves on it",
        when_closed: "finds nothing: the closing has ended it",
        held_by: &[
            "a_last_day_comes_also_while_the_organization_is_suspended",
            "everybodys_open_employment_ends_and_is_published_once_however_often_it_is_told",
        ],
    },
    Job {
        name: "history/history-seals",
        while_suspended: ANY,
        when_closed: ANY,
        held_by: &[],
    },
    Job {
        name: "invitation/adopt",
        while_suspended: ANY,
        when_closed: ANY,
        held_by: &[],
    },
    Job {
        name: "invitation/closings",
        while_suspended: CLOSING,
        when_closed: "cancels what was not answered, archives what was accepted, stops imports",
        held_by: &[
            "what_was_not_answered_is_cancelled_and_what_was_accepted_is_archived",
            "hundreds_are_cancelled_and_imports_stop",
            "a_closed_organization_lets_go_of_everybody_although_the_broker_was_away",
        ],
    },
    Job {
        name: "invitation/import-sweeper",
        while_suspended: "deletes rows whose time has come",
        when_closed: "deletes rows whose time has come",
        held_by: &["rows_are_deleted_thirty_days_after_the_decision_and_counts_stay"],
    },
    Job {
        name: "invitation/import-worker",
        while_suspended: "puts the import down, and looks again in five seconds",
        when_closed: "refuses the rows that are left",
        held_by: &[
            "the_import_of_a_suspended_organization_is_paused",
            "a_suspended_organization_takes_nobody_in_and_then_goes_on_once_although_the_broker_was_away",
            "nothing_is_open_of_what_raced_with_the_closing",
            "a_closed_organization_lets_go_of_everybody_although_the_broker_was_away",
        ],
    },
    Job {
        name: "invitation/invitation-counts",
        while_suspended: ANY,
        when_closed: ANY,
        held_by: &[],
    },
    Job {
        name: "invitation/join-requests",
        while_suspended: "deletes those of a week ago",
        when_closed: "deletes those of a week ago",
        held_by: &["requests_are_gone_after_a_week"],
    },
    Job {
        name: "invitation/scheduler",
        while_suspended: "asks for mails that are due, and the worker of mails waits with them",
        when_closed: "finds nothing: what waited for its time is cancelled",
        held_by: &[
            "a_suspended_organization_takes_nobody_in_and_then_goes_on_once_although_the_broker_was_away",
            "what_was_not_answered_is_cancelled_and_what_was_accepted_is_archived",
            "a_closed_organization_lets_go_of_everybody_although_the_broker_was_away",
        ],
    },
    Job {
        name: "notification/mail-recovery",
        while_suspended: ANY,
        when_closed: ANY,
        held_by: &[],
    },
    Job {
        name: "notification/mail-worker",
        while_suspended: "asks for the mail again and again, and sends none; an invitation's is held back after a day",
        when_closed: "drops it: nobody wants it any more",
        held_by: &[
            "the_mail_of_a_suspended_organization_waits",
            "the_mail_of_an_organization_that_was_suspended_for_more_than_a_day_is_held_back_until_somebody_sends_it",
            "a_mail_is_no_longer_wanted_once_the_invitation_is_dead",
            "a_closed_organization_lets_go_of_everybody_although_the_broker_was_away",
        ],
    },
    Job {
        name: "organization/access-reminders",
        while_suspended: "asks for the mail, which waits",
        when_closed: "finds nothing: access has ended, but the owner's, which never does",
        held_by: &[
            "a_suspended_organizations_reminder_waits_and_only_the_mail_worker_may_ask",
            "with_it_ends_everybodys_access_but_the_owners_and_what_waits_for_them",
        ],
    },
    Job {
        name: "organization/count-strays",
        while_suspended: ANY,
        when_closed: ANY,
        held_by: &[],
    },
    Job {
        name: "organization/review-reminders",
        while_suspended: "asks for the mail, which waits",
        when_closed: "asks for the mail, which is dropped",
        held_by: &[
            "only_what_is_approved_is_reviewed_and_only_what_is_active_confirmed",
            "a_review_that_is_due_after_the_closing_is_mailed_to_nobody",
        ],
    },
    Job {
        name: "records/name-certificates",
        while_suspended: ANY,
        when_closed: ANY,
        held_by: &["what_is_completed_while_nobody_says_names_is_named_later"],
    },
    Job {
        name: "records/settle-strays",
        while_suspended: ANY,
        when_closed: ANY,
        held_by: &[],
    },
    Job {
        name: "server/sweep-answers",
        while_suspended: ANY,
        when_closed: ANY,
        held_by: &[],
    },
    Job {
        name: "server/sweep-messages",
        while_suspended: ANY,
        when_closed: ANY,
        held_by: &[],
    },
];

/// The Rust of all services and libraries, `src` or `tests`, each file with the crate that it is in.
fn sources(part: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut sources = Vec::new();
    for folder in ["services", "libs"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            read(&path.join(part), &name, &mut sources);
        }
    }
    sources
}

fn read(folder: &Path, of: &str, sources: &mut Vec<(String, String)>) {
    let mut folders: Vec<PathBuf> = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push((of.to_owned(), fs::read_to_string(path).unwrap()));
            }
        }
    }
}

/// Which jobs a source has, as they are called.
fn jobs_in(source: &str) -> impl Iterator<Item = &str> {
    let kinds = ["\nimpl Batch for ", "\nimpl Queue for ", "\nimpl Periodic for "];
    let implementations = kinds.into_iter().flat_map(|kind| source.split(kind).skip(1));
    implementations.filter_map(|rest| {
        let (_, named) = rest.split_once("const NAME: &'static str = \"")?;
        Some(named.split_once('"')?.0)
    })
}

#[test]
fn every_job_says_what_it_does_of_a_state() {
    let sources = sources("src");
    let jobs = sources
        .iter()
        .flat_map(|(of, source)| jobs_in(source).map(move |job| format!("{of}/{job}")));
    let there: BTreeSet<String> = jobs.collect();
    let told: BTreeSet<String> = JOBS.iter().map(|job| job.name.to_owned()).collect();
    assert_eq!(told.len(), JOBS.len(), "a job has one row");
    assert_eq!(there, told);
}

#[test]
fn what_a_job_is_said_to_do_is_held_by_tests_that_are_there() {
    let mut sources = sources("tests");
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    read(&own, "tests", &mut sources);
    let is_there = |test: &str| {
        let function = format!("async fn {test}(");
        sources.iter().any(|(_, source)| source.contains(&function))
    };
    let held = JOBS.iter().flat_map(|job| job.held_by);
    let missing: Vec<&&str> = held.filter(|test| !is_there(test)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
