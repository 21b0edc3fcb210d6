//! Who changed which assignment or grant.

use std::process::Command;

use muster_proto::history::v1::history_cause::Kind;
use muster_proto::history::v1::{HistoryAct, HistoryEntry};
use muster_proto::records::v1::record_history_service_client::RecordHistoryServiceClient;
use muster_proto::records::v1::{ListRecordHistoryEntriesRequest, RevokeGrantRequest};

use muster_testkit::eventually;

use crate::fixture::{Fixture, person_name};

const LEARNING_SYSTEM: &str = "workload:learning-system";

impl Fixture {
    /// Whether the command `verify` finds every history whole, and what it says.
    fn verify_histories(&self) -> (bool, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_muster-records"));
        command
            .arg("verify")
            .env("MUSTER_DATABASE_URL", self.service.database.url());
        let said = command.output().unwrap();
        (said.status.success(), String::from_utf8(said.stdout).unwrap())
    }

    /// The history of what has this name, oldest first.
    pub(crate) async fn history(&self, subject: &str) -> Vec<HistoryEntry> {
        let request = ListRecordHistoryEntriesRequest {
            parent: self.organization_name().to_string(),
            subject: subject.to_owned(),
            ..Default::default()
        };
        let mut histories = RecordHistoryServiceClient::new(self.service.calls_of(self.admin()));
        let listed = histories.list_record_history_entries(request).await.unwrap();
        let mut entries = listed.into_inner().record_history_entries;
        entries.reverse();
        entries
    }
}

/// What became of the state, if it changed.
fn state(entry: &HistoryEntry) -> &str {
    let change = entry.changes.iter().find(|change| change.field == "state");
    change
        .and_then(|change| change.after.as_deref())
        .unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_granted_and_took_back_and_what_was_assigned_stands_there() {
    let fixture = Fixture::start().await;
    let assignment = fixture.assigned("learner", "HIST-1").await;
    fixture.report(&assignment, 40).await.unwrap();
    fixture.report(&assignment, 100).await.unwrap();
    let grant = fixture.grant("learner").await.unwrap();
    let revoke = RevokeGrantRequest {
        name: grant.name.clone(),
        ..Default::default()
    };
    let learner = muster_testkit::TestCaller::person("learner");
    fixture.grants(learner).revoke_grant(revoke).await.unwrap();

    let learner = fixture.learner("learner").to_string();
    let entries = fixture.history(&learner).await;
    let told: Vec<_> = entries
        .iter()
        .map(|entry| {
            let kind = entry.subject[learner.len()..].split('/').nth(1).unwrap();
            (kind, entry.act(), entry.actor.as_str(), state(entry))
        })
        .collect();
    let person = person_name("learner").to_string();
    let person = person.as_str();
    assert_eq!(
        told,
        [
            ("assignments", HistoryAct::Created, "service:records", "ASSIGNED"),
            ("assignments", HistoryAct::Changed, LEARNING_SYSTEM, "IN_PROGRESS"),
            ("assignments", HistoryAct::Changed, LEARNING_SYSTEM, "COMPLETED"),
            ("grants", HistoryAct::Created, person, "ACTIVE"),
            ("grants", HistoryAct::Changed, person, "REVOKED"),
        ]
    );
    let causes: Vec<_> = entries
        .iter()
        .map(|entry| match entry.cause.clone().and_then(|cause| cause.kind) {
            Some(Kind::Call(call)) => call.replace("muster.records.v1.", ""),
            Some(Kind::Event(event)) => event.r#type,
            Some(Kind::Job(_)) | None => String::new(),
        })
        .collect();
    let progress = "ProgressService/ReportProgress";
    assert_eq!(
        causes,
        [
            "employment.verified",
            progress,
            progress,
            "GrantService/CreateGrant",
            "GrantService/RevokeGrant"
        ]
    );
    assert_eq!(entries[4].previous_entry, entries[3].name);
    assert_eq!(entries[3].previous_entry, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assignment_that_becomes_the_learners_own_leaves_the_history_and_comes_back_with_it() {
    let fixture = Fixture::start().await;
    let assignment = fixture.assigned("learner", "HIST-2").await;
    fixture.report(&assignment, 40).await.unwrap();
    let begun = fixture.history("").await;
    fixture
        .service
        .database
        .execute("UPDATE assignments SET organization_id = NULL, archive_time = now(), version = version + 1")
        .await;
    fixture
        .service
        .database
        .execute("UPDATE assignments SET progress_percent = 50, version = version + 1")
        .await;
    let entries = fixture.history("").await;
    let [removed] = &entries[begun.len()..] else {
        panic!("{entries:?}")
    };
    assert_eq!(removed.act(), HistoryAct::Removed);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_writes_beside_the_service_is_in_the_history_and_whoever_changes_that_is_found() {
    let fixture = Fixture::start().await;
    fixture.verify("learner", &[]).await;
    let grant = fixture.grant("learner").await.unwrap();
    let name = grant.name.rsplit('/').next().unwrap();
    let subject = format!("{}/grants/{name}", fixture.learner("learner"));
    let database = &fixture.service.database;
    let revived =
        "UPDATE grants SET expire_time = '2030-01-01', version = version + 1 WHERE state = 'ACTIVE'";
    database.execute(revived).await;
    let entries = fixture.history(&subject).await;
    let last = entries.last().unwrap();
    assert!(last.actor.starts_with("database:"), "{}", last.actor);
    let until = last.changes.iter().find(|change| change.field == "expire_time");
    assert!(until.unwrap().before.is_none() && until.unwrap().after.is_some());

    let unsealed = "SELECT count(*) FROM history_entries WHERE position IS NULL";
    eventually(async || database.count(unsealed).await == 0).await;
    assert_eq!(fixture.verify_histories(), (true, String::new()));
    let hidden = "UPDATE history_entries SET actor = 'service:records' WHERE actor LIKE 'database:%'";
    database.execute(hidden).await;
    let (is_well, said) = fixture.verify_histories();
    assert!(!is_well);
    // The first one that is broken is named.
    let position = "SELECT min(position) FROM history_entries WHERE actor = 'service:records'";
    let place = format!(
        "{}: entry {}",
        fixture.organization_name(),
        database.count(position).await
    );
    assert!(said.starts_with(&place), "{said}, not {place}");
}
