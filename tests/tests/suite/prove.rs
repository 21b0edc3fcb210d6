//! The program of `cargo dev prove`: it finds nothing where nothing is wrong, and every damage that is done on purpose.

use std::process::{Command, Output};

use muster_testkit::effort::PROVE;

use crate::support::{Suite, alone, binary};

/// Each kind of damage, and the promise that it breaks. The last one has a mail sent, which would be found as another one's.
const DAMAGES: [(&str, &str); 18] = [
    ("refused-call", "no call was refused"),
    ("lost-invitation", "every invitation that was answered is there"),
    ("changed-state", "every invitation that was answered is there"),
    (
        "unasked-invitation",
        "every invitation that was answered is there",
    ),
    ("lost-row", "every row of every spreadsheet"),
    ("doubled-row", "every row of every spreadsheet"),
    ("lost-employment", "every acceptance made one employment"),
    ("doubled-employment", "every acceptance made one employment"),
    ("unasked-employment", "every acceptance made one employment"),
    ("lost-assignment", "whoever is employed was assigned"),
    ("doubled-assignment", "whoever is employed was assigned"),
    ("lost-mail", "everybody was mailed"),
    ("doubled-mail", "twice only where nobody could know"),
    ("untold-refusal", "refused for good is told as refused"),
    ("unheard-event", "applied by everybody who is told"),
    ("unpublished-event", "every event was published"),
    ("parked-message", "none is parked"),
    ("forgotten-request", "a request that comes again"),
];

#[tokio::test]
async fn a_suite_that_is_harmed_keeps_its_promises() {
    let _alone = alone().await;
    let seconds: u32 = PROVE.or(15);
    let output = prove(&Suite::find(), &["--seconds", &seconds.to_string()]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("Every promise was kept."), "{said}");
}

#[tokio::test]
async fn every_damage_that_is_done_on_purpose_is_found() {
    let _alone = alone().await;
    let all = DAMAGES.map(|(damage, _)| damage).join(",");
    let output = prove(&Suite::find(), &["--seconds", "0", "--damage", &all]);
    let said = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{error}");
    for (damage, promise) in DAMAGES {
        let found = format!("  {damage}  found: ");
        let mut lines = said.lines().filter_map(|line| line.strip_prefix(&found));
        assert!(lines.any(|line| line.contains(promise)), "{damage}: {said}");
    }
    // And whatever is promised is found broken by one of them.
    let promised: Vec<&str> = said
        .lines()
        .filter_map(|line| line.split_once("  ok      "))
        .map(|(_, promise)| promise)
        .collect();
    assert!(promised.len() > 5, "{said}");
    for promise in promised {
        assert!(said.contains(&format!("  found: {promise}")), "{promise}: {said}");
    }
}

#[test]
fn every_kind_of_damage_is_tried() {
    let help = prove(&Suite::find(), &["--help"]);
    let help = String::from_utf8(help.stdout).unwrap();
    let kinds: Vec<&str> = help
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- ")?.split_once(':'))
        .map(|(kind, _)| kind)
        .collect();
    assert_eq!(kinds, DAMAGES.map(|(damage, _)| damage), "{help}");
}

fn prove(suite: &Suite, arguments: &[&str]) -> Output {
    Command::new(binary("muster-prove"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .arg("--dir")
        .arg(suite.dir())
        .args(arguments)
        .output()
        .unwrap()
}
