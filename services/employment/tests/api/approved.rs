//! What follows from the approval of a profile.

use muster_proto::employment::v1::{Employment, EmploymentState};
use muster_proto::organization::v1::OrganizationApprovedEvent;

use crate::world::{World, person_name};

impl World {
    async fn approve(&self, director: &str, sequence: i64) {
        let event = OrganizationApprovedEvent {
            organization: self.organization_name().to_string(),
            director: person_name(director).to_string(),
        };
        let before = self.applied().await;
        self.publisher
            .publish(self.organization, self.organization.as_uuid(), sequence, event)
            .await;
        self.wait_applied(before + 1).await;
    }
}

fn summary(employments: &[Employment]) -> Vec<(EmploymentState, &str)> {
    employments
        .iter()
        .map(|one| (one.state(), one.person_display_name.as_str()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_approval_of_a_profile_verifies_its_director() {
    let world = World::start().await;
    world
        .peers
        .set_director(world.organization_name(), person_name("owner"), "Olga Owner");
    world.approve("owner", 3).await;
    let employments = world.all().await;
    assert_eq!(summary(&employments), [(EmploymentState::Verified, "Olga Owner")]);
    assert_eq!(
        (
            employments[0].groups.len(),
            employments[0].source_invitation.as_str()
        ),
        (0, "")
    );
    let [(sequence, event)] = world.told().await.try_into().unwrap();
    assert_eq!((sequence, event.source_invitation.as_str()), (1, ""));
    assert_eq!(event.person, person_name("owner").to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_verifies_the_directors_open_claim_and_a_second_one_changes_nothing() {
    let world = World::start().await;
    world.accept(world.accepted("owner", &[world.new_group()])).await;
    assert_eq!(world.all().await[0].state(), EmploymentState::PendingVerification);
    world
        .peers
        .set_director(world.organization_name(), person_name("owner"), "Olga Owner");
    world.approve("owner", 3).await;
    world.approve("owner", 5).await;
    let employments = world.all().await;
    assert_eq!(summary(&employments), [(EmploymentState::Verified, "owner")]);
    assert_eq!(world.told().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_directs_by_now_lends_the_approved_director_no_name() {
    let world = World::start().await;
    world
        .peers
        .set_director(world.organization_name(), person_name("next-owner"), "Nora Next");
    world.approve("owner", 3).await;
    let employments = world.all().await;
    assert_eq!(summary(&employments), [(EmploymentState::Verified, "")]);
    assert_eq!(employments[0].person, person_name("owner").to_string());
}
