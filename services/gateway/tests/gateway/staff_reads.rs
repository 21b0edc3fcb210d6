//! Registry staff say why they look at what is personal, and it is written down before they are answered.

use muster_access::{Mode, Rules, Target, all};
use muster_gateway::policy::{Policies, Resource};
use muster_identity::PersonCaller;
use muster_ids::{OrganizationId, PersonId};
use muster_proto::organization::v1::{LogStaffReadRequest, Role};
use muster_refusal::ErrorReason;
use prost::Message as _;
use tonic::Code;
use uuid::Uuid;

use crate::support::{Fixture, OURS};
use crate::wire::{Answer, Call, field};

const LIST: &str = "invitation.v1.InvitationService/ListInvitations";
const LOG: &str = "/muster.organization.v1.StaffReadInternalService/LogStaffRead";

/// What registry staff may read of an organization and that is about nobody.
const IMPERSONAL: [&str; 14] = [
    "GetCatalogTraining",
    "GetAnnouncement",
    "GetJoinPage",
    "GetOrganization",
    "ListLicenseClaims",
    "ListLicenseNumbers",
    "GetLocation",
    "ListLocations",
    "GetGroup",
    "ListGroups",
    "ListCatalogTrainings",
    "GetLimits",
    "GetSetupChecklist",
    "GetReview",
];

async fn list(fixture: &Fixture, token: &str, reasons: &[&str]) -> Answer {
    let call = Call::to(LIST).token(token);
    let call = reasons
        .iter()
        .fold(call, |call, reason| call.header("muster-reason", reason));
    call.send(&fixture.edge, &field(1, OURS)).await
}

#[tokio::test]
async fn staff_who_say_why_are_answered_after_it_was_written_down() {
    let fixture = Fixture::new().await;
    let staff = fixture.issuer.staff_token("sam");
    let answer = list(&fixture, &staff, &["ticket 4711"]).await;
    assert_eq!(answer.code(), Code::Ok);
    let seen = fixture.backend.seen();
    let paths: Vec<_> = seen.iter().map(|seen| seen.path.as_str()).collect();
    assert_eq!(paths, [LOG, &format!("/muster.{LIST}")]);
    let logged = LogStaffReadRequest::decode(seen[0].body.get(5..).unwrap()).unwrap();
    assert_eq!(
        (
            logged.organization.as_str(),
            logged.subject.as_str(),
            logged.method.as_str()
        ),
        (OURS, OURS, format!("muster.{LIST}").as_str())
    );
    assert_eq!(logged.reason, "ticket 4711");
    assert_eq!(logged.staff, format!("persons/{}", fixture.person("sam")));
    // A decision that is remembered is no reason to look unseen.
    list(&fixture, &staff, &["again"]).await;
    assert_eq!(fixture.backend.seen().len(), 4);
}

#[tokio::test]
async fn staff_who_do_not_say_why_are_refused_and_told_what_to_do() {
    let fixture = Fixture::new().await;
    let staff = fixture.issuer.staff_token("sam");
    for reasons in [&[][..], &[""], &["one", "another"]] {
        let answer = list(&fixture, &staff, reasons).await;
        assert_eq!(answer.code(), Code::FailedPrecondition, "{reasons:?}");
        assert_eq!(answer.reason(), Some(ErrorReason::StaffReasonRequired));
    }
    assert!(fixture.backend.seen().is_empty());
}

#[tokio::test]
async fn who_has_a_role_there_gives_no_reason_also_as_staff() {
    let fixture = Fixture::new().await;
    let viewer = fixture.member("vic", OURS, Role::Viewer);
    assert_eq!(list(&fixture, &viewer, &[]).await.code(), Code::Ok);
    fixture.set_role("sam", OURS, Role::Viewer);
    let staff = fixture.issuer.staff_token("sam");
    assert_eq!(list(&fixture, &staff, &[]).await.code(), Code::Ok);
    assert!(fixture.backend.seen().iter().all(|seen| seen.path != LOG));
}

/// Whatever is added to the contract is personal until somebody says that it is not.
#[test]
fn what_staff_may_read_of_an_organization_asks_for_a_reason_or_is_about_nobody() {
    let rules = Rules::load(muster_proto::pool()).unwrap_or_else(|problems| panic!("{}", all(&problems)));
    let policies = Policies::shipped().unwrap();
    let staff = PersonCaller {
        id: PersonId::derive("https://id.example.org", "staff"),
        name: None,
        emails: Vec::new(),
        staff: true,
        access: None,
    };
    let on = Resource::Organization(OrganizationId::from_uuid(Uuid::from_u128(1)));
    let mut impersonal = Vec::new();
    for rule in rules.iter() {
        let Mode::Require {
            permission,
            target: Target::Organization(_),
        } = &rule.mode
        else {
            assert!(!rule.reason_of_staff, "{} names no organization", rule.path);
            continue;
        };
        let may = policies.decide(&staff, None, permission, on).allowed;
        assert!(may || !rule.reason_of_staff, "staff may not call {}", rule.path);
        let reads = ["Get", "List"].iter().any(|verb| rule.method.starts_with(verb));
        if may && reads && !rule.reason_of_staff {
            impersonal.push(rule.method.as_str());
        }
    }
    impersonal.sort_unstable();
    let mut expected = IMPERSONAL;
    expected.sort_unstable();
    assert_eq!(impersonal, expected);
}
