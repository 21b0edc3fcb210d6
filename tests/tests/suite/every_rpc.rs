//! Generated from the descriptors: every RPC, by every kind of caller, on one's own organization, on another's and on
//! one that does not exist.
//!
//! What is expected is the committed table of who may call what, which people review: a cell that is wider in reality
//! fails here, and so does one that is narrower.

mod committed;

use std::collections::BTreeSet;

use bytes::{BufMut, Bytes, BytesMut};
use muster_access::{MethodRule, Mode, Rules, Target};
use muster_proto::organization::v1::Role;
use muster_refusal::{ErrorReason, reason_of};
use tonic::{Code, Status};

use self::committed::Committed;
use crate::support::{Organization, RawCall, Suite, with_others};

const ABSENT: &str = "organizations/00000000-0000-7000-8000-000000000000";

/// Somebody who calls.
struct Caller {
    who: &'static str,
    /// `None`: nobody.
    token: Option<String>,
    /// Organizations to name, and the columns that hold there: what one of them grants is granted.
    on: Vec<(&'static str, String, &'static [&'static str])>,
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// Gets through to the service, whatever that says.
    Through,
    Unauthenticated,
    Denied,
    NoSuchMethod,
    /// Something broke or was away: never an answer.
    Broken(Code),
}

/// Everybody there is, and what they have to do with three organizations.
async fn everybody(suite: &Suite) -> Vec<Caller> {
    let own = Organization::create(suite).await;
    let other = Organization::draft(suite, "outsider").await.name;
    let of_staff = Organization::draft(suite, "staff").await.name;
    let colleague = own.employee(suite).await.address;
    let (admin, viewer) = (
        with_role(suite, &own, Role::Admin),
        with_role(suite, &own, Role::Viewer),
    );
    let (admin, viewer) = (admin.await, viewer.await);
    let caller = |who, token: Option<String>, own_column, other_column, absent_column| Caller {
        who,
        token,
        on: vec![
            ("the first organization", own.name.clone(), own_column),
            ("another", other.clone(), other_column),
            ("one that does not exist", ABSENT.to_owned(), absent_column),
        ],
    };
    let token = |who: &str| Some(suite.token(who));
    let (nobody, person): (&[_], &[_]) = (&["nobody"], &["person"]);
    let (owner, staff, workloads): (&[_], &[_], &[_]) = (&["OWNER"], &["staff"], &["workloads"]);
    let mut everybody = vec![
        caller("nobody", None, nobody, nobody, nobody),
        caller("a stranger", token("learner-9"), person, person, person),
        caller(
            "an employee of the first",
            token(&colleague),
            person,
            person,
            person,
        ),
        caller(
            "a viewer of the first",
            token(&viewer),
            &["VIEWER"],
            person,
            person,
        ),
        caller("an admin of the first", token(&admin), &["ADMIN"], person, person),
        caller("the owner of the first", token("owner"), owner, person, person),
        caller("the owner of another", token("outsider"), person, owner, person),
        caller("registry staff", token("staff"), staff, staff, staff),
        caller(
            "learning-system",
            token("learning-system"),
            workloads,
            workloads,
            workloads,
        ),
    ];
    everybody.push(Caller {
        who: "registry staff who own one",
        token: token("staff"),
        on: vec![("theirs", of_staff, &["staff", "OWNER"])],
    });
    everybody
}

/// Somebody who works there, and was given a role.
async fn with_role(suite: &Suite, organization: &Organization, role: Role) -> String {
    let employee = organization.employee(suite).await;
    organization.adds(suite, &employee, role).await;
    employee.address
}

/// What the table says of the caller.
fn expected(committed: &Committed, rule: &MethodRule, caller: &Caller, columns: &[&str]) -> Verdict {
    let Some(row) = committed.row(rule) else {
        return Verdict::NoSuchMethod;
    };
    if columns.iter().any(|column| row.grants(column, caller.who)) {
        return Verdict::Through;
    }
    // A token of the wrong kind is no token: workloads are no persons, and persons no workloads.
    let person = !matches!(columns, ["nobody" | "workloads"]);
    if person && !row.is_for_workloads() {
        Verdict::Denied
    } else {
        Verdict::Unauthenticated
    }
}

fn verdict(rule: &MethodRule, result: &Result<Bytes, Status>) -> Verdict {
    match result {
        Ok(_) => Verdict::Through,
        Err(status) => match (status.code(), reason_of(status)) {
            (Code::Unauthenticated, _) => Verdict::Unauthenticated,
            (Code::Unimplemented, Some(ErrorReason::MethodNotFound)) => Verdict::NoSuchMethod,
            // A person who names somebody else's record is refused by the service in the same words; nobody does here.
            (Code::PermissionDenied, Some(ErrorReason::PermissionDenied)) => Verdict::Denied,
            (
                code @ (Code::Internal
                | Code::Unknown
                | Code::Unavailable
                | Code::DataLoss
                | Code::DeadlineExceeded),
                _,
            ) => Verdict::Broken(code),
            (_, Some(_)) => Verdict::Through,
            (code, None) => panic!("{}: {code:?} without a reason: {}", rule.path, status.message()),
        },
    }
}

/// A request with nothing but its scope.
fn request(rule: &MethodRule, organization: &str) -> Bytes {
    let Mode::Require {
        target: Target::Organization(path),
        ..
    } = &rule.mode
    else {
        return Bytes::new();
    };
    let value = if path.as_str() == "name" {
        format!("{organization}/subscription")
    } else {
        organization.to_owned()
    };
    path.tags().iter().rev().fold(Bytes::from(value), |inner, tag| {
        let mut field = BytesMut::new();
        prost::encoding::encode_varint(u64::from(tag << 3 | 2), &mut field);
        prost::encoding::encode_varint(inner.len() as u64, &mut field);
        field.put(inner);
        field.freeze()
    })
}

async fn ask(
    suite: &Suite,
    rule: &MethodRule,
    token: Option<&str>,
    organization: &str,
) -> Result<Bytes, Status> {
    let mut call = RawCall::new(&rule.path, request(rule, organization));
    call.client_streaming = rule.client_streaming;
    let call = token.into_iter().fold(call, RawCall::bearer);
    call.send(suite.edge()).await
}

/// All that a caller hears of a refusal.
fn heard(result: Result<Bytes, Status>) -> Option<(Code, String, Bytes)> {
    let status = result.err()?;
    let details = Bytes::copy_from_slice(status.details());
    Some((status.code(), status.message().to_owned(), details))
}

#[tokio::test]
async fn every_rpc_answers_every_caller_as_it_is_committed() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let rules = Rules::load(muster_proto::pool()).expect("the contract's rules load");
    let committed = Committed::read();
    let callers = everybody(&suite).await;
    let mut wrong = Vec::new();
    let mut asked = 0;
    for rule in rules.iter() {
        for caller in &callers {
            let mut refused = BTreeSet::new();
            for (place, organization, columns) in &caller.on {
                let result = ask(&suite, rule, caller.token.as_deref(), organization).await;
                let found = verdict(rule, &result);
                let expected = expected(&committed, rule, caller, columns);
                if found != expected {
                    wrong.push(format!(
                        "{} by {} on {place}: {found:?}, not {expected:?}",
                        rule.path, caller.who
                    ));
                }
                if expected != Verdict::Through {
                    refused.extend(heard(result).map(|heard| format!("{heard:?}")));
                }
                asked += 1;
            }
            if refused.len() > 1 {
                wrong.push(format!(
                    "{} tells {} which exist: {refused:#?}",
                    rule.path, caller.who
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        asked > 700,
        "only {asked} calls were made: were the descriptors read?"
    );
}

#[test]
fn the_committed_table_has_every_rpc_that_can_be_called_and_no_other() {
    let rules = Rules::load(muster_proto::pool()).expect("the contract's rules load");
    let exposed = rules.iter().filter(|rule| !rule.is_internal());
    let exposed: BTreeSet<_> = exposed.map(|rule| rule.path.clone()).collect();
    assert_eq!(Committed::read().paths(), exposed);
}

#[tokio::test]
async fn an_internal_method_and_one_that_does_not_exist_answer_with_the_same_bytes() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let rules = Rules::load(muster_proto::pool()).expect("the contract's rules load");
    let reply = async |path: &str| {
        RawCall::new(path, Bytes::new())
            .bearer(&suite.token("owner"))
            .reply(suite.edge())
            .await
    };
    let absent = reply("/muster.organization.v1.NoSuchService/NoSuchMethod").await;
    for rule in rules.iter().filter(|rule| rule.is_internal()) {
        assert_eq!(reply(&rule.path).await, absent, "{}", rule.path);
    }
}
