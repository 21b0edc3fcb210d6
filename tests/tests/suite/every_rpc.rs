//! Generated from the descriptors: every RPC, by every kind of caller, on one's own organization, on another's and on
//! one that does not exist.
//!
//! The expectations are written out here, apart from the policies: this is the second opinion.

use bytes::{BufMut, Bytes, BytesMut};
use muster_access::{Actor, MethodRule, Mode, Rules, SignIn, Target};
use muster_refusal::{ErrorReason, reason_of};
use tonic::{Code, Status};

use crate::support::{Organization, RawCall, Reply, Suite, with_others};

/// What registry staff may do on any organization or on the platform.
const STAFF: &[&str] = &[
    "organization.read",
    "organization.approve",
    "subscription.activate",
    "group.read",
    "catalog.read",
    "limits.read",
    "employment.read",
    "invitation.read",
    "import.read",
    "delivery.read",
    "assignment.read",
    "training.create",
];

/// What an owner may not do.
const NOT_OWNER: &[&str] = &["organization.approve", "subscription.activate", "training.create"];

const ABSENT: &str = "organizations/00000000-0000-7000-8000-000000000000";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Nobody,
    Owner,
    Staff,
    Stranger,
    LearningSystem,
}

const EVERYBODY: [Who; 5] = [
    Who::Nobody,
    Who::Owner,
    Who::Staff,
    Who::Stranger,
    Who::LearningSystem,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Own,
    Other,
    Absent,
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

fn expected(rule: &MethodRule, who: Who, place: Place) -> Verdict {
    let person = matches!(who, Who::Owner | Who::Staff | Who::Stranger);
    match &rule.mode {
        Mode::Internal { .. } => Verdict::NoSuchMethod,
        Mode::Public { .. } => Verdict::Through,
        Mode::Capability {
            sign_in: SignIn::Optional,
            ..
        } if who == Who::Nobody || person => Verdict::Through,
        Mode::Authenticated {
            actor: Actor::Workload(_),
            ..
        } if who == Who::LearningSystem => Verdict::Through,
        // A token of the wrong kind is no token: workloads are no persons, and persons no workloads.
        Mode::Authenticated {
            actor: Actor::Workload(_),
            ..
        } => Verdict::Unauthenticated,
        _ if !person => Verdict::Unauthenticated,
        Mode::Capability { .. } | Mode::Authenticated { .. } => Verdict::Through,
        Mode::Require { permission, target } => {
            let on_platform = matches!(target, Target::Platform);
            let permission = permission.as_str();
            let may = match who {
                Who::Staff => STAFF.contains(&permission),
                Who::Owner => !on_platform && place == Place::Own && !NOT_OWNER.contains(&permission),
                _ => false,
            };
            if may { Verdict::Through } else { Verdict::Denied }
        }
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

async fn ask(suite: &Suite, rule: &MethodRule, who: Who, organization: &str) -> Result<Bytes, Status> {
    let mut call = RawCall::new(&rule.path, request(rule, organization));
    call.client_streaming = rule.client_streaming;
    let call = match who {
        Who::Nobody => call,
        Who::Owner => call.bearer(&suite.token("owner")),
        Who::Staff => call.bearer(&suite.token("staff")),
        Who::Stranger => call.bearer(&suite.token("learner-9")),
        Who::LearningSystem => call.bearer(&suite.token("learning-system")),
    };
    call.send(suite.edge()).await
}

#[tokio::test]
async fn every_rpc_answers_every_caller_as_it_is_declared() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let own = Organization::draft(&suite, "owner").await.name;
    let other = Organization::draft(&suite, "outsider").await.name;
    let rules = Rules::load(muster_proto::pool()).expect("the contract's rules load");
    let mut wrong = Vec::new();
    let mut asked = 0;
    for rule in rules.iter() {
        for who in EVERYBODY {
            for (place, organization) in [
                (Place::Own, &*own),
                (Place::Other, &*other),
                (Place::Absent, ABSENT),
            ] {
                let found = verdict(rule, &ask(&suite, rule, who, organization).await);
                let expected = expected(rule, who, place);
                if found != expected {
                    wrong.push(format!(
                        "{} by {who:?} on {place:?}: {found:?}, not {expected:?}",
                        rule.path
                    ));
                }
                asked += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        asked > 500,
        "only {asked} calls were made: were the descriptors read?"
    );
}

#[tokio::test]
async fn another_organization_and_one_that_does_not_exist_are_refused_with_the_same_bytes() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let other = Organization::draft(&suite, "outsider").await.name;
    let rules = Rules::load(muster_proto::pool()).expect("the contract's rules load");
    for rule in rules
        .iter()
        .filter(|rule| matches!(rule.mode, Mode::Require { .. }))
    {
        let reply = async |organization: &str| -> Reply {
            let mut call =
                RawCall::new(&rule.path, request(rule, organization)).bearer(&suite.token("owner"));
            call.client_streaming = rule.client_streaming;
            call.reply(suite.edge()).await
        };
        assert_eq!(reply(&other).await, reply(ABSENT).await, "{}", rule.path);
    }
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
