//! What an organization still has to set up.

use muster_identity::Role;
use muster_ids::OrganizationId;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::SetupStep as Step;
use muster_proto::organization::v1::setup_checklist_service_client::SetupChecklistServiceClient;
use muster_refusal::ErrorReason as R;
use muster_testkit::{TestCaller, acts};
use tonic::Status;
use uuid::Uuid;

use crate::employed::employed;
use crate::fixture::{Fixture, name, owner, submit};
use crate::ownership::let_in;
use crate::refused::refused;

async fn checklist(
    fixture: &Fixture,
    who: TestCaller,
    id: OrganizationId,
) -> Result<pb::SetupChecklist, Status> {
    let mut client = SetupChecklistServiceClient::new(fixture.service.calls_of(who));
    let request = pb::GetSetupChecklistRequest { parent: name(id) };
    let read = client.get_setup_checklist(request).await?;
    Ok(read.into_inner().setup_checklist.unwrap())
}

/// The steps that are not done, each with the RPC that does it.
async fn left(fixture: &Fixture, id: OrganizationId) -> Vec<(Step, String)> {
    let viewer = TestCaller::member("vera", id, Role::Viewer);
    let read = checklist(fixture, viewer, id).await.unwrap();
    let open = read.items.into_iter();
    open.filter(|item| item.state() != pb::SetupState::Done)
        .map(|item| (item.step(), item.method))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn step_by_step_everything_is_done() {
    let fixture = Fixture::new().await;
    let id = fixture.draft("owner", fixture.profile()).await;
    let mut open = left(&fixture, id).await;
    let of = |step, method: &str| (step, method.to_owned());
    assert_eq!(
        open,
        [
            of(Step::ProfileSubmitted, "SubmitOrganization"),
            of(Step::ProfileActive, ""),
            of(Step::Catalog, "AddTraining"),
            of(Step::Group, "CreateGroup"),
            of(Step::GroupTrainings, "CreateGroup"),
            of(Step::Location, "CreateLocation"),
            of(Step::SecondAdministrator, "CreateProfileUser"),
            of(Step::Subscription, ""),
            of(Step::Employees, ""),
        ]
    );
    fixture.submit(id).await;
    let mut staff = fixture.profiles(TestCaller::staff(id));
    staff
        .approve_organization(crate::fixture::approve(id))
        .await
        .unwrap();
    let training = fixture.taken(id).await;
    fixture.group(id, "Cooks", Vec::new()).await;
    open = left(&fixture, id).await;
    assert_eq!(
        open[0],
        of(Step::GroupTrainings, "UpdateGroup"),
        "a group that requires nothing"
    );
    assert!(open.contains(&of(Step::Employees, "BatchCreateInvitations")));
    let read = checklist(&fixture, owner(id), id).await.unwrap();
    assert!(read.can_invite && read.items.iter().all(|item| item.required == read_required(item)));

    fixture
        .execute(format!(
            "UPDATE groups SET state = 'INACTIVE' WHERE organization_id = '{id}'"
        ))
        .await;
    fixture.group(id, "Teachers", vec![training]).await;
    acts::make_location(&fixture.service, id, "Main street").await;
    let_in(&fixture, id, "adam").await;
    employed(&fixture, id, "learner-1", "VERIFIED").await;
    let limits = pb::Limits {
        invitations_by_hand: 10,
        import_rows: 500,
        messages_per_day: 1000,
    };
    acts::subscribe(&fixture.service, id, limits).await;
    assert_eq!(left(&fixture, id).await, []);
    let read = checklist(&fixture, owner(id), id).await.unwrap();
    let counted: Vec<i32> = read.items.iter().map(|item| item.count).collect();
    assert_eq!(counted, [0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 1, 0]);
    assert!(read.items.iter().all(|item| item.hint.is_empty()));

    // What is deactivated counts no more: nobody is placed there, and nobody is assigned it.
    for (table, undone) in [
        ("locations", vec![of(Step::Location, "CreateLocation")]),
        (
            "catalog_trainings",
            vec![
                of(Step::Catalog, "AddTraining"),
                of(Step::GroupTrainings, "UpdateGroup"),
            ],
        ),
    ] {
        let becomes =
            |state: &str| format!("UPDATE {table} SET state = '{state}' WHERE organization_id = '{id}'");
        fixture.execute(becomes("INACTIVE")).await;
        assert_eq!(left(&fixture, id).await, undone);
        fixture.execute(becomes("ACTIVE")).await;
    }
}

/// What the contract says of the steps before the first invitation.
fn read_required(item: &pb::SetupItem) -> bool {
    matches!(
        item.step(),
        Step::ProfileSubmitted | Step::ProfileActive | Step::Group
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn only_staff_hear_that_there_is_none_and_of_a_closed_one_nothing_is_left_to_do() {
    let fixture = Fixture::new().await;
    let nowhere = OrganizationId::from_uuid(Uuid::from_u128(1));
    let absent = checklist(&fixture, TestCaller::staff(nowhere), nowhere).await;
    refused(absent, R::NotFound);
    let id = fixture.active().await;
    acts::close_organization(&fixture.service, id).await;
    let read = checklist(&fixture, owner(id), id).await.unwrap();
    assert!(!read.can_invite);
    let to_do = read
        .items
        .iter()
        .filter(|item| item.state() == pb::SetupState::ToDo);
    assert_eq!(to_do.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_says_that_they_work_here_is_a_step_until_somebody_has_looked() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let claims = async || {
        let read = checklist(&fixture, owner(id), id).await.unwrap();
        read.items
            .into_iter()
            .find(|item| item.step() == Step::EmploymentClaims)
            .unwrap()
    };
    assert_eq!(
        (claims().await.state(), claims().await.oldest_time),
        (pb::SetupState::Done, None)
    );
    employed(&fixture, id, "learner-1", "PENDING_VERIFICATION").await;
    let waits = claims().await;
    assert_eq!((waits.state(), waits.count), (pb::SetupState::ToDo, 1));
    assert_eq!(waits.method, "BatchVerifyEmployments");
    assert!(waits.oldest_time.is_some() && !waits.required);
    employed(&fixture, id, "learner-1", "VERIFIED").await;
    assert_eq!(claims().await.state(), pb::SetupState::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_up_goes_on_without_a_license() {
    let fixture = Fixture::new().await;
    let start_up = pb::Organization {
        r#type: pb::OrganizationType::StartUp.into(),
        license_number: String::new(),
        ..fixture.profile()
    };
    let id = fixture.draft("owner", start_up).await;
    let open = left(&fixture, id).await;
    assert_eq!(open[0], (Step::License, "UpdateOrganization".to_owned()));
    let mut profiles = fixture.profiles(owner(id));
    profiles.submit_organization(submit(id)).await.unwrap();
    let open = left(&fixture, id).await;
    assert_eq!(
        open[0],
        (Step::License, String::new()),
        "it is with registry staff"
    );
}
