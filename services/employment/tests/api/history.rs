//! Who changed which employment.

use std::process::Command;

use muster_proto::employment::v1::employment_history_service_client::EmploymentHistoryServiceClient;
use muster_proto::employment::v1::{
    EndEmploymentRequest, ListEmploymentHistoryEntriesRequest, RejectionReason, VerifyEmploymentRequest,
};
use muster_proto::history::v1::history_cause::Kind;
use muster_proto::history::v1::{HistoryAct, HistoryEntry, HistoryRole};
use muster_testkit::eventually;
use time::macros::datetime;

use crate::fixture::{Fixture, person_name};

impl Fixture {
    /// The history of what has this name, oldest first; of all without one.
    async fn history(&self, subject: &str) -> Vec<HistoryEntry> {
        let request = ListEmploymentHistoryEntriesRequest {
            parent: self.organization_name().to_string(),
            subject: subject.to_owned(),
            ..Default::default()
        };
        let mut histories = EmploymentHistoryServiceClient::new(self.service.calls_of(self.admin()));
        let listed = histories.list_employment_history_entries(request).await.unwrap();
        let mut entries = listed.into_inner().employment_history_entries;
        entries.reverse();
        entries
    }

    /// What `verify` says: whether all is well, and its lines.
    fn verify_histories(&self) -> (bool, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_muster-employment"));
        command
            .arg("verify")
            .env("MUSTER_DATABASE_URL", self.service.database.url());
        let said = command.output().unwrap();
        (said.status.success(), String::from_utf8(said.stdout).unwrap())
    }
}

/// What became of a field, if it changed.
fn after<'a>(entry: &'a HistoryEntry, field: &str) -> Option<&'a str> {
    let change = entry.changes.iter().find(|change| change.field == field)?;
    change.after.as_deref()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_claimed_rejected_corrected_and_verified_stands_there_in_order() {
    let fixture = Fixture::start().await;
    let claim = fixture.claimed("learner-1").await;
    fixture.claimed("learner-2").await;
    fixture
        .reject(&claim.name, RejectionReason::Dates, "")
        .await
        .unwrap();
    fixture.correct("learner-1", &claim.name).await.unwrap();
    let request = VerifyEmploymentRequest {
        name: claim.name.clone(),
        request_id: String::new(),
    };
    let mut employments = fixture.employments(fixture.admin());
    employments.verify_employment(request).await.unwrap();

    let entries = fixture.history(&claim.name).await;
    let (admin, learner) = (
        person_name("admin").to_string(),
        person_name("learner-1").to_string(),
    );
    let of_itself: Vec<_> = entries
        .iter()
        .filter(|entry| entry.subject == claim.name)
        .map(|entry| {
            (
                entry.act(),
                entry.actor.as_str(),
                after(entry, "state").unwrap_or_default(),
            )
        })
        .collect();
    assert_eq!(
        of_itself,
        [
            (HistoryAct::Created, "service:employment", "PENDING_VERIFICATION"),
            (HistoryAct::Changed, &*admin, "REJECTED"),
            (HistoryAct::Changed, &*learner, "PENDING_VERIFICATION"),
            (HistoryAct::Changed, &*admin, "VERIFIED"),
        ]
    );
    let in_it: Vec<_> = entries
        .iter()
        .filter_map(|entry| entry.subject.strip_prefix(&format!("{}/", claim.name)))
        .map(|rest| rest.split('/').next().unwrap())
        .collect();
    assert_eq!(in_it, ["groups", "rejections"]);
    // Those of the director, of the other claim, and these.
    assert!(fixture.history("").await.len() > entries.len());
    assert_eq!(fixture.history(&format!("{}0", claim.name)).await, []);
}

/// In what role, and on what occasion: the RPC, the type of the event or the name of the job.
fn occasion(entry: &HistoryEntry) -> (HistoryRole, String) {
    let told = match entry.cause.clone().and_then(|cause| cause.kind) {
        Some(Kind::Call(call)) => call.replace("muster.employment.v1.", ""),
        Some(Kind::Event(event)) => format!("{} of {}", event.r#type, event.actor),
        Some(Kind::Job(job)) => job,
        None => String::new(),
    };
    (entry.actor_role(), told)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_by_an_event_by_a_call_and_by_the_clock_says_so() {
    let fixture = Fixture::start().await;
    let claim = fixture.claimed("learner-1").await;
    fixture.verify(&claim.name).await;
    fixture.ends_on(&claim.name, "2026-03-02").await.unwrap();
    fixture.advance_to(datetime!(2026-03-03 05:00 UTC));
    fixture.ends_by_itself(&claim.name).await;
    let entries = fixture.history(&claim.name).await;
    let of_itself: Vec<_> = entries
        .iter()
        .filter(|entry| entry.subject == claim.name)
        .collect();
    let told: Vec<_> = of_itself.iter().map(|entry| occasion(entry)).collect();
    let learner = person_name("learner-1").to_string();
    use HistoryRole as R;
    let expected = [
        (R::Unspecified, format!("invitation.accepted of {learner}")),
        (R::Admin, "EmploymentService/VerifyEmployment".to_owned()),
        (R::Admin, "EmploymentService/EndEmployment".to_owned()),
        (R::Unspecified, "employment-ends".to_owned()),
    ];
    assert_eq!(told, expected);
    for pair in of_itself.windows(2) {
        assert_eq!(pair[1].previous_entry, pair[0].name);
    }
    // In the transaction of the effect: the service did it, and nobody else.
    assert_eq!(of_itself[3].actor, "service:employment");
    assert_eq!(after(of_itself[3], "state"), Some("ENDED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_writes_beside_the_service_is_in_the_history_and_whoever_changes_that_is_found() {
    let fixture = Fixture::start().await;
    let claim = fixture.claimed("learner-1").await;
    let database = &fixture.service.database;
    database
        .execute("UPDATE employments SET state = 'VERIFIED', verify_time = now() WHERE state = 'PENDING_VERIFICATION'")
        .await;
    let entries = fixture.history(&claim.name).await;
    let last = entries.last().unwrap();
    assert!(last.actor.starts_with("database:"), "{}", last.actor);
    assert_eq!(after(last, "state"), Some("VERIFIED"));

    let unsealed = "SELECT count(*) FROM history_entries WHERE position IS NULL";
    eventually(async || database.count(unsealed).await == 0).await;
    assert_eq!(fixture.verify_histories(), (true, String::new()));
    let hidden = "UPDATE history_entries SET actor = 'service:employment' WHERE actor LIKE 'database:%'";
    database.execute(hidden).await;
    let (is_well, said) = fixture.verify_histories();
    assert!(!is_well);
    let place = format!("{}: entry ", fixture.organization_name());
    assert!(said.starts_with(&place), "{said}");
}

/// What people are called and what they say to few is in no chained byte (R33): taken out of the tables it is gone from the database, and
/// the chain is what it was.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_taken_out_of_the_tables_is_in_no_history_and_breaks_none() {
    let fixture = Fixture::start().await;
    let name = "Zebulon";
    let claim = fixture.claimed(name).await;
    let said = "Zebulon was never here";
    fixture
        .reject(&claim.name, RejectionReason::Other, said)
        .await
        .unwrap();
    fixture.correct(name, &claim.name).await.unwrap();
    fixture.verify(&claim.name).await;
    let ended = EndEmploymentRequest {
        name: claim.name.clone(),
        reason: "Zebulon moved away".to_owned(),
        ..Default::default()
    };
    fixture
        .employments(fixture.admin())
        .end_employment(ended)
        .await
        .unwrap();
    let database = &fixture.service.database;
    let told = "SELECT count(*) FROM history_entries h WHERE to_jsonb(h)::text ILIKE '%zebulon%'";
    assert_eq!(database.count(told).await, 0);
    let unsealed = "SELECT count(*) FROM history_entries WHERE position IS NULL";
    eventually(async || database.count(unsealed).await == 0).await;
    let of_it = fixture.history(&claim.name).await;
    assert!(of_it.len() >= 5, "{of_it:?}");
    database
        .execute(
            "UPDATE employments SET person_display_name = '', end_reason = 'erased' WHERE person_display_name = 'Zebulon';
             UPDATE employment_rejections SET comment = ''",
        )
        .await;
    eventually(async || database.count(unsealed).await == 0).await;
    assert_eq!(fixture.verify_histories(), (true, String::new()));
    assert_eq!(fixture.history(&claim.name).await, of_it, "it tells what it told");
    let mut tables = database.connection().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT format('SELECT count(*) FROM %I t WHERE to_jsonb(t)::text ILIKE %L', table_name, '%zebulon%')
         FROM information_schema.tables
         WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
           AND table_name NOT IN ('outbox', 'idempotency')",
    )
    .fetch_all(&mut tables)
    .await
    .unwrap();
    for table in tables {
        let mut connection = database.connection().await;
        let count = sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(table.clone()));
        assert_eq!(count.fetch_one(&mut connection).await.unwrap(), 0, "{table}");
    }
}
