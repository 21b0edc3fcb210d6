//! Registry staff move an ownership that was lost.

use muster_ids::OrganizationId;
use muster_proto::notification::v1::MailPurpose;
use muster_proto::notification::v1::get_mail_response::Variables;
use muster_proto::organization::v1 as pb;
use muster_refusal::ErrorReason as R;
use muster_testkit::{Callers, TestCaller};
use tonic::Status;

use super::{ownership, tells_address};
use crate::access_mails::{ask_for, mail, requested};
use crate::access_requests::{ask, asked};
use crate::employed::employed;
use crate::fixture::{Fixture, name};
use crate::profile_users::{added, person};
use crate::refused::{fact, refused};
use crate::roles::role;

fn moving(id: OrganizationId, to: &str) -> pb::MoveOwnershipRequest {
    pb::MoveOwnershipRequest {
        name: name(id),
        person: person(to),
        reason: "the owner has died; letter of the board".to_owned(),
        request_id: String::new(),
    }
}

pub(crate) async fn reassign(
    fixture: &Fixture,
    id: OrganizationId,
    to: &str,
) -> Result<pb::Organization, Status> {
    let moved = ownership(fixture, TestCaller::staff(id))
        .move_ownership(moving(id, to))
        .await?;
    Ok(moved.into_inner().organization.unwrap())
}

/// How many acts stand in the audit, with who did them and why.
async fn audited(fixture: &Fixture, id: OrganizationId) -> i64 {
    let staff = Callers::person("staff").id;
    let acts = format!(
        "SELECT count(*) FROM staff_acts
         WHERE organization_id = '{id}' AND act = 'MOVE_OWNERSHIP' AND actor = 'person:{staff}'
           AND reason = 'the owner has died; letter of the board'"
    );
    let mut connection = fixture.service.database.connection().await;
    sqlx::query_scalar(sqlx::AssertSqlSafe(acts))
        .fetch_one(&mut connection)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_goes_to_who_asked_and_waits_for_an_owner_that_is_gone() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    asked(&fixture, "ada", id).await;
    let moved = reassign(&fixture, id, "ada").await.unwrap();
    assert_eq!(moved.owner, person("ada"));
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Owner);
    // What was asked for waits no more.
    let again = ask(&fixture, Callers::person("ada"), id, pb::Role::Viewer).await;
    refused(again, R::ProfileUserExists);
    assert_eq!(role(&fixture, id, "owner").await, pb::Role::Admin);
    assert_eq!(audited(&fixture, id).await, 1);
    // Once more: it is so already, and nothing is written down of it.
    assert_eq!(reassign(&fixture, id, "ada").await.unwrap(), moved);
    assert_eq!(audited(&fixture, id).await, 1);
}

/// Mail for the owner must reach somebody: what was not told before, nobody tells when staff move the ownership.
#[tokio::test(flavor = "multi_thread")]
async fn it_goes_to_nobody_whose_address_is_not_known_until_they_have_told_it() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    added(&fixture, id, "admin", pb::Role::Admin).await;
    employed(&fixture, id, "ada", "VERIFIED").await;
    for who in ["admin", "ada"] {
        let status = refused(reassign(&fixture, id, who).await, R::SuccessorCannotAct);
        assert_eq!(fact(&status, "missing").as_deref(), Some("ADDRESS"), "{who}");
    }
    assert_eq!(role(&fixture, id, "owner").await, pb::Role::Owner);
    assert_eq!(audited(&fixture, id).await, 0);
    // A request tells it, and waits for nobody but staff.
    for who in ["admin", "ada"] {
        asked(&fixture, who, id).await;
        assert_eq!(reassign(&fixture, id, who).await.unwrap().owner, person(who));
    }
    let unknown = "SELECT count(*) FROM organizations o WHERE NOT EXISTS (
        SELECT FROM profile_user_addresses a
        WHERE a.organization_id = o.organization_id AND a.person_id = o.owner_person_id)";
    assert_eq!(fixture.service.database.count(unknown).await, 0);
    let waiting = "SELECT count(*) FROM access_requests WHERE state = 'PENDING'";
    assert_eq!(fixture.service.database.count(waiting).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_goes_to_a_profile_user_or_to_an_employee_who_is_verified() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    added(&fixture, id, "viewer", pb::Role::Viewer).await;
    tells_address(&fixture, id, "viewer").await;
    reassign(&fixture, id, "viewer").await.unwrap();
    assert_eq!(role(&fixture, id, "viewer").await, pb::Role::Owner);
    employed(&fixture, id, "ada", "VERIFIED").await;
    tells_address(&fixture, id, "ada").await;
    reassign(&fixture, id, "ada").await.unwrap();
    assert_eq!(role(&fixture, id, "ada").await, pb::Role::Owner);
    assert_eq!(role(&fixture, id, "viewer").await, pb::Role::Admin);
    assert_eq!(audited(&fixture, id).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_goes_to_nobody_whom_the_organization_does_not_know() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    added(&fixture, id, "asleep", pb::Role::Admin).await;
    employed(&fixture, id, "asleep", "PENDING_VERIFICATION").await;
    for (who, missing) in [("ada", "PROFILE_USER"), ("asleep", "ACTIVE")] {
        let status = refused(reassign(&fixture, id, who).await, R::SuccessorCannotAct);
        assert_eq!(fact(&status, "missing").as_deref(), Some(missing));
    }
    assert_eq!(role(&fixture, id, "owner").await, pb::Role::Owner);
    assert_eq!(audited(&fixture, id).await, 0);
    let nowhere = OrganizationId::from_uuid(uuid::Uuid::from_u128(1));
    refused(reassign(&fixture, nowhere, "ada").await, R::NotFound);
    let close = format!("UPDATE organizations SET state = 'CLOSED' WHERE organization_id = '{id}'");
    fixture.execute(close).await;
    refused(reassign(&fixture, id, "ada").await, R::OrganizationState);
}

/// What the mail worker is told of the mails about moves: to whom, and whether it is theirs now.
async fn told(fixture: &Fixture) -> Vec<Option<(String, bool)>> {
    let mut told = Vec::new();
    for request in requested(fixture).await {
        if request.purpose() == MailPurpose::OwnershipMoved {
            let answered = mail(fixture, &request).await;
            told.push(answered.variables.map(|said| match said {
                Variables::OwnershipMoved(said) => (answered.address.clone(), said.is_owner),
                other => panic!("{other:?}"),
            }));
        }
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gets_it_and_who_loses_it_are_mailed_for_as_long_as_it_is_so() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    for who in ["ada", "grace"] {
        asked(&fixture, who, id).await;
    }
    let address = |who: &str| format!("{who}@example.com");
    reassign(&fixture, id, "ada").await.unwrap();
    let first = [Some((address("ada"), true)), Some((address("owner"), false))];
    assert_eq!(told(&fixture).await, first);
    // Once more is no other act, and asks for no other mail.
    reassign(&fixture, id, "ada").await.unwrap();
    assert_eq!(told(&fixture).await.len(), 2);
    // It moves on before the first mail has left.
    reassign(&fixture, id, "grace").await.unwrap();
    let later = [
        None,
        Some((address("owner"), false)),
        Some((address("grace"), true)),
        Some((address("ada"), false)),
    ];
    assert_eq!(told(&fixture).await, later);
    let suspend = format!("UPDATE organizations SET state = 'SUSPENDED' WHERE organization_id = '{id}'");
    fixture.execute(suspend).await;
    let request = requested(&fixture).await.pop().unwrap();
    refused(
        ask_for(&fixture, TestCaller::Workload("notification"), &request).await,
        R::OrganizationNotActive,
    );
    let close = format!("UPDATE organizations SET state = 'CLOSED' WHERE organization_id = '{id}'");
    fixture.execute(close).await;
    assert_eq!(told(&fixture).await, [None, None, None, None]);
}
