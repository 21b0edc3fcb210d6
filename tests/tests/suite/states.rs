//! What every RPC answers while its organization is suspended, and when it is closed: the table in [`table`], held against
//! the running suite. It is told to people by `deploy/policies/states.md`, which is written from it.
//!
//! An RPC that is new has no row, and fails [`every_rpc_says_what_it_answers_of_a_state`].

mod jobs;
mod scene;
mod table;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use futures::future::join_all;
use muster_access::{MethodRule, Rules};
use muster_client::acts::organization as profile;
use muster_proto::organization::v1::OrganizationState;
use muster_refusal::{ErrorReason, reason_of};
use muster_testkit::eventually;
use prost::Message;
use prost_reflect::text_format::FormatOptions;
use prost_reflect::{DynamicMessage, MethodDescriptor};
use tonic::Status;

use self::jobs::JOBS;
use self::scene::Scene;
use self::table::{Answer, Call, OF_NO_ORGANIZATION, Row, rows};
use crate::support::{Database, RawCall, Suite, with_others};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/policies/states.md");
const STATES: [&str; 3] = ["ACTIVE", "SUSPENDED", "CLOSED"];

fn rules() -> Rules {
    Rules::load(muster_proto::pool()).expect("the contract's rules load")
}

fn rule<'a>(rules: &'a Rules, rpc: &str) -> &'a MethodRule {
    let rule = rules.iter().find(|rule| rule.method == rpc);
    rule.unwrap_or_else(|| panic!("there is no RPC {rpc}"))
}

fn method(rule: &MethodRule) -> MethodDescriptor {
    let service = muster_proto::pool().get_service_by_name(&rule.service);
    let method = service.and_then(|service| service.methods().find(|method| method.name() == rule.method));
    method.expect("a rule is of a method")
}

/// The call that a row describes, as the edge answers it. Calls come from networks of their own: what one network may do in a
/// minute is not asked here.
async fn ask(scene: &Scene, rules: &Rules, call: &Call) -> Result<Bytes, Status> {
    let rule = rule(rules, call.rpc);
    let text = scene.tell(call.request);
    let message = DynamicMessage::parse_text_format(method(rule).input(), &text)
        .unwrap_or_else(|problem| panic!("{}: {text}: {problem}", call.rpc));
    let mut raw = RawCall::new(&rule.path, message.encode_to_vec());
    raw.client_streaming = rule.client_streaming;
    if rule.reason_of_staff {
        raw = raw.header("muster-reason", "a test");
    }
    let who = scene.tell(call.who);
    if !who.is_empty() {
        raw = raw.bearer(&scene.suite.token(&who));
    }
    raw.send(scene.suite.edge()).await
}

/// The `name` in the resource of an answer.
fn name_in(rule: &MethodRule, answer: Bytes) -> Option<String> {
    let answer = DynamicMessage::decode(method(rule).output(), answer).ok()?;
    let (_, resource) = answer.fields().next()?;
    let name = resource.as_message()?.get_field_by_name("name")?.into_owned();
    name.as_str().map(str::to_owned)
}

/// Calls every row, one after the other, and tells what is not as the table says.
async fn try_all(mut scene: Scene, state: usize) -> Vec<String> {
    let (rules, mut wrong) = (rules(), Vec::new());
    for row in rows() {
        for before in row.before {
            if let (Some(word), Ok(answer)) = (before.keep, ask(&scene, &rules, before).await)
                && let Some(name) = name_in(rule(&rules, before.rpc), answer)
            {
                scene.say(word, &name);
            }
        }
        let found = ask(&scene, &rules, &row.call).await;
        let expected = row.answers[state];
        let said = match &found {
            Ok(_) => None,
            Err(status) => Some(reason_of(status)),
        };
        if said != expected.map(Some) {
            let found = found.err();
            let found = found.map(|status| format!("{:?} {}", reason_of(&status), status.message()));
            wrong.push(format!(
                "{} of an organization that is {}: {}, not {}",
                row.call.rpc,
                STATES[state],
                found.unwrap_or_else(|| "OK".to_owned()),
                word(expected)
            ));
        }
    }
    wrong
}

fn word(answer: Answer) -> String {
    answer.map_or_else(|| "OK".to_owned(), |reason| told(reason).to_owned())
}

/// As people read it in an answer.
fn told(reason: ErrorReason) -> &'static str {
    reason.as_str_name().trim_start_matches("ERROR_REASON_")
}

/// Until everything that follows from the closing has happened, in each service.
async fn is_over(scene: &Scene) {
    let id = scene.organization.trim_start_matches("organizations/").to_owned();
    for service in ["employment", "invitation"] {
        let database = Database::of(&scene.suite, service).await;
        let done = format!(
            "SELECT count(*) FROM closings WHERE organization_id = '{id}' AND finish_time IS NOT NULL"
        );
        eventually(async || database.number(&done).await == 1).await;
    }
    let records = Database::of(&scene.suite, "records").await;
    let left = format!(
        "SELECT (SELECT count(*) FROM employment_projection WHERE organization_id = '{id}' AND state IN ('VERIFIED', 'PENDING_VERIFICATION'))
              + (SELECT count(*) FROM grants WHERE organization_id = '{id}' AND state IN ('ACTIVE', 'REQUESTED'))
              + (SELECT count(*) FROM assignments WHERE organization_id = '{id}' AND state = 'ASSIGNED')"
    );
    eventually(async || records.number(&left).await == 0).await;
}

async fn suspend(scene: &Scene) {
    let staff = scene.suite.client("staff");
    let suspended = profile::suspend(&staff, &scene.organization, "a test").await;
    assert_eq!(suspended.unwrap().state(), OrganizationState::Suspended);
}

#[tokio::test]
async fn every_rpc_answers_of_every_state_as_the_table_says() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let scenes = join_all(STATES.map(|_| Scene::set(&suite))).await;
    let [active, suspended, closed]: [Scene; 3] = scenes.try_into().ok().unwrap();
    suspend(&suspended).await;
    profile::close(&suite.client("staff"), &closed.organization, "a test")
        .await
        .unwrap();
    is_over(&closed).await;
    let tried = [try_all(active, 0), try_all(suspended, 1), try_all(closed, 2)];
    let wrong = join_all(tried).await.concat();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is read of an organization that was suspended is what is read of it afterwards. Only who asks to be let in asks anew.
#[tokio::test]
async fn suspended_and_active_again_an_organization_is_what_it_was() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let (scene, rules) = (Scene::set(&suite).await, rules());
    let before = read(&scene, &rules).await;
    assert!(before.len() > 20, "{} are read", before.len());
    suspend(&scene).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    profile::reinstate(&suite.client("staff"), &scene.organization, "a test")
        .await
        .unwrap();
    for ((rpc, before), (_, after)) in before.iter().zip(read(&scene, &rules).await) {
        assert_eq!(*before, after, "{rpc}");
    }
}

/// What tells of itself, of the suspension, of the time, or of mail that is on its way.
const TELLS_OF_MORE: [&str; 14] = [
    "GetOrganization",
    "ListLicenseClaims",
    "ListAccessRequests",
    "DownloadImportTemplate",
    "GetSetupChecklist",
    "GetReview",
    "ListHistoryEntries",
    "ListEmploymentHistoryEntries",
    "ListRecordHistoryEntries",
    "ListStaffReads",
    "ListDeliveries",
    "WatchInvitations",
    "ExportLearningRecord",
    "ExportStaffReport",
];

/// Without etags: that of an organization tells of its suspension, and its owner's is the same.
fn without_etags(rule: &MethodRule, answer: Bytes) -> String {
    let answer = DynamicMessage::decode(method(rule).output(), answer).unwrap();
    let text = answer.to_text_format_with_options(&FormatOptions::new().pretty(true));
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("etag:"));
    lines.collect::<Vec<_>>().join("\n")
}

async fn read(scene: &Scene, rules: &Rules) -> Vec<(&'static str, String)> {
    let mut read = Vec::new();
    for Row { call, .. } in rows() {
        let method = method(rule(rules, call.rpc));
        let level = method
            .options()
            .get_field_by_name("idempotency_level")
            .map(|level| level.as_enum_number());
        if level == Some(Some(1)) && !TELLS_OF_MORE.contains(&call.rpc) {
            let answer = ask(scene, rules, &call).await.unwrap();
            read.push((call.rpc, without_etags(rule(rules, call.rpc), answer)));
        }
    }
    read
}

#[test]
fn every_rpc_says_what_it_answers_of_a_state() {
    let rules = rules();
    let exposed = rules.iter().filter(|rule| !rule.is_internal());
    let exposed: BTreeSet<_> = exposed.map(|rule| rule.method.as_str()).collect();
    let of_none = OF_NO_ORGANIZATION.iter().map(|(rpc, _)| *rpc);
    let told: Vec<_> = rows().iter().map(|row| row.call.rpc).chain(of_none).collect();
    let different: BTreeSet<_> = told.iter().copied().collect();
    assert_eq!(different.len(), told.len(), "an RPC has one row");
    let missing: Vec<_> = exposed.difference(&different).collect();
    assert!(
        missing.is_empty(),
        "what do these answer of a suspended organization, and of a closed one? {missing:?}"
    );
    let gone: Vec<_> = different.difference(&exposed).collect();
    assert!(gone.is_empty(), "no longer there: {gone:?}");
}

/// A row says nothing that the contract does not.
#[test]
fn every_reason_of_the_table_is_documented() {
    let rules = rules();
    let mut silent = Vec::new();
    for row in rows() {
        let documented = muster_proto::refuses(&method(rule(&rules, row.call.rpc)));
        let said = row.answers.into_iter().flatten();
        let unsaid = said.filter(|reason| !documented.contains(reason));
        silent.extend(unsaid.map(|reason| format!("{} {}", row.call.rpc, told(reason))));
    }
    assert!(silent.is_empty(), "{silent:?}");
}

#[test]
fn the_page_tells_what_the_table_says() {
    let rules = rules();
    let mut page = HEAD.to_owned();
    let mut told_rows: Vec<_> = rows();
    told_rows.sort_by_key(|row| rule(&rules, row.call.rpc).path.clone());
    let mut service = String::new();
    for row in &told_rows {
        let rule = rule(&rules, row.call.rpc);
        if rule.service != service {
            service.clone_from(&rule.service);
            let _ = write!(
                page,
                "\n## {service}\n\n| RPC | ACTIVE | SUSPENDED | CLOSED | because |\n|---|---|---|---|---|\n"
            );
        }
        let [active, suspended, closed] = row.answers.map(word);
        let _ = writeln!(
            page,
            "| {} | {active} | {suspended} | {closed} | {} |",
            row.call.rpc, row.why
        );
    }
    page.push_str("\n# Of no organization\n\n| RPC | because |\n|---|---|\n");
    for (rpc, why) in OF_NO_ORGANIZATION {
        let _ = writeln!(page, "| {rpc} | {why} |");
    }
    page.push_str(OF_JOBS);
    for job in JOBS {
        let _ = writeln!(
            page,
            "| {} | {} | {} |",
            job.name, job.while_suspended, job.when_closed
        );
    }
    if std::env::var_os("MUSTER_REGENERATE").is_some() {
        std::fs::write(PAGE, &page).unwrap();
    }
    let committed = std::fs::read_to_string(Path::new(PAGE)).unwrap_or_default();
    assert!(
        committed == page,
        "what a state allows has changed; review it, then run MUSTER_REGENERATE=1 cargo test -p muster-tests --test suite the_page_tells"
    );
}

const OF_JOBS: &str = "
# Jobs

What each job does about an organization, written from `tests/tests/suite/states/jobs.rs`, which names the tests that hold it to that.

| job | SUSPENDED | CLOSED |
|---|---|---|
";

const HEAD: &str = "# What a state of an organization allows

Written from `tests/tests/suite/states/table.rs`, and held against the running suite: every RPC that names an organization, or what is in
one, called by somebody who may, with a request that is done where the organization is ACTIVE. `MUSTER_REGENERATE=1 cargo test -p
muster-tests --test suite the_page_tells` writes it anew.

SUSPENDED takes nobody in and sends nothing: no invitation, no acceptance, no claim, no request for access; the join page is off, mail is
held and imports pause. Who is there goes on, what there is may be read and set up, and whoever wants to go may go. CLOSED leaves what may
be read, by the last owner and by registry staff: it lets nobody in, changes nothing, and answers what the closing has done as it is.
What follows from a closing takes a moment to reach every service (decision 0043); the column tells what is answered then.
";
