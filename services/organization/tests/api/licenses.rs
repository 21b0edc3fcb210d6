//! One profile a license number.

use muster_ids::OrganizationId;
use muster_proto::organization::v1 as pb;
use muster_refusal::ErrorReason;
use muster_testkit::Who;
use tonic::{Code, Status};

use crate::refused::{fact, refused};
use crate::world::{World, approve, licensed, owner, submit};

async fn hand_in(world: &World, id: OrganizationId) -> Result<pb::OrganizationState, Status> {
    let answer = world.profiles(owner(id)).submit_organization(submit(id)).await?;
    Ok(answer.into_inner().organization.unwrap().state())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_license_number_points_to_the_profile_that_holds_it() {
    let world = World::new().await;
    let holder = world.draft("owner", licensed("us-mi", "DC-630 012345")).await;
    let second = world.draft("outsider", licensed("us-mi", "dc630012345")).await;
    hand_in(&world, holder).await.unwrap();
    let status = world
        .profiles(owner(second))
        .submit_organization(submit(second))
        .await;
    let status = refused(status, ErrorReason::LicenseNumberTaken);
    assert_eq!(status.code(), Code::AlreadyExists);
    let number = world.read(holder).await.organization_number;
    assert_eq!(fact(&status, "organization_number"), Some(number.clone()));
    assert_eq!(fact(&status, "next_step").as_deref(), Some("request_access"));
    assert!(status.message().contains(&number), "{}", status.message());
    assert_eq!(world.read(second).await.state(), pb::OrganizationState::Draft);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_reserves_nothing() {
    let world = World::new().await;
    let idle = world.draft("outsider", licensed("us-mi", "DC 1")).await;
    let quick = world.draft("owner", licensed("us-mi", "DC 1")).await;
    assert_eq!(
        hand_in(&world, quick).await.unwrap(),
        pb::OrganizationState::Submitted
    );
    refused(
        world
            .profiles(owner(idle))
            .submit_organization(submit(idle))
            .await,
        ErrorReason::LicenseNumberTaken,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_authority_has_its_own_numbers() {
    let world = World::new().await;
    for authority in ["us-mi", "us-ny"] {
        let id = world.draft("owner", licensed(authority, "DC 1")).await;
        hand_in(&world, id).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_held_until_the_profile_is_rejected_or_closed() {
    let world = World::new().await;
    let holder = world.draft("owner", licensed("us-mi", "DC 1")).await;
    let second = world.draft("outsider", licensed("us-mi", "DC 1")).await;
    hand_in(&world, holder).await.unwrap();
    world
        .profiles(Who::staff(holder))
        .approve_organization(approve(holder))
        .await
        .unwrap();
    for held in [
        "UPDATE organizations SET state = 'SUSPENDED' WHERE state = 'ACTIVE'",
        "UPDATE organizations SET state = 'RETURNED' WHERE state = 'SUSPENDED'",
    ] {
        world.service.database.execute(held).await;
        assert!(hand_in(&world, second).await.is_err(), "after {held}");
    }
    world
        .service
        .database
        .execute("UPDATE organizations SET state = 'REJECTED' WHERE state = 'RETURNED'")
        .await;
    assert_eq!(
        hand_in(&world, second).await.unwrap(),
        pb::OrganizationState::Submitted
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_submitted_at_once_one_gets_the_number() {
    let world = World::new().await;
    let mut drafts = Vec::new();
    for _ in 0..12 {
        drafts.push(world.draft("owner", licensed("us-mi", "DC 1")).await);
    }
    let answers = futures::future::join_all(drafts.iter().map(|id| hand_in(&world, *id))).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    for answer in lost {
        let reason = muster_refusal::reason_of(&answer.unwrap_err());
        assert_eq!(reason, Some(ErrorReason::LicenseNumberTaken));
    }
    let held = "SELECT count(*) FROM organizations WHERE state = 'SUBMITTED'";
    assert_eq!(world.service.database.count(held).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_the_same_with_and_without_the_zeros_of_an_authority_that_pads() {
    let world = World::new().await;
    let holder = world.draft("owner", licensed("us-ny", "DC-0012")).await;
    let second = world.draft("outsider", licensed("us-ny", "DC-12")).await;
    hand_in(&world, holder).await.unwrap();
    let answer = world
        .profiles(owner(second))
        .submit_organization(submit(second))
        .await;
    refused(answer, ErrorReason::LicenseNumberTaken);
    assert_eq!(world.read(second).await.license_number, "DC-12", "shown as given");
    for number in ["DC-0013", "DC-13"] {
        let id = world.draft("owner", licensed("us-mi", number)).await;
        hand_in(&world, id).await.unwrap();
    }
}
