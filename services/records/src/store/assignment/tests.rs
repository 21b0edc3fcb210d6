//! What guards a change and a list. While rows are locked nothing comes between, so no call can try them.

use muster_ids::EmploymentId;
use muster_server::Service;
use muster_testkit::TestDatabase;
use time::macros::datetime;

use super::*;
use crate::RecordsService;
use crate::domain::{EmploymentState, Standing};
use crate::store::projection;

const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn organization() -> OrganizationId {
    OrganizationId::from_uuid(id(1))
}

fn learner() -> PersonId {
    PersonId::from_uuid(id(2))
}

/// A database with one assignment of the learner.
async fn assigned() -> (TestDatabase, PgConnection, Assignment) {
    let database = TestDatabase::new(&RecordsService::MIGRATOR, RecordsService::NAME).await;
    let training = "INSERT INTO trainings (training_id, code, display_name, description, creator_person_id, create_time)
                    VALUES ('00000000-0000-0000-0000-000000000003', 'MR-1', 'Reporting', '', gen_random_uuid(), now())";
    database.execute(training).await;
    let mut connection = database.connection().await;
    let required = Required {
        person: learner(),
        organization: organization(),
        trainings: BTreeMap::from([(
            TrainingId::from_uuid(id(3)),
            (GroupId::from_uuid(id(4)), AssignmentId::from_uuid(id(5))),
        )]),
    };
    assert_eq!(assign_missing(&mut connection, &required, NOW).await.unwrap(), 1);
    let assignment = get(&mut connection, learner(), AssignmentId::from_uuid(id(5))).await;
    (database, connection, assignment.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assignment_that_is_over_or_has_changed_is_not_stored_over() {
    let (database, mut connection, assignment) = assigned().await;
    for meanwhile in [
        "UPDATE assignments SET version = 2",
        "UPDATE assignments SET version = 1, state = 'CANCELLED'",
    ] {
        database.execute(meanwhile).await;
        let half = Percent::try_from(50).unwrap();
        let advanced = advance(&mut connection, &assignment, half, NOW).await;
        let certificate = CertificateId::from_uuid(id(6));
        let completed = complete(&mut connection, &assignment, NOW, certificate, NOW).await;
        for stored in [advanced, completed] {
            assert!(
                matches!(stored, Err(DatabaseError::Inconsistent(_))),
                "after {meanwhile}: {stored:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_is_told_of_assignments_only_while_the_employment_is_open() {
    let (_database, mut connection, assignment) = assigned().await;
    let states = [
        (EmploymentState::PendingVerification, 1),
        (EmploymentState::Verified, 1),
        (EmploymentState::Rejected, 0),
        (EmploymentState::Withdrawn, 0),
        (EmploymentState::Ended, 0),
    ];
    for (sequence, (state, seen)) in (1..).zip(states) {
        let standing = Standing {
            employment: EmploymentId::from_uuid(id(7)),
            state,
            sequence,
        };
        let learned = projection::learn(&mut connection, organization(), learner(), standing).await;
        assert_eq!(learned.unwrap(), standing);
        let listed = list_for_organization(&mut connection, organization(), learner(), None, 10).await;
        let listed = listed.unwrap();
        assert!(
            listed.len() == seen && listed.iter().all(|one| *one == assignment),
            "{state:?}: {listed:?}"
        );
    }
}
