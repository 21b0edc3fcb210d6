//! What follows from the approval of a profile.

use muster_ids::OrganizationName;
use muster_proto::employment::v1::EmploymentState;
use muster_proto::organization::v1::OrganizationApprovedEvent;
use muster_testkit::{acts, eventually};

use crate::world::{World, person_name};

#[tokio::test(flavor = "multi_thread")]
async fn the_approval_of_a_profile_verifies_its_director() {
    let world = World::start().await;
    let employment = world.employment_of("owner").await;
    assert_eq!(
        (employment.state(), employment.person_display_name.as_str()),
        (EmploymentState::Verified, "owner")
    );
    assert_eq!(
        (employment.groups.len(), employment.source_invitation.as_str()),
        (0, "")
    );
    let [(sequence, event)] = world.told_of("owner").await.try_into().unwrap();
    assert_eq!((sequence, event.source_invitation.as_str()), (1, ""));
    assert_eq!(event.employment, employment.name);
}

/// The director has left and asks to be let in again when the approval is told once more.
#[tokio::test(flavor = "multi_thread")]
async fn an_approval_verifies_the_directors_open_claim_and_a_second_one_changes_nothing() {
    let world = World::start().await;
    world
        .service
        .database
        .execute("UPDATE employments SET state = 'ENDED'")
        .await;
    world.employ_anywhere("owner").await;
    let claim = world.employments_of("owner").await.remove(0);
    assert_eq!(claim.state(), EmploymentState::PendingVerification);

    let publisher = world.publisher_of("organization").await;
    let event = OrganizationApprovedEvent {
        organization: world.organization_name().to_string(),
        director: person_name("owner").to_string(),
    };
    let aggregate = world.organization.as_uuid();
    for sequence in [5, 7] {
        publisher
            .publish(world.organization, aggregate, sequence, event.clone())
            .await;
    }
    let heard = "SELECT count(*) FROM inbox WHERE event_type = 'organization.approved'";
    eventually(async || world.service.database.count(heard).await == 3).await;
    let verified = world.employments_of("owner").await.remove(0);
    assert_eq!(
        (&verified.name, verified.state()),
        (&claim.name, EmploymentState::Verified)
    );
    // The first one was told when the profile was approved.
    assert_eq!(world.told_of("owner").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_names_another_organization_is_parked_and_employs_nobody() {
    let world = World::start().await;
    let elsewhere = acts::open_organization(&world.organizations, "outsider").await;
    let heard = "SELECT count(*) FROM inbox WHERE event_type = 'organization.approved'";
    eventually(async || world.service.database.count(heard).await == 2).await;
    let event = OrganizationApprovedEvent {
        organization: OrganizationName {
            organization: elsewhere,
        }
        .to_string(),
        director: person_name("outsider").to_string(),
    };
    let publisher = world.publisher_of("organization").await;
    publisher
        .publish(world.organization, world.organization.as_uuid(), 5, event)
        .await;
    eventually(async || world.parked().await.len() == 1 || world.service.database.count(heard).await == 3)
        .await;
    assert_eq!(world.parked().await.len(), 1);
    assert_eq!(world.employments_of("outsider").await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_directs_by_now_lends_the_approved_director_no_name() {
    let mut world = World::without_organization().await;
    world.service.leave().await;
    world.organization = acts::open_organization(&world.organizations, "owner").await;
    let hand_over =
        "UPDATE organizations SET owner_person_id = gen_random_uuid(), owner_display_name = 'Next'";
    world.organizations.database.execute(hand_over).await;
    world.service.come_back().await;
    eventually(async || !world.employments_of("owner").await.is_empty()).await;
    let employment = world.employment_of("owner").await;
    assert_eq!(
        (employment.state(), employment.person_display_name.as_str()),
        (EmploymentState::Verified, "")
    );
}
