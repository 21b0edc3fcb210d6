//! What the edge tells people about themselves, and what it does not.

use muster_proto::gateway::v1::{
    AccessMode, ExplainAccessRequest, ExplainAccessResponse, ListMyPermissionsRequest,
    ListMyPermissionsResponse, PolicyEffect,
};
use muster_proto::organization::v1::Role;
use muster_refusal::ErrorReason;
use prost::Message;
use tonic::Code;

use crate::support::{ABSENT, Fixture, OURS, THEIRS};
use crate::wire::{Answer, Call};

const EXPLAIN: &str = "gateway.v1.AccessService/ExplainAccess";
const MINE: &str = "gateway.v1.AccessService/ListMyPermissions";
const CREATE: &str = "muster.invitation.v1.InvitationService/CreateInvitation";

async fn explain(fixture: &Fixture, token: &str, method: &str, resource: &str) -> Answer {
    let request = ExplainAccessRequest {
        method: method.to_owned(),
        resource: resource.to_owned(),
    };
    let call = Call::to(EXPLAIN).token(token);
    call.send(&fixture.edge, &request.encode_to_vec()).await
}

async fn mine(fixture: &Fixture, token: &str, parent: &str) -> Answer {
    let parent = parent.to_owned();
    let request = ListMyPermissionsRequest { parent }.encode_to_vec();
    Call::to(MINE).token(token).send(&fixture.edge, &request).await
}

fn told<M: Message + Default>(answer: &Answer) -> M {
    assert_eq!(answer.code(), Code::Ok, "{answer:?}");
    M::decode(&answer.body[5..]).unwrap()
}

async fn explained(fixture: &Fixture, token: &str, method: &str, resource: &str) -> ExplainAccessResponse {
    told(&explain(fixture, token, method, resource).await)
}

#[tokio::test]
async fn a_refusal_says_what_is_needed_who_has_it_and_who_one_is() {
    let fixture = Fixture::new().await;
    let viewer = fixture.member("vic", OURS, Role::Viewer);
    let answer = explained(&fixture, &viewer, CREATE, OURS).await;
    assert_eq!(
        (answer.allowed, answer.mode(), answer.role()),
        (false, AccessMode::Require, Role::Viewer)
    );
    assert_eq!(answer.permission, "invitation.create");
    assert_eq!(
        answer.sufficient_roles().collect::<Vec<_>>(),
        [Role::Admin, Role::Owner]
    );
    assert!(answer.policies.is_empty());
    assert_eq!(
        answer.reason,
        "This needs the permission invitation.create, which the roles ADMIN and OWNER have here; you are VIEWER."
    );
    let submit = "muster.organization.v1.OrganizationService/ApproveOrganization";
    let answer = explained(&fixture, &viewer, submit, OURS).await;
    assert_eq!(
        answer.reason,
        "This needs the permission organization.approve, which registry staff have here; you are VIEWER."
    );
}

#[tokio::test]
async fn who_is_let_through_hears_by_which_policy() {
    let fixture = Fixture::new().await;
    let admin = fixture.member("ann", OURS, Role::Admin);
    let answer = explained(&fixture, &admin, CREATE, &format!("{OURS}/invitations/1")).await;
    assert!(answer.allowed && answer.role() == Role::Admin);
    let [policy] = &answer.policies[..] else {
        panic!("one policy: {answer:?}")
    };
    assert_eq!(
        (&*policy.id, policy.effect()),
        ("admins-administer", PolicyEffect::Permit)
    );
    assert!(answer.reason.contains(&policy.description), "{}", answer.reason);
    let staff = fixture.issuer.staff_token("sam");
    let answer = explained(
        &fixture,
        &staff,
        "muster.records.v1.TrainingService/CreateTraining",
        "",
    )
    .await;
    assert!(answer.allowed && answer.staff && answer.policies[0].id == "staff-keep-the-catalog");
}

#[tokio::test]
async fn methods_without_a_permission_say_what_is_declared() {
    let fixture = Fixture::new().await;
    let token = fixture.issuer.token("ada");
    for (method, mode, allowed, says) in [
        (
            "muster.records.v1.PersonRecordService/ListRecordAccesses",
            AccessMode::Authenticated,
            true,
            "Whoever is signed in may call this: a person sees who read their own record",
        ),
        (
            "muster.records.v1.ProgressService/ReportProgress",
            AccessMode::Authenticated,
            false,
            "Only workloads may call this: learning-system.",
        ),
        (
            "muster.invitation.v1.InvitationRedemptionService/AcceptInvitation",
            AccessMode::Capability,
            true,
            "Whoever is signed in and holds a link",
        ),
    ] {
        let answer = explained(&fixture, &token, method, "").await;
        assert_eq!((answer.mode(), answer.allowed), (mode, allowed), "{method}");
        assert!(answer.reason.starts_with(says), "{}", answer.reason);
    }
    assert_eq!(fixture.backend.lookups(), 0, "no role was needed");
}

#[tokio::test]
async fn another_organization_and_an_absent_one_sound_the_same_here_too() {
    let fixture = Fixture::new().await;
    let owner = fixture.member("ada", OURS, Role::Owner);
    fixture.set_role("bob", THEIRS, Role::Owner);
    let answers = [
        explain(&fixture, &owner, CREATE, THEIRS).await,
        explain(&fixture, &owner, CREATE, ABSENT).await,
    ];
    assert_eq!(answers[0].bytes(), answers[1].bytes());
    let answer: ExplainAccessResponse = told(&answers[0]);
    let expected = ExplainAccessResponse {
        mode: AccessMode::Require.into(),
        permission: "invitation.create".to_owned(),
        reason: "This needs a role in the organization, and you have none there.".to_owned(),
        ..ExplainAccessResponse::default()
    };
    assert_eq!(answer, expected);
    let answers = [
        mine(&fixture, &owner, THEIRS).await,
        mine(&fixture, &owner, ABSENT).await,
    ];
    assert_eq!(answers[0].bytes(), answers[1].bytes());
    assert_eq!(
        told::<ListMyPermissionsResponse>(&answers[0]),
        ListMyPermissionsResponse::default()
    );
}

#[tokio::test]
async fn what_is_not_exposed_is_not_explained() {
    let fixture = Fixture::new().await;
    let token = fixture.member("ada", OURS, Role::Owner);
    let mut heard = Vec::new();
    for method in [
        "muster.organization.v1.RolesInternalService/GetRole",
        "muster.organization.v1.NoService/Nothing",
        "/muster.invitation.v1.InvitationService/CreateInvitation",
        "grpc.health.v1.Health/Check",
        "x",
    ] {
        heard.push(explain(&fixture, &token, method, OURS).await);
    }
    for answer in &heard {
        assert_eq!(answer.reason(), Some(ErrorReason::NotFound));
        assert_eq!(answer.bytes(), heard[0].bytes());
    }
    for resource in ["", "organizations/nonsense", "trainings/1"] {
        let answer = explain(&fixture, &token, CREATE, resource).await;
        assert_eq!(answer.reason(), Some(ErrorReason::InvalidRequest), "{resource}");
    }
    let answer = mine(&fixture, &token, "trainings/1").await;
    assert_eq!(answer.reason(), Some(ErrorReason::InvalidRequest));
    let malformed = Call::to(EXPLAIN)
        .token(&token)
        .send(&fixture.edge, &[0x0a, 9])
        .await;
    assert_eq!(malformed.reason(), Some(ErrorReason::MessageMalformed));
    let workload = fixture.workload("learning-system");
    assert_eq!(mine(&fixture, &workload, "").await.code(), Code::Unauthenticated);
    assert!(fixture.backend.seen().is_empty(), "nobody else is asked");
}

#[tokio::test]
async fn the_list_is_what_the_policies_allow() {
    let fixture = Fixture::new().await;
    let list = async |token: &str, parent: &str| {
        told::<ListMyPermissionsResponse>(&mine(&fixture, token, parent).await)
    };
    let names = |list: &ListMyPermissionsResponse| {
        let names = list.permissions.iter().map(|granted| granted.permission.clone());
        names.collect::<Vec<_>>()
    };
    let viewer = list(&fixture.member("vic", OURS, Role::Viewer), OURS).await;
    let owner = list(&fixture.member("ada", OURS, Role::Owner), OURS).await;
    assert_eq!((viewer.role(), owner.role()), (Role::Viewer, Role::Owner));
    // They look, and they may leave.
    let leaves = |name: &str| name == "profile_user.remove";
    assert!(
        names(&viewer)
            .iter()
            .all(|name| name.ends_with(".read") || leaves(name))
    );
    assert!(names(&owner).len() > names(&viewer).len());
    let create = owner
        .permissions
        .iter()
        .find(|granted| granted.permission == "invitation.create");
    let methods = ["BatchCreateInvitations", "CreateInvitation"];
    let methods = methods.map(|method| format!("muster.invitation.v1.InvitationService/{method}"));
    assert_eq!(create.unwrap().methods, methods);
    let staff = list(&fixture.issuer.staff_token("sam"), "").await;
    let anywhere = [
        "programme.load",
        "progress.move",
        "submission.list",
        "training.create",
    ];
    let anywhere = anywhere.map(str::to_owned).to_vec();
    assert_eq!((staff.staff, names(&staff)), (true, anywhere));
    assert!(
        list(&fixture.issuer.token("vic"), "")
            .await
            .permissions
            .is_empty()
    );
}

#[tokio::test]
async fn without_the_organization_service_nothing_is_told() {
    let fixture = Fixture::with_backend(crate::backend::Backend::default(), "http://127.0.0.1:1").await;
    let token = fixture.issuer.token("ada");
    assert_eq!(
        mine(&fixture, &token, OURS).await.reason(),
        Some(ErrorReason::Unavailable)
    );
    assert_eq!(mine(&fixture, &token, "").await.code(), Code::Ok);
}
