//! The program of `cargo dev prove`: it finds nothing where nothing is wrong, and every damage that is done on purpose.

use std::process::{Command, Output};

use crate::support::{Suite, alone, binary};

/// Seconds of harm unless `MUSTER_TEST_PROVE` says otherwise.
const SECONDS: u64 = 15;

/// Each kind of damage, and the promise that it breaks.
const DAMAGES: [(&str, &str); 7] = [
    ("lost-invitation", "every invitation that was answered is there"),
    ("lost-employment", "every acceptance made one employment"),
    ("lost-assignment", "whoever is employed was assigned"),
    ("doubled-mail", "twice only where nobody could know"),
    ("unheard-event", "applied by everybody who is told"),
    ("parked-message", "none is parked"),
    ("lost-row", "every row of every spreadsheet"),
];

#[tokio::test]
async fn a_suite_that_is_harmed_keeps_its_promises() {
    let _alone = alone().await;
    let seconds = std::env::var("MUSTER_TEST_PROVE").map_or(SECONDS, |text| text.parse().unwrap());
    let output = prove(&Suite::find(), &["--seconds", &seconds.to_string()]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("Every promise was kept."), "{said}");
}

#[tokio::test]
async fn every_damage_that_is_done_on_purpose_is_found() {
    let _alone = alone().await;
    let suite = Suite::find();
    for (damage, promise) in DAMAGES {
        let output = prove(&suite, &["--seconds", "0", "--damage", damage]);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(!output.status.success(), "{damage}: {said}");
        let broken = said.lines().filter(|line| line.contains("BROKEN"));
        assert!(
            broken.clone().any(|line| line.contains(promise)),
            "{damage} is not found: {said}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
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
