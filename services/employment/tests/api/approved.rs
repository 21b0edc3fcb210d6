//! What follows from the approval of a profile.

use muster_ids::OrganizationName;
use muster_proto::employment::v1::EmploymentState;
use muster_proto::organization::v1::OrganizationApprovedEvent;
use muster_testkit::{acts, eventually, eventually_some};

use crate::fixture::{Fixture, person_name};

#[tokio::test(flavor = "multi_thread")]
async fn the_approval_of_a_profile_verifies_its_director() {
    let fixture = Fixture::start().await;
    let employment = fixture.employment_of("owner").await;
    assert_eq!(
        (employment.state(), employment.person_display_name.as_str()),
        (EmploymentState::Verified, "owner")
    );
    assert_eq!(
        (employment.groups.len(), employment.source_invitation.as_str()),
        (0, "")
    );
    let [(sequence, event)] = fixture.told_of("owner").await.try_into().unwrap();
    assert_eq!((sequence, event.source_invitation.as_str()), (1, ""));
    assert_eq!(event.employment, employment.name);
}

/// The director has left and asks to be let in again when the approval is told once more.
#[tokio::test(flavor = "multi_thread")]
async fn an_approval_verifies_the_directors_open_claim_and_a_second_one_changes_nothing() {
    let fixture = Fixture::start().await;
    fixture
        .service
        .database
        .execute("UPDATE employments SET state = 'ENDED'")
        .await;
    fixture.employ_anywhere("owner").await;
    let claim = fixture.employments_of("owner").await.remove(0);
    assert_eq!(claim.state(), EmploymentState::PendingVerification);

    let publisher = fixture.publisher_of("organization").await;
    let event = OrganizationApprovedEvent {
        organization: fixture.organization_name().to_string(),
        director: person_name("owner").to_string(),
    };
    let aggregate = fixture.organization.as_uuid();
    for sequence in [5, 7] {
        publisher
            .publish(fixture.organization, aggregate, sequence, event.clone())
            .await;
    }
    let heard = "SELECT count(*) FROM inbox WHERE event_type = 'organization.approved'";
    eventually(async || fixture.service.database.count(heard).await == 3).await;
    let verified = fixture.employments_of("owner").await.remove(0);
    assert_eq!(
        (&verified.name, verified.state()),
        (&claim.name, EmploymentState::Verified)
    );
    // The first one was told when the profile was approved.
    assert_eq!(fixture.told_of("owner").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_names_another_organization_is_parked_and_employs_nobody() {
    let fixture = Fixture::start().await;
    let elsewhere = acts::open_organization(&fixture.organizations, "outsider").await;
    let heard = "SELECT count(*) FROM inbox WHERE event_type = 'organization.approved'";
    eventually(async || fixture.service.database.count(heard).await == 2).await;
    let event = OrganizationApprovedEvent {
        organization: OrganizationName {
            organization: elsewhere,
        }
        .to_string(),
        director: person_name("outsider").to_string(),
    };
    let publisher = fixture.publisher_of("organization").await;
    publisher
        .publish(fixture.organization, fixture.organization.as_uuid(), 5, event)
        .await;
    // What was looked at stands in the queue again only a moment later.
    let parked = eventually_some(async || {
        let parked = fixture.parked().await.len();
        (parked > 0 || fixture.service.database.count(heard).await == 3).then_some(parked)
    });
    assert_eq!(parked.await, 1);
    assert_eq!(fixture.employments_of("outsider").await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_directs_by_now_lends_the_approved_director_no_name() {
    let mut fixture = Fixture::without_organization().await;
    fixture.service.leave().await;
    fixture.organization = acts::open_organization(&fixture.organizations, "owner").await;
    let hand_over =
        "UPDATE organizations SET owner_person_id = gen_random_uuid(), owner_display_name = 'Next'";
    fixture.organizations.database.execute(hand_over).await;
    fixture.service.come_back().await;
    eventually(async || !fixture.employments_of("owner").await.is_empty()).await;
    let employment = fixture.employment_of("owner").await;
    assert_eq!(
        (employment.state(), employment.person_display_name.as_str()),
        (EmploymentState::Verified, "")
    );
}
