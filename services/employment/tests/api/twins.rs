//! Ids mean something only inside their organization: every statement names both. Here another organization has the
//! same ids.

use muster_ids::OrganizationId;
use muster_proto::employment::v1::EmploymentState;

use crate::fixture::{Fixture, names};

impl Fixture {
    /// Another organization with the same employments of the same people, each in a group of its own.
    async fn twin(&self) -> OrganizationId {
        let twin = OrganizationId::from_uuid(self.service.clock.new_uuid());
        let copy = format!(
            "INSERT INTO employments (organization_id, employment_id, person_id, person_display_name, state, version,
                                      create_time, update_time, verify_time)
             SELECT '{twin}', employment_id, person_id, 'twin', state, version, create_time, update_time, verify_time
             FROM employments;
             INSERT INTO employment_groups (organization_id, employment_id, group_id)
             SELECT '{twin}', employment_id, gen_random_uuid() FROM employments WHERE organization_id = '{twin}'"
        );
        self.service.database.run(copy).await;
        twin
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_to_an_employment_happens_to_no_other_organizations() {
    let mut fixture = Fixture::start().await;
    let (first, second) = (fixture.new_group().await, fixture.new_group().await);
    fixture.employ("learner-1", &[first]).await;
    let own = fixture.organization;
    let twin = fixture.twin().await;
    fixture.organization = twin;
    let untouched = fixture.employment_of("learner-1").await;
    assert_eq!(
        (untouched.person_display_name.as_str(), untouched.groups.len()),
        ("twin", 1)
    );

    fixture.organization = own;
    fixture.employ("learner-1", &[second]).await;
    let employment = fixture.employment_of("learner-1").await;
    assert_eq!(
        employment
            .groups
            .iter()
            .cloned()
            .collect::<std::collections::BTreeSet<_>>(),
        names(&[first, second])
    );
    assert!(fixture.parked().await.is_empty());
    fixture.organization = twin;
    assert_eq!(fixture.employment_of("learner-1").await, untouched);
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_go_on_inside_one_organization() {
    let fixture = Fixture::start().await;
    fixture.employ_anywhere("learner-1").await;
    fixture.twin().await;
    let later = "UPDATE employments SET version = 40 WHERE person_display_name = 'twin';
                 UPDATE employments SET state = 'ENDED' WHERE person_display_name = 'learner-1'";
    fixture.service.database.execute(later).await;
    assert_eq!(
        (fixture.state().await.state(), fixture.state().await.sequence),
        (EmploymentState::Ended, 1)
    );
    fixture.employ_anywhere("learner-1").await;
    assert_eq!(fixture.state().await.sequence, 2);
}
