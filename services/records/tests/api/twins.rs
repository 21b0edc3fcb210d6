//! Ids mean something only beside the person whose they are: every statement names them both. Here another person has
//! the same ids.

use muster_proto::records::v1::AssignmentState;

use crate::fixture::{Fixture, person_id, person_name};

impl Fixture {
    /// Copies the rows of `learner-1` in this table for `twin`, ids and all.
    async fn twin(&self, table: &str, columns: &str) {
        let (one, twin) = (person_id("learner-1"), person_id("twin"));
        let copy = format!(
            "INSERT INTO {table} (person_id, {columns}) SELECT '{twin}', {columns} FROM {table} WHERE person_id = '{one}'"
        );
        self.service.database.run(copy).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_is_of_one_person_only() {
    let fixture = Fixture::start().await;
    let begun = fixture.assigned("learner-1", "A-1").await;
    let done = fixture.assigned("learner-1", "A-2").await;
    let columns = "assignment_id, organization_id, training_id, group_id, state, progress_percent, version, assign_time";
    fixture.twin("assignments", columns).await;
    for (name, percent) in [(&begun, 40), (&done, 100)] {
        let reported = fixture.report(name, percent).await.unwrap();
        assert_eq!((&reported.name, reported.progress_percent), (name, percent));
    }
    let untouched =
        "SELECT count(*) FROM assignments WHERE state = 'ASSIGNED' AND progress_percent = 0 AND version = 1";
    assert_eq!(fixture.service.database.count(untouched).await, 2);
    let own = fixture.assignments_of("learner-1").await;
    let states: Vec<_> = own.iter().map(|one| one.state()).collect();
    assert_eq!(states, [AssignmentState::Completed, AssignmentState::InProgress]);
    let certificates = "SELECT count(*) FROM certificates";
    assert_eq!(fixture.service.database.count(certificates).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_is_taken_back_by_one_person_only() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    let grant = fixture.grant("learner-1").await.unwrap();
    let columns = "grant_id, organization_id, state, version, create_time";
    fixture.twin("grants", columns).await;
    let revoked = fixture.revoke("learner-1", &grant.name).await.unwrap();
    assert!(revoked.name.starts_with(&person_name("learner-1").to_string()));
    let active = "SELECT count(*) FROM grants WHERE state = 'ACTIVE' AND version = 1";
    assert_eq!(fixture.service.database.count(active).await, 1);
}
