//! What `helm test` runs in a cluster, against the running suite.

use std::io::Write as _;
use std::process::{Command, Stdio};

use muster_client::acts::organization;
use muster_proto::organization::v1::OrganizationState;

use crate::support::{Suite, with_others};

const SCRIPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../deploy/helm/muster/files/first-steps.sh"
);

/// Whether the script came to its end with this token, or without one, and what it said.
fn steps(suite: &Suite, token: Option<&str>) -> (bool, String) {
    let mut script = Command::new("sh")
        .arg(SCRIPT)
        .env("EDGE", suite.address("gateway"))
        .env("ADMIN", suite.admin("gateway"))
        .env("TOKEN_FILE", token.map_or("", |_| "/dev/stdin"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = script.stdin.take().unwrap();
    input.write_all(token.unwrap_or_default().as_bytes()).unwrap();
    drop(input);
    let output = script.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

/// That the organization of these steps is closed.
async fn left_closed(suite: &Suite, owner: &str, said: &str) {
    let name = said
        .lines()
        .find(|line| line.starts_with("organizations/"))
        .unwrap();
    let found = organization::get(&suite.client(owner), name).await.unwrap();
    assert_eq!(found.state(), OrganizationState::Closed, "{said}");
}

#[tokio::test]
async fn helm_test_takes_the_first_steps_and_closes_what_it_made() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let owner = format!("owner-{}@school.test", suite.unique());
    let (passed, said) = steps(&suite, Some(&suite.token(&owner)));
    assert!(passed, "{said}");
    assert!(said.contains("an organization of others: 403"), "{said}");
    left_closed(&suite, &owner, &said).await;
}

#[tokio::test]
async fn helm_test_fails_at_a_wrong_answer_and_closes_what_it_made() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    // Who reads every organization is told that there is none.
    let (passed, said) = steps(&suite, Some(&suite.token("staff")));
    assert!(!passed && said.contains("FAILED: not 403"), "{said}");
    left_closed(&suite, "staff", &said).await;

    let (passed, said) = steps(&suite, Some("no-token"));
    assert!(!passed && said.contains("a profile is begun: 401"), "{said}");
}

#[tokio::test]
async fn helm_test_makes_nothing_without_a_token() {
    let _undisturbed = with_others().await;
    let (passed, said) = steps(&Suite::find(), None);
    assert!(passed && said.contains("nothing was made"), "{said}");
}
