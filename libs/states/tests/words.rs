//! Words of states that stand in SQL, where no compiler looks: each is a word of an enum of its service, and wherever some of
//! an enum's words stand, the others are left out knowingly. So a new state fails here once for every statement, index and
//! constraint that has to take a stand on it.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

type Words = BTreeSet<String>;

/// Lists that stand in SQL, each with the words of the same enum that it leaves out: service, list, left out.
const CONSIDERED: &[(&str, &str, &str)] = &[
    (
        "employment",
        "PENDING_VERIFICATION VERIFIED",
        "REJECTED WITHDRAWN ENDED",
    ),
    (
        "invitation",
        "PROSPECT PENDING",
        "ACTIVE DECLINED CANCELLED EXPIRED ARCHIVED",
    ),
    (
        "invitation",
        "PROSPECT PENDING ACTIVE",
        "DECLINED CANCELLED EXPIRED ARCHIVED",
    ),
    (
        "invitation",
        "ACTIVE ARCHIVED",
        "PROSPECT PENDING DECLINED CANCELLED EXPIRED",
    ),
    (
        "invitation",
        "UPLOADED READY",
        "APPROVED APPLYING APPLIED APPLIED_WITH_ERRORS DISAPPROVED EXPIRED FAILED",
    ),
    (
        "invitation",
        "UPLOADED APPROVED APPLYING",
        "READY APPLIED APPLIED_WITH_ERRORS DISAPPROVED EXPIRED FAILED",
    ),
    (
        "invitation",
        "APPROVED APPLYING APPLIED APPLIED_WITH_ERRORS",
        "UPLOADED READY DISAPPROVED EXPIRED FAILED",
    ),
    // An import expires when it is read: no row says so.
    (
        "invitation",
        "UPLOADED READY APPROVED APPLYING APPLIED APPLIED_WITH_ERRORS DISAPPROVED FAILED",
        "EXPIRED",
    ),
    // A mail is being sent when the row is read: none says so.
    (
        "invitation",
        "SCHEDULED QUEUED HELD SENT UNCERTAIN DEFERRED FAILED BOUNCED SUPPRESSED DROPPED",
        "SENDING",
    ),
    // The first check of the column; a later migration takes the word in.
    ("invitation", "VALID MERGED INVALID APPLIED REFUSED", "SKIPPED"),
    (
        "notification",
        "QUEUED DEFERRED",
        "SENDING SENT UNCERTAIN FAILED DROPPED BOUNCED",
    ),
    // The first check of the column; a later migration takes the word in.
    (
        "notification",
        "QUEUED SENDING SENT UNCERTAIN DEFERRED FAILED DROPPED",
        "BOUNCED",
    ),
    (
        "organization",
        "DRAFT CLOSED",
        "SUBMITTED ACTIVE RETURNED REJECTED SUSPENDED",
    ),
    (
        "organization",
        "ACTIVE SUSPENDED",
        "DRAFT SUBMITTED RETURNED REJECTED CLOSED",
    ),
    (
        "organization",
        "DRAFT REJECTED CLOSED",
        "SUBMITTED ACTIVE RETURNED SUSPENDED",
    ),
    // Of a license number, a profile that was turned down or closed keeps nobody from claiming the programme.
    (
        "organization",
        "REJECTED CLOSED",
        "DRAFT SUBMITTED ACTIVE RETURNED SUSPENDED",
    ),
    (
        "organization",
        "SUBMITTED ACTIVE SUSPENDED",
        "DRAFT RETURNED REJECTED CLOSED",
    ),
    // The constraint of 0007, which 0011 replaces.
    (
        "organization",
        "APPROVE_ORGANIZATION ACTIVATE_SUBSCRIPTION",
        "RETURN_ORGANIZATION REJECT_ORGANIZATION SUSPEND_ORGANIZATION REINSTATE_ORGANIZATION CLOSE_ORGANIZATION MOVE_OWNERSHIP \
         RENEW_LICENSE SET_LICENSE_STATUS",
    ),
    // That of 0011, which 0017 replaces.
    (
        "organization",
        "APPROVE_ORGANIZATION RETURN_ORGANIZATION ACTIVATE_SUBSCRIPTION",
        "REJECT_ORGANIZATION SUSPEND_ORGANIZATION REINSTATE_ORGANIZATION CLOSE_ORGANIZATION MOVE_OWNERSHIP RENEW_LICENSE SET_LICENSE_STATUS",
    ),
    // That of 0017, which 0020 replaces.
    (
        "organization",
        "APPROVE_ORGANIZATION RETURN_ORGANIZATION REJECT_ORGANIZATION SUSPEND_ORGANIZATION REINSTATE_ORGANIZATION \
         ACTIVATE_SUBSCRIPTION",
        "CLOSE_ORGANIZATION MOVE_OWNERSHIP RENEW_LICENSE SET_LICENSE_STATUS",
    ),
    // That of 0020, which 0021 replaces.
    (
        "organization",
        "APPROVE_ORGANIZATION RETURN_ORGANIZATION REJECT_ORGANIZATION SUSPEND_ORGANIZATION REINSTATE_ORGANIZATION \
         ACTIVATE_SUBSCRIPTION MOVE_OWNERSHIP",
        "CLOSE_ORGANIZATION RENEW_LICENSE SET_LICENSE_STATUS",
    ),
    // That of 0021, which 0029 replaces.
    (
        "organization",
        "APPROVE_ORGANIZATION RETURN_ORGANIZATION REJECT_ORGANIZATION SUSPEND_ORGANIZATION REINSTATE_ORGANIZATION \
         CLOSE_ORGANIZATION ACTIVATE_SUBSCRIPTION MOVE_OWNERSHIP",
        "RENEW_LICENSE SET_LICENSE_STATUS",
    ),
    // That of 0029, which 0047 replaces.
    (
        "organization",
        "APPROVE_ORGANIZATION RETURN_ORGANIZATION REJECT_ORGANIZATION SUSPEND_ORGANIZATION REINSTATE_ORGANIZATION \
         CLOSE_ORGANIZATION ACTIVATE_SUBSCRIPTION MOVE_OWNERSHIP RENEW_LICENSE",
        "SET_LICENSE_STATUS",
    ),
    ("records", "ASSIGNED IN_PROGRESS", "COMPLETED CANCELLED"),
    // Employments that are over, as 0017 takes them in.
    (
        "records",
        "REJECTED WITHDRAWN ENDED",
        "PENDING_VERIFICATION VERIFIED",
    ),
    // The constraint of 0005, which 0010 replaces.
    ("records", "ACTIVE REVOKED LAPSED", "REQUESTED EXPIRED DENIED"),
    ("records", "IN_PROGRESS COMPLETED", "ASSIGNED CANCELLED"),
    // The constraint of 0018, which 0020 replaces.
    (
        "records",
        "EMPLOYMENT_OVER NOT_REQUIRED TAKEN_BACK",
        "TRANSFERRED",
    ),
    // The files of a record before there was a CSV for Excel; a later migration says all.
    ("records", "CSV XLSX PDF JSON", "CSV_EXCEL CSV_EXCEL_SEMICOLON"),
    // And before there was one with semicolons.
    ("records", "CSV CSV_EXCEL XLSX PDF JSON", "CSV_EXCEL_SEMICOLON"),
];

/// What stands in one service: its enums, and the lists of words in its SQL with where they stand.
#[derive(Default)]
struct Service {
    enums: BTreeMap<String, Words>,
    lists: Vec<(String, Words)>,
}

fn words(text: &str) -> Words {
    text.split_whitespace().map(str::to_owned).collect()
}

/// Every file below, but for tests.
fn files(root: PathBuf, extension: &str) -> Vec<PathBuf> {
    let (mut waiting, mut found) = (vec![root], Vec::new());
    while let Some(path) = waiting.pop() {
        let name = path
            .file_stem()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if path.is_dir() && name != "tests" {
            waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.is_file() && name != "tests" && path.extension().is_some_and(|own| own == extension) {
            found.push(path);
        }
    }
    found
}

/// Without comments, of either language.
fn code(source: &str) -> String {
    let line = |line: &str| match line.trim_start() {
        text if text.starts_with("//") || text.starts_with("--") => String::new(),
        _ => line.to_owned(),
    };
    source.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The enums whose variants are declared with the words they are stored as.
fn enums(code: &str) -> BTreeMap<String, Words> {
    let declared = code.split("enum ").skip(1).filter_map(|rest| {
        let (name, rest) = rest.split_once(" {")?;
        let (body, _) = rest.split_once('}')?;
        let words: Words = body
            .lines()
            .filter_map(|line| line.split_once("= \""))
            .filter_map(|(_, word)| word.split('"').next())
            .map(str::to_owned)
            .collect();
        (!words.is_empty()).then(|| (name.to_owned(), words))
    });
    declared.collect()
}

/// The lists of words between quotation marks: words that only a comma separates are one list.
fn lists(code: &str) -> Vec<Words> {
    let mut lists: Vec<Words> = Vec::new();
    let mut goes_on = false;
    let mut rest = code;
    while let Some(start) = rest.find('\'') {
        let between = &rest[..start];
        let after = &rest[start + 1..];
        let length = after.find(|letter: char| !letter.is_ascii_uppercase() && letter != '_');
        let length = length.unwrap_or(after.len());
        let is_word = length > 2 && after[length..].starts_with('\'');
        goes_on &= between.trim() == ",";
        if is_word {
            match lists.last_mut() {
                Some(list) if goes_on => _ = list.insert(after[..length].to_owned()),
                _ => lists.push(words(&after[..length])),
            }
        }
        goes_on = is_word;
        rest = if is_word { &after[length + 1..] } else { after };
    }
    lists
}

fn services() -> BTreeMap<String, Service> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../services");
    let mut services = BTreeMap::new();
    // What a library stores, whichever service keeps it.
    let shared = fs::read_to_string(root.join("../libs/history/src/entry.rs")).unwrap();
    for service in fs::read_dir(&root).unwrap() {
        let service = service.unwrap();
        let mut found = Service::default();
        found.enums.extend(enums(&code(&shared)));
        for file in files(service.path().join("src"), "rs") {
            let code = code(&fs::read_to_string(&file).unwrap());
            found.enums.extend(enums(&code));
            found.add(&file, &code);
        }
        for file in files(service.path().join("migrations"), "sql") {
            found.add(&file, &code(&fs::read_to_string(&file).unwrap()));
        }
        services.insert(service.file_name().into_string().unwrap(), found);
    }
    services
}

impl Service {
    fn add(&mut self, file: &Path, code: &str) {
        let lists = lists(code).into_iter();
        self.lists
            .extend(lists.map(|list| (file.display().to_string(), list)));
    }

    /// What is wrong with a list. A projection stores the words of another service: all of them.
    fn problem(&self, service: &str, list: &Words, all: &BTreeMap<String, Self>) -> Option<String> {
        if all
            .values()
            .any(|other| other.enums.values().any(|own| own == list))
        {
            return None;
        }
        let of: Vec<_> = self.enums.values().filter(|own| list.is_subset(own)).collect();
        if of.is_empty() {
            return Some("is no list of words of one enum".to_owned());
        }
        let is_considered = |own: &&Words| {
            CONSIDERED.iter().any(|(of, some, others)| {
                *of == service
                    && words(some) == *list
                    && words(some).union(&words(others)).cloned().collect::<Words>() == **own
            })
        };
        // One word alone says what it says, whatever others there are.
        let stands = list.len() == 1 || of.iter().any(is_considered);
        (!stands).then(|| "leaves words out that nobody considered: say so in CONSIDERED".to_owned())
    }
}

#[test]
fn every_word_of_a_state_in_sql_is_a_word_of_its_enum_and_no_other_is_forgotten() {
    let mut problems = Vec::new();
    let services = services();
    for (name, service) in &services {
        for (file, list) in &service.lists {
            if let Some(problem) = service.problem(name, list, &services) {
                problems.push(format!("{file}: {list:?} {problem}"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn what_is_considered_stands_somewhere() {
    let services = services();
    for (service, list, _) in CONSIDERED {
        let found = services[*service]
            .lists
            .iter()
            .any(|(_, own)| *own == words(list));
        assert!(found, "{service}: {list} stands nowhere any more");
    }
}

#[test]
fn lists_and_enums_are_read_as_they_are_written() {
    let sql =
        "state IN ('DRAFT', 'CLOSED') OR kind = 'ONE'\n -- 'NOT'\n AND x = 'a' AND y IN ('TWO',\n  'THREE')";
    let found = lists(&code(sql));
    assert_eq!(
        found,
        ["DRAFT CLOSED", "ONE", "TWO THREE"].map(words),
        "{found:?}"
    );
    let declared =
        enums("pub(crate) enum Kind {\n  One = \"ONE\",\n  Two = \"TWO\",\n}\nenum Other { Plain }");
    assert_eq!(declared, BTreeMap::from([("Kind".to_owned(), words("ONE TWO"))]));
}
